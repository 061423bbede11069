"""What a gate says, in both languages."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.checks import wording
from gateway.checks.question import Question
from gateway.checks.rules import decide
from registry.access.facts import CredentialStatus, Passback
from registry.i18n import LANGUAGES, Texts
from registry.messages.reasons import Reason
from tests.fakes.clock import NOON
from tests.makers.gateway import (
    CARD,
    a_card,
    a_permit,
    a_question,
    inside_since,
    plate_shown,
)

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
    given = {
        *SAID,
        Reason.DENIED_LIST,
        Reason.BAD_SIGNATURE,
        Reason.REPORTED_LOST,
        Reason.SUSPENDED,
        Reason.LEASE_ENDED,
        Reason.PROJECT_ENDED,
        Reason.TRAINING_EXPIRED,
        Reason.WRONG_SITE,
        Reason.NO_LEVEL,
        Reason.OK_EMERGENCY,
        Reason.OK_GUARD,
        Reason.GUARD_REFUSED,
        Reason.UNDECIDED,
    }
    texts = Texts.load()
    assert [reason for reason in given if not texts.has(f"said.{reason}")] == []
