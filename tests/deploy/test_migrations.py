"""The migrations of each room make the tables that its code means, on both kinds of store and from every earlier schema."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError

from deploy.backup.rows import kind_of, parts_of_tables, schema_of
from deploy.command import main
from deploy.stores import ROOMS
from registry.problems import Refusal
from registry.store import Room, Store
from registry.store.migrating import Step, current_revision, dangling, lacking, migrate, newest, steps, upgrade
from registry.store.postgresql import make_schema
from tests.makers.files import all_tables
from tests.makers.houses import House
from tests.makers.rows import everything, fill, kept_columns

pytestmark = pytest.mark.both_stores

NewStore = Callable[..., Store]
GOLDEN = Path(__file__).parent.parent / "golden" / "schema"
EVERY_REVISION = [(name, step.revision) for name, room in ROOMS.items() for step in steps(room, None)]


def up_to(revision: str, *, filled: bool = False) -> Callable[[Store], None]:
    """Migrate a new store to this revision only, and put rows into every table of it."""

    def make(store: Store) -> None:
        with store.engine.begin() as connection:
            if not store.is_file:
                make_schema(connection, store.room.name)
            upgrade(connection, store.room, revision)
            if filled:
                fill(connection, store.room)

    return make


StoreAt = Callable[..., Store]


@pytest.fixture
def store_at(store_url: Callable[[Room], str]) -> Iterator[StoreAt]:
    """`store_at(room, "0001")`: a store of that schema; `store_at(room, "0001", filled=True)`: with rows in every table."""
    with ExitStack() as opened:

        def new(room: Room, revision: str, *, filled: bool = False) -> Store:
            store = Store.open(room, store_url(room))
            opened.callback(store.close)
            up_to(revision, filled=filled)(store)
            return store

        yield new


def differences(store: Store) -> list[Any]:
    with store.engine.connect() as connection:
        parts = parts_of_tables(connection, store.room)
        only_whole = {"include_name": lambda name, kind, _: kind != "table" or name not in parts}
        return list(compare_metadata(MigrationContext.configure(connection, opts=only_whole), store.room.base.metadata))


def checks(store: Store) -> dict[str, dict[str | None, str]]:
    there = inspect(store.engine)
    return {
        table: {check["name"]: check["sqltext"] for check in there.get_check_constraints(table)}
        for table in store.room.base.metadata.tables
    }


def rows_of(store: Store, columns: dict[str, list[str]] | None = None) -> dict[str, list[str]]:
    """Every row of every table; only these columns of these tables, where they are named."""
    with store.engine.begin() as connection:
        return everything(connection, store.room, columns)


@pytest.fixture(params=ROOMS)
def room(request: pytest.FixtureRequest) -> Room:
    return ROOMS[request.param]


def test_a_migrated_store_has_exactly_the_tables_and_checks_of_the_code(new_store: NewStore, room: Room) -> None:
    store = new_store(room, migrate)
    assert differences(store) == []
    with store.engine.connect() as connection:
        there = set(inspect(connection).get_table_names()) - parts_of_tables(connection, room)
    assert there == {*room.base.metadata.tables, "alembic_version"}
    assert checks(store) == checks(new_store(room, all_tables))
    assert any(checks(store).values())


@pytest.mark.parametrize(("name", "revision"), EVERY_REVISION)
def test_a_full_store_of_every_earlier_schema_becomes_the_newest_and_keeps_its_rows(
    name: str, revision: str, store_at: StoreAt
) -> None:
    room = ROOMS[name]
    store = store_at(room, revision, filled=True)
    with store.engine.begin() as connection:
        columns = kept_columns(connection, room)
    before = rows_of(store, columns)
    told: list[Step] = []
    assert migrate(store, told.append) == newest(room)
    assert told == list(steps(room, revision))
    assert differences(store) == []
    assert rows_of(store, columns) == before
    assert all(before.values())
    with store.engine.begin() as connection:
        assert dangling(connection) is None


def test_a_revision_that_was_released_makes_what_it_always_made(room: Room, store_at: StoreAt) -> None:
    """DAYUAN_WRITE_GOLDEN=1 writes the file of a new one."""
    first, *later = steps(room, None)
    store = store_at(room, first.revision)
    for step in (first, *later):
        if step is not first:
            up_to(step.revision)(store)
        with store.engine.begin() as connection:
            made = "\n".join(described(connection, store.room)) + "\n"
        golden = GOLDEN / f"{room.name}-{step.revision}.txt"
        if os.environ.get("DAYUAN_WRITE_GOLDEN") and not golden.exists():
            golden.parent.mkdir(exist_ok=True)
            golden.write_text(made, encoding="utf-8")
        assert made == golden.read_text(encoding="utf-8"), golden.name


def described(connection: Connection, room: Room) -> Iterator[str]:
    """A schema in lines, the same for both kinds of store: what each table holds and what it insists on."""
    there = inspect(connection)
    for name, table in sorted((table.name, table) for table in schema_of(connection, room).tables.values()):
        yield name
        for column in table.columns:
            yield f"  {column.name}: {kind_of(column.type)}{' or null' if column.nullable else ''}"
        yield f"  key: {', '.join(table.primary_key.columns.keys())}"
        refers = [
            f"  {', '.join(one.column_keys)} of {one.referred_table.name} ({', '.join(e.column.name for e in one.elements)})"
            for one in table.foreign_key_constraints
        ]
        unique = [", ".join(one["column_names"]) for one in there.get_unique_constraints(name, schema=table.schema)]
        indexes = [index for index in table.indexes if "duplicates_constraint" not in index.info]
        found = sorted(f"{', '.join(index.columns.keys())}{' (unique)' if index.unique else ''}" for index in indexes)
        constraints = sorted(str(check["name"]) for check in there.get_check_constraints(name, schema=table.schema))
        yield from sorted(refers)
        yield from (f"  unique: {columns}" for columns in sorted(unique))
        yield from (f"  index: {index}" for index in found)
        yield from (f"  check: {constraint}" for constraint in constraints)


def test_migrating_twice_changes_nothing(new_store: NewStore, room: Room) -> None:
    store = new_store(room, migrate)
    told: list[Step] = []
    assert migrate(store, told.append) == newest(room)
    assert (told, lacking(store)) == ([], [])


def test_a_migration_that_is_killed_leaves_the_schema_as_it_was_and_the_next_one_goes_on(store_at: StoreAt) -> None:
    store = store_at(ROOMS["registry"], "0001", filled=True)
    before = rows_of(store)
    killed_before_the_last_step = (
        "import os, signal, sys; from registry.room import ROOM; from registry.store import Store;"
        "from registry.store.migrating import migrate, newest;"
        "migrate(Store.open(ROOM, sys.argv[1]), lambda step: step.revision == newest(ROOM) and os.kill(os.getpid(), 9))"
    )
    url = store.engine.url.render_as_string(hide_password=False)
    killed = subprocess.run([sys.executable, "-c", killed_before_the_last_step, url], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert current_revision(store) == "0001"
    assert rows_of(store) == before
    assert migrate(store) == newest(store.room)
    assert differences(store) == []


def test_of_two_that_migrate_at_once_one_waits_and_finds_nothing_to_do(store_at: StoreAt) -> None:
    store = store_at(ROOMS["registry"], "0001")
    other = Store.open(store.room, store.engine.url.render_as_string(hide_password=False))
    begun, go_on = Event(), Event()
    second: list[Step] = []

    def in_the_middle(_: Step) -> None:
        begun.set()
        assert go_on.wait(60)

    with ThreadPoolExecutor(2) as pool:
        first_done = pool.submit(migrate, store, in_the_middle)
        assert begun.wait(60)
        second_done = pool.submit(migrate, other, second.append)
        assert not second_done.done()
        go_on.set()
        assert first_done.result(60) == second_done.result(60) == newest(store.room)
    assert second == []
    other.close()


def test_a_store_of_a_newer_version_is_refused_and_left_as_it_is(new_store: NewStore, room: Room) -> None:
    store = new_store(room, migrate)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    with pytest.raises(Refusal, match=rf"The {room.name} store was written by a newer version of Dayuan\."):
        migrate(store)
    assert current_revision(store) == "later"
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": newest(room)})


def test_the_command_says_what_it_would_do_and_what_it_did(
    database: str, request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    postgres = request.getfixturevalue("postgres") if database == "postgresql" else None
    house = House(tmp_path / "house", postgres.empty() if postgres else None)
    for store in house.open().values():
        up_to("0001")(store)
        store.close()
    lacks = [
        f"{name}: lacks {step.revision} {step.words}" for name, room in ROOMS.items() for step in steps(room, "0001")
    ]
    assert main(["migrate", "--check", *house.words]) == 1
    assert [line for line in capsys.readouterr().out.splitlines() if "lacks" in line] == lacks
    assert main(["migrate", *house.words]) == 0
    said = capsys.readouterr().out
    assert f"registry: 0002 {steps(ROOMS['registry'], '0001')[0].words} …\n" in said
    assert (
        f"registry: newest schema {newest(ROOMS['registry'])}, {len(steps(ROOMS['registry'], '0001'))} steps, " in said
    )
    assert main(["migrate", "--check", *house.words]) == 0
    if postgres:
        postgres.give_back(str(house.database))


def test_a_word_that_no_state_has_is_refused_by_the_database(new_store: NewStore) -> None:
    store = new_store(ROOMS["registry"], migrate)
    with store.engine.begin() as connection:
        connection.execute(text("INSERT INTO feed_counter VALUES ('oc1', 0, 0)"))
    with pytest.raises(IntegrityError, match=r"(?i)check"), store.engine.begin() as connection:
        connection.execute(text("INSERT INTO feed_change VALUES ('oc1', 1, 'weather', 'rain')"))
