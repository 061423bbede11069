"""Where a restore makes what it restores: a folder `.restoring` in the data folder, files or one transaction for the rows.

Only what is whole moves from there to its place. A `.restoring` that a killed restore left keeps the house from starting
(`deploy.house`); the next restore begins by taking it away.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from deploy.folder import DataFolder
from deploy.house import ROOMS
from registry.problems import Refusal
from registry.store import Store, postgresql
from registry.store.migrating import hold_turns

_STORES = tuple(f"{name}.db" for name in reversed(list(ROOMS)))
_MOVED = ("keys", "media", "audit-heads.jsonl", *_STORES)
"""In this order, the registry's store last: a folder with it is a whole one."""
_MADE_BY_A_START = ("broker", "logs", "run")


@contextmanager
def staging_in(data: DataFolder) -> Iterator[Path]:
    """Give an empty folder in the data folder, which must be empty or left by a killed restore; afterwards it is gone.

    Raises:
        Refusal: the data folder is not empty or cannot be written, or another restore is under way.

    """
    folder, staging = data.path, data.restoring
    is_new = not folder.exists()
    os.umask(0o077)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        there = {path.name for path in folder.iterdir()}
        if there and (staging.name not in there or there - {staging.name, *_MOVED, *_MADE_BY_A_START}):
            raise Refusal(f"The data folder {folder} is not empty. Name an empty or a new one with --data-dir.")
        staging.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(staging, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise Refusal(f"The data folder {folder} cannot be written: {error.strerror}. Name another.") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise Refusal(f"Another restore into {folder} is under way.") from None
    try:
        _empty(folder, but=staging.name)
        _empty(staging)
        yield staging
        staging.rmdir()
    except BaseException:
        _empty(folder)
        if is_new:
            folder.rmdir()
        raise
    finally:
        os.close(lock)


def move_in(staging: Path) -> None:
    """Move what was made to its place, once it is on disk."""
    os.sync()
    for name in _MOVED:
        made = staging / name
        if made.exists():
            made.rename(staging.parent / name)
    os.sync()


@contextmanager
def files_in(staging: Path) -> Iterator[Mapping[str, Connection]]:
    """A connection to an empty file for each room; when the block ends well they are on disk, in WAL mode as always."""
    stores = {name: Store.open(room, f"sqlite:///{staging / name}.db") for name, room in ROOMS.items()}
    with ExitStack() as opened:
        connections = {}
        for name, store in stores.items():
            opened.callback(store.close)
            connections[name] = opened.enter_context(store.engine.connect())
            raw: Any = connections[name].connection.driver_connection
            # Nobody else reads it, and an unfinished one is thrown away: no journal, no waiting for the disk.
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-200000"):
                raw.execute(f"PRAGMA {pragma}")
        yield connections
        for connection in connections.values():
            connection.commit()
            raw = connection.connection.driver_connection
            raw.execute("PRAGMA journal_mode=WAL")


def refuse_filled(database: str) -> None:
    """Make sure that there is room for us.

    Raises:
        Refusal: the database cannot be used, or holds tables of ours.

    """
    engine = postgresql.engine_of("registry", database)
    try:
        postgresql.reach(engine, "Dayuan")
        with engine.execution_options(turn="reader").connect() as connection:
            _refuse_tables(connection)
    finally:
        engine.dispose()


@contextmanager
def schemas_in(database: str) -> Iterator[Mapping[str, Connection]]:
    """The one connection in whose transaction the schemas of all rooms are made; committed when the block ends well.

    Raises:
        Refusal: the database holds tables of ours, or its user may not make the schemas.

    """
    engine = postgresql.engine_of("registry", database)
    try:
        with engine.execution_options(turn="beside").connect() as connection:
            hold_turns(connection, *ROOMS)
            _refuse_tables(connection)
            for name in ROOMS:
                postgresql.make_schema(connection, name)
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            yield dict.fromkeys(ROOMS, connection)
            connection.commit()
    finally:
        engine.dispose()


def _refuse_tables(connection: Connection) -> None:
    for name in ROOMS:
        if inspect(connection).get_table_names(schema=name):
            raise Refusal(f"The database holds tables in the schema {name} already. Restore into an empty one.")


def _empty(folder: Path, *, but: str = "") -> None:
    for path in folder.iterdir():
        if path.name == but:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
