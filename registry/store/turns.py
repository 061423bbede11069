"""Whose turn it is to write to a file of SQLite: the threads of one process queue, so that none waits while another writes again and again.

SQLite itself lets whoever asks at the right moment go first: under load a thread that writes seldom, as the keeper of a
lease does, can ask for many seconds in vain. Processes still meet at SQLite's own lock.
"""

from collections import deque
from threading import Lock

PATIENCE_SECONDS = 5.0
"""So long one waits in line; then one asks SQLite directly, as the other processes do."""


class Line:
    """Those who want to write, in the order in which they came."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: deque[Lock] = deque()
        self._is_taken = False

    def join(self, patience_seconds: float = PATIENCE_SECONDS) -> bool:
        """Wait for one's turn; False: it did not come in this time, and there is nothing to give back."""
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return True
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=patience_seconds):
            return True
        with self._lock:
            if mine in self._waiting:
                self._waiting.remove(mine)
                return False
        return True  # it came at the last moment

    def leave(self) -> None:
        """Give the turn to the next."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False


class Ticket:
    """One transaction's place in a line; any thread may take the turn or give it back."""

    __slots__ = ("_has_turn", "_line")

    def __init__(self, line: Line) -> None:
        self._line = line
        self._has_turn = False

    def take(self) -> None:
        """Wait for the turn, when the transaction begins; again: it is had already."""
        if not self._has_turn:
            self._has_turn = self._line.join()

    def give_back(self) -> None:
        """When the transaction has ended, whether or not it ever began."""
        if self._has_turn:
            self._has_turn = False
            self._line.leave()
