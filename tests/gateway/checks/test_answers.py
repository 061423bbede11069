"""What the gate is told, written by hand, is what the model of the API would write."""

from datetime import timedelta
from uuid import uuid4

import pytest

from gateway.checks.answers import NOTHING_TOLD, CheckAnswer, answer_of, told_of
from gateway.checks.question import Question
from gateway.checks.rules import decide
from gateway.checks.shown import PassShown
from registry.access.facts import CredentialStatus, Passback
from registry.ids import EntryId
from tests.fakes.clock import NOON
from tests.makers.gateway import (
    a_card,
    a_deny_entry,
    a_holder,
    a_permit,
    a_question,
    card_shown,
    inside_since,
    plate_shown,
)

QUESTIONS = {
    "granted": a_question(),
    "a photo": a_question(card_shown(), a_card(holder=a_holder('引"号\\', photo=uuid4()))),
    "nobody known": a_question(card_shown("9999")),
    "a permit of last year": a_question(plate_shown(), a_permit(year=2025)),
    "a permit of next year": a_question(plate_shown(), a_permit(year=2027)),
    "over": a_question(card_shown(), a_card(valid_until=NOON - timedelta(milliseconds=1))),
    "revoked": a_question(card_shown(), a_card(status=CredentialStatus.REVOKED)),
    "listed": a_question(plate_shown(), a_permit(), denied=(a_deny_entry(),)),
    "no plate": a_question(plate_shown("<?>", form=None)),
    "inside": a_question(inside=inside_since()),
    "inside, and let in": a_question(inside=inside_since(), passback=Passback.SOFT),
    "not our pass": a_question(PassShown(raw="x" * 64, key="x", signed=False)),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_an_answer_is_byte_for_byte_what_its_model_writes(question: Question) -> None:
    decision, attempt, entry = decide(question), uuid4(), EntryId(uuid4())
    told = NOTHING_TOLD if question.credential is None else told_of(question.credential)
    answer = answer_of(question, decision, told, attempt_id=attempt, entry_id=entry, snapshot=7)
    read = CheckAnswer.model_validate_json(answer)
    assert read.model_dump_json() == answer
    assert (read.attempt_id, read.entry_id, read.snapshot) == (attempt, entry, 7)
    assert (read.verdict, read.reason) == (decision.verdict, decision.reason)
    assert (read.holder is None, read.credential is None) == (question.credential is None,) * 2
