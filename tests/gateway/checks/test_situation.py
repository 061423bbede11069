"""The rules that turn on who else is where: lockdown, blocked readers, escorts, pairs, firsts, uses, places, room, lanes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.checks.circumstances import Circumstances, Closed, LaneBusy
from gateway.checks.question import Question
from gateway.checks.rules import decide, explain
from gateway.checks.shown import PinShown
from registry.access.facts import CredentialFacts, CredentialKind, Direction, GateRights, Passback
from registry.ids import EntryId, derived_id
from registry.messages.reasons import Reason, Verdict
from tests.fakes.clock import NOON
from tests.makers.gateway import INSIDE, a_card, a_holder, a_permit, a_question, inside_since, plate_shown

AN_ENTRY = EntryId(derived_id("entry", "another"))


def holding(**rights: Any) -> CredentialFacts:
    """A card whose holder has these rights."""
    return a_card(holder=replace(a_holder(), rights=GateRights(**rights)))


def asked(credential: CredentialFacts | None = None, **here: Any) -> Question:
    return replace(a_question(credential=credential), circumstances=Circumstances(**here))


def by_vehicle(question: Question) -> Question:
    return replace(question, shown=plate_shown(), credential=replace(a_permit(), holder=question.credential.holder))  # type: ignore[union-attr]


def a_pin() -> CredentialFacts:
    return replace(a_card(), kind=CredentialKind.PIN, key="a1", duress_key="b2")


LOCKED = Closed(area=INSIDE, lockdown=True, threat_level=0)
USES = replace(a_card(), entries_allowed=2)
STOPPED: list[tuple[Reason, Verdict, Question]] = [
    (Reason.LOCKDOWN, Verdict.DENIED, asked(closed=LOCKED)),
    (Reason.LOCKDOWN, Verdict.DENIED, asked(holding(clearance=4), closed=LOCKED)),
    (
        Reason.LOCKDOWN,
        Verdict.DENIED,
        asked(holding(clearance=2), closed=Closed(area=INSIDE, lockdown=False, threat_level=3)),
    ),
    (Reason.TOO_MANY_ATTEMPTS, Verdict.DENIED, asked(blocked_until=NOON + timedelta(microseconds=1))),
    (Reason.ESCORT_MISSING, Verdict.REFER, asked(holding(needs_escort=True))),
    (Reason.SECOND_PERSON_MISSING, Verdict.REFER, asked(asks_for_two=True)),
    (Reason.FIRST_PERSON_MISSING, Verdict.REFER, asked(first_is_in=False)),
    (Reason.ALREADY_USED, Verdict.DENIED, asked(USES, uses=2)),
    (Reason.QUOTA_FULL, Verdict.DENIED, by_vehicle(asked(sharing="鄂E99999"))),
    (Reason.AREA_FULL, Verdict.DENIED, asked(counted=5, capacity=5)),
    (Reason.AREA_FULL, Verdict.DENIED, asked(counted=0, capacity=0)),
    *((Reason.INTERLOCK, Verdict.DENIED, asked(lane=busy)) for busy in LaneBusy),
]
PASSING: list[Question] = [
    asked(holding(clearance=5), closed=LOCKED),
    asked(holding(clearance=3), closed=Closed(area=INSIDE, lockdown=False, threat_level=3)),
    asked(blocked_until=NOON),
    asked(holding(needs_escort=True), escort=AN_ENTRY),
    asked(asks_for_two=True, beside=AN_ENTRY),
    asked(first_is_in=True),
    asked(holding(first_person=True), first_is_in=False),
    asked(USES, uses=1),
    asked(counted=4, capacity=5),
    replace(asked(counted=5, capacity=5), inside=inside_since(area=INSIDE), passback=Passback.OFF),
    by_vehicle(asked(holding(needs_escort=True), asks_for_two=True, first_is_in=False)),
]


@pytest.mark.parametrize(("reason", "verdict", "question"), STOPPED, ids=lambda one: str(one)[:24])
def test_what_is_so_at_the_gate_stops_who_comes_in(reason: Reason, verdict: Verdict, question: Question) -> None:
    decision = decide(question)
    assert (decision.verdict, decision.reason) == (verdict, reason)
    last = explain(question)[-1]
    assert (last.rule, last.passed) == (reason, False)


@pytest.mark.parametrize("question", PASSING, ids=range(len(PASSING)))
def test_who_meets_it_comes_in(question: Question) -> None:
    assert decide(question).reason is Reason.OK
    assert all(tested.passed for tested in explain(question))


@pytest.mark.parametrize(("reason", "verdict", "question"), STOPPED, ids=lambda one: str(one)[:24])
def test_who_leaves_is_held_up_by_a_blocked_reader_and_a_busy_lane_alone(
    reason: Reason,
    verdict: Verdict,
    question: Question,
) -> None:
    # What a reader blocks and a lane cannot take holds in both directions; the journal reads the rest for `in` alone.
    leaving = replace(question, direction=Direction.OUT)
    if reason is Reason.LOCKDOWN:
        leaving = replace(leaving, circumstances=replace(leaving.circumstances, closed=None))
    decision = decide(leaving)
    if reason in {Reason.TOO_MANY_ATTEMPTS, Reason.INTERLOCK}:
        assert (decision.verdict, decision.reason) == (verdict, reason)
    else:
        assert decision.reason is Reason.OK


def test_a_known_pin_is_refused_at_a_blocked_reader_and_an_unknown_one_is_unknown() -> None:
    shown = PinShown(raw="a1", key="a1")
    blocked = replace(asked(a_pin(), blocked_until=NOON + timedelta(minutes=1)), shown=shown)
    assert decide(blocked).reason is Reason.TOO_MANY_ATTEMPTS
    assert decide(replace(blocked, credential=None)).reason is Reason.UNKNOWN_CREDENTIAL


def minutes(question: Question, after: int, *, of: int) -> Question:
    return replace(question, inside=inside_since(NOON - timedelta(minutes=after)), passback_minutes=of)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda one: minutes(one, 29, of=30), Reason.PASSBACK),
        (lambda one: minutes(one, 30, of=30), Reason.OK),
        (lambda one: replace(one, inside=replace(inside_since(), forgiven=True)), Reason.OK),
        (lambda one: replace(one, inside=inside_since(), passback=Passback.SOFT), Reason.OK_SOFT_PASSBACK),
    ],
)
def test_anti_passback_may_end_with_time_or_be_forgiven(made: Callable[[Question], Question], reason: Reason) -> None:
    assert decide(made(a_question())).reason is reason


def test_soft_anti_passback_lets_nobody_past_the_rules_behind_it() -> None:
    again = replace(asked(USES, uses=2), inside=inside_since(), passback=Passback.SOFT)
    assert decide(again).reason is Reason.ALREADY_USED


def test_whoever_asks_why_is_told_after_how_many_minutes_one_may_come_in_again() -> None:
    question = replace(a_question(inside=inside_since(NOON - timedelta(minutes=29))), passback_minutes=30)
    assert decide(question).reason is Reason.PASSBACK
    assert explain(question)[-1].facts["minutes"] == 30
    half_an_hour_ago = replace(question, inside=inside_since(NOON - timedelta(minutes=30)))
    assert decide(half_an_hour_ago).reason is Reason.OK
