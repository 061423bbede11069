"""Bringing a room's store to the newest schema, forward only: wholly or not at all, by one process at a time."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from registry.problems import Refusal
from registry.store import postgresql
from registry.store.files import name_once
from registry.store.opening import Room, Store
from registry.store.unusable import PUT_BACK, in_plain_words

_WAIT_SECONDS = 3600
"""For another process that migrates the same store, or restores into it."""


@dataclass(frozen=True, slots=True)
class Step:
    """A revision on the way to the newest schema, and what it is about."""

    revision: str
    words: str


def configuration(room: Room, connection: Connection | None = None) -> Config:
    """Alembic's configuration for one room; `connection` is the one its migrations run on."""
    config = Config()
    config.set_main_option("script_location", str(room.migrations))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["metadata"] = room.base.metadata
    return config


def migrate(store: Store, told: Callable[[Step], object] = lambda _: None) -> str:
    """Run the migrations that the store lacks, in one transaction; gives the revision that it then has.

    Who comes while another migrates waits, and finds nothing to do. Killed in the middle, it leaves the schema as it was.
    `told` hears each step before it is made.

    Raises:
        Refusal: the store was written by a newer version of the product, is damaged, or its database cannot be used.

    """
    with in_plain_words(store), _alone(store) as connection:
        made = steps(store.room, revision_of(connection))
        for step in made:
            told(step)
            upgrade(connection, store.room, step.revision)
        if made and (table := dangling(connection)) is not None:
            raise Refusal(
                f"The {store.room.name} store is damaged: its {table} refers to what is not there. {PUT_BACK}"
            )
        _refuse_gaps(connection, store.room)
    return newest(store.room)


def lacking(store: Store) -> Sequence[Step]:
    """What `migrate` would do; nothing is changed.

    Raises:
        Refusal: as `migrate`.

    """
    if not store.is_file:
        postgresql.reach(store.engine, store.room.name)
    with in_plain_words(store), store.read() as session:
        return steps(store.room, revision_of(session.connection()))


def steps(room: Room, current: str | None) -> Sequence[Step]:
    """The revisions after the current one, the next one first; None: from the very beginning.

    Raises:
        Refusal: we do not know the current one.

    """
    scripts = ScriptDirectory.from_config(configuration(room))
    known = list(reversed(list(scripts.walk_revisions())))
    revisions = [script.revision for script in known]
    if current is not None and current not in revisions:
        raise Refusal(f"The {room.name} store was written by a newer version of Dayuan. Install that version.")
    later = known if current is None else known[revisions.index(current) + 1 :]
    return [Step(script.revision, script.doc.rstrip(".")) for script in later]


def newest(room: Room) -> str:
    """The room's newest revision."""
    head = ScriptDirectory.from_config(configuration(room)).get_current_head()
    if head is None:
        raise RuntimeError(f"{room.name} has no migrations")
    return head


def current_revision(store: Store) -> str | None:
    """The revision of the store's schema; None: there is none."""
    with in_plain_words(store), store.read() as session:
        return revision_of(session.connection())


def revision_of(connection: Connection) -> str | None:
    """The revision of the schema that this connection is for; None: there is none."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: Connection, room: Room, revision: str = "head") -> str:
    """Run migrations in the transaction of a connection; gives the revision that it then has.

    On SQLite its `foreign_keys` must be off: a table that is made anew there is dropped under those that refer to it.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL search_path TO {room.name}"))
    command.upgrade(configuration(room, connection), revision)
    return newest(room) if revision == "head" else revision


def dangling(connection: Connection) -> str | None:
    """A table with a row that refers to none; on PostgreSQL there cannot be any."""
    if connection.dialect.name == "postgresql":
        return None
    found = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    return None if found is None else str(found[0])


def hold_turns(connection: Connection, *rooms: str) -> None:
    """Be the only writer of these rooms on PostgreSQL until the transaction ends, however long that takes."""
    connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_SECONDS}s'"))
    connection.execute(text("SET LOCAL statement_timeout = 0"))  # a full store takes its time
    for room in rooms:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({postgresql.lock_number('turn', room)})"))


@contextmanager
def _alone(store: Store) -> Iterator[Connection]:
    """A connection in a transaction in which nobody else writes; committed when the block ends well."""
    if not store.is_file:
        postgresql.reach(store.engine, store.room.name)
        with store.engine.execution_options(turn="beside").begin() as connection:
            hold_turns(connection, store.room.name)
            postgresql.make_schema(connection, store.room.name)
            yield connection
        return
    with store.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        connection.detach()  # it is closed afterwards: its limits are not for others
        raw.execute(f"PRAGMA busy_timeout={_WAIT_SECONDS * 1000}")
        raw.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            name_once(raw)
            yield connection


def _refuse_gaps(connection: Connection, room: Room) -> None:
    """Look whether the newest schema is really there.

    Raises:
        Refusal: a table is missing.

    """
    schema = None if connection.dialect.name == "sqlite" else room.name
    missing = room.base.metadata.tables.keys() - set(inspect(connection).get_table_names(schema=schema))
    if missing:
        raise Refusal(f"The {room.name} store is damaged: it has no table {min(missing)}. {PUT_BACK}")
