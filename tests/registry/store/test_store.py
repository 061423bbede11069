import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import String, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from registry.audit.columns import AuditColumns
from registry.store import InstantColumn, OutboxColumns, Room, Store
from registry.store.outbox import announce, sent, waiting
from tests.fakes.clock import NOON


class Base(DeclarativeBase): ...


class Outbox(OutboxColumns, Base):
    __tablename__ = "outbox"


class Audit(AuditColumns, Base):
    __tablename__ = "audit"


class Note(Base):
    __tablename__ = "note"
    text: Mapped[str] = mapped_column(String(10), primary_key=True)
    at: Mapped[datetime] = mapped_column(InstantColumn)


ROOM = Room(name="kitchen", base=Base, outbox=Outbox, audit=Audit, migrations=Path("nowhere"))


pytestmark = pytest.mark.both_stores


@pytest.fixture
def store(new_store: Callable[[Room], Store]) -> Store:
    return new_store(ROOM)


def notes(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(Note)) or 0


def test_what_a_unit_of_work_did_is_there_afterwards(store: Store) -> None:
    with store.begin(NOON) as work:
        work.session.add(Note(text="a", at=work.now))
    with store.read() as session:
        assert session.scalars(select(Note.at)).one() == NOON


def test_a_unit_of_work_that_fails_leaves_nothing_and_sends_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError), store.begin(NOON) as work:
        work.session.add(Note(text="a", at=work.now))
        announce(work.session, "t", b"{}")
        raise RuntimeError
    assert notes(store) == 0
    with store.read() as session:
        assert waiting(session) == []


def test_what_the_database_refuses_is_told_without_the_values(store: Store) -> None:
    with store.begin(NOON) as work:
        work.session.add(Note(text="鄂E12345", at=NOON))
    with pytest.raises(IntegrityError) as refused, store.begin(NOON) as work:
        work.session.add(Note(text="鄂E12345", at=NOON))
    assert "INSERT INTO note" in str(refused.value)
    assert "鄂E12345" not in "".join(traceback.format_exception(refused.value))


def test_a_naive_moment_cannot_be_stored(store: Store) -> None:
    with pytest.raises(Exception, match="offset"), store.begin(NOON) as work:
        work.session.add(Note(text="a", at=datetime(2026, 1, 1)))  # noqa: DTZ001 - the fault under test


def test_announcements_wait_in_order_until_they_are_sent(store: Store) -> None:
    with store.begin(NOON) as work:
        for number in range(3):
            announce(work.session, f"t/{number}", b"%d" % number, retain=number == 1)
    with store.begin(NOON) as work:
        first, second, third = waiting(work.session)
        assert [(w.topic, w.payload, w.retain) for w in (first, second, third)] == [
            ("t/0", b"0", False),
            ("t/1", b"1", True),
            ("t/2", b"2", False),
        ]
        sent(work.session, [first.position, second.position])
    with store.read() as session:
        assert [message.topic for message in waiting(session)] == ["t/2"]


def test_the_sender_is_woken_after_the_commit_and_not_before(store: Store) -> None:
    seen: list[int] = []
    store.after_commit = lambda: seen.append(notes(store))
    with store.begin(NOON) as work:
        work.session.add(Note(text="a", at=work.now))
        assert seen == []
    assert seen == [1]


def test_writers_that_begin_at_the_same_instant_wait_for_each_other(store: Store) -> None:
    start = Barrier(8)

    def count_up(name: int) -> None:
        start.wait()
        for step in range(20):
            with store.begin(NOON) as work:
                total = work.session.scalar(select(func.count()).select_from(Note)) or 0
                work.session.add(Note(text=str(total), at=work.now))
            assert total >= step, name

    threads = [Thread(target=count_up, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert notes(store) == 160  # the text is the primary key: two equal counts would have failed


def test_what_is_read_in_one_session_is_of_one_moment(store: Store) -> None:
    with store.read() as session:
        before = session.scalar(select(func.count()).select_from(Note))
        with store.begin(NOON) as work:
            work.session.add(Note(text="a", at=work.now))
        assert session.scalar(select(func.count()).select_from(Note)) == before == 0
    assert notes(store) == 1


def test_positions_are_wider_than_what_a_city_says_in_a_year(store: Store) -> None:
    with store.begin(NOON) as work:
        work.session.add(Outbox(position=2**40, topic="t", payload=b"", retain=False))
    with store.read() as session:
        assert [message.position for message in waiting(session)] == [2**40]
