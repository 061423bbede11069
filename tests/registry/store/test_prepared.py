"""A prepared statement does what SQLAlchemy's own does, with the same values, and fails as that does."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from uuid import UUID, uuid4

import pytest
from sqlalchemy import LargeBinary, Table, bindparam, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from registry.store import InstantColumn, Store
from registry.store.choices import choice
from registry.store.faults import UNAVAILABLE, is_of_a_value
from registry.store.prepared import Prepared, padded
from tests.fakes.clock import NOON

pytestmark = pytest.mark.both_stores


class Base(DeclarativeBase):
    pass


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Thing(Base):
    """One column of each type that converts its values."""

    __tablename__ = "prepared_thing"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime | None] = mapped_column(InstantColumn)
    colour: Mapped[Colour] = mapped_column(choice(Colour))
    digest: Mapped[bytes] = mapped_column(LargeBinary(4))


TABLE: Table = Thing.metadata.tables["prepared_thing"]
ADD = Prepared(insert(TABLE), ("digest", "colour", "id", "at"))
READ = Prepared(select(TABLE.c.at, TABLE.c.id, TABLE.c.colour, TABLE.c.digest).order_by(TABLE.c.at), ())
REPAINT = Prepared(
    update(TABLE)
    .where(TABLE.c.colour == bindparam("was", type_=TABLE.c.colour.type))
    .values(colour=bindparam("becomes", type_=TABLE.c.colour.type)),
    ("was", "becomes"),
)
REMOVE = Prepared(delete(TABLE).where(TABLE.c.id == bindparam("gone", type_=TABLE.c.id.type)), ("gone",))


@pytest.fixture
def store(gateway_store: Store) -> Iterator[Store]:
    TABLE.create(gateway_store.engine)
    yield gateway_store
    TABLE.drop(gateway_store.engine, checkfirst=True)  # a database of the tests is used again


def some_rows(count: int) -> list[tuple[bytes, Colour, UUID, datetime]]:
    return [(b"\x00\xffab", Colour.RED, uuid4(), NOON + timedelta(minutes=number)) for number in range(count)]


def test_what_is_written_is_read_as_sqlalchemy_reads_it(store: Store) -> None:
    rows = some_rows(3)
    with store.begin_bare() as bare:
        assert ADD.many(bare, rows) == 3
        assert [tuple(row) for row in READ.rows(bare)] == [
            (at, thing, colour, digest) for digest, colour, thing, at in rows
        ]
    with store.read() as session:
        read = session.scalars(select(Thing).order_by(Thing.at)).all()
        assert [(one.digest, one.colour, one.id, one.at) for one in read] == rows


def test_a_moment_elsewhere_on_earth_is_the_same_moment_and_none_is_none(store: Store) -> None:
    there = NOON.astimezone(timezone(timedelta(hours=8)))
    with store.begin_bare() as bare:
        ADD.many(bare, [(b"", Colour.RED, uuid4(), there)])
        assert READ.rows(bare)[0][0] == NOON
        REPAINT.many(bare, [(Colour.RED, Colour.GREEN)])
        ADD.many(bare, [(b"", Colour.RED, uuid4(), None)])
        assert {row[2]: row[0] for row in READ.rows(bare)} == {Colour.GREEN: NOON, Colour.RED: None}


def test_it_says_how_many_rows_changed(store: Store) -> None:
    rows = some_rows(4)
    with store.begin_bare() as bare:
        ADD.many(bare, rows)
        assert REPAINT.many(bare, [(Colour.GREEN, Colour.RED)]) == 0
        assert REPAINT.many(bare, [(Colour.RED, Colour.GREEN)]) == 4
        assert REMOVE.many(bare, [(rows[0][2],), (rows[1][2],), (uuid4(),)]) == 2


def test_it_is_part_of_the_transaction(store: Store) -> None:
    def overthrown() -> None:
        with store.begin_bare() as bare:
            ADD.many(bare, some_rows(1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        overthrown()
    with store.begin_bare() as bare:
        assert READ.rows(bare) == []


def test_after_the_commit_whoever_sends_is_woken(store: Store) -> None:
    woken: list[bool] = []
    store.after_commit = lambda: woken.append(True)
    with store.begin_bare() as bare:
        ADD.many(bare, some_rows(1))
        assert not woken
    assert woken == [True]


def test_a_value_that_its_column_does_not_take_is_an_error_of_the_value(store: Store) -> None:
    naive = (b"", Colour.RED, uuid4(), NOON.replace(tzinfo=None))
    with pytest.raises(StatementError) as raised, store.begin_bare() as bare:
        ADD.many(bare, [naive])
    assert is_of_a_value(raised.value)


def test_what_the_database_refuses_is_told_without_the_row(store: Store) -> None:
    (row,) = some_rows(1)
    with pytest.raises(IntegrityError) as raised, store.begin_bare() as bare:
        ADD.many(bare, [row, row])
    assert is_of_a_value(raised.value)
    assert str(row[2]) not in f"{raised.value} {raised.value.__cause__} {raised.value.orig}"


def test_a_table_that_is_not_there_is_the_stores_fault(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("DROP TABLE prepared_thing"))
    with pytest.raises(UNAVAILABLE), store.begin_bare() as bare:
        READ.rows(bare)


@pytest.mark.parametrize(("count", "length"), [(1, 1), (2, 2), (3, 4), (5, 8), (500, 512)])
def test_a_list_has_one_of_few_lengths_and_nothing_new_in_it(count: int, length: int) -> None:
    given = list(range(count))
    lengthened = padded(given)
    assert len(lengthened) == length
    assert list(lengthened[:count]) == given
    assert set(lengthened) == set(given)
