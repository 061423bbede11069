"""The table of entries: each attempt at a gate, whatever came of it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.tables import Base
from registry.access.facts import CredentialKind, Direction
from registry.ids import AreaId, GateId, LaneId, PersonId, SiteId
from registry.messages.reasons import Reason, Verdict
from registry.store import InstantColumn
from registry.store.choices import choice, word

WAITING = text("verdict = 'refer' AND settled_verdict IS NULL")
"""A refer that nobody has settled. Written out, so that the planner sees that its index holds just these."""

DOUBTED = text("reason = 'passback' OR passage = 'timed_out'")
"""What makes doubtful whether somebody is inside. Written out, for the same reason."""


class PassageState(StrEnum):
    """What became of a crossing that was granted."""

    PENDING = "pending"
    PASSED = "passed"
    TIMED_OUT = "timed_out"
    """The sensor saw nobody in time: presence is as it was before."""


class Entry(Base):
    """One attempt. `verdict` and `reason` are what the gate was told at once; a `refer` is settled later, once."""

    __tablename__ = "entry"
    __table_args__ = (
        CheckConstraint(
            "(settled_verdict IS NULL) = (settled_at IS NULL) AND (settled_verdict IS NULL) = (settled_reason IS NULL)"
            " AND (settled_verdict IS NULL) = (settled_by IS NULL)",
            name="settled_whole",
        ),
        CheckConstraint("settled_verdict IS NULL OR verdict = 'refer'", name="only_a_refer_is_settled"),
        CheckConstraint("settled_verdict IN ('granted', 'denied')", name="settled_for_good"),
        CheckConstraint(
            "settled_reason IN ('ok', 'ok_guard', 'guard_refused', 'undecided')", name="settled_by_the_guard"
        ),
        CheckConstraint("passage IN ('pending', 'passed', 'timed_out')", name="passage"),
        Index("entry_site_newest", "site", "id"),
        Index("entry_gate_newest", "gate", "id"),
        Index("entry_waiting", "decided_at", sqlite_where=WAITING, postgresql_where=WAITING),
        Index("entry_doubted", "site", "decided_at", sqlite_where=DOUBTED, postgresql_where=DOUBTED),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    attempt_id: Mapped[UUID] = mapped_column(unique=True)
    request_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Of who asked and what was asked: a repeat of the attempt must be the same request."""
    asked_by: Mapped[str] = mapped_column(String(120))
    reader: Mapped[str | None] = mapped_column(String(120))
    site: Mapped[SiteId] = mapped_column(String(40))
    gate: Mapped[GateId] = mapped_column(String(40))
    lane: Mapped[LaneId] = mapped_column(String(40))
    direction: Mapped[Direction] = mapped_column(choice(Direction))
    area: Mapped[AreaId] = mapped_column(String(40))
    """The area that one comes into by passing."""
    subject: Mapped[str] = mapped_column(String(640))
    """Whom or what is counted: `person:<id>`, `plate:<text>`, `card:<number>`."""
    credential_kind: Mapped[CredentialKind] = mapped_column(choice(CredentialKind))
    credential_key: Mapped[str] = mapped_column(String(600))
    credential_id: Mapped[UUID | None]
    holder_id: Mapped[PersonId | None] = mapped_column(Uuid)
    holder_name: Mapped[str | None] = mapped_column(String(200))
    unit_zh: Mapped[str | None] = mapped_column(String(200))
    unit_en: Mapped[str | None] = mapped_column(String(200))
    verdict: Mapped[Verdict] = mapped_column(choice(Verdict))
    reason: Mapped[Reason] = mapped_column(word(Reason))
    decided_at: Mapped[datetime] = mapped_column(InstantColumn)
    occurred_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    """The reader's word; it decides nothing."""
    media: Mapped[str | None] = mapped_column(Text)
    """Pictures sent with the attempt: a JSON list of ids."""
    snapshot: Mapped[int]
    """The version of the site's facts on which it was decided."""
    question: Mapped[str] = mapped_column(Text)
    """The facts of the decision, JSON: `gateway.checks.rules.Question`. Why it was decided so is found by asking it again."""
    answer: Mapped[str] = mapped_column(Text)
    """What was answered, JSON, so that a repeat gets the same."""
    settled_verdict: Mapped[Verdict | None] = mapped_column(word(Verdict))
    settled_reason: Mapped[Reason | None] = mapped_column(word(Reason))
    settled_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    settled_by: Mapped[str | None] = mapped_column(String(120))
    settled_because: Mapped[str | None] = mapped_column(String(80))
    settled_words: Mapped[str | None] = mapped_column(String(1000))
    passage: Mapped[PassageState | None] = mapped_column(word(PassageState))
    """Whether who was let in passed, where the lane has a sensor that sees it."""
    passage_at: Mapped[datetime | None] = mapped_column(InstantColumn)
