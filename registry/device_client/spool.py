"""What a device has to say and nobody has heard yet: a file of SQLite that survives kill -9 and a power cut."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from uuid import uuid4

MOST = 100_000
"""Events that wait at most, some 50 MB; then the oldest is given up, and the gap in `seq` tells of it."""
_TABLES = """
CREATE TABLE IF NOT EXISTS waiting (number INTEGER PRIMARY KEY AUTOINCREMENT, payload BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS boot ("only" INTEGER PRIMARY KEY CHECK ("only" = 1), id TEXT NOT NULL, seq INTEGER NOT NULL);
"""


class DeviceSpool:
    """The events of one device, oldest first; it also counts them, so `seq` and `bootid` live as long as the file does.

    One process at a time sends from it; any thread may use it.
    """

    def __init__(self, file: Path, *, most: int = MOST) -> None:
        """Open the file, or make it."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self._most = most
        self._lock = Lock()
        self._file = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=FULL")
        self._file.executescript(_TABLES)
        self._file.execute("INSERT OR IGNORE INTO boot VALUES (1, ?, 0)", (uuid4().hex,))

    @property
    def waiting(self) -> int:
        """How many nobody has confirmed yet."""
        with self._lock:
            [[count]] = self._file.execute("SELECT count(*) FROM waiting")
        return int(count)

    def add(self, written: Callable[[str, int], bytes]) -> None:
        """Keep one more event; `written` makes it of the bootid and its number. On disk when this returns."""
        with self._lock:
            self._file.execute("BEGIN IMMEDIATE")
            try:
                [(boot, seq)] = self._file.execute("UPDATE boot SET seq = seq + 1 RETURNING id, seq").fetchall()
                self._file.execute("INSERT INTO waiting (payload) VALUES (?)", (written(boot, seq),))
                over = "SELECT number FROM waiting ORDER BY number DESC LIMIT 1 OFFSET ?"
                self._file.execute(f"DELETE FROM waiting WHERE number <= ({over})", (self._most,))  # noqa: S608 - words of ours
            except BaseException:
                self._file.execute("ROLLBACK")
                raise
            self._file.execute("COMMIT")

    def first(self, most: int) -> list[tuple[int, bytes]]:
        """The oldest, each with its number."""
        with self._lock:
            found = self._file.execute(
                "SELECT number, payload FROM waiting ORDER BY number LIMIT ?", (most,)
            ).fetchall()
        return [(number, bytes(payload)) for number, payload in found]

    def confirmed(self, upto: int) -> None:
        """The broker has all up to this number."""
        with self._lock:
            self._file.execute("DELETE FROM waiting WHERE number <= ?", (upto,))

    def close(self) -> None:
        with self._lock:
            self._file.close()
