"""The tables of who and what is inside, and of what makes that doubtful."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gateway.presence.rules import Kind
from gateway.tables import Base
from registry.access.facts import Direction
from registry.ids import AreaId, GateId, LaneId, SiteId
from registry.store import InstantColumn
from registry.store.choices import word


class Presence(Base):
    """One person or vehicle that is inside. Who is outside has no row."""

    __tablename__ = "presence"
    # Each crossing touches one row, so it is kept in one tree and not in three.
    __table_args__ = ({"sqlite_with_rowid": False},)

    site: Mapped[SiteId] = mapped_column(String(40), primary_key=True)
    subject: Mapped[str] = mapped_column(String(640), primary_key=True)
    area: Mapped[AreaId] = mapped_column(String(40))
    since: Mapped[datetime] = mapped_column(InstantColumn)
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("entry.id"))
    forgiven_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    """Since when anti-passback does not ask about it: a guard has said so."""


class PresenceCount(Base):
    """How many are inside an area, written with each of their moves: a full compound is not counted through at each check."""

    __tablename__ = "presence_count"
    __table_args__ = ({"sqlite_with_rowid": False},)

    site: Mapped[SiteId] = mapped_column(String(40), primary_key=True)
    area: Mapped[AreaId] = mapped_column(String(40), primary_key=True)
    people: Mapped[int]
    vehicles: Mapped[int]


class PresenceLimit(Base):
    """For how long somebody of a kind is surely inside a compound, as its officer has said; without a row it is learned."""

    __tablename__ = "presence_limit"
    __table_args__ = (
        CheckConstraint("kind IN ('resident', 'staff', 'worker', 'visitor', 'vehicle')", name="kind"),
        CheckConstraint("hours BETWEEN 1 AND 720", name="hours"),
    )

    site: Mapped[SiteId] = mapped_column(String(40), primary_key=True)
    kind: Mapped[Kind] = mapped_column(word(Kind), primary_key=True)
    hours: Mapped[int]
    set_by: Mapped[str] = mapped_column(String(120))
    set_at: Mapped[datetime] = mapped_column(InstantColumn)


class UncheckedPassage(Base):
    """Somebody whom a lane's sensor saw pass, and whom no check had let through."""

    __tablename__ = "unchecked_passage"
    __table_args__ = (
        CheckConstraint("direction IN ('in', 'out')", name="direction"),
        Index("unchecked_passage_site", "site", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """The sensor's event, so that one heard twice is one."""
    site: Mapped[SiteId] = mapped_column(String(40))
    gate: Mapped[GateId] = mapped_column(String(40))
    lane: Mapped[LaneId] = mapped_column(String(40))
    direction: Mapped[Direction] = mapped_column(word(Direction))
    at: Mapped[datetime] = mapped_column(InstantColumn)
