"""Bringing a room's store to the newest schema, forward only."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from registry.problems import Refusal
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
        Refusal: the store was written by a newer version of the product.

    """
    scripts = ScriptDirectory.from_config(configuration(store.room))
    head = scripts.get_current_head()
    if head is None:
        raise RuntimeError(f"{store.room.name} has no migrations")
    with store.engine.begin() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
            raise Refusal(
                f"The {store.room.name} store was written by a newer version of Dayuan. Install that version."
            )
        command.upgrade(configuration(store.room, connection), "head")
    return head
