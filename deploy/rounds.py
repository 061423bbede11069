"""What a process does again and again beside its work."""

import threading
from collections.abc import Callable


class Rounds:
    """A thread that does the same every so many seconds until it is told to stop."""

    def __init__(self, name: str, every_seconds: float, act: Callable[[], object]) -> None:
        self._every_seconds = every_seconds
        self._act = act
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._every_seconds):
            self._act()
