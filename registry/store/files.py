"""Looking at the file of a store before SQLite opens it: once it has written to a bad one, more is lost."""

import sqlite3
from contextlib import closing
from pathlib import Path

from registry.problems import Refusal
from registry.store.unusable import PUT_BACK

_MAGIC = b"SQLite format 3\0"
_HEAD = 100
_WIDEST_PAGE = 65_536


def look_over(file: Path, room: str, *, was_left_open: bool) -> None:
    """See whether the file can be a store. One that is not there, or has nothing in it yet, can become one.

    `was_left_open`: nobody has it open, so that what stands in its write-ahead log is of a run that was killed; then it
    is read through together with the log, before the two become one. That takes a second for each GB or so.

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
    pages = int.from_bytes(head[28:32], "big")
    is_told = head[24:28] == head[92:96]  # by a version of SQLite that knows of the count
    if page == 0 or size % page or (is_told and not waiting and size < pages * page):
        raise Refusal(f"The {room} store {file} was cut: a part of it is not there. {PUT_BACK}")
    if was_left_open and waiting:
        _read_through(file, room)


def _read_through(file: Path, room: str) -> None:
    try:
        # Read-only: the log is read as a part of the store, and is still beside it afterwards.
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as store:
            said = store.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        said = str(error)
    if said != "ok":
        raise Refusal(f"The {room} store {file} is damaged, or its -wal file is not its own. {PUT_BACK}")
