"""Tables of alarms, of the signals they rest on and of what became of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from monitor.alarms.rules import Act
from monitor.tables import Base
from registry.ids import AlarmId, SiteId, ZoneId
from registry.messages.alarms import AlarmState, AlarmVerdict
from registry.store import InstantColumn, PositionColumn
from registry.store.choices import choice

_OPEN = text("state <> 'closed'")


class Alarm(Base):
    """One incident. `id` follows its anchor, the earliest signal; `row` stays what it is."""

    __tablename__ = "alarm"
    __table_args__ = (
        Index("alarm_open", "site", "state", "priority", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("alarm_open_code", "code", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("alarm_of_key", "site", "rule", "key", "occurred_at"),
        CheckConstraint("priority BETWEEN 1 AND 4", name="priority"),
        CheckConstraint("count >= 1", name="count"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_has_a_moment"),
        CheckConstraint("(state = 'closed') = (verdict IS NOT NULL)", name="closed_has_a_verdict"),
    )

    row: Mapped[int] = mapped_column(PositionColumn, primary_key=True, autoincrement=True)
    id: Mapped[AlarmId] = mapped_column(Uuid, unique=True)
    code: Mapped[str] = mapped_column(String(8))
    """What people call it; unique among the open ones."""
    site: Mapped[SiteId] = mapped_column(String(40))
    zone: Mapped[ZoneId | None] = mapped_column(String(40))
    rule: Mapped[str] = mapped_column(String(8))
    rule_version: Mapped[int]
    key: Mapped[str] = mapped_column(String(200))
    """What the rule tells incidents apart by: a zone, a vehicle, a round."""
    priority: Mapped[int]
    state: Mapped[AlarmState] = mapped_column(choice(AlarmState))
    flags: Mapped[list[str]] = mapped_column(JSON)
    latched: Mapped[bool]
    """True: only a person ends it."""
    occurred_at: Mapped[datetime] = mapped_column(InstantColumn)
    raised_at: Mapped[datetime] = mapped_column(InstantColumn)
    closed_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    count: Mapped[int]
    explanation_zh: Mapped[str] = mapped_column(Text)
    explanation_en: Mapped[str] = mapped_column(Text)
    media: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """Each as CONTRACT 4 has it, with `device` and `occurred_at` of the signal that it came with."""
    plan_id: Mapped[str | None] = mapped_column(String(40))
    assigned_to: Mapped[str | None] = mapped_column(String(120))
    verdict: Mapped[AlarmVerdict | None] = mapped_column(choice(AlarmVerdict))
    cause: Mapped[str | None] = mapped_column(Text)
    evidence: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int]
    changed_by: Mapped[str | None] = mapped_column(String(120))
    """Who wrote this version; None: the rules."""


class AlarmContribution(Base):
    """A signal that the alarm rests on."""

    __tablename__ = "alarm_contribution"

    alarm_row: Mapped[int] = mapped_column(PositionColumn, ForeignKey("alarm.row"), primary_key=True)
    device: Mapped[str] = mapped_column(String(120), primary_key=True)
    signal_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    type: Mapped[str] = mapped_column(String(80))
    occurred_at: Mapped[datetime] = mapped_column(InstantColumn)


class AlarmHistory(Base):
    """What became of an alarm, line by line; lines are added and never changed."""

    __tablename__ = "alarm_history"

    position: Mapped[int] = mapped_column(PositionColumn, primary_key=True, autoincrement=True)
    alarm_row: Mapped[int] = mapped_column(PositionColumn, ForeignKey("alarm.row"), index=True)
    at: Mapped[datetime] = mapped_column(InstantColumn)
    actor: Mapped[str | None] = mapped_column(String(120))
    """Who; None: the rules."""
    act: Mapped[Act] = mapped_column(choice(Act))
    from_state: Mapped[AlarmState | None] = mapped_column(choice(AlarmState, check="from_state"))
    to_state: Mapped[AlarmState] = mapped_column(choice(AlarmState, check="to_state"))
    words: Mapped[str | None] = mapped_column(Text)


class AlarmAlias(Base):
    """An id that an alarm had before earlier evidence came; it keeps leading there."""

    __tablename__ = "alarm_alias"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    alarm_row: Mapped[int] = mapped_column(PositionColumn, ForeignKey("alarm.row"), index=True)
