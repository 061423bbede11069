"""The tables of crossings that are not over yet, of barriers as their sensors tell, and of openings by hand."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gateway.tables import Base
from registry.access.facts import Direction
from registry.ids import AreaId, GateId, LaneId, SiteId
from registry.store import InstantColumn
from registry.store.choices import word


class Passage(Base):
    """A crossing that was granted and that the lane's sensor has not seen yet. `was_*`: where its subject was before."""

    __tablename__ = "passage"
    __table_args__ = (
        CheckConstraint(
            "(was_area IS NULL) = (was_since IS NULL) AND (was_area IS NULL) = (was_entry_id IS NULL)", name="was_whole"
        ),
        Index("passage_lane", "site", "lane"),
    )

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("entry.id"), primary_key=True)
    site: Mapped[SiteId] = mapped_column(String(40))
    gate: Mapped[GateId] = mapped_column(String(40))
    lane: Mapped[LaneId] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(640))
    credential_id: Mapped[UUID | None]
    """Whose use was counted, and is given back when nobody passed."""
    until: Mapped[datetime] = mapped_column(InstantColumn)
    was_area: Mapped[AreaId | None] = mapped_column(String(40))
    was_since: Mapped[datetime | None] = mapped_column(InstantColumn)
    was_entry_id: Mapped[UUID | None]
    was_forgiven: Mapped[bool]
    """Anti-passback had been forgiven, and is again when nobody passed."""


class BarrierPosition(StrEnum):
    """What the sensor of a barrier says."""

    OPEN = "open"
    CLOSED = "closed"
    FAULT = "fault"


class BarrierState(Base):
    """A barrier of a lane as its sensor last told."""

    __tablename__ = "barrier_state"
    __table_args__ = (
        CheckConstraint("barrier IN (1, 2)", name="barrier"),
        CheckConstraint("state IN ('open', 'closed', 'fault')", name="state"),
    )

    site: Mapped[SiteId] = mapped_column(String(40), primary_key=True)
    lane: Mapped[LaneId] = mapped_column(String(40), primary_key=True)
    barrier: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[BarrierPosition] = mapped_column(word(BarrierPosition))
    since: Mapped[datetime] = mapped_column(InstantColumn)


class OpeningKind(StrEnum):
    """How a person opened a barrier without a credential that opens it."""

    MANUAL = "manual"
    EMERGENCY = "emergency"
    """At once; the reason is asked for afterwards."""
    OVERRIDE = "override"
    """For somebody whom the gate had denied."""


class Opening(Base):
    """An opening by hand."""

    __tablename__ = "opening"
    __table_args__ = (
        CheckConstraint("kind IN ('manual', 'emergency', 'override')", name="kind"),
        CheckConstraint("direction IN ('in', 'out')", name="direction"),
        CheckConstraint("kind = 'emergency' OR because IS NOT NULL", name="said_why"),
        CheckConstraint("(kind = 'override') = (entry_id IS NOT NULL)", name="of_an_entry"),
        Index("opening_gate_newest", "gate", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    site: Mapped[SiteId] = mapped_column(String(40))
    gate: Mapped[GateId] = mapped_column(String(40))
    lane: Mapped[LaneId] = mapped_column(String(40))
    direction: Mapped[Direction] = mapped_column(word(Direction))
    kind: Mapped[OpeningKind] = mapped_column(word(OpeningKind))
    entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("entry.id"))
    """Of an override: the entry that was denied."""
    because: Mapped[str | None] = mapped_column(String(80))
    """The reason from the list; None: an emergency that nobody has explained yet."""
    words: Mapped[str | None] = mapped_column(String(1000))
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(InstantColumn)
    explained_at: Mapped[datetime | None] = mapped_column(InstantColumn)
