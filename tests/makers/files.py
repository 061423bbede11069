"""Stores in files with all their tables: made once in each process of a run, and copied for each test."""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from registry.store import Room, Store
from registry.store.postgresql import make_schema


def all_tables(store: Store) -> None:
    """Make every table of the room's code, without its migrations."""
    with store.engine.begin() as connection:
        if not store.is_file:
            make_schema(connection, store.room.name)
        store.room.base.metadata.create_all(connection)


def copy_of_empty(room: Room, file: Path, make_tables: Callable[[Store], object] = all_tables) -> None:
    """Put a store with the tables that `make_tables` makes into a file that is not there yet."""
    file.write_bytes(_empty(room, make_tables))


@cache
def _empty(room: Room, make_tables: Callable[[Store], object]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "store.db"
        store = Store.open(room, f"sqlite:///{file}")
        make_tables(store)
        store.close()  # its log is in the file now
        return file.read_bytes()
