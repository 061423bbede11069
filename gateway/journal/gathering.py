"""How many attempts share a commit: those that wait already, and those who are about to ask again."""

from collections.abc import Callable
from queue import SimpleQueue
from time import perf_counter, sleep
from typing import Generic, TypeVar

One = TypeVar("One")

LARGEST_BATCH = 500
"""In one commit."""
LONGEST_WAIT_SECONDS = 0.005
"""For others, however slow the disk is."""
_LOOK_AGAIN_SECONDS = 0.00005


class Gathering(Generic[One]):
    """Takes from a queue what is to share the next commit. For one thread.

    Whom a commit answered often ask again at once, one after the other. Where a commit is slow, to wait until as many are
    there again costs less than a commit of their own; where it is quick, the first of them are written while the others
    are still on their way. So nobody is waited for longer than the last commit took.
    """

    def __init__(
        self,
        queue: "SimpleQueue[One]",
        *,
        clock: Callable[[], float] = perf_counter,
        pause: Callable[[float], None] = sleep,
    ) -> None:
        self._queue = queue
        self._clock = clock
        self._pause = pause
        self._last = 0
        self._commit_seconds = 0.0

    def committed(self, seconds: float) -> None:
        """Say how long a commit took."""
        self._commit_seconds = min(seconds, LONGEST_WAIT_SECONDS)

    def next(self) -> list[One]:
        """Wait for the next to come, and take them with those that are there by then, at most `LARGEST_BATCH`."""
        together = [self._queue.get()]
        until = self._clock() + self._commit_seconds
        while 1 + self._queue.qsize() < self._last and self._clock() < until:
            self._pause(_LOOK_AGAIN_SECONDS)
        while len(together) < LARGEST_BATCH and not self._queue.empty():  # nobody else takes from it
            together.append(self._queue.get())
        self._last = len(together)
        return together
