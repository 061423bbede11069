"""A clock that runs faster than the machine's, for demonstrations."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from registry.clock import Clock, Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class FastClock:
    """A demonstration's clock: it showed `origin` when the machine's steady clock showed `since` (seconds), and runs `speed` times as fast.

    All processes of one machine that are given the same three read the same time, whatever is done to the machine's own clock.
    """

    origin: Instant
    since: float
    speed: float

    @classmethod
    def begun(cls, origin: Instant, speed: float) -> Self:
        """A clock that shows `origin` now."""
        return cls(origin=origin, since=time.monotonic(), speed=speed)

    def now(self) -> Instant:
        return self.origin + timedelta(seconds=(time.monotonic() - self.since) * self.speed)


def unhurried(clock: Clock, since: Instant) -> Instant:
    """What it would be now, had the clock run no faster than the machine since that moment of it.

    How long a process has been silent is judged by this: on a fast clock nobody lives faster.
    """
    now = clock.now()
    return since + (now - since) / clock.speed if isinstance(clock, FastClock) else now
