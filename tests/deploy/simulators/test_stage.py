"""Whose turn it is, by a clock that the test moves."""

import threading
from collections.abc import Callable
from datetime import timedelta

from deploy.simulators.stage import Actor, Stage, heartbeats
from registry.ids import DeviceAddress
from tests.fakes.clock import NOON, FixedClock


class Hall:
    """A crowd of nobody: while it is served, time passes."""

    def __init__(self, clock: FixedClock, *, speed: float = 1.0) -> None:
        self.clock = clock
        self.speed = speed
        self.beats: list[float] = []
        self.members: dict[DeviceAddress, object] = {}

    def serve(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=max(seconds, 0.001) * self.speed))

    def beat(self) -> None:
        self.beats.append((self.clock.now() - NOON).total_seconds())


def played(*actors: Callable[[FixedClock, threading.Event], Actor], speed: float = 1.0) -> None:
    clock, stop = FixedClock(), threading.Event()
    stage = Stage(clock, Hall(clock, speed=speed), speed=speed)
    stage.enter([actor(clock, stop) for actor in actors])
    stage.play(stop)


def test_actors_take_turns_in_the_order_of_the_clock() -> None:
    told: list[tuple[str, int]] = []

    def every(name: str, seconds: float, times: int) -> Callable[[FixedClock, threading.Event], Actor]:
        def act(clock: FixedClock, _stop: threading.Event) -> Actor:
            for _ in range(times):
                told.append((name, round((clock.now() - NOON).total_seconds())))
                yield seconds

        return act

    played(every("slow", 30, 3), every("quick", 20, 4))
    assert told == [
        ("slow", 0), ("quick", 0), ("quick", 20), ("slow", 30), ("quick", 40), ("slow", 60), ("quick", 60),
    ]  # fmt: skip


def test_the_play_ends_when_it_is_told_to() -> None:
    turns = []

    def forever(_clock: FixedClock, stop: threading.Event) -> Actor:
        while True:
            turns.append(1)
            if len(turns) == 5:
                stop.set()
            yield 10.0

    played(forever)
    assert len(turns) == 5


def test_hearts_beat_each_minute_of_the_clock_but_not_faster_than_each_five_real_seconds() -> None:
    for speed, pause in ((1.0, 60), (6.0, 60), (60.0, 300)):
        clock, stop = FixedClock(), threading.Event()
        hall = Hall(clock, speed=speed)

        def end(stop: threading.Event = stop, pause: int = pause) -> Actor:
            yield 3.5 * pause
            stop.set()

        stage = Stage(clock, hall, speed=speed)
        stage.enter([heartbeats(hall, speed=speed), end()])
        stage.play(stop)
        assert [round(beat / pause, 1) for beat in hall.beats] == [0, 1, 2, 3]
