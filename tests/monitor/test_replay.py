"""What was recorded (signals and ticks) gives the same alarms again, from any checkpoint and from none."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from structlog.testing import capture_logs

from monitor.alarms import service
from monitor.alarms.models import Alarm, AlarmAlias, AlarmContribution, AlarmHistory
from monitor.alarms.rules import Closing
from monitor.anomalies import t01_checkpoint_missed as t01
from monitor.anomalies.catalogue import RULES
from monitor.anomalies.models import EngineProgress, EngineTick
from monitor.anomalies.queries import signal_of
from monitor.anomalies.signals import Signal
from monitor.engine import Engine
from monitor.patrols.models import Checkpoint, Tour, TourStop
from monitor.room import ROOM
from monitor.signals import queries as heard
from registry.clock import Instant
from registry.messages.alarms import AlarmDocument, AlarmFlag, AlarmState, AlarmVerdict
from registry.store import Store
from tests.fakes.clock import NOON, FixedClock
from tests.makers.event_logs import a_log_of_a_site
from tests.makers.monitor import a_beam, a_motion, a_principal, hear, seconds, the_compound
from tests.makers.patrols import a_planned_tour, minutes

pytestmark = pytest.mark.both_stores

COMPOUND = the_compound()
LATER = NOON + timedelta(hours=3)
PATH = {"code", "raised_at", "version"}
"""How an alarm came to stand, not how it stands (CONTRACT 4)."""
PLAN = (Checkpoint, Tour, TourStop)
ALARMS = (AlarmAlias, AlarmContribution, AlarmHistory, Alarm)
many = settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
SEEDS = st.integers(0, 2**32)


def _run(store: Store, now: Instant) -> None:
    """A new engine, as after a kill, until it has caught up."""
    engine = Engine(store, lambda: COMPOUND, FixedClock())
    while engine.step(now):
        pass


def _empty(store: Store, *, keep: Iterable[type[Any]] = ()) -> None:
    kept = {table.__tablename__ for table in keep}
    with store.begin(NOON) as work:
        for table in reversed(store.room.base.metadata.sorted_tables):
            if table.name not in kept:
                work.session.execute(table.delete())


def _plan_again(store: Store) -> None:
    """An empty store with a tour, and an engine that has looked once."""
    _empty(store)
    a_planned_tour(store)
    _run(store, NOON)


def _final(store: Store, *, without: Callable[[AlarmDocument], bool] = lambda _: False) -> bytes:
    """How all alarms stand, byte for byte."""
    with store.read() as session:
        alarms = service.alarms(session, sites=None, only_open=False, limit=1000).items
    alarms = [alarm for alarm in alarms if not without(alarm)]
    documents = [alarm.model_dump(mode="json", exclude=PATH) for alarm in alarms]
    return orjson.dumps(sorted(documents, key=lambda each: str(each["id"])), option=orjson.OPT_INDENT_2)


def _live(
    store: Store, log: Sequence[Signal], seed: int, *, between: Callable[[Store, Instant], None] | None = None
) -> None:
    """Hear it one by one; an engine runs now and then, and at the end."""
    chance = random.Random(seed)
    for signal in log:
        hear(store, [signal])
        if chance.random() < 0.4:
            _run(store, signal.received_at)
        if between is not None:
            between(store, signal.received_at)
    _run(store, LATER)


def _judged_by_other_rules(store: Store) -> None:
    with store.begin(NOON) as work:
        work.session.execute(update(EngineProgress).values(form="1 B02.0"))


@dataclass(frozen=True, slots=True)
class Recorded:
    """All that an engine was told: by its devices, and of the time."""

    plan: dict[type[Any], list[dict[str, Any]]]
    signals: list[tuple[int, Signal]]
    ticks: list[tuple[int, Instant]]
    clock: Instant


def _recorded(store: Store) -> Recorded:
    with store.read() as session:
        progress = session.get(EngineProgress, 1)
        assert progress is not None
        return Recorded(
            plan={kind: [dict(row) for row in session.execute(select(kind.__table__)).mappings()] for kind in PLAN},
            signals=[(each.position, signal_of(each)) for each in heard.signals_after(session, 0, limit=10_000)],
            ticks=[(tick.position, tick.at) for tick in session.query(EngineTick).order_by(EngineTick.number)],
            clock=progress.clock,
        )


def _replay(recorded: Recorded, store: Store) -> None:
    """Tell it all to an empty store: what came before a tick in one go, then the tick."""
    _empty(store)
    with store.begin(NOON) as work:
        for kind, rows in recorded.plan.items():
            work.session.execute(kind.__table__.insert(), rows)
    told = 0
    for position, at in [*recorded.ticks, (2**62, recorded.clock)]:
        hear(store, [signal for place, signal in recorded.signals if told < place <= position])
        told = position
        _run(store, at)


@pytest.fixture
def other_store(new_store: Callable[..., Store]) -> Store:
    return new_store(ROOM)


@many
@given(seed=SEEDS, looks=SEEDS)
def test_signals_and_ticks_told_again_give_the_same_alarms_byte_for_byte(
    monitor_store: Store, other_store: Store, seed: int, looks: int
) -> None:
    _plan_again(monitor_store)
    _live(monitor_store, a_log_of_a_site(seed), looks)
    _replay(_recorded(monitor_store), other_store)
    assert _final(other_store) == _final(monitor_store)
    assert b"T01" in _final(monitor_store), "the second round is never walked"


@many
@given(seed=SEEDS, looks=SEEDS, places=SEEDS)
def test_a_checkpoint_of_other_rules_at_any_place_changes_nothing_of_what_is_found(
    monitor_store: Store, seed: int, looks: int, places: int
) -> None:
    log, chance, closing = a_log_of_a_site(seed), random.Random(places), random.Random(looks + 1)

    def people(store: Store, now: Instant) -> None:
        if closing.random() < 0.15:
            _close_all(store, now)

    def people_and_upgrades(store: Store, now: Instant) -> None:
        people(store, now)
        if chance.random() < 0.2:
            _judged_by_other_rules(store)

    _plan_again(monitor_store)
    tours = _recorded(monitor_store).plan
    _live(monitor_store, log, looks, between=people)
    undisturbed = _final(monitor_store)
    closing.seed(looks + 1)
    _empty(monitor_store, keep=PLAN)
    _run(monitor_store, NOON)
    _live(monitor_store, log, looks, between=people_and_upgrades)
    assert _recorded(monitor_store).plan == tours
    assert _final(monitor_store) == undisturbed


@many
@given(seed=SEEDS, looks=SEEDS)
def test_rules_that_know_nothing_of_what_was_found_find_it_all_again(
    monitor_store: Store, seed: int, looks: int
) -> None:
    _plan_again(monitor_store)
    _live(monitor_store, a_log_of_a_site(seed), looks)
    found = _final(monitor_store, without=_was_withdrawn)
    _judged_by_other_rules(monitor_store)
    with monitor_store.begin(NOON) as work:
        for table in ALARMS:
            work.session.execute(delete(table))
    _run(monitor_store, LATER)
    assert _final(monitor_store) == found


def _was_withdrawn(alarm: AlarmDocument) -> bool:
    """Whether a round was called missed until a scan came late: who knows the scan raises nothing."""
    return alarm.rule == t01.NAME and AlarmFlag.RETURNED in alarm.flags


def _close_all(store: Store, now: Instant) -> None:
    by = a_principal()
    with store.begin(now) as work:
        for alarm in service.alarms(work.session, sites=None, limit=1000).items:
            seen = service.acknowledge(work, alarm.id, version=alarm.version, by=by)
            if seen.state is not AlarmState.CLOSED:
                closing = Closing(verdict=AlarmVerdict.NUISANCE, cause="猫")
                service.close(work, alarm.id, version=seen.version, closing=closing, by=by)


def test_judging_anew_is_told_and_revises_no_alarm_that_stands_right(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    _run(monitor_store, NOON)
    hear(monitor_store, [a_beam(seconds(0)), a_motion(seconds(6))])
    _run(monitor_store, minutes(40))
    before = _documents(monitor_store)
    _judged_by_other_rules(monitor_store)
    with capture_logs() as logs:
        _run(monitor_store, minutes(40))
    assert _documents(monitor_store) == before
    [told] = [entry for entry in logs if entry["event"] == "checkpoint-of-other-rules"]
    assert (told["theirs"], told["ours"]) == ("1 B02.0", RULES.form)
    with capture_logs() as logs:
        _run(monitor_store, minutes(41))
    assert logs == []


def _documents(store: Store) -> list[dict[str, Any]]:
    with store.read() as session:
        return [alarm.model_dump() for alarm in service.alarms(session, sites=None, only_open=False).items]


def test_what_is_older_than_three_days_is_not_judged_anew(monitor_store: Store) -> None:
    _run(monitor_store, minutes(-100 * 60))
    old, new = ([make(minutes(at)) for make in (a_beam, a_motion)] for at in (-80 * 60, -70 * 60))
    hear(monitor_store, [*old, *new, a_beam(NOON)])
    _run(monitor_store, NOON)
    with monitor_store.begin(NOON) as work:
        for table in ALARMS:
            work.session.execute(delete(table))
    _judged_by_other_rules(monitor_store)
    _run(monitor_store, NOON)
    assert [alarm["occurred_at"] for alarm in _documents(monitor_store)] == [minutes(-70 * 60)]


def test_an_engine_without_a_checkpoint_begins_three_days_ago(monitor_store: Store) -> None:
    old, new = ([make(minutes(at)) for make in (a_beam, a_motion)] for at in (-80 * 60, -70 * 60))
    hear(monitor_store, [*old, *new])
    _run(monitor_store, NOON)
    assert [alarm["occurred_at"] for alarm in _documents(monitor_store)] == [minutes(-70 * 60)]


def test_rounds_that_nobody_watched_are_not_judged_by_those_who_come_later(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    _run(monitor_store, minutes(60))
    _run(monitor_store, minutes(60 * 20))
    assert [alarm["rule"] for alarm in _documents(monitor_store)] == ["D08"]
    _judged_by_other_rules(monitor_store)
    _run(monitor_store, minutes(60 * 20))
    assert [alarm["rule"] for alarm in _documents(monitor_store)] == ["D08"]
