"""What is asked of a gate and what it answers, as JSON has it (DESIGN 5)."""

from typing import Annotated, Literal, NamedTuple
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gateway.checks import wording
from gateway.checks.question import Question
from gateway.checks.rules import Decision
from gateway.checks.shown import PIN_SHOWN
from registry.access.facts import CredentialFacts, CredentialKind, Direction
from registry.clock import format_instant
from registry.ids import NAME_PATTERN, EntryId
from registry.messages.envelope import WireInstant
from registry.messages.reasons import Reason, Verdict

Name = Annotated[str, StringConstraints(pattern=f"^{NAME_PATTERN}$")]
WRITTEN = r"^[^\x00-\x1f\x7f-\x9f]*$"
"""One line without control characters: no store takes every one of them, and no screen shows one."""
ShownText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=600, pattern=WRITTEN)]


class CredentialShown(BaseModel):
    """What was shown, as the reader got it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: CredentialKind = Field(description="qr: what a code says, be it a pass or the number of a vehicle permit")
    value: ShownText


class CheckRequest(BaseModel):
    """May this pass? A repeat with the same `attempt_id` gets the first answer again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    attempt_id: UUID = Field(
        description="the reader's own number for it; UUIDv7 by preference, whose order in time makes it quicker to keep"
    )
    gate: Name
    direction: Direction
    credential: CredentialShown
    occurred_at: WireInstant | None = Field(default=None, description="the reader's word; recorded, decides nothing")
    lane: Name | None = None
    reader: str | None = Field(
        default=None, min_length=1, max_length=120, pattern=WRITTEN, description="the machine that read it"
    )
    media: list[UUID] = Field(default_factory=list, max_length=16)


class Text(BaseModel):
    """One sentence in both languages."""

    zh: str
    en: str


class HolderShown(BaseModel):
    name: str
    unit: str | None
    photo_url: str | None


class CredentialMatched(BaseModel):
    kind: CredentialKind
    matched: str = Field(description="the key under which it was found")
    valid_from: WireInstant
    valid_until: WireInstant


class CheckAnswer(BaseModel):
    """What the gate is told."""

    attempt_id: UUID
    entry_id: UUID
    verdict: Verdict
    reason: Reason
    text: Text
    holder: HolderShown | None
    credential: CredentialMatched | None
    snapshot: int
    decided_by: Literal["centre"] = "centre"


class Told(NamedTuple):
    """What an answer tells of a credential: the JSON of its holder and of itself."""

    holder: orjson.Fragment
    credential: orjson.Fragment


NOTHING_TOLD = Told(orjson.Fragment(b"null"), orjson.Fragment(b"null"))


def told_of(credential: CredentialFacts) -> Told:
    """Write down what answers tell of a credential."""
    holder = credential.holder
    of_holder = None
    if holder is not None:
        of_holder = {
            "name": holder.name,
            "unit": holder.unit_zh or holder.unit_en,
            "photo_url": None if holder.photo is None else f"/api/media/{holder.photo}",
        }
    of_itself = {
        "kind": credential.kind,
        "matched": PIN_SHOWN if credential.kind is CredentialKind.PIN else credential.key,
        "valid_from": format_instant(credential.valid_from),
        "valid_until": format_instant(credential.valid_until),
    }
    return Told(orjson.Fragment(orjson.dumps(of_holder)), orjson.Fragment(orjson.dumps(of_itself)))


def answer_of(
    question: Question, decision: Decision, told: Told, *, attempt_id: UUID, entry_id: EntryId, snapshot: int
) -> str:
    """Put a decision into the words of the API: the JSON of a `CheckAnswer`, with what is told of its credential.

    In its order and form, which read it; to go through the model costs ten times as much.
    """
    answer = {
        "attempt_id": attempt_id,
        "entry_id": entry_id,
        "verdict": decision.verdict,
        "reason": decision.reason,
        "text": {
            "zh": wording.sentence("zh", question, decision),
            "en": wording.sentence("en", question, decision),
        },
        "holder": told.holder,
        "credential": told.credential,
        "snapshot": snapshot,
        "decided_by": "centre",
    }
    return orjson.dumps(answer).decode()
