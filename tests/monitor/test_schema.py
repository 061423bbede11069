"""The monitor's migrations make the schema that its code means."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from monitor.room import ROOM
from registry.store import Store
from registry.store.migrating import migrate


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(ROOM, f"sqlite:///{tmp_path / 'monitor.db'}")
    migrate(store)
    yield store
    store.close()


def test_a_migrated_store_has_the_tables_that_the_code_means(store: Store) -> None:
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), ROOM.base.metadata) == []


def test_what_was_migrated_once_stays_as_it_is(store: Store) -> None:
    assert migrate(store) == "0001"
