"""The stage: everybody who plays in the demo, each as a generator that says when it goes on, all in one thread.

An actor yields the seconds of the house's clock until its next turn; a clock that runs sixty times as fast makes
all turns come sixty times as often.
"""

import heapq
import threading
from collections.abc import Generator, Iterable
from datetime import timedelta
from itertools import count
from typing import Protocol

from registry.clock import Clock, Instant

Actor = Generator[float, None, None]
_LOOK_SECONDS = 0.2
"""Real ones: how soon a stop is noticed."""


class Audience(Protocol):
    """What lives between the turns: the devices on the broker."""

    def serve(self, seconds: float) -> None: ...


class Beating(Protocol):
    """What gives signs of life."""

    def beat(self) -> None: ...


class Stage:
    """Gives each actor its turn."""

    def __init__(self, clock: Clock, crowd: Audience, *, speed: float = 1.0) -> None:
        """Prepare; `speed`: seconds of the clock in a real one."""
        self._clock = clock
        self._crowd = crowd
        self._speed = speed
        self._turns: list[tuple[Instant, int, Actor]] = []
        self._order = count()

    def enter(self, actors: Iterable[Actor]) -> None:
        """Let these play too, their first turn now."""
        for actor in actors:
            self._come_back(actor, self._clock.now())

    def play(self, stop: threading.Event) -> None:
        """Give turns until `stop`, or until nobody plays any more."""
        while not stop.is_set() and self._turns:
            due = self._turns[0][0]
            pause = (due - self._clock.now()).total_seconds() / self._speed
            self._crowd.serve(min(max(pause, 0.0), _LOOK_SECONDS))
            if pause <= 0:
                self._turn()

    def _turn(self) -> None:
        _, _, actor = heapq.heappop(self._turns)
        try:
            seconds = next(actor)
        except StopIteration:
            return
        # From now, not from when it was due: what a slow machine has missed is not made up for.
        self._come_back(actor, self._clock.now() + timedelta(seconds=seconds))

    def _come_back(self, actor: Actor, when: Instant) -> None:
        heapq.heappush(self._turns, (when, next(self._order), actor))


def heartbeats(crowd: Beating, *, speed: float) -> Actor:
    """Every device says each minute of the house's clock that it lives, but no oftener than each five real seconds."""
    while True:
        crowd.beat()
        yield max(60.0, 5.0 * speed)
