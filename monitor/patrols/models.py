"""Tables of checkpoints, tours and of the scans made on our own patrol page."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from monitor.tables import Base
from registry.ids import SiteId
from registry.store import InstantColumn


class Checkpoint(Base):
    """A place where a guard must have been. `tag` stands on its QR code; `short_code` is typed where that is damaged."""

    __tablename__ = "checkpoint"
    __table_args__ = (
        UniqueConstraint("site", "short_code"),
        UniqueConstraint("id", "site"),
        CheckConstraint("(x IS NULL) = (y IS NULL)", name="place_whole"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    site: Mapped[SiteId] = mapped_column(String(40))
    tag: Mapped[str] = mapped_column(String(200), unique=True)
    short_code: Mapped[str] = mapped_column(String(6))
    """Four to six digits."""
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    position: Mapped[int]
    """Order in lists."""
    x: Mapped[float | None]
    """Place on the site plan, in fractions of its width; `y` of its height."""
    y: Mapped[float | None]


class Tour(Base):
    """A way past checkpoints that is walked every day at the same times."""

    __tablename__ = "tour"
    __table_args__ = (
        UniqueConstraint("id", "site"),
        CheckConstraint("valid_until IS NULL OR valid_until > valid_from", name="validity"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    site: Mapped[SiteId] = mapped_column(String(40), index=True)
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    start_times: Mapped[list[str]] = mapped_column(JSON)
    """Site-local, `HH:MM`, ascending."""
    valid_from: Mapped[datetime] = mapped_column(InstantColumn)
    """Rounds that start earlier are not asked for."""
    valid_until: Mapped[datetime | None] = mapped_column(InstantColumn)


class TourStop(Base):
    """A checkpoint of a tour, and when somebody must be there."""

    __tablename__ = "tour_stop"
    __table_args__ = (
        ForeignKeyConstraint(["tour", "site"], ["tour.id", "tour.site"]),
        ForeignKeyConstraint(["checkpoint", "site"], ["checkpoint.id", "checkpoint.site"]),
        UniqueConstraint("tour", "checkpoint"),
        CheckConstraint("opens_after_minutes >= 0", name="opens_after"),
        CheckConstraint("window_minutes > 0", name="window"),
    )

    tour: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    checkpoint: Mapped[UUID] = mapped_column(Uuid, index=True)
    site: Mapped[SiteId] = mapped_column(String(40))
    opens_after_minutes: Mapped[int]
    """From the start of the round until the window opens."""
    window_minutes: Mapped[int]


class PhoneScan(Base):
    """A scan made on the patrol page, by the id that the phone gave it; a repeat of the id is the same scan."""

    __tablename__ = "phone_scan"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    site: Mapped[SiteId] = mapped_column(String(40))
    checkpoint: Mapped[UUID] = mapped_column(ForeignKey("checkpoint.id"), index=True)
    guard: Mapped[UUID] = mapped_column(Uuid)
    scanned_at: Mapped[datetime] = mapped_column(InstantColumn)
    offline: Mapped[bool]
    received_at: Mapped[datetime] = mapped_column(InstantColumn)
