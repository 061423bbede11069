"""Where a restore makes what it restores: a folder `.restoring` in the data folder, files or one transaction for the rows.

Only what is whole moves from there to its place. A `.restoring` that a killed restore left keeps the house from starting
(`deploy.house`); the next restore begins by taking it away. With a database all is in its place once the transaction is
committed, and a restore killed after that left nothing but the folder: the schema says of which backup and folder it came.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from deploy.backup.rows import revision_of
from deploy.folder import DataFolder
from deploy.stores import ROOMS
from registry.problems import Refusal
from registry.room import ROOM as REGISTRY
from registry.store import Store, postgresql
from registry.store.migrating import hold_turns

_STORES = tuple(f"{name}.db" for name in reversed(list(ROOMS)))
_MOVED = ("keys", "media", "audit-heads.jsonl", *_STORES)
"""In this order, the registry's store last: a folder with it is a whole one."""
_SPEAKER = REGISTRY.name
"""The schema that says where all of them came from."""
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
    except OSError as error:
        raise Refusal(f"The data folder {folder} cannot be written: {error.strerror}. Name another.") from None
    with _alone_in(data):
        try:
            _empty(folder, but=staging.name)
            _empty(staging)
            yield staging
        except BaseException:
            _empty(folder)
            if is_new:
                folder.rmdir()
            raise
        staging.rmdir()


def take_staging_away(data: DataFolder) -> None:
    """Let the house start whose restore was killed when all was in its place.

    Raises:
        Refusal: it was not killed but is under way, or the data folder cannot be written.

    """
    with _alone_in(data):
        _empty(data.restoring)
        data.restoring.rmdir()


@contextmanager
def _alone_in(data: DataFolder) -> Iterator[None]:
    """Be the only restore into this data folder, whose staging folder is there."""
    try:
        lock = os.open(data.restoring, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise Refusal(f"The data folder {data.path} cannot be written: {error.strerror}. Name another.") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal(f"Another restore into {data.path} is under way.") from None
        yield
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


def say_origin(connection: Connection, backup: str, staging: Path) -> None:
    """Write down, with the rows and in their transaction, of which backup and by which folder they came."""
    if connection.dialect.name == "postgresql":
        said = _origin(backup, staging).replace("'", "''")
        connection.execute(text(f"COMMENT ON SCHEMA {_SPEAKER} IS '{said}'"))


def revisions_of_done(database: str, backup: str, staging: Path) -> Mapping[str, str] | None:
    """The revision of each room, where a restore of this backup by this folder was committed; None: it was not.

    Raises:
        Refusal: the database cannot be used.

    """
    engine = postgresql.engine_of("registry", database)
    try:
        postgresql.reach(engine, "Dayuan")
        with engine.execution_options(turn="reader").connect() as connection:
            asked = text("SELECT obj_description(to_regnamespace(:schema)::oid, 'pg_namespace')")
            if connection.scalar(asked, {"schema": _SPEAKER}) != _origin(backup, staging):
                return None
            found = {name: revision_of(connection, room) for name, room in ROOMS.items()}
            return {name: revision for name, revision in found.items() if revision is not None}
    finally:
        engine.dispose()


def _origin(backup: str, staging: Path) -> str:
    """`staging` by its number: a folder of another restore may have the same name."""
    return f"restored from backup {backup} by way of folder {staging.stat().st_ino}"


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
