"""The tables of musters: each is opened once, and kept with everybody who was on its list."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.presence.rules import Kind
from gateway.tables import Base
from registry.ids import AreaId, GateId, SiteId
from registry.store import InstantColumn
from registry.store.choices import word

OPEN = text("closed_at IS NULL")


class Because(StrEnum):
    """Why people are called over."""

    FIRE_ALARM = "fire_alarm"
    EVACUATION = "evacuation"
    COMMAND = "command"
    """The control room has ordered it."""
    DRILL = "drill"


class Mark(StrEnum):
    """What is found of somebody on the list; who has none is being looked for."""

    SAFE = "safe"
    MISSING = "missing"
    NOT_INSIDE = "not_inside"


class Muster(Base):
    """One calling over of a compound. A compound has one open at a time."""

    __tablename__ = "muster"
    __table_args__ = (
        CheckConstraint("because IN ('fire_alarm', 'evacuation', 'command', 'drill')", name="because"),
        CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed_whole"),
        Index("muster_open", "site", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index("muster_newest", "site", "opened_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    site: Mapped[SiteId] = mapped_column(String(40))
    because: Mapped[Because] = mapped_column(word(Because))
    words: Mapped[str | None] = mapped_column(String(1000))
    opened_by: Mapped[str] = mapped_column(String(120))
    opened_at: Mapped[datetime] = mapped_column(InstantColumn)
    closed_by: Mapped[str | None] = mapped_column(String(120))
    closed_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    closing_words: Mapped[str | None] = mapped_column(String(1000))


class MusterLine(Base):
    """Somebody or something that was inside when the muster was opened."""

    __tablename__ = "muster_line"
    __table_args__ = (
        CheckConstraint("kind IN ('resident', 'staff', 'worker', 'visitor', 'vehicle')", name="kind"),
        CheckConstraint("mark IN ('safe', 'missing', 'not_inside')", name="mark"),
        CheckConstraint("(mark IS NULL) = (marked_at IS NULL) AND (mark IS NULL) = (marked_by IS NULL)", name="marked"),
    )

    muster_id: Mapped[UUID] = mapped_column(ForeignKey("muster.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """From 1, in the order of the list: by unit, then by name."""
    subject: Mapped[str] = mapped_column(String(640))
    kind: Mapped[Kind] = mapped_column(word(Kind))
    name: Mapped[str | None] = mapped_column(String(200))
    shown: Mapped[str] = mapped_column(String(640))
    """Plate or card as it is written; empty: nothing that one could read."""
    unit_zh: Mapped[str | None] = mapped_column(String(200))
    unit_en: Mapped[str | None] = mapped_column(String(200))
    area: Mapped[AreaId] = mapped_column(String(40))
    gate: Mapped[GateId] = mapped_column(String(40))
    since: Mapped[datetime] = mapped_column(InstantColumn)
    entry_id: Mapped[UUID | None]
    """The ground for it; None: nobody was checked."""
    doubts: Mapped[list[Any]] = mapped_column(JSON)
    """Why it is not sure that they were inside; empty: it was."""
    mark: Mapped[Mark | None] = mapped_column(word(Mark))
    marked_by: Mapped[str | None] = mapped_column(String(120))
    marked_at: Mapped[datetime | None] = mapped_column(InstantColumn)
