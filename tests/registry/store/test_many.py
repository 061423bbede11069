"""Many rows with few words are the rows that SQLAlchemy's own insert would have stored, on both stores."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import cast

import pytest
from sqlalchemy import BigInteger, LargeBinary, Table, Text, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from registry.room import ROOM as REGISTRY
from registry.store import InstantColumn, PositionColumn, Store
from registry.store.many import ManyRows
from tests.conftest import NewStore

pytestmark = pytest.mark.both_stores

NOW = datetime(2026, 11, 23, 2, 15, 7, 312_045, tzinfo=UTC)


class Base(DeclarativeBase):
    pass


class WordRow(Base):
    __tablename__ = "words"

    position: Mapped[int] = mapped_column(PositionColumn, primary_key=True, autoincrement=True)
    word: Mapped[str] = mapped_column(Text, unique=True)
    said_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    number: Mapped[int | None] = mapped_column(BigInteger)


WORDS = cast("Table", WordRow.__table__)
ROOM = replace(REGISTRY, base=Base)
MANY = ManyRows(WORDS, ("word", "said_at", "raw", "number"))


@pytest.fixture
def store(new_store: NewStore) -> Store:
    return new_store(ROOM)


def words(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.scalars(select(WordRow.word).order_by(WordRow.position)))


@pytest.mark.parametrize("count", [0, 1, 5, 63, 341, 600])
def test_all_rows_are_stored_in_their_order(store: Store, count: int) -> None:
    said = [f"word {number}" for number in range(count)]
    with store.begin(NOW) as work:
        MANY.insert(work.session, [(word, NOW, None, None) for word in said])
    assert words(store) == said


def test_values_are_stored_as_an_ordinary_insert_stores_them(store: Store) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=8)))
    rows = [
        ("院", elsewhere, b"\x00\xff", 2**62),
        ("'; --", None, None, None),
        ("whole second", NOW.replace(microsecond=0), b"", 0),
    ]
    with store.begin(NOW) as work:
        MANY.insert(work.session, rows)
        work.session.execute(
            insert(WORDS),
            [
                dict(zip(("word", "said_at", "raw", "number"), (f"{row[0]} again", *row[1:]), strict=True))
                for row in rows
            ],
        )
    with store.read() as session:
        kept = [
            tuple(row)
            for row in session.execute(select(WORDS.c.said_at, WORDS.c.raw, WORDS.c.number).order_by(WORDS.c.position))
        ]
        compared = session.execute(select(WORDS.c.position).where(WORDS.c.said_at == NOW)).all()
    assert kept[:3] == kept[3:]
    assert kept[0] == (NOW, b"\x00\xff", 2**62)
    assert len(compared) == 2


def test_only_what_is_new_is_inserted_and_told(store: Store) -> None:
    with store.begin(NOW) as work:
        MANY.insert(work.session, [("known", NOW, None, None)])
    with store.begin(NOW) as work:
        rows = [(word, NOW, b"x", 1) for word in ("new", "known", "newer")]
        assert sorted(MANY.insert_new(work.session, rows, told=("word", "number"))) == [("new", 1), ("newer", 1)]
        assert MANY.insert_new(work.session, rows, told=("word",)) == []
        assert MANY.insert_new(work.session, [], told=("word",)) == []
    assert sorted(words(store)) == ["known", "new", "newer"]


def test_a_row_that_breaks_a_constraint_undoes_the_whole_transaction(store: Store) -> None:
    with pytest.raises(IntegrityError), store.begin(NOW) as work:
        MANY.insert(work.session, [(word, NOW, None, None) for word in ("one", "two", "one")])
    assert words(store) == []


def test_a_moment_without_an_offset_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="offset"), store.begin(NOW) as work:
        MANY.insert(work.session, [("word", NOW.replace(tzinfo=None), None, None)])
