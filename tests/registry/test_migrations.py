"""The registry's migrations make the tables that the code expects, constraints and all."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from registry.room import ROOM
from registry.store import Store
from registry.store.migrating import migrate


@pytest.fixture
def migrated(tmp_path: Path) -> Store:
    store = Store.open(ROOM, f"sqlite:///{tmp_path / 'registry.db'}")
    migrate(store)
    return store


def test_a_migrated_store_has_exactly_the_tables_of_the_code(migrated: Store) -> None:
    with migrated.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, ROOM.base.metadata) == []
        assert set(inspect(connection).get_table_names()) == {*ROOM.base.metadata.tables, "alembic_version"}
    migrated.close()


def test_a_migrated_store_has_the_checks_of_the_code(migrated: Store, tmp_path: Path) -> None:
    made = Store.open(ROOM, f"sqlite:///{tmp_path / 'made.db'}")
    ROOM.base.metadata.create_all(made.engine)
    there, expected = inspect(migrated.engine), inspect(made.engine)
    for table in ROOM.base.metadata.tables:
        checks = [
            {check["name"]: check["sqltext"] for check in each.get_check_constraints(table)}
            for each in (there, expected)
        ]
        assert checks[0] == checks[1], table
    made.close()
    migrated.close()


def test_a_word_that_no_state_has_is_refused_by_the_database(migrated: Store) -> None:
    with migrated.engine.begin() as connection:
        connection.execute(text("INSERT INTO feed_counter VALUES ('oc1', 0, 0)"))
    with pytest.raises(IntegrityError, match="CHECK"), migrated.engine.begin() as connection:
        connection.execute(text("INSERT INTO feed_change VALUES ('oc1', 1, 'weather', 'rain')"))
    migrated.close()


def test_migrating_twice_changes_nothing(migrated: Store) -> None:
    assert migrate(migrated) == "0001"
    migrated.close()
