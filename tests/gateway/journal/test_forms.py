"""What every entry of a credential says of it is written once, and anew when its facts are others."""

import tracemalloc
from dataclasses import fields, replace

import orjson
import pytest
from pydantic import TypeAdapter

from gateway.checks.question import Question
from gateway.entries.announcing import attempt_key_of
from gateway.entries.models import Entry
from gateway.entries.queries import NewEntry
from gateway.journal import forms
from gateway.journal.forms import Forms
from tests.makers.gateway import (
    NORTH,
    OC1,
    a_card,
    a_deny_entry,
    a_holder,
    a_permit,
    a_question,
    card_shown,
    inside_since,
    plate_shown,
)

KEY = b"k" * 32
QUESTIONS = {
    "a card": a_question(),
    "a card for some gates": a_question(credential=a_card(gates=[NORTH], holder=a_holder("王"))),
    "a permit": a_question(plate_shown(), a_permit()),
    "nobody known": a_question(card_shown("9999")),
    "listed and inside": a_question(plate_shown(), denied=(a_deny_entry(sites=[OC1]),), inside=inside_since()),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_the_whole_question_is_written_and_can_be_asked_again(question: Question) -> None:
    of = Forms(KEY)
    for written in (of.question(question), of.question(question)):
        assert TypeAdapter(Question).validate_json(written) == question
        assert list(orjson.loads(written)) == [field.name for field in fields(Question)]


def test_a_row_has_every_column_of_an_entry_that_nobody_has_settled() -> None:
    columns = [column.name for column in Entry.__table__.columns]
    assert list(NewEntry._fields) == [
        name for name in columns if not name.startswith("settled_") and name != "passage_at"
    ]


def test_what_a_credential_says_changes_with_its_facts() -> None:
    of, card = Forms(KEY), a_card(holder=a_holder("王"))
    assert b"\xe7\x8e\x8b" in orjson.dumps(of.told(card).holder)
    married = replace(card, holder=a_holder("李"))
    assert "李" in orjson.dumps(of.told(married).holder).decode()
    assert "李" in of.question(a_question(credential=married))
    assert [orjson.dumps(part) for part in of.told(None)] == [b"null", b"null"]


def test_what_is_shown_is_told_by_its_own_digest_though_it_stands_for_another() -> None:
    card = a_card()
    asked = a_question(card_shown("ABCD1234"), card)
    assert Forms(KEY).attempt_key(asked) == attempt_key_of(KEY, asked.shown.kind, "ABCD1234")
    own = a_question(card_shown(card.key), card)
    assert Forms(KEY).attempt_key(own) == attempt_key_of(KEY, card.kind, card.key)


def test_only_those_last_shown_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "MOST_KEPT", 2)
    of = Forms(KEY)
    first, second, third = a_card("1111"), a_card("2222"), a_card("3333")
    told = of.told(first)
    of.told(second)
    assert of.told(first) is told
    of.told(third)
    assert of.told(first) is told
    assert len(of._kept) == 2


def test_what_is_kept_of_a_credential_takes_little_more_than_its_own_length() -> None:
    of, cards = Forms(KEY), [a_card(f"{number:08}", holder=a_holder("王")) for number in range(100)]
    tracemalloc.start()
    try:
        for card in cards:
            of.told(card)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept / len(cards) < 3_000
