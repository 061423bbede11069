"""What is said of a store that cannot be used: one sentence, with no row's value and no password in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError

from registry.problems import Refusal
from registry.store.opening import Store

PUT_BACK: Final = "Put the house back from a backup: dayuan restore."
_SAID_OF_FILES = {
    "file is not a database": f"is no database. {PUT_BACK}",
    "database disk image is malformed": f"is damaged. {PUT_BACK}",
    "malformed database schema": f"is damaged. {PUT_BACK}",
    "unable to open database file": "cannot be opened. Give us the right to read and write it and its folder.",
    "attempt to write a readonly database": "may only be read. Give us the right to write it and its folder.",
    "disk I/O error": "cannot be read: its disk fails, or its -wal file is not its own.",
    "database or disk is full": "cannot be written: the disk is full.",
    "database is locked": "is held by another process that does not let go.",
}
_SAID_OF_DATABASES = {
    "42501": "belongs to another user of the database. Make ours its owner: ALTER SCHEMA {0} OWNER TO …, and its tables.",
    "25006": "is on a server that may only be read. Name the one that may be written with --store-url.",
    "53100": "cannot be written: the disk of its server is full.",
    "55P03": "is held by another process that does not let go.",
}


@contextmanager
def in_plain_words(store: Store) -> Iterator[None]:
    """Turn what the database has against the store into a sentence that says what to do.

    Raises:
        Refusal: the store cannot be used.

    """
    try:
        yield
    except DBAPIError as error:
        said = _of_a_file(str(error.orig)) if store.is_file else _of_a_database(error)
        if said is None:
            raise
        name = f"The {store.room.name} store"
        where = f" {store.engine.url.database}" if store.is_file else ""
        raise Refusal(f"{name}{where} {said.format(store.room.name)}") from None


def _of_a_file(words: str) -> str | None:
    return next((said for known, said in _SAID_OF_FILES.items() if words.startswith(known)), None)


def _of_a_database(error: DBAPIError) -> str | None:
    return _SAID_OF_DATABASES.get(getattr(error.orig, "sqlstate", None) or "")
