"""Which interruption counts, how a level goes, which way somebody went."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.beams import rules
from monitor.beams.rules import Condition, Interruption, Level
from registry.ids import DeviceAddress, ZoneId
from registry.messages.events import BeamInterrupted, Phase
from tests.makers.monitor import BEAM, seconds
from tests.makers.register import a_device

PAIR = replace(a_device(str(BEAM)), beams=2, min_interruption_ms=100)
WEST, MIDDLE, EAST = ZoneId("west"), ZoneId("middle"), ZoneId("east")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (BeamInterrupted(beam_ids=["a", "b"], dur_ms=99, both=True), False),
        (BeamInterrupted(beam_ids=["a", "b"], dur_ms=100, both=True), True),
        (BeamInterrupted(beam_ids=["a"], dur_ms=500), False),
        (BeamInterrupted(beam_ids=["a"], dur_ms=500, both=True), True),
        (BeamInterrupted(), True),
        (BeamInterrupted(state=Phase.START), True),
        (BeamInterrupted(state=Phase.END, beam_ids=["a", "b"]), False),
    ],
)
def test_of_a_pair_with_two_beams_both_are_broken_for_long_enough(said: BeamInterrupted, *, expected: bool) -> None:
    assert rules.counts(PAIR, said) is expected


def test_of_a_pair_that_the_register_knows_nothing_about_everything_counts() -> None:
    assert rules.counts(a_device(str(BEAM)), BeamInterrupted(beam_ids=["a"], dur_ms=1))


def _levels(*told: tuple[float, float]) -> list[Level]:
    """Hours before now, and decibels."""
    return [Level(seconds(0) - timedelta(hours=hours), db) for hours, db in told]


def test_a_level_is_compared_with_the_week_before() -> None:
    sunk = rules.trend(_levels((100, -2), (80, -3), (60, -40), (1, -9.1)), seconds(0))
    assert sunk is not None
    assert (sunk.now_db, sunk.usual_db, sunk.has_sunk) == (-9.1, -3, True)
    steady = rules.trend(_levels((100, -3), (1, -9)), seconds(0))
    assert steady is not None
    assert not steady.has_sunk


@pytest.mark.parametrize("told", [[(1, -9.0)], [(100, -9.0)], [(200, -2.0), (1, -9.0)], []])
def test_there_is_no_trend_while_a_stretch_is_silent(told: list[tuple[float, float]]) -> None:
    assert rules.trend(_levels(*told), seconds(0)) is None


def _broken(zone: ZoneId, second: float) -> Interruption:
    return Interruption(DeviceAddress.parse(f"oc1/beam/{zone}"), zone, seconds(second))


@pytest.mark.parametrize(
    ("broken", "moves"),
    [
        ([(WEST, 0), (MIDDLE, 20), (EAST, 50)], [(WEST, MIDDLE), (MIDDLE, EAST)]),
        ([(EAST, 0), (MIDDLE, 60)], [(EAST, MIDDLE)]),
        ([(EAST, 0), (MIDDLE, 61)], []),
        ([(WEST, 0), (EAST, 5)], []),
        ([(WEST, 0), (MIDDLE, 0)], []),
    ],
)
def test_neighbouring_pairs_that_are_broken_one_after_the_other_show_a_direction(
    broken: list[tuple[ZoneId, float]], moves: list[tuple[ZoneId, ZoneId]]
) -> None:
    neighbours = {WEST: [MIDDLE], MIDDLE: [WEST, EAST], EAST: [MIDDLE]}
    told = [_broken(*each) for each in reversed(broken)]
    found = rules.movements(told, neighbours)
    assert [(move.came_from.zone, move.to.zone) for move in found] == moves


@pytest.mark.parametrize(
    ("standing", "online", "is_weak", "expected"),
    [
        ([], None, False, Condition.CLEAR),
        ([], True, True, Condition.WEAK),
        ([rules.INTERRUPTED], True, True, Condition.INTERRUPTED),
        ([rules.INTERRUPTED, "dayuan.beam.power_lost"], True, False, Condition.POWER_LOST),
        (["dayuan.beam.power_lost"], False, False, Condition.OFFLINE),
        (["dayuan.beam.line_fault", "dayuan.beam.device_tamper"], False, True, Condition.TAMPERED),
        (["dayuan.beam.degraded"], True, False, Condition.CLEAR),
    ],
)
def test_the_gravest_condition_is_told(
    standing: list[str], *, online: bool | None, is_weak: bool, expected: Condition
) -> None:
    assert rules.condition(standing, online=online, is_weak=is_weak) is expected


def test_a_test_is_due_after_thirty_days() -> None:
    now = seconds(0)
    assert rules.is_due(None, now)
    assert not rules.is_due(now - timedelta(days=30), now)
    assert rules.is_due(now - timedelta(days=30, seconds=1), now)
