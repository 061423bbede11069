"""A process that lost a thread it cannot do without ends, and the supervisor starts it anew."""

import threading
from collections.abc import Callable, Collection
from typing import Protocol

import structlog

log = structlog.get_logger()

LOOK_SECONDS = 1.0


class Living(Protocol):
    """A part with a thread of its own."""

    @property
    def alive(self) -> bool: ...


class Watch:
    """Looks each second whether all parts live, and ends the process in order when one does not."""

    def __init__(self, parts: Collection[Living], end: Callable[[], None]) -> None:
        """Prepare; `end` makes the process end."""
        self._parts = parts
        self._end = end
        self.failed = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            ended = [type(part).__name__ for part in self._parts if not part.alive]
            if ended:
                self.failed = True
                log.error("thread-ended", parts=ended)
                self._end()
                return
