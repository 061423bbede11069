"""What the second revision of the registry does to a store in use."""

from collections.abc import Callable

import pytest
from alembic import command
from sqlalchemy import Connection, inspect, text

from registry.room import ROOM
from registry.store import Store
from registry.store.migrating import configuration, migrate
from tests.makers.files import all_tables

pytestmark = pytest.mark.both_stores

NewStore = Callable[..., Store]
FIRST = "0001"


def first_revision(store: Store) -> None:
    with store.engine.begin() as connection:
        if not store.is_file:
            connection.execute(text(f"CREATE SCHEMA {ROOM.name}"))
        command.upgrade(configuration(ROOM, connection), FIRST)


def fill(connection: Connection) -> None:
    """A user with a role, two sessions and a token, as the first version wrote them."""
    known = {"who": "0" * 31 + "1", "token": "0" * 31 + "2", "at": "2026-11-23 04:00:00", "digest": b"c" * 32}

    def insert(row: str, **more: object) -> None:
        connection.execute(text(f"INSERT INTO {row}"), {**known, **more})

    insert("users VALUES (:who, 'chen', 'hash', :at, NULL)")
    insert("grants VALUES (:who, 'guard', 'oc1')")
    for digest in (b"a" * 32, b"b" * 32):
        insert("sessions VALUES (:digest, :who, :at, :at, :at, NULL)", digest=digest)
    insert("tokens VALUES (:token, :digest, 'reader', NULL, :at, NULL)")
    insert("token_grants VALUES (:token, 'reader', '*')")


def test_sessions_get_names_and_grants_stay_for_every_unit_and_gate(new_store: NewStore) -> None:
    store = new_store(ROOM, first_revision)
    with store.engine.begin() as connection:
        fill(connection)
    migrate(store)
    with store.engine.begin() as connection:
        ids = connection.scalars(text("SELECT id FROM sessions")).all()
        assert len(set(ids)) == 2
        assert None not in ids
        assert connection.execute(text("SELECT role, site, unit FROM grants")).all() == [("guard", "oc1", "*")]
        granted = connection.execute(text("SELECT role, site, unit, gate FROM token_grants")).all()
        assert granted == [("reader", "*", "*", "*")]
        assert connection.execute(text("SELECT ends_at, hint FROM tokens")).all() == [(None, None)]
        assert connection.scalar(text("SELECT version FROM auth_counter")) == 0


def test_the_migrated_store_tells_rows_apart_as_the_code_does(new_store: NewStore) -> None:
    migrated, made = new_store(ROOM, migrate), new_store(ROOM, all_tables)
    for table in ("grants", "token_grants", "sessions", "auth_counter", "auth_change"):
        keys = [inspect(store.engine).get_pk_constraint(table)["constrained_columns"] for store in (migrated, made)]
        assert keys[0] == keys[1]
        assert keys[0]
