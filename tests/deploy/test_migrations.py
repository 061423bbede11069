"""The migrations of each room make the tables that its code means, on both kinds of store and from every earlier schema."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, inspect, select, text
from sqlalchemy.exc import IntegrityError

from deploy.demo.opening import open_demo
from deploy.folder import DataFolder
from deploy.house import ROOMS
from registry.problems import Refusal
from registry.settings import Settings
from registry.store import Room, Store
from registry.store.migrating import configuration, migrate
from tests.conftest import all_tables
from tests.fakes.clock import NOON

pytestmark = pytest.mark.both_stores

NewStore = Callable[..., Store]


def revisions(room: Room) -> list[str]:
    """The room's revisions, the oldest first."""
    scripts = ScriptDirectory.from_config(configuration(room))
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


def up_to(revision: str) -> Callable[[Store], None]:
    """Migrate a new store to this revision only."""

    def make(store: Store) -> None:
        with store.engine.begin() as connection:
            if not store.is_file:
                connection.execute(text(f"CREATE SCHEMA {store.room.name}"))
            command.upgrade(configuration(store.room, connection), revision)

    return make


def differences(store: Store) -> list[Any]:
    with store.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), store.room.base.metadata))


def checks(store: Store) -> dict[str, dict[str | None, str]]:
    there = inspect(store.engine)
    return {
        table: {check["name"]: check["sqltext"] for check in there.get_check_constraints(table)}
        for table in store.room.base.metadata.tables
    }


@pytest.fixture(params=ROOMS)
def room(request: pytest.FixtureRequest) -> Room:
    return ROOMS[request.param]


def test_a_migrated_store_has_exactly_the_tables_of_the_code(new_store: NewStore, room: Room) -> None:
    store = new_store(room, migrate)
    assert differences(store) == []
    assert set(inspect(store.engine).get_table_names()) == {*room.base.metadata.tables, "alembic_version"}


def test_every_earlier_schema_becomes_the_newest(new_store: NewStore, room: Room) -> None:
    for revision in revisions(room):
        store = new_store(room, up_to(revision))
        assert migrate(store) == revisions(room)[-1]
        assert differences(store) == []


def test_a_migrated_store_has_the_checks_of_the_code(new_store: NewStore, room: Room) -> None:
    migrated = checks(new_store(room, migrate))
    assert migrated == checks(new_store(room, all_tables))
    assert any(migrated.values())


def test_migrating_twice_changes_nothing(new_store: NewStore, room: Room) -> None:
    assert migrate(new_store(room, migrate)) == revisions(room)[-1]


def test_a_store_of_a_newer_version_is_refused_and_left_as_it_is(new_store: NewStore, room: Room) -> None:
    store = new_store(room, migrate)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    with pytest.raises(Refusal, match=rf"The {room.name} store was written by a newer version of Dayuan\."):
        migrate(store)
    with store.engine.begin() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "later"
        connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revisions(room)[-1]})


def test_a_store_with_rows_keeps_them(store_url: Callable[[Room], str], tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    stores = {name: Store.open(room, store_url(room), audit_key=folder.key("audit")) for name, room in ROOMS.items()}
    for store in stores.values():
        migrate(store)
    open_demo(Settings(data_dir=folder.path), folder, stores, NOON, simulated=False)
    before = {name: rows(store) for name, store in stores.items()}
    assert sum(before["registry"].values()) > 1000
    for name, store in stores.items():
        migrate(store)
        assert rows(store) == before[name]
        store.close()


def rows(store: Store) -> dict[str, int]:
    """How many rows each table has."""
    with store.read() as session:
        tables = store.room.base.metadata.sorted_tables
        return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def test_a_word_that_no_state_has_is_refused_by_the_database(new_store: NewStore) -> None:
    store = new_store(ROOMS["registry"], migrate)
    with store.engine.begin() as connection:
        connection.execute(text("INSERT INTO feed_counter VALUES ('oc1', 0, 0)"))
    with pytest.raises(IntegrityError, match=r"(?i)check"), store.engine.begin() as connection:
        connection.execute(text("INSERT INTO feed_change VALUES ('oc1', 1, 'weather', 'rain')"))
