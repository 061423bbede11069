"""One decision at a gate, rule by rule, and the order in which the rules speak."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.checks.question import Question, area_entered
from gateway.checks.rules import Decision, decide, explain, inside_after, subject_of
from gateway.checks.shown import PassShown
from registry.access.facts import CredentialKind, CredentialStatus, Direction, Ground, Passback, RestsOn
from registry.ids import CredentialId, EntryId
from registry.messages.reasons import Reason, Verdict
from registry.plates.grammar import PlateKind
from tests.fakes.clock import NOON
from tests.makers.gateway import (
    CARD,
    INSIDE,
    OC2,
    OUTSIDE,
    SOUTH,
    YEAR_BEGINS,
    YEAR_ENDS,
    a_card,
    a_deny_entry,
    a_holder,
    a_lane,
    a_pass,
    a_permit,
    a_question,
    inside_since,
    plate_shown,
)

TICK = timedelta(microseconds=1)
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds it


def told(decision: Decision) -> tuple[Verdict, Reason]:
    return decision.verdict, decision.reason


def test_a_valid_card_is_granted_and_every_rule_is_written_down_in_order() -> None:
    question = a_question()
    assert told(decide(question)) == (Verdict.GRANTED, Reason.OK)
    trace = explain(question)
    order = list(Reason)
    tested = [order.index(rule.rule) for rule in trace]
    assert tested == sorted(tested)
    assert all(rule.passed for rule in trace)
    assert {rule.rule for rule in trace} == {
        Reason.DENIED_LIST,
        Reason.UNKNOWN_CREDENTIAL,
        Reason.REPORTED_LOST,
        Reason.REVOKED,
        Reason.SUSPENDED,
        Reason.PERMIT_YEAR_OVER,
        Reason.LEASE_ENDED,
        Reason.PROJECT_ENDED,
        Reason.NOT_YET_VALID,
        Reason.EXPIRED,
        Reason.TRAINING_EXPIRED,
        Reason.WRONG_SITE,
        Reason.LOCKDOWN,
        Reason.NO_LEVEL,
        Reason.HOLIDAY,
        Reason.OUTSIDE_HOURS,
        Reason.TOO_MANY_ATTEMPTS,
        Reason.ESCORT_MISSING,
        Reason.SECOND_PERSON_MISSING,
        Reason.FIRST_PERSON_MISSING,
        Reason.PASSBACK,
        Reason.ALREADY_USED,
        Reason.QUOTA_FULL,
        Reason.AREA_FULL,
        Reason.INTERLOCK,
    }


def test_an_unknown_card_is_referred_where_a_guard_stands_and_denied_where_none_does() -> None:
    unknown = replace(a_question(), credential=None)
    assert told(decide(unknown)) == (Verdict.REFER, Reason.UNKNOWN_CREDENTIAL)
    unmanned = replace(unknown, lane=a_lane(manned=False))
    assert told(decide(unmanned)) == (Verdict.DENIED, Reason.UNKNOWN_CREDENTIAL)


def test_an_unknown_plate_on_the_deny_list_is_denied_and_not_referred() -> None:
    listed = a_question(plate_shown(), denied=(a_deny_entry(),))
    assert told(decide(listed)) == (Verdict.DENIED, Reason.DENIED_LIST)


def test_the_words_of_the_line_that_stops_somebody_are_kept_with_the_rule() -> None:
    elsewhere = a_deny_entry(words="只在二院", sites=[OC2])
    here = a_deny_entry(words="盗窃案嫌疑车辆")
    (rule,) = explain(a_question(plate_shown(), denied=(elsewhere, here)))
    assert rule.facts["words"] == "盗窃案嫌疑车辆"


def test_a_line_of_the_deny_list_for_another_compound_stops_nobody_here() -> None:
    listed = a_question(denied=(a_deny_entry(CARD, kind=CredentialKind.CARD, sites=[OC2]),))
    assert told(decide(listed)) == (Verdict.GRANTED, Reason.OK)


def test_a_line_of_the_deny_list_ends_at_its_last_moment() -> None:
    entry = a_deny_entry(CARD, kind=CredentialKind.CARD, valid_until=NOON)
    assert decide(a_question(denied=(entry,), now=NOON - TICK)).reason is Reason.DENIED_LIST
    assert decide(a_question(denied=(entry,), now=NOON)).reason is Reason.OK


def test_a_qr_pass_that_we_did_not_sign_is_denied() -> None:
    forged = PassShown(raw="DY1:forged", key="DY1:forged", signed=False)
    assert told(decide(a_question(forged))) == (Verdict.DENIED, Reason.BAD_SIGNATURE)


def test_a_qr_pass_that_we_signed_is_granted() -> None:
    credential = CredentialId(uuid4())
    shown = PassShown(raw="DY1:ours", key=str(credential), signed=True)
    assert told(decide(a_question(shown, a_pass(credential)))) == (Verdict.GRANTED, Reason.OK)


def test_what_a_camera_read_and_no_plate_has_goes_to_the_guard_even_where_none_stands() -> None:
    unread = a_question(plate_shown("鄂E1?", form=None), lane=a_lane(manned=False))
    assert told(decide(unread)) == (Verdict.REFER, Reason.PLATE_AMBIGUOUS)


@pytest.mark.parametrize("kind", [PlateKind.POLICE, PlateKind.EMERGENCY])
@pytest.mark.parametrize("permit", [None, a_permit("鄂E1234警", year=2024)])
def test_police_and_emergency_vehicles_pass_whatever_permit_they_have(kind: PlateKind, permit: None) -> None:
    vehicle = a_question(plate_shown("鄂E1234警", form=kind), permit, lane=a_lane(manned=False), inside=inside_since())
    assert told(decide(vehicle)) == (Verdict.GRANTED, Reason.OK_EMERGENCY)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (CredentialStatus.REPORTED_LOST, Reason.REPORTED_LOST),
        (CredentialStatus.REPLACED, Reason.REPORTED_LOST),
        (CredentialStatus.REVOKED, Reason.REVOKED),
        (CredentialStatus.ENDED, Reason.REVOKED),
        (CredentialStatus.SUSPENDED, Reason.SUSPENDED),
    ],
)
@given(now=MOMENTS)
def test_a_card_that_was_taken_back_is_told_so_at_any_moment(
    status: CredentialStatus, reason: Reason, now: datetime
) -> None:
    assert told(decide(a_question(credential=a_card(status=status), now=now))) == (Verdict.DENIED, reason)


@given(now=MOMENTS)
def test_a_card_opens_from_its_first_moment_up_to_but_not_at_its_last(now: datetime) -> None:
    decision = decide(a_question(now=now))
    if now < YEAR_BEGINS:
        assert told(decision) == (Verdict.DENIED, Reason.NOT_YET_VALID)
    elif now < YEAR_ENDS:
        assert told(decision) == (Verdict.GRANTED, Reason.OK)
    else:
        assert told(decision) == (Verdict.DENIED, Reason.EXPIRED)


def test_the_first_and_the_last_moment_of_a_card() -> None:
    assert decide(a_question(now=YEAR_BEGINS - TICK)).reason is Reason.NOT_YET_VALID
    assert decide(a_question(now=YEAR_BEGINS)).reason is Reason.OK
    assert decide(a_question(now=YEAR_ENDS - TICK)).reason is Reason.OK
    assert decide(a_question(now=YEAR_ENDS)).reason is Reason.EXPIRED


def test_a_permit_ends_with_the_year_on_the_clock_of_the_site_and_not_in_utc() -> None:
    assert decide(a_question(plate_shown(), a_permit(), now=YEAR_ENDS - TICK)).reason is Reason.OK
    assert decide(a_question(plate_shown(), a_permit(), now=YEAR_ENDS)).reason is Reason.PERMIT_YEAR_OVER


def test_a_permit_goes_on_after_new_year_for_as_long_as_the_registry_lets_the_years_overlap() -> None:
    ends = YEAR_ENDS + timedelta(days=7)
    permit = replace(a_permit(), valid_until=ends)
    assert decide(a_question(plate_shown(), permit, now=ends - TICK)).reason is Reason.OK
    assert decide(a_question(plate_shown(), permit, now=ends)).reason is Reason.PERMIT_YEAR_OVER


def test_next_years_permit_does_not_open_before_its_year_takes_over() -> None:
    assert decide(a_question(plate_shown(), a_permit(year=2027))).reason is Reason.NOT_YET_VALID
    early = replace(a_permit(year=2027), valid_from=NOON)
    assert decide(a_question(plate_shown(), early, now=NOON - TICK)).reason is Reason.NOT_YET_VALID
    assert decide(a_question(plate_shown(), early, now=NOON)).reason is Reason.OK


def test_a_card_of_another_compound_is_told_that_it_is_not_of_this_one() -> None:
    assert told(decide(a_question(credential=a_card(sites=[OC2])))) == (Verdict.DENIED, Reason.WRONG_SITE)


def test_a_card_for_the_south_gate_does_not_open_the_north_gate() -> None:
    assert told(decide(a_question(credential=a_card(gates=[SOUTH])))) == (Verdict.DENIED, Reason.NO_LEVEL)


@pytest.mark.parametrize(
    ("policy", "verdict", "reason"),
    [
        (Passback.HARD, Verdict.DENIED, Reason.PASSBACK),
        (Passback.SOFT, Verdict.GRANTED, Reason.OK_SOFT_PASSBACK),
        (Passback.OFF, Verdict.GRANTED, Reason.OK),
    ],
)
def test_who_is_inside_and_comes_in_again(policy: Passback, verdict: Verdict, reason: Reason) -> None:
    assert told(decide(a_question(inside=inside_since(), passback=policy))) == (verdict, reason)


def test_who_is_in_another_area_may_come_into_this_one() -> None:
    assert decide(a_question(inside=inside_since(area=OUTSIDE))).reason is Reason.OK


@pytest.mark.parametrize("inside", [None, inside_since()])
def test_going_out_is_never_passback(inside: None) -> None:
    assert decide(a_question(direction=Direction.OUT, inside=inside)).reason is Reason.OK


def _project(*, over_from: datetime | None = None, training_until: datetime | None = None) -> RestsOn:
    return RestsOn(ground=Ground.PROJECT, over_from=over_from, training_until=training_until)


@pytest.mark.parametrize(
    ("ground", "reason"), [(Ground.TENANCY, Reason.LEASE_ENDED), (Ground.PROJECT, Reason.PROJECT_ENDED)]
)
def test_a_pass_ends_with_what_it_rests_on_though_its_own_days_go_on(ground: Ground, reason: Reason) -> None:
    card = a_card(rests_on=RestsOn(ground=ground, over_from=NOON))
    assert decide(a_question(credential=card, now=NOON - TICK)).reason is Reason.OK
    assert told(decide(a_question(credential=card, now=NOON))) == (Verdict.DENIED, reason)
    without_end = RestsOn(ground=ground, over_from=None)
    assert decide(a_question(credential=a_card(rests_on=without_end))).reason is Reason.OK
    ended = a_card(rests_on=without_end, status=CredentialStatus.ENDED)
    assert told(decide(a_question(credential=ended))) == (Verdict.DENIED, reason)
    over_and_expired = a_card(rests_on=RestsOn(ground=ground, over_from=NOON), valid_until=NOON)
    assert decide(a_question(credential=over_and_expired)).reason is reason


def test_a_worker_is_let_in_until_the_safety_training_ends() -> None:
    card = a_card(rests_on=_project(over_from=YEAR_ENDS, training_until=NOON))
    assert decide(a_question(credential=card, now=NOON - TICK)).reason is Reason.OK
    assert told(decide(a_question(credential=card, now=NOON))) == (Verdict.DENIED, Reason.TRAINING_EXPIRED)


# Each pair of neighbours in the table: a question in which both rules fail tells the first.

_STANDING_FAULTS: dict[Reason, Callable[[Question], Question]] = {
    Reason.PERMIT_YEAR_OVER: lambda q: _with(q, permit_year=2025, valid_until=NOON),
    Reason.LEASE_ENDED: lambda q: _with(q, rests_on=RestsOn(ground=Ground.TENANCY, over_from=NOON)),
    Reason.NOT_YET_VALID: lambda q: _with(q, valid_from=NOON + timedelta(days=1)),
    Reason.EXPIRED: lambda q: _with(q, valid_until=NOON),
    Reason.TRAINING_EXPIRED: lambda q: _with(q, rests_on=_project(training_until=NOON)),
    Reason.WRONG_SITE: lambda q: _with(q, sites=frozenset({OC2})),
    Reason.NO_LEVEL: lambda q: _with(q, gates=frozenset({SOUTH})),
    Reason.PASSBACK: lambda q: replace(q, inside=inside_since()),
}


def _with(question: Question, **facts: object) -> Question:
    assert question.credential is not None
    return replace(question, credential=replace(question.credential, **facts))  # type: ignore[arg-type]


def _in_status(status: CredentialStatus) -> Callable[[Question], Question]:
    return lambda question: _with(question, status=status)


_FAULTS: dict[Reason, Callable[[Question], Question]] = {
    Reason.SUSPENDED: _in_status(CredentialStatus.SUSPENDED),
    **_STANDING_FAULTS,
}


@pytest.mark.parametrize("pair", list(zip(_FAULTS, list(_FAULTS)[1:], strict=False)), ids=" before ".join)
def test_of_two_neighbouring_rules_that_fail_the_first_is_told(pair: tuple[Reason, Reason]) -> None:
    first, second = pair
    question = a_question()
    assert decide(_FAULTS[first](question)).reason is first
    assert decide(_FAULTS[second](question)).reason is second
    assert decide(_FAULTS[second](_FAULTS[first](question))).reason is first


@pytest.mark.parametrize("status", [CredentialStatus.REPORTED_LOST, CredentialStatus.REVOKED])
def test_what_was_taken_back_is_told_before_the_year_is_looked_at(status: CredentialStatus) -> None:
    over = replace(a_permit(year=2025), status=status)
    assert decide(a_question(plate_shown(), over)).reason == status.value


def test_the_signature_speaks_before_the_register() -> None:
    forged = PassShown(raw="DY1:x", key="DY1:x", signed=False)
    assert decide(a_question(forged, None)).reason is Reason.BAD_SIGNATURE


def test_the_deny_list_speaks_before_an_emergency_plate() -> None:
    listed = a_question(plate_shown(form=PlateKind.POLICE), denied=(a_deny_entry(),))
    assert decide(listed).reason is Reason.DENIED_LIST


def test_a_text_that_is_no_plate_is_not_clear_rather_than_not_known() -> None:
    unread = a_question(plate_shown("12345", form=None))
    assert Reason.UNKNOWN_CREDENTIAL not in {rule.rule for rule in explain(unread)}
    assert decide(unread).reason is Reason.PLATE_AMBIGUOUS


# Whom and where.


def test_a_person_with_two_cards_is_one_person() -> None:
    one, other = a_card("1111", holder=a_holder("赵敏")), a_card("2222", holder=a_holder("赵敏"))
    question = a_question()
    assert subject_of(question.shown, one) == subject_of(question.shown, other)


def test_a_vehicle_is_counted_by_its_plate_and_not_as_its_holder() -> None:
    assert subject_of(plate_shown("鄂E12345"), a_permit()) == "plate:鄂E12345"


def test_a_card_without_a_holder_is_counted_by_its_number() -> None:
    card = replace(a_card("1111"), holder=None)
    shown = a_question().shown
    assert subject_of(shown, card) == f"card:{CARD}"
    assert subject_of(shown, None) == f"card:{CARD}"


def test_a_lane_used_both_ways_leads_back_when_one_goes_out() -> None:
    assert area_entered(a_lane(), Direction.IN) == INSIDE
    assert area_entered(a_lane(), Direction.OUT) == OUTSIDE
    assert area_entered(a_lane(direction=Direction.OUT), Direction.OUT) == OUTSIDE


def test_who_went_out_is_counted_nowhere() -> None:
    entry = EntryId(uuid4())
    assert inside_after(Direction.OUT, OUTSIDE, NOON, entry, out_is_inside=False) is None
    came_in = inside_after(Direction.IN, INSIDE, NOON, entry, out_is_inside=False)
    assert came_in is not None
    assert (came_in.area, came_in.since, came_in.entry) == (INSIDE, NOON, entry)
