"""What is over is taken away in small pieces, class by class, and its seen keys with it."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from monitor.retention import rules
from monitor.retention.purging import Purging
from monitor.retention.queries import last_purge
from monitor.room import ROOM
from monitor.signals import queries, service
from monitor.signals.models import DeadLetterRow, DeviceSequenceRow, SeenRow
from registry.clock import Instant
from registry.store import Store
from tests.fakes.clock import NOON, FixedClock
from tests.makers.events import an_event, event_topic, on_the_wire
from tests.makers.register import a_device, a_register
from tests.makers.signals import a_message
from tests.makers.web import a_store

REGISTER = a_register(a_device("oc1/beam/north-01"), a_device("oc1/env/cellar"))


def heard(store: Store, device: str, event: str, at: Instant, **said: object) -> None:
    kind = "dayuan.env.limit" if "/env/" in device else None
    data = {"name": "t", "value": 40, "unit": "C", "limit": 35, "state": "start"} if kind else None
    occurred_at = said.get("occurred_at", at)
    assert isinstance(occurred_at, Instant)
    payload = on_the_wire(an_event(event, device=device, kind=kind, data=data, occurred_at=occurred_at))
    with store.begin(at) as work:
        took = service.take_in(work.session, [a_message(payload, topic=event_topic(device), received_at=at)], REGISTER)
    assert took.stored == 1


def purge(store: Store, **days: int) -> int:
    return Purging(store, FixedClock(NOON), days=days, every_seconds=3600).purge().signals


def left(store: Store) -> list[str]:
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(SeenRow)) == len(queries.signals_after(session, 0))
        return [signal.id for signal in queries.signals_after(session, 0)]


def test_each_class_is_kept_for_its_own_days(tmp_path: Path) -> None:
    store = a_store(tmp_path, ROOM)
    for days in (100, 60, 1):
        heard(store, "oc1/beam/north-01", f"beam-{days}", NOON - timedelta(days=days))
        heard(store, "oc1/env/cellar", f"env-{days}", NOON - timedelta(days=days))
    assert purge(store) == 3
    assert left(store) == ["beam-60", "beam-1", "env-1"]
    assert purge(store, beam=30) == 1
    assert purge(store, beam=30) == 0
    with store.read() as session:
        last = last_purge(session)
    assert last is not None
    assert (last.signals, last.ended_at) == (0, NOON)
    store.close()


def test_an_old_event_that_came_lately_stays(tmp_path: Path) -> None:
    store = a_store(tmp_path, ROOM)
    heard(store, "oc1/beam/north-01", "late", NOON - timedelta(days=1), occurred_at=NOON - timedelta(days=200))
    assert purge(store) == 0
    store.close()


def test_dead_letters_go_too_and_the_counters_stay(tmp_path: Path) -> None:
    store = a_store(tmp_path, ROOM)
    long_ago = NOON - timedelta(days=200)
    with store.begin(long_ago) as work:
        service.take_in(work.session, [a_message(b"{", received_at=long_ago), a_message(b"{")], REGISTER)
    purge(store)
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(DeadLetterRow)) == 1
        assert queries.totals(session).received == 2
    store.close()


def test_the_rules_always_have_what_they_look_back_at() -> None:
    assert rules.days_of("beam", {"beam": 1}) == rules.LEAST_DAYS
    assert rules.days_of("beam", {}) == 90


def test_the_numbers_of_a_start_go_when_nothing_was_heard_of_it_since(tmp_path: Path) -> None:
    store = a_store(tmp_path, ROOM)
    for bootid, days in (("old", 200), ("new", 1)):
        at = NOON - timedelta(days=days)
        event = an_event(bootid, seq=1, bootid=bootid, occurred_at=at)
        with store.begin(at) as work:
            service.take_in(work.session, [a_message(on_the_wire(event), received_at=at)], REGISTER)
    purge(store)
    with store.read() as session:
        assert list(session.scalars(select(DeviceSequenceRow.bootid))) == ["new"]
    store.close()
