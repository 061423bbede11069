"""The engine on a real store judges the rounds of the guards: what is missed, what comes late, and whatever its clock does."""

from collections.abc import Sequence
from datetime import time, timedelta

import pytest

from monitor.anomalies.models import EngineTick
from registry.messages.alarms import AlarmFlag, AlarmState, AlarmVerdict
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.judging import an_engine, catch_up, handled, standing
from tests.makers.monitor import (
    a_beam,
    a_scan,
    hear,
)
from tests.makers.patrols import TAGS, a_planned_tour, minutes

pytestmark = pytest.mark.both_stores


def _patrol(store: Store, *, until: float) -> None:
    """The engine's first pass is at noon, then one each minute."""
    for minute in range(int(until) + 1):
        an_engine(store).step(minutes(minute))


def test_a_round_that_nobody_walks_is_one_alarm_that_grows(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    _patrol(monitor_store, until=17)
    assert standing(monitor_store) == []
    an_engine(monitor_store).step(minutes(18))
    [first] = standing(monitor_store)
    assert (first.rule, first.priority, first.count) == ("T01", 3, 1)
    an_engine(monitor_store).step(minutes(28))
    [second] = standing(monitor_store)
    assert (second.id, second.priority, second.count) == (first.id, 2, 2)
    with monitor_store.read() as session:
        assert [tick.at for tick in session.query(EngineTick)] == [NOON, minutes(18), minutes(28)]


def test_an_engine_that_was_away_judges_the_rounds_that_it_missed(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    an_engine(monitor_store).step(NOON)
    an_engine(monitor_store).step(minutes(200))
    assert [alarm.count for alarm in standing(monitor_store)] == [2, 2]


@pytest.mark.parametrize("looks", [[40], range(41), [16, 17, 18], [17.2]])
def test_a_scan_that_comes_late_finds_the_same_alarm_whenever_the_engine_ran(
    monitor_store: Store, looks: Sequence[float]
) -> None:
    a_planned_tour(monitor_store, stops=1, start_times=[time(12)])
    an_engine(monitor_store).step(NOON)
    for minute in looks:
        if minute < 40:
            an_engine(monitor_store).step(minutes(minute))
    hear(monitor_store, [a_scan(TAGS[0], minutes(4), received_at=minutes(40), offline=True)])
    catch_up(monitor_store, minutes(40))
    [alarm] = standing(monitor_store)
    assert (alarm.state, alarm.flags) == (AlarmState.NEW, [AlarmFlag.LATE_EVIDENCE, AlarmFlag.RETURNED])


def test_a_scan_at_the_last_moment_that_is_ten_seconds_on_its_way_is_in_time(monitor_store: Store) -> None:
    a_planned_tour(monitor_store, stops=1, start_times=[time(12)])
    an_engine(monitor_store).step(NOON)
    an_engine(monitor_store).step(minutes(17))
    last = a_scan(TAGS[0], minutes(17) - timedelta(seconds=5), received_at=minutes(17) + timedelta(seconds=5))
    hear(monitor_store, [last])
    _patrol(monitor_store, until=30)
    assert standing(monitor_store) == []


def test_what_is_missed_after_somebody_closed_the_alarm_of_the_round_is_a_new_one(monitor_store: Store) -> None:
    a_planned_tour(monitor_store, start_times=[time(12)])
    _patrol(monitor_store, until=18)
    handled(monitor_store, standing(monitor_store)[0], minutes(20), close=True)
    _patrol(monitor_store, until=28)
    told = {alarm.state: alarm.explanation.zh for alarm in standing(monitor_store)}
    assert "锅炉房" in told[AlarmState.CLOSED]
    assert "北墙" in told[AlarmState.NEW]
    assert "锅炉房" not in told[AlarmState.NEW]
    hear(monitor_store, [a_scan(TAGS[0], minutes(4), received_at=minutes(40), offline=True)])
    catch_up(monitor_store, minutes(40))
    flags = {alarm.state: alarm.flags for alarm in standing(monitor_store)}
    assert flags == {AlarmState.CLOSED: [AlarmFlag.LATE_EVIDENCE], AlarmState.NEW: []}


def test_a_clock_that_jumps_weeks_ahead_raises_one_alarm_that_says_so_and_timers_go_on_when_it_is_right_again(
    monitor_store: Store,
) -> None:
    a_planned_tour(monitor_store, stops=1, start_times=[time(hour) for hour in range(24)])
    an_engine(monitor_store).step(NOON)
    an_engine(monitor_store).step(NOON + timedelta(days=60))
    [jumped] = standing(monitor_store)
    assert (jumped.rule, jumped.priority, jumped.occurred_at) == ("D08", 2, minutes(17) + timedelta(seconds=10))
    assert "2026-11-23 12:17 至 2027-01-22 12:00" in jumped.explanation.zh
    _patrol(monitor_store, until=18)
    assert sorted(alarm.rule for alarm in standing(monitor_store)) == ["D08", "T01"]


def test_a_long_quiet_time_is_no_absence(monitor_store: Store) -> None:
    a_planned_tour(monitor_store, stops=1, start_times=[time(12)])
    _patrol(monitor_store, until=30)
    for hour in range(1, 24):
        an_engine(monitor_store).step(minutes(60 * hour))
    hear(monitor_store, [a_beam(minutes(60 * 23))])
    an_engine(monitor_store).step(minutes(60 * 23))
    an_engine(monitor_store).step(minutes(60 * 24 + 18))
    assert [alarm.rule for alarm in standing(monitor_store)] == ["T01", "T01"]


def test_rounds_from_before_the_engine_first_ran_are_not_judged(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    an_engine(monitor_store).step(minutes(60))
    an_engine(monitor_store).step(minutes(61))
    assert standing(monitor_store) == []


def test_a_signal_that_comes_first_brings_the_time_by_itself(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    an_engine(monitor_store).step(NOON)
    hear(monitor_store, [a_beam(minutes(30))])
    an_engine(monitor_store).step(minutes(30))
    assert [alarm.count for alarm in standing(monitor_store)] == [2]
    with monitor_store.read() as session:
        assert [tick.at for tick in session.query(EngineTick)] == [NOON]


def test_a_round_that_was_walked_raises_nothing(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    an_engine(monitor_store).step(NOON)
    hear(monitor_store, [a_scan(TAGS[0], minutes(4)), a_scan(TAGS[1], minutes(14))])
    _patrol(monitor_store, until=60)
    assert standing(monitor_store) == []


def test_a_scan_that_was_kept_offline_withdraws_the_alarm_which_stays_until_somebody_has_seen_it(
    monitor_store: Store,
) -> None:
    a_planned_tour(monitor_store, stops=1, start_times=[time(12)])
    _patrol(monitor_store, until=20)
    [missed] = standing(monitor_store)
    hear(monitor_store, [a_scan(TAGS[0], minutes(4), received_at=minutes(40), offline=True)])
    an_engine(monitor_store).step(minutes(40))
    [withdrawn] = standing(monitor_store)
    assert (withdrawn.id, withdrawn.state) == (missed.id, AlarmState.NEW)
    assert withdrawn.flags == [AlarmFlag.LATE_EVIDENCE, AlarmFlag.RETURNED]
    assert "补传" in withdrawn.explanation.zh
    handled(monitor_store, withdrawn, minutes(41))
    assert [alarm.state for alarm in standing(monitor_store)] == [AlarmState.CLOSED]


def test_a_missed_checkpoint_that_was_acknowledged_leaves_when_the_scan_arrives(monitor_store: Store) -> None:
    a_planned_tour(monitor_store, stops=1, start_times=[time(12)])
    _patrol(monitor_store, until=20)
    handled(monitor_store, standing(monitor_store)[0], minutes(21))
    hear(monitor_store, [a_scan(TAGS[0], minutes(4), received_at=minutes(40), offline=True)])
    an_engine(monitor_store).step(minutes(40))
    [left] = standing(monitor_store)
    assert (left.state, left.verdict) == (AlarmState.CLOSED, AlarmVerdict.AUTHORISED)
