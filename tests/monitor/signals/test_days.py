"""The days of signals on PostgreSQL: each in its own table, in one order, known again across days, and let go as a whole."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from deploy.backup.rows import lines_of, tables_of, write_lines
from monitor.retention.purging import Purging
from monitor.room import ROOM
from monitor.signals import days, queries, service
from monitor.signals.models import SeenRow, SignalRow
from registry.clock import Instant
from registry.store import Store
from tests.conftest import NewStore
from tests.fakes.clock import NOON, FixedClock
from tests.makers.events import an_event, event_topic, on_the_wire
from tests.makers.register import a_device, a_register
from tests.makers.signals import a_message

BEAM = "oc1/beam/north-01"
REGISTER = a_register(a_device(BEAM), a_device("oc1/env/cellar"))


@pytest.fixture
def database() -> str:
    return "postgresql"


@pytest.fixture
def store(monitor_store: Store) -> Store:
    return monitor_store


def heard(store: Store, name: str, at: Instant, device: str = BEAM) -> queries.Totals:
    data = {"name": "t", "value": 40, "unit": "C", "limit": 35, "state": "start"} if "/env/" in device else None
    kind = None if data is None else "dayuan.env.limit"
    payload = on_the_wire(an_event(name, device=device, kind=kind, data=data, occurred_at=NOON - timedelta(days=120)))
    with store.begin(at) as work:
        return service.take_in(work.session, [a_message(payload, topic=event_topic(device), received_at=at)], REGISTER)


def ago(number: float) -> Instant:
    return NOON - timedelta(days=number)


def tables(store: Store) -> dict[str, list[str]]:
    """The ids in each part of the table."""
    with store.read() as session:
        found = session.execute(text("SELECT tableoid::regclass::text, id FROM signals ORDER BY position")).all()
    names = dict.fromkeys(name for name, _ in found)
    return {name: [id_ for where, id_ in found if where == name] for name in names}


def ids(store: Store) -> list[str]:
    with store.read() as session:
        return [signal.id for signal in queries.signals_after(session, 0)]


def test_each_day_has_a_table_and_the_order_goes_on_across_days(store: Store) -> None:
    for number in (3, 2, 2.01, 0):  # the third by a clock that was set back, over midnight
        heard(store, f"e{number}", ago(number))
    days_of = [days.table_of(ago(number).date()) for number in (3, 2, 0)]
    assert tables(store) == {days_of[0]: ["e3"], days_of[1]: ["e2", "e2.01"], days_of[2]: ["e0"]}
    assert ids(store) == ["e3", "e2", "e2.01", "e0"]


def test_a_repeat_is_known_on_another_day(store: Store) -> None:
    heard(store, "e1", ago(3))
    assert heard(store, "e1", ago(0)).duplicate == 1
    assert ids(store) == ["e1"]


def test_a_transaction_that_is_taken_back_leaves_neither_table_nor_counter_behind(store: Store) -> None:
    class Enough(Exception):
        pass

    message = a_message(on_the_wire(an_event("e1", device=BEAM)), topic=event_topic(BEAM), received_at=ago(1))
    with pytest.raises(Enough), store.begin(ago(1)) as work:
        service.take_in(work.session, [message], REGISTER)
        raise Enough
    assert heard(store, "e1", ago(1)).stored == 1
    assert list(tables(store)) == [days.table_of(ago(1).date())]


def test_a_day_that_is_over_goes_as_a_whole_and_what_was_seen_on_it_too(store: Store) -> None:
    heard(store, "old-beam", ago(95))
    heard(store, "old-env", ago(95), "oc1/env/cellar")
    heard(store, "env", ago(40), "oc1/env/cellar")
    heard(store, "beam", ago(40))
    heard(store, "new", ago(0))
    purged = Purging(store, FixedClock(NOON), days={}, every_seconds=3600).purge()
    assert purged.signals == 3
    assert ids(store) == ["beam", "new"]
    with store.read() as session:
        assert sorted(session.scalars(select(SeenRow.id))) == ["beam", "new"]
        there = days.days_there(session.connection())
        assert ago(95).date() not in there
        assert {ago(40).date(), *(NOON.date() + timedelta(days=ahead) for ahead in range(3))} <= set(there)
        assert days.days_let_go(session.connection()) == []
    assert heard(store, "old-beam", ago(0)).stored == 1


def test_a_day_in_which_somebody_reads_goes_the_next_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.retention.purging._TRIES", 1)
    heard(store, "old", ago(95))
    purging = Purging(store, FixedClock(NOON), days={}, every_seconds=3600)
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(SignalRow)) == 1
        purging.purge()
        assert heard(store, "new", ago(0)).stored == 1
    assert ids(store) == ["old", "new"]
    purging.purge()
    assert ids(store) == ["new"]


def test_a_day_that_was_let_go_and_not_dropped_is_dropped_later(store: Store) -> None:
    heard(store, "old", ago(95))
    with store.begin(NOON) as work:
        days.let_go(work.session.connection(), ago(95).date())
    assert ids(store) == []
    Purging(store, FixedClock(NOON), days={}, every_seconds=3600).purge()
    with store.read() as session:
        assert days.days_let_go(session.connection()) == []


def test_what_is_put_back_from_a_backup_lies_in_its_day_again(store: Store, new_store: NewStore) -> None:
    heard(store, "e1", ago(3))
    heard(store, "e2", ago(0))
    other = new_store(ROOM)
    with store.engine.begin() as there, other.engine.begin() as here:
        table = next(one for one in tables_of(there, ROOM) if one.name == "signals")
        for lines in lines_of(there, ROOM, table, at_once=10):
            write_lines(here, ROOM, table, lines)
    assert tables(other) == tables(store)
