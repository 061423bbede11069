"""A vehicle that was refused keeps trying."""

import random
from collections.abc import Iterable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.alarms.words import explain
from monitor.anomalies import g03_refused_again as g03
from monitor.anomalies.incidents import Cluster, clusters
from monitor.anomalies.signals import Signal
from tests.fakes.alarms import AlarmsInMemory
from tests.makers.monitor import OC1, a_try, seconds, the_compound

VEHICLE = "key of 鄂E12345"


def _alarms() -> AlarmsInMemory:
    def incidents(signals: Iterable[Signal]) -> list[Cluster]:
        return clusters(g03.tries(signals, VEHICLE), gap=g03.DEFAULT.gap)

    register = the_compound()
    return AlarmsInMemory(
        clusters=incidents, describe=partial(g03.describe, site=OC1, vehicle=VEHICLE, register=register)
    )


def _counts(*tries: Signal) -> list[int]:
    alarms = _alarms()
    alarms.hear(*tries)
    return sorted(alarm.count for alarm in alarms.stand().values())


@pytest.mark.parametrize(
    ("moments", "counts"),
    [
        ([0, 30], []),
        ([0, 30, 60], [3]),
        ([0, 30, 61], []),
        ([0, 30, 60, 180], [4]),
        ([0, 30, 60, 181], [3]),
        ([0, 100, 110, 120], [4]),
    ],
)
def test_three_in_a_minute_are_too_many_and_further_tries_belong_to_them(
    moments: list[float], counts: list[int]
) -> None:
    assert _counts(*(a_try(seconds(at)) for at in moments)) == counts


def test_what_was_granted_or_referred_is_no_try() -> None:
    assert _counts(a_try(seconds(0)), a_try(seconds(1), verdict="granted"), a_try(seconds(2), verdict="refer")) == []


def test_a_refer_that_ran_out_undecided_is_no_try() -> None:
    assert _counts(*(a_try(seconds(at), reason="undecided") for at in (0, 10, 20, 30))) == []


def test_another_vehicle_is_another_matter() -> None:
    assert _counts(a_try(seconds(0)), a_try(seconds(1)), a_try(seconds(2), plate="鄂E99999")) == []


def test_a_card_is_no_vehicle() -> None:
    assert g03.vehicle_of(a_try(seconds(0), credential="card")) is None


def test_a_plate_stands_in_where_the_gate_gives_no_key() -> None:
    assert g03.vehicle_of(a_try(seconds(0), attempt_key=None)) == "鄂E12345"
    assert g03.vehicle_of(a_try(seconds(0), attempt_key=None, plate=None)) is None


def test_the_alarm_says_which_vehicle_how_often_and_where() -> None:
    alarms = _alarms()
    alarms.hear(*(a_try(seconds(at)) for at in (0, 10, 20)))
    [alarm] = alarms.stand().values()
    said = explain(alarm.explanation)
    assert said.zh == "车辆 鄂E12345 被拒后仍反复尝试进入：12:00:00 至 12:00:20 在北墙一号共被拒 3 次。"
    assert "3 times" in said.en
    assert alarm.priority == 3


def test_a_vehicle_whose_plate_the_gate_does_not_tell_is_still_one_vehicle() -> None:
    alarms = _alarms()
    alarms.hear(*(a_try(seconds(at), plate=None, attempt_key=VEHICLE) for at in (0, 10, 20)))
    [alarm] = alarms.stand().values()
    assert explain(alarm.explanation).zh.startswith("同一车辆被拒后仍反复尝试进入")
    assert explain(alarm.explanation).en.startswith("One vehicle keeps trying")


def test_after_a_person_closed_it_three_more_are_needed() -> None:
    alarms = _alarms()
    alarms.hear(*(a_try(seconds(at)) for at in (0, 10, 20)))
    alarms.close(next(iter(alarms.stand())), seconds(25))
    alarms.hear(a_try(seconds(30)), a_try(seconds(40)))
    assert len(alarms.stand()) == 1
    alarms.hear(a_try(seconds(50)))
    assert [alarm.count for alarm in alarms.stand().values()] == [3, 3]


@settings(max_examples=200, deadline=None)
@given(
    moments=st.lists(st.integers(0, 600), min_size=1, max_size=12, unique=True),
    chance=st.randoms(use_true_random=False),
)
def test_any_order_of_arrival_with_repeats_gives_the_same_alarms(moments: list[int], chance: random.Random) -> None:
    log = [a_try(seconds(at)) for at in moments]
    arrivals = [*log, *chance.sample(log, k=len(log) // 2)]
    chance.shuffle(arrivals)
    shuffled, ordered = _alarms(), _alarms()
    for signal in arrivals:
        shuffled.hear(signal)
    for signal in sorted(log, key=lambda signal: signal.order):
        ordered.hear(signal)
    assert shuffled.stand() == ordered.stand()
