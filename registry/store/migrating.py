"""Bringing a room's store to the newest schema, forward only."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from registry.problems import Refusal
from registry.store import postgresql
from registry.store.opening import Room, Store


def configuration(room: Room, connection: Connection | None = None) -> Config:
    """Alembic's configuration for one room; `connection` is the one its migrations run on."""
    config = Config()
    config.set_main_option("script_location", str(room.migrations))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["metadata"] = room.base.metadata
    return config


def migrate(store: Store) -> str:
    """Run the migrations that the store lacks, in one transaction; gives the revision that it then has.

    Raises:
        Refusal: the store was written by a newer version of the product, or its database cannot be used.

    """
    scripts = ScriptDirectory.from_config(configuration(store.room))
    head = scripts.get_current_head()
    if head is None:
        raise RuntimeError(f"{store.room.name} has no migrations")
    if not store.is_file:
        postgresql.reach(store.engine, store.room.name)
    with store.engine.begin() as connection:
        if not store.is_file:
            postgresql.make_schema(connection, store.room.name)
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # a full store takes its time
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
            raise Refusal(
                f"The {store.room.name} store was written by a newer version of Dayuan. Install that version."
            )
        command.upgrade(configuration(store.room, connection), "head")
    return head
