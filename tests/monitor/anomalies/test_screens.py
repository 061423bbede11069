"""What a rule keeps in memory lets through all that it may find something in."""

import random
from collections.abc import Sequence
from datetime import timedelta

import pytest

from monitor.anomalies import b02_confirmed_crossing as b02
from monitor.anomalies import g03_refused_again as g03
from monitor.anomalies.form import OfSignals, Subject
from monitor.anomalies.recent import Recent
from monitor.anomalies.signals import Signal
from monitor.anomalies.world import World
from tests.fakes.clock import NOON
from tests.makers.event_logs import a_log_of_the_gate, a_log_of_the_wall
from tests.makers.monitor import NORTH, OC1, a_beam, a_motion, seconds, the_compound

WORLD = World(register=the_compound())
WALL = Subject(OC1, NORTH)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("seed", range(60))
def test_in_any_order_at_a_wall_it_lets_through_whatever_becomes_part_of_a_crossing(seed: int) -> None:
    log = a_log_of_the_wall(seed)
    random.Random(seed).shuffle(log)
    _check(b02.RULE, WALL, log)


def test_one_activity_that_is_told_of_in_bits_is_one() -> None:
    going_on = [
        a_motion(seconds(at), event_id=f"m{at}", state=state, activity="m")
        for at, state in ((0, "start"), (5, "start"), (50, "end"), (700, "end"), (5000, "end"))
    ]
    beams = [a_beam(seconds(at)) for at in (60, 705, 1700, 4000)]
    for seed in range(60):
        log = [*going_on, *beams]
        random.Random(seed).shuffle(log)
        _check(b02.RULE, WALL, log)


def test_what_it_lets_go_early_it_asks_the_store_for_when_that_matters() -> None:
    said = let_go = were_asked_for = 0
    for seed in range(200):
        chance = random.Random(seed)
        log = a_log_of_the_wall(seed)
        log.sort(key=lambda each: each.occurred_at + timedelta(seconds=chance.choice([0, 5, 9, 100, 4_000])))
        screen, heard = b02.RULE.screen(), []
        for signal in log:
            heard.append(signal)
            may = screen.add(signal)
            if may is None:
                were_asked_for += 1
                screen = b02.RULE.screen()
                for each in heard:
                    screen.add(each)
            found = _incidents(b02.RULE, WALL, heard)
            assert _incidents(b02.RULE, WALL, list(screen.kept())) == found or may is False
            assert may is not False or not any(each.key == signal.key for each in found)
            newest = max(each.occurred_at for each in heard)
            screen.forget(NOON - 9 * HOUR, newest - timedelta(seconds=chance.choice([10, 60])))
        said += len(log)
        let_go += len(log) - len(screen)
    assert let_go > said / 6
    assert 20 < were_asked_for < said / 10


def test_of_thousands_of_interruptions_that_nobody_saw_only_the_moments_stay() -> None:
    screen = b02.RULE.screen()
    for number in range(5_000):
        assert screen.add(a_beam(seconds(number), event_id=f"b{number}")) is False
    screen.forget(NOON - HOUR, seconds(5_000))
    assert len(screen) == 20
    assert screen.add(a_motion(seconds(5_001))) is True
    assert screen.add(a_motion(seconds(2_500), event_id="late")) is None
    screen.forget(seconds(5_000), seconds(5_000))
    assert screen.add(a_motion(seconds(2_500), event_id="much too late")) is False


@pytest.mark.parametrize("seed", range(20))
def test_tries_at_a_gate_are_let_through_from_the_one_that_is_too_often(seed: int) -> None:
    log = [each for each in a_log_of_the_gate(seed) if g03.vehicle_of(each)]
    vehicle = Subject(OC1, "key of 鄂E12345")
    _check(g03.RULE, vehicle, [each for each in log if g03.vehicle_of(each) == vehicle.key])


