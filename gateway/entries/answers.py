"""Entries as the API has them."""

from collections.abc import Mapping
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter, model_validator

from gateway.checks.answers import WRITTEN
from gateway.checks.question import Question
from gateway.checks.rules import explain
from gateway.checks.shown import PIN_SHOWN
from gateway.entries.models import Entry
from gateway.entries.service import GuardVerdict
from registry.access.facts import CredentialKind, Direction
from registry.ids import GateId, LaneId, SiteId
from registry.messages.envelope import WireInstant
from registry.messages.reasons import Reason, Verdict

_QUESTION = TypeAdapter(Question)
OTHER = "other"
"""The reason of a decision for which there is no short one."""

Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class DecisionRequest(BaseModel):
    """What the guard decides of a refer, with its reason; where no reason fits, `other`, it is said in words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verdict: GuardVerdict
    reason: Annotated[Said, StringConstraints(max_length=80, pattern=WRITTEN)]
    words: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000, pattern=r"^[^\x00]*$")] = ""

    @model_validator(mode="after")
    def _other_is_said_in_words(self) -> Self:
        if self.reason == OTHER and not self.words:
            raise ValueError("say in words why")
        return self


class EntryHolder(BaseModel):
    name: str
    unit_zh: str | None
    unit_en: str | None

    @classmethod
    def of(cls, entry: Entry) -> Self | None:
        """Whose credential it was; None: the registry did not know."""
        if entry.holder_name is None:
            return None
        return cls(name=entry.holder_name, unit_zh=entry.unit_zh, unit_en=entry.unit_en)


class EntryCredential(BaseModel):
    kind: CredentialKind
    key: str


class Settled(BaseModel):
    """How a refer ended."""

    verdict: Verdict
    reason: Reason
    at: WireInstant
    by: str
    because: str | None
    words: str | None


class EntryOut(BaseModel):
    """One attempt. `verdict` and `reason` are how it ended so far; `told` is what the gate said at once."""

    id: UUID
    attempt_id: UUID
    site: SiteId
    gate: GateId
    lane: LaneId
    direction: Direction
    verdict: Verdict
    reason: Reason
    told: Verdict
    decided_at: WireInstant
    occurred_at: WireInstant | None
    credential: EntryCredential
    holder: EntryHolder | None
    asked_by: str
    reader: str | None
    snapshot: int
    settled: Settled | None

    @classmethod
    def of(cls, entry: Entry) -> Self:
        settled = settled_of(entry)
        return cls(
            id=entry.id,
            attempt_id=entry.attempt_id,
            site=entry.site,
            gate=entry.gate,
            lane=entry.lane,
            direction=entry.direction,
            verdict=settled.verdict if settled is not None else entry.verdict,
            reason=settled.reason if settled is not None else entry.reason,
            told=entry.verdict,
            decided_at=entry.decided_at,
            occurred_at=entry.occurred_at,
            credential=EntryCredential(
                kind=entry.credential_kind,
                key=PIN_SHOWN if entry.credential_kind is CredentialKind.PIN else entry.credential_key,
            ),
            holder=EntryHolder.of(entry),
            asked_by=entry.asked_by,
            reader=entry.reader,
            snapshot=entry.snapshot,
            settled=settled,
        )


def settled_of(entry: Entry) -> Settled | None:
    """How the refer ended; None: it was none, or it waits."""
    if (
        entry.settled_verdict is None
        or entry.settled_reason is None
        or entry.settled_at is None
        or entry.settled_by is None
    ):
        return None
    return Settled(
        verdict=entry.settled_verdict,
        reason=entry.settled_reason,
        at=entry.settled_at,
        by=entry.settled_by,
        because=entry.settled_because,
        words=entry.settled_words,
    )


class EntryList(BaseModel):
    items: list[EntryOut]
    next: str | None


class TestedOut(BaseModel):
    """One rule that was tested, what it looked at, and whether it was satisfied."""

    rule: Reason
    passed: bool
    facts: Mapping[str, Any]


class Why(BaseModel):
    """Every rule that was tested for an entry, in order; the first that was not satisfied is the reason told."""

    entry_id: UUID
    verdict: Verdict
    reason: Reason
    decided_at: WireInstant
    snapshot: int
    tested: list[TestedOut]
    settled: Settled | None

    @classmethod
    def of(cls, entry: Entry) -> Self:
        question = _QUESTION.validate_json(entry.question)
        return cls(
            entry_id=entry.id,
            verdict=entry.verdict,
            reason=entry.reason,
            decided_at=entry.decided_at,
            snapshot=entry.snapshot,
            tested=[TestedOut(rule=rule, passed=passed, facts=facts) for rule, passed, facts in explain(question)],
            settled=settled_of(entry),
        )
