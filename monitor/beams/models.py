"""The record of walk tests."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from monitor.tables import Base
from registry.store import InstantColumn


class WalkTest(Base):
    """Somebody walks along a wall and breaks each pair; `zone` None: all of the site. Open until `ended_at`, or until its time is over."""

    __tablename__ = "walk_test"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_whole"),
        Index("ix_walk_test_site", "site", "started_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(String(40))
    zone: Mapped[str | None] = mapped_column(String(40))
    started_at: Mapped[datetime] = mapped_column(InstantColumn)
    started_by: Mapped[str] = mapped_column(String(120))
    until: Mapped[datetime] = mapped_column(InstantColumn)
    """Not ended by then, it ended then."""
    ended_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    ended_by: Mapped[str | None] = mapped_column(String(120))
    words: Mapped[str | None] = mapped_column(String(500))


class WalkTestResult(Base):
    """What a finished test found of one pair. `heard_at` None: it was not heard."""

    __tablename__ = "walk_test_result"
    __table_args__ = (Index("ix_walk_test_result_device", "device", "heard_at"),)

    test: Mapped[UUID] = mapped_column(ForeignKey("walk_test.id"), primary_key=True)
    device: Mapped[str] = mapped_column(String(120), primary_key=True)
    heard_at: Mapped[datetime | None] = mapped_column(InstantColumn)
