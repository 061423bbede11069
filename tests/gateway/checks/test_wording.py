"""What a gate says, in both languages."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.checks import wording
from gateway.checks.circumstances import Circumstances, Closed
from gateway.checks.question import Question
from gateway.checks.rules import decide
from gateway.checks.standing import Schedule
from registry.access.facts import CredentialStatus, DayFacts, DayKind, HolidayRule, Passback
from registry.i18n import LANGUAGES, Texts
from registry.levels.rules import Window
from registry.messages.reasons import Reason
from tests.fakes.clock import NOON
from tests.makers.gateway import (
    CARD,
    INSIDE,
    a_card,
    a_permit,
    a_question,
    inside_since,
    plate_shown,
)
from tests.makers.levels import a_level_fact

SAID = {
    Reason.OK: a_question(),
    Reason.UNKNOWN_CREDENTIAL: replace(a_question(), credential=None),
    Reason.PLATE_AMBIGUOUS: a_question(plate_shown("鄂E1?", form=None)),
    Reason.REVOKED: a_question(credential=a_card(status=CredentialStatus.REVOKED)),
    Reason.PERMIT_YEAR_OVER: a_question(plate_shown(), a_permit(year=2025)),
    Reason.NOT_YET_VALID: a_question(credential=a_card(valid_from=NOON + timedelta(hours=2))),
    Reason.EXPIRED: a_question(credential=a_card(valid_until=NOON - timedelta(hours=18))),
    Reason.PASSBACK: a_question(inside=inside_since()),
    Reason.OK_SOFT_PASSBACK: a_question(inside=inside_since(), passback=Passback.SOFT),
}
FACTS = {
    Reason.PLATE_AMBIGUOUS: "鄂E1?",
    Reason.PERMIT_YEAR_OVER: "2025",
    Reason.NOT_YET_VALID: "2026-11-23 14:00",
    Reason.EXPIRED: "2026-11-22 18:00",
    Reason.PASSBACK: "2026-11-23 09:00",
    Reason.OK_SOFT_PASSBACK: "2026-11-23 09:00",
}


@pytest.mark.parametrize(("reason", "question"), SAID.items(), ids=lambda one: str(one)[:20])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_verdict_is_said_with_the_fact_that_it_turned_on(language: str, reason: Reason, question: Question) -> None:
    decision = decide(question)
    assert decision.reason is reason
    said = wording.sentence(language, question, decision)
    assert FACTS.get(reason, "") in said
    assert "{" not in said
    assert CARD not in said


def test_every_reason_that_a_gate_gives_has_a_sentence_in_both_languages() -> None:
    given = set(Reason) - {Reason.HOST_NOT_CONFIRMED, Reason.STALE_EDGE}
    texts = Texts.load()
    assert [reason for reason in given if not texts.has(f"said.{reason}")] == []


def test_who_comes_outside_the_hours_is_told_those_of_today() -> None:
    evenings = a_level_fact(Window(0, 18 * 60, 24 * 60), Window(0, 8 * 60, 11 * 60), name="evenings")
    nights = a_level_fact(Window(0, 22 * 60, 6 * 60), name="nights", holidays=HolidayRule.ONLY)
    day = DayFacts(hours_of=0, kind=None, is_known=True)
    schedule = Schedule(levels=(evenings, nights), today=day, yesterday=day, minute=12 * 60)
    question = replace(a_question(credential=replace(a_card(), levels=(evenings.id, nights.id))), schedule=schedule)
    holiday = replace(question, schedule=replace(schedule, today=replace(day, kind=DayKind.HOLIDAY)))
    never = replace(question, schedule=replace(schedule, levels=(nights,)))
    said = [wording.sentence("zh", each, decide(each)) for each in (question, holiday, never)]
    assert said == [
        "现在不是准入时段，今天准入：08:00-11:00 18:00-24:00。",
        "现在不是准入时段，今天准入：22:00-06:00。",
        "现在不是准入时段。",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_threat_level_is_no_lockdown_to_who_is_told_of_it(language: str) -> None:
    said = []
    for is_lockdown in (True, False):
        closed = Closed(area=INSIDE, lockdown=is_lockdown, threat_level=3)
        question = replace(a_question(), circumstances=Circumstances(closed=closed))
        decision = decide(question)
        assert decision.reason is Reason.LOCKDOWN
        said.append(wording.sentence(language, question, decision))
    assert said[0] != said[1]
    assert "3" in said[1]
    assert "3" not in said[0]
