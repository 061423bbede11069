"""Looking at the file of a store before SQLite opens it: once it has written to a bad one, more is lost."""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from registry.problems import Refusal
from registry.store.unusable import PUT_BACK

_MAGIC = b"SQLite format 3\0"
_HEAD = 100
_WIDEST_PAGE = 65_536
_COUNT, _PAGES, _NAME, _COUNT_AGAIN = slice(24, 28), slice(28, 32), slice(60, 64), slice(92, 96)
_LOG_HEAD, _FRAME_HEAD = 32, 24
_SALTS = slice(16, 24)
_FIRST = (1).to_bytes(4, "big")
"""Where things stand: sqlite.org/fileformat2.html, 1.3 and 4.1."""


def look_over(file: Path, room: str, *, was_left_open: bool) -> None:
    """See whether the file can be a store. One that is not there, or has nothing in it yet, can become one.

    `was_left_open`: nobody has it open, so that what stands in its write-ahead log is of a run that was killed; then it
    is read through together with the log, before the two become one. That takes some three seconds a GB.

    Raises:
        Refusal: it is no database, or was cut, or its log is that of another.

    """
    size = file.stat().st_size if file.exists() else 0
    log = file.with_name(f"{file.name}-wal")
    waiting = log.stat().st_size if log.exists() else 0
    if size == 0 and waiting == 0:
        return
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
    if not head.startswith(_MAGIC):
        raise Refusal(f"The {room} store {file} is no database. {PUT_BACK}")
    page = int.from_bytes(head[16:18], "big")
    page = _WIDEST_PAGE if page == 1 else page
    is_told = head[_COUNT] == head[_COUNT_AGAIN]  # by a version of SQLite that knows of the count
    if page == 0 or size % page or (is_told and not waiting and size < _number(head, _PAGES) * page):
        raise Refusal(f"The {room} store {file} was cut: a part of it is not there. {PUT_BACK}")
    if was_left_open and waiting:
        if not _belongs(head, log, page):
            raise Refusal(f"The file {log} belongs to another store than {file.name} beside it. {PUT_BACK}")
        _read_through(file, room)


def name_once(store: sqlite3.Connection) -> None:
    """Give a store a number of its own, in the transaction that is open, by which its log is told from another's."""
    if store.execute("PRAGMA user_version").fetchone()[0] == 0:
        store.execute(f"PRAGMA user_version={secrets.randbelow(1 << 31) or 1}")


def _belongs(head: bytes, log: Path, page: int) -> bool:
    """Whether the first pages that stand in the log continue the one of the store.

    SQLite itself does not look: it takes the pages of any log. Each first page has the number that `name_once` gave and
    counts the ones before it; the store's may be any of those in the log, where a part of it was copied already.
    """
    counts = []
    for other in _first_pages(log, page):
        if _number(head, _NAME) not in (0, _number(other, _NAME)):
            return False
        counts.append(_number(other, _COUNT))
    return not counts or counts[0] - 1 <= _number(head, _COUNT) <= max(counts)


def _first_pages(log: Path, page: int) -> Iterator[bytes]:
    """The heads of the store's first page, as often as it stands in the log, from its beginning to the last whole one."""
    with log.open("rb") as stream:
        salts = stream.read(_LOG_HEAD)[_SALTS]
        while len(frame := stream.read(_FRAME_HEAD)) == _FRAME_HEAD and frame[8:16] == salts:
            head = stream.read(_HEAD)
            stream.seek(page - _HEAD, os.SEEK_CUR)
            is_whole = len(head) == _HEAD and head.startswith(_MAGIC) and head[_COUNT] == head[_COUNT_AGAIN]
            if frame[:4] == _FIRST and is_whole:
                yield head


def _number(head: bytes, where: slice) -> int:
    return int.from_bytes(head[where], "big")


def _read_through(file: Path, room: str) -> None:
    try:
        # Read-only: the log is read as a part of the store, and is still beside it afterwards.
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as store:
            said = store.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        said = str(error)
    if said != "ok":
        raise Refusal(f"The {room} store {file} is damaged, or its -wal file is not its own. {PUT_BACK}")
