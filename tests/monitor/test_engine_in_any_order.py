"""The engine on a real store: the same alarms in whatever order signals arrive, and whenever it runs."""

import random
from collections.abc import Iterable, Sequence
from datetime import timedelta

import pytest

from monitor.alarms import service
from monitor.anomalies.signals import Signal
from monitor.engine import Engine
from registry.clock import Instant
from registry.store import Store
from tests.fakes.clock import NOON, FixedClock
from tests.makers.event_logs import a_log_of_a_patrol, a_log_of_the_wall, arrivals, kept_offline
from tests.makers.monitor import hear, the_compound
from tests.makers.patrols import a_planned_tour

LATER = NOON + timedelta(hours=3)
COMPOUND = the_compound()
VARIES = {"code", "raised_at", "version"}
"""How an alarm came to stand, not how it stands."""


def _begin_again(store: Store, *, tour: bool) -> None:
    base = store.room.base.metadata
    with store.begin(NOON) as work:
        for table in reversed(base.sorted_tables):
            work.session.execute(table.delete())
    if tour:
        a_planned_tour(store)
    _engine(store).step(NOON)


def _engine(store: Store) -> Engine:
    """A new one, as after a kill."""
    return Engine(store, lambda: COMPOUND, FixedClock())


def _run(store: Store, now: Instant) -> None:
    engine = _engine(store)
    while engine.step(now):
        pass


def _final(store: Store) -> list[dict[str, object]]:
    with store.read() as session:
        alarms = service.alarms(session, sites=None, only_open=False).items
    return sorted((alarm.model_dump(exclude=VARIES) for alarm in alarms), key=lambda each: str(each["id"]))


def _judged_at_times(store: Store, heard: Sequence[Signal], chance: random.Random) -> list[dict[str, object]]:
    """Hear it one by one; a new engine runs now and then, and at the end."""
    for signal in heard:
        if chance.random() < 0.3:
            _run(store, signal.received_at)
        hear(store, [signal])
        if chance.random() < 0.4:
            _run(store, signal.received_at)
    _run(store, LATER)
    return _final(store)


def _judged_at_once(store: Store, heard: Iterable[Signal]) -> list[dict[str, object]]:
    hear(store, heard)
    _run(store, LATER)
    return _final(store)


@pytest.mark.parametrize("seed", range(16))
def test_any_order_of_arrival_within_ten_seconds_with_repeats_gives_the_same_alarms(
    monitor_store: Store, seed: int
) -> None:
    log, chance = a_log_of_the_wall(seed), random.Random(seed + 1000)
    _begin_again(monitor_store, tour=False)
    found = _judged_at_times(monitor_store, arrivals(log, chance), chance)
    _begin_again(monitor_store, tour=False)
    assert found == _judged_at_once(monitor_store, sorted(log, key=lambda signal: signal.order))


@pytest.mark.parametrize("seed", range(12))
def test_any_order_of_scans_within_ten_seconds_gives_the_same_missed_checkpoints(
    monitor_store: Store, seed: int
) -> None:
    log, chance = a_log_of_a_patrol(seed), random.Random(seed + 1000)
    _begin_again(monitor_store, tour=True)
    found = _judged_at_times(monitor_store, arrivals(log, chance), chance)
    _forget_all_but_the_plan(monitor_store)
    assert found == _judged_at_once(monitor_store, sorted(log, key=lambda signal: signal.order))
    assert found, "the second round is never walked"


@pytest.mark.parametrize("seed", range(12, 26))
def test_scans_kept_offline_find_the_same_alarms_whenever_the_engine_runs(monitor_store: Store, seed: int) -> None:
    chance = random.Random(seed + 2000)
    heard = kept_offline(a_log_of_a_patrol(seed), chance)
    _begin_again(monitor_store, tour=True)
    found = _judged_at_times(monitor_store, heard, chance)
    _forget_all_but_the_plan(monitor_store)
    assert found == _judged_at_once(monitor_store, heard)


def _forget_all_but_the_plan(store: Store) -> None:
    """A tour gets a new id each time it is made, and with it its alarms."""
    plan = {"checkpoint", "tour", "tour_stop"}
    with store.begin(NOON) as work:
        for table in reversed(store.room.base.metadata.sorted_tables):
            if table.name not in plan:
                work.session.execute(table.delete())
    _engine(store).step(NOON)
