"""Tables of the groups of zones, of what was changed in them, and of the time line of each zone."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from monitor.arming.rules import Mode
from monitor.tables import Base
from registry.devices.facts import ZoneKind
from registry.ids import SiteId, ZoneId
from registry.store import InstantColumn, PositionColumn
from registry.store.choices import choice, word


class ArmingGroup(Base):
    """Zones that are armed together, and how they stand (`monitor.arming.rules.Standing`)."""

    __tablename__ = "arming_group"
    __table_args__ = (
        CheckConstraint("exit_seconds >= 0 AND exit_seconds <= 300", name="exit_seconds"),
        CheckConstraint("kind IS NULL OR kind <> '24h'", name="never_always"),
        CheckConstraint("hand_until IS NULL OR by_hand", name="by_hand_until"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    site: Mapped[SiteId] = mapped_column(String(40), index=True)
    kind: Mapped[ZoneKind | None] = mapped_column(word(ZoneKind))
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    exit_seconds: Mapped[int]
    plan: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """Spans: `day` 0 to 6 and 7 for holidays, `begins` and `ends` in minutes of that day, `mode`."""
    mode: Mapped[Mode] = mapped_column(choice(Mode))
    planned: Mapped[Mode | None] = mapped_column(word(Mode))
    by_hand: Mapped[bool]
    hand_until: Mapped[datetime | None] = mapped_column(InstantColumn)
    back_to: Mapped[Mode | None] = mapped_column(word(Mode))
    unarmed_since: Mapped[datetime | None] = mapped_column(InstantColumn)
    settled_until: Mapped[datetime] = mapped_column(InstantColumn)
    look_at: Mapped[datetime | None] = mapped_column(InstantColumn, index=True)
    """When the engine looks at it next; NULL: nothing can happen to it by itself."""
    version: Mapped[int]
    """Counts its changes; the newest has this number."""
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What was set of it before the last change (`monitor.arming.service.Settings`); NULL: nothing to go back to."""


class ArmingZone(Base):
    """A zone that somebody put into a group or said something of; the others are as `rules.with_defaults` has them."""

    __tablename__ = "arming_zone"
    __table_args__ = (CheckConstraint("entry_seconds >= 0 AND entry_seconds <= 300", name="entry_seconds"),)

    zone: Mapped[ZoneId] = mapped_column(String(40), primary_key=True)
    group: Mapped[UUID] = mapped_column(ForeignKey("arming_group.id"), index=True)
    entry_seconds: Mapped[int]
    modes: Mapped[list[str]] = mapped_column(JSON)
    """The modes that arm it."""


class ArmingChange(Base):
    """A change of a group, once: by the plan, by hand, or of its settings. The number goes on from that before."""

    __tablename__ = "arming_change"
    __table_args__ = (
        UniqueConstraint("group", "number"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("until IS NULL OR until > at", name="until_after"),
        {"sqlite_autoincrement": True},
    )

    position: Mapped[int] = mapped_column(PositionColumn, primary_key=True, autoincrement=True)
    group: Mapped[UUID] = mapped_column(ForeignKey("arming_group.id"))
    number: Mapped[int]
    site: Mapped[SiteId] = mapped_column(String(40), index=True)
    at: Mapped[datetime] = mapped_column(InstantColumn)
    mode: Mapped[Mode] = mapped_column(choice(Mode))
    by: Mapped[str | None] = mapped_column(String(120))
    """NULL: the plan."""
    reason: Mapped[str] = mapped_column(String(200))
    until: Mapped[datetime | None] = mapped_column(InstantColumn)
    kept: Mapped[list[str]] = mapped_column(JSON)
    """Zones that the plan would have disarmed, and that stayed armed for an alarm that nobody had closed."""


class ZoneArming(Base):
    """From `at` on a zone is armed or not. Nothing here is ever changed."""

    __tablename__ = "zone_arming"
    __table_args__ = (
        Index("ix_zone_arming_zone_at", "zone", "at"),
        CheckConstraint("armed_from >= at", name="armed_from"),
        {"sqlite_autoincrement": True},
    )

    position: Mapped[int] = mapped_column(PositionColumn, primary_key=True, autoincrement=True)
    change: Mapped[int] = mapped_column(PositionColumn, ForeignKey("arming_change.position"), index=True)
    zone: Mapped[ZoneId] = mapped_column(String(40))
    site: Mapped[SiteId] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(InstantColumn)
    armed: Mapped[bool]
    armed_from: Mapped[datetime] = mapped_column(InstantColumn)
    """When the exit delay is over."""
    entry_seconds: Mapped[int]


class Unarmed(Base):
    """In `since <= at < until` somebody kept a group disarmed against its plan. `until` NULL: it still is."""

    __tablename__ = "unarmed"
    __table_args__ = (CheckConstraint("until IS NULL OR until >= since", name="until_after_since"),)

    group: Mapped[UUID] = mapped_column(ForeignKey("arming_group.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(InstantColumn, primary_key=True)
    site: Mapped[SiteId] = mapped_column(String(40))
    until: Mapped[datetime | None] = mapped_column(InstantColumn)


class EntryWait(Base):
    """A signal that is judged again at `until`, when nobody can disarm its zone in time any more; part of the checkpoint."""

    __tablename__ = "entry_wait"

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    until: Mapped[datetime] = mapped_column(InstantColumn, index=True)


class Bypass(Base):
    """A zone, or one device in it, that counts for nothing for a while."""

    __tablename__ = "bypass"
    __table_args__ = (
        Index("ix_bypass_zone_until", "zone", "until"),
        CheckConstraint("until > since", name="until_after_since"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_by_whom"),
        CheckConstraint("ended_at IS NULL OR (ended_at >= since AND ended_at <= until)", name="ended_in_time"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    site: Mapped[SiteId] = mapped_column(String(40), index=True)
    zone: Mapped[ZoneId] = mapped_column(String(40))
    device: Mapped[str | None] = mapped_column(String(200))
    since: Mapped[datetime] = mapped_column(InstantColumn)
    until: Mapped[datetime] = mapped_column(InstantColumn)
    reason: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column(String(120))
    ended_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    ended_by: Mapped[str | None] = mapped_column(String(120))
