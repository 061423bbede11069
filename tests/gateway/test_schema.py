"""The gateway's migrations make the schema that its code means."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from gateway.room import ROOM
from registry.store import Store


def test_a_migrated_store_has_the_tables_that_the_code_means(store: Store) -> None:
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), ROOM.base.metadata) == []
