"""The decision at a gate against a second one, written apart from it: thousands of attempts at random, and no difference."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import groupby

import pytest

from gateway.checks import rules
from gateway.checks.question import Question, area_entered
from gateway.checks.snapshot import Snapshot
from gateway.checks.standing import Moment, choose
from gateway.journal.asked import as_ordinary
from registry.access.facts import DayKind
from registry.messages.reasons import Reason, Verdict
from tests.makers.oracle import Case, chosen, expected
from tests.makers.random_cases import cases

NOT_AT_A_GATE = {
    Reason.PLATE_MISMATCH,
    Reason.HOST_NOT_CONFIRMED,
    Reason.STALE_EDGE,
    Reason.OK_GUARD,
    Reason.GUARD_REFUSED,
    Reason.UNDECIDED,
}
"""What no decision of this step says: a guard's word, and what visitors and edges will bring."""


def asked(case: Case, snapshot: Snapshot) -> Question:
    """What the gate is asked, put together in the steps in which the journal does it."""
    gate, now, direction = case.gate, case.now, case.direction
    timezone = snapshot.timezones[gate.site]
    known = snapshot.with_key(case.shown.kind, case.shown.key)
    schedules = snapshot.schedules(known, gate, now)
    closed = case.circumstances.closed
    moment = Moment(site=gate.site, gate=gate.id, now=now, timezone=timezone, schedules=schedules, closed=closed)
    credential = choose(known, moment)
    shown, _is_duress = as_ordinary(case.shown, credential)
    kind, key = rules.stands_for(shown, credential)
    entered = area_entered(case.lane, direction)
    area = snapshot.area(entered)
    return Question(
        shown=shown,
        site=gate.site,
        gate=gate.id,
        lane=case.lane,
        direction=direction,
        denied=snapshot.denied_with_key(kind, key),
        credential=credential,
        inside=case.inside,
        passback=snapshot.passback(entered, kind),
        passback_minutes=None if area is None else area.passback_minutes,
        timezone=timezone,
        now=now,
        schedule=None if credential is None else schedules.get(credential.id),
        circumstances=case.circumstances,
    )


def with_snapshots(these: Iterable[Case]) -> Iterator[tuple[Case, Snapshot]]:
    """Each case with what a gate knows of its compounds, indexed once."""
    for facts, those in groupby(these, key=lambda case: case.facts):
        snapshot = Snapshot.of(facts)
        for case in those:
            yield case, snapshot


def rarities(case: Case) -> Iterator[str]:
    """What of the calendar's oddities this case stands on, where levels decide about it."""
    held, today = chosen(case), case.local.date()
    if held is None or not held.levels:
        return
    levels = [case.facts.levels[one] for one in held.levels if one in case.facts.levels]
    levels = [level for level in levels if case.gate.id in level.gates]
    minute = case.local.hour * 60 + case.local.minute
    begun_today, begun_yesterday = (
        [ends for level in levels for _, ends in level.week[case.day(day).hours_of]]
        for day in (today, today - timedelta(days=1))
    )
    if levels and case.day(today).kind is DayKind.WORKDAY and today.isoweekday() in {6, 7}:
        yield "a worked day of a weekend"
    if levels and case.day(today).kind is DayKind.HOLIDAY and today.isoweekday() == 1:
        yield "a Monday off"
    if levels and (today.month, today.day) == (2, 29):
        yield "29 February"
    if any(minute + 1440 < ends for ends in begun_yesterday):
        yield "a window of yesterday"
    if (minute == 1439 and 1440 in begun_today) or (minute == 0 and 1440 in begun_yesterday):
        yield "24:00"


def differences(seed: int, count: int) -> tuple[list[str], Counter[str]]:
    """Where the two say something else, and how often each reason and oddity came up."""
    found: list[str] = []
    seen: Counter[str] = Counter()
    for case, snapshot in with_snapshots(cases(seed, count)):
        decision = rules.decide(asked(case, snapshot))
        ought, said = expected(case), (decision.verdict, decision.reason)
        seen.update([ought[1], *rarities(case)])
        if ought != said:
            found.append(f"{ought} but {said}: {case.shown} {case.gate.id} {case.local} {case.circumstances}")
    return found, seen


@pytest.mark.parametrize(
    ("seed", "count"),
    [
        (1, 10_000),
        *(pytest.param(seed, 100_000, marks=[pytest.mark.soak, pytest.mark.timeout(1800)]) for seed in (2, 3, 5)),
    ],
)
def test_the_gate_says_what_the_table_of_reasons_says(seed: int, count: int) -> None:
    found, seen = differences(seed, count)
    assert found == []
    rare = ("a worked day of a weekend", "a Monday off", "29 February", "a window of yesterday", "24:00")
    assert {each: seen[each] for each in (*Reason, *rare) if seen[each] < 50} == dict.fromkeys(NOT_AT_A_GATE, 0)


def test_whoever_asks_why_is_told_the_rule_that_failed_and_no_other() -> None:
    for case, snapshot in with_snapshots(cases(7, 2_000)):
        question = asked(case, snapshot)
        decision = rules.decide(question)
        failed = [tested.rule for tested in rules.explain(question) if not tested.passed]
        assert failed == ([] if decision.verdict is Verdict.GRANTED else [decision.reason])