def _check(rule: OfSignals, subject: Subject, log: Sequence[Signal]) -> None:
    """One after the other: it finds what the rule finds in all of them, and tells which signal is part of that."""
    screen, heard = rule.screen(), []
    for signal in log:
        may = screen.add(signal)
        heard.append(signal)
        found = _incidents(rule, subject, heard)
        assert _incidents(rule, subject, list(screen.kept())) == found or not may
        assert may or not any(each.key == signal.key for each in found)


def _incidents(rule: OfSignals, subject: Subject, signals: Sequence[Signal]) -> list[Signal]:
    """All signals of what a rule finds enough for an alarm."""
    cluster = tuple(rule.occurrences(signals, subject, WORLD))
    return (
        [signal for each in cluster for signal in each.signals]
        if rule.describe(cluster, frozenset(), subject, WORLD)
        else []
    )


def test_what_is_forgotten_is_not_answered_for() -> None:
    recent, rule = Recent(), b02.RULE
    recent.begin(0, WORLD.register)
    crossing = [a_beam(seconds(0)), a_motion(seconds(3))]
    assert recent.show(rule, WALL, crossing, NOON, lambda _: crossing) == crossing
    assert recent.read(rule, WALL, NOON - HOUR, NOON + HOUR) == crossing
    assert recent.read(rule, WALL, NOON - 9 * HOUR, NOON + HOUR) is None
    recent.sweep(NOON + 9 * HOUR, lambda _: rule.limits.reach)
    assert len(recent) == 0
    assert recent.read(rule, WALL, NOON, NOON + HOUR) is None


def test_no_more_is_kept_than_is_allowed() -> None:
    recent = Recent(most=3)
    recent.begin(0, WORLD.register)
    for zone in range(5):
        recent.show(b02.RULE, Subject(OC1, f"zone-{zone}"), [a_beam(seconds(at)) for at in (0, 1)], NOON, lambda _: ())
    recent.sweep(NOON, lambda _: b02.DEFAULT.reach)
    assert len(recent) == 2


def test_what_turns_on_something_let_go_is_read_from_the_store_until_it_is_known_again() -> None:
    recent, rule = Recent(), b02.RULE
    recent.begin(0, WORLD.register)
    beam, motion = a_beam(seconds(0)), a_motion(seconds(3))
    assert recent.show(rule, WALL, [beam], NOON, lambda _: [beam]) == []
    recent.sweep(NOON + HOUR / 2, lambda _: rule.limits.reach)
    assert recent.show(rule, WALL, [motion], NOON + HOUR / 2, lambda _: [beam, motion]) == [motion]
    assert recent.read(rule, WALL, NOON, NOON + HOUR) is None
    later = a_beam(seconds(2), event_id="later")
    stored = [beam, motion, later]
    assert recent.show(rule, WALL, [later], NOON + HOUR / 2, lambda _: stored) == [later]
    assert recent.read(rule, WALL, NOON, NOON + HOUR) == sorted(stored, key=lambda each: each.order)
    recent.sweep(NOON + HOUR / 2 + timedelta(minutes=1), lambda _: rule.limits.reach)
    lonely, late = a_beam(seconds(900), event_id="lonely"), a_motion(seconds(903), event_id="late")
    recent.show(rule, WALL, [lonely], NOON + HOUR / 2, lambda _: ())
    recent.sweep(NOON + HOUR / 2 + timedelta(minutes=2), lambda _: rule.limits.reach)
    assert recent.show(rule, WALL, [late], NOON + HOUR / 2, lambda _: ()) == [late]
    found = recent.read(rule, WALL, NOON, NOON + HOUR)
    assert found is not None, "who was late once is known whole for a while"
    assert lonely in found


def test_a_pass_that_did_not_end_is_begun_anew() -> None:
    recent = Recent()
    recent.begin(0, WORLD.register)
    recent.show(b02.RULE, WALL, [a_beam(seconds(0))], NOON, lambda _: ())
    recent.end(7)
    recent.begin(7, WORLD.register)
    assert len(recent) == 1
    recent.begin(7, WORLD.register)
    assert len(recent) == 0
