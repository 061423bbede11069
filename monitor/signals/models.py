"""The tables of what was heard."""

from datetime import datetime

from sqlalchemy import DDL, BigInteger, CheckConstraint, Float, Index, LargeBinary, String, Text, event, false
from sqlalchemy.orm import Mapped, mapped_column

from monitor.tables import Base
from registry.store import InstantColumn, PositionColumn

ROOM_OF_A_DAY = 10**10
"""Positions that a day's signals have on PostgreSQL: enough for 115,000 a second."""


class SignalRow(Base):
    """One event, kept once. `position` is the order in which we stored it, and never used again; see `signals.days`."""

    __tablename__ = "signals"
    __table_args__ = (
        Index("ix_signals_site", "site", "position"),
        Index("ix_signals_device", "device", "occurred_at"),
        {"sqlite_autoincrement": True, "postgresql_partition_by": "RANGE (position)"},
    )

    position: Mapped[int] = mapped_column(PositionColumn, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(120))
    site: Mapped[str] = mapped_column(String(40))
    device: Mapped[str] = mapped_column(String(120))
    type: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str | None] = mapped_column(String(200))
    occurred_at: Mapped[datetime] = mapped_column(InstantColumn)
    received_at: Mapped[datetime] = mapped_column(InstantColumn)
    time_quality: Mapped[str] = mapped_column(String(10))
    seq: Mapped[int | None] = mapped_column(BigInteger)
    bootid: Mapped[str | None] = mapped_column(String(80))
    data: Mapped[str] = mapped_column(Text)
    set_aside: Mapped[str | None] = mapped_column(String(300))
    """Why no rule can judge it; None: the rules may."""
    retried_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    """When it was taken out of the dead letters: `received_at` is then earlier than that of the signals before it."""


_BEFORE = f"CREATE TABLE signals_before PARTITION OF signals FOR VALUES FROM (MINVALUE) TO ({ROOM_OF_A_DAY})"
event.listen(
    SignalRow.__table__,
    "after_create",
    DDL(_BEFORE).execute_if(dialect="postgresql"),  # type: ignore[no-untyped-call]
)


class SeenRow(Base):
    """Every (source, id) that was ever stored, with what it said: it outlives the signal itself."""

    __tablename__ = "seen"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own form

    source: Mapped[str] = mapped_column(String(120), primary_key=True)
    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(16))


class DeadLetterRow(Base):
    """A message that was set aside. `raw` is its first 64 KiB, `size` the bytes that it had."""

    __tablename__ = "dead_letters"
    __table_args__ = (Index("ix_dead_letters_site", "site", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(PositionColumn, primary_key=True, autoincrement=True)
    received_at: Mapped[datetime] = mapped_column(InstantColumn)
    site: Mapped[str | None] = mapped_column(String(40))
    device: Mapped[str | None] = mapped_column(String(120))
    topic: Mapped[str] = mapped_column(String(300))
    reason: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(String(300))
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int] = mapped_column(BigInteger)
    retained: Mapped[bool] = mapped_column(server_default=false())
    """Whether the broker had kept it: then it is no event when it is tried again."""


class InboxTotalsRow(Base):
    """What came in since the store was made: one row, changed in the transaction that stores the messages."""

    __tablename__ = "inbox_totals"
    __table_args__ = (
        CheckConstraint('"only" = 1', name="ck_inbox_totals_one_row"),
        CheckConstraint("received = stored + duplicate + dead_letter", name="ck_inbox_totals_nothing_lost"),
    )

    only: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    stored: Mapped[int] = mapped_column(BigInteger, default=0)
    duplicate: Mapped[int] = mapped_column(BigInteger, default=0)
    dead_letter: Mapped[int] = mapped_column(BigInteger, default=0)
    heartbeat: Mapped[int] = mapped_column(BigInteger, default=0)
    state: Mapped[int] = mapped_column(BigInteger, default=0)
    online: Mapped[int] = mapped_column(BigInteger, default=0)


class DevicePresenceRow(Base):
    """When a device last said that it lives, and what its connection last was."""

    __tablename__ = "device_presence"

    device: Mapped[str] = mapped_column(String(120), primary_key=True)
    site: Mapped[str] = mapped_column(String(40), index=True)
    heartbeat_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    online: Mapped[bool | None]
    online_at: Mapped[datetime | None] = mapped_column(InstantColumn)


class DeviceAbsenceRow(Base):
    """A stretch in which a device was not heard; `until` None: it lasts.

    The broker told that it has no connection (last will), or it was silent: then `since` is its last sign of life, and
    `missed_at` when the next was due. `noticed_at` and `incident` are written by `monitor.supervision`; None: not yet.
    """

    __tablename__ = "device_absences"
    __table_args__ = (
        Index("ix_device_absences_incident", "incident"),
        Index("ix_device_absences_until", "until"),
    )

    device: Mapped[str] = mapped_column(String(120), primary_key=True)
    since: Mapped[datetime] = mapped_column(InstantColumn, primary_key=True)
    until: Mapped[datetime | None] = mapped_column(InstantColumn)
    missed_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    noticed_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    incident: Mapped[str | None] = mapped_column(String(200))


class DeviceStateRow(Base):
    """What a foreign device last said of one of its properties; `value` is JSON."""

    __tablename__ = "device_state"

    device: Mapped[str] = mapped_column(String(120), primary_key=True)
    property: Mapped[str] = mapped_column(String(200), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    said_at: Mapped[datetime] = mapped_column(InstantColumn)


class DeviceHealthRow(Base):
    """How a device is heard. `event_at`: when its last event came in; `skew_seconds`: its clock by ours, then.

    `clock_faults`: events whose time was ahead and not believed; `late`: more than 10 s; `archived`: too late to be judged.
    """

    __tablename__ = "device_health"

    device: Mapped[str] = mapped_column(String(120), primary_key=True)
    event_at: Mapped[datetime] = mapped_column(InstantColumn)
    skew_seconds: Mapped[float | None] = mapped_column(Float)
    clock_faults: Mapped[int] = mapped_column(BigInteger)
    late: Mapped[int] = mapped_column(BigInteger)
    archived: Mapped[int] = mapped_column(BigInteger)


class DeviceSequenceRow(Base):
    """The numbers of a device's events since one of its starts; `missing` is JSON, `[[first, last], …]`."""

    __tablename__ = "device_sequence"

    device: Mapped[str] = mapped_column(String(120), primary_key=True)
    bootid: Mapped[str] = mapped_column(String(80), primary_key=True)
    highest: Mapped[int] = mapped_column(BigInteger)
    missing: Mapped[str] = mapped_column(Text)
    forgotten: Mapped[int] = mapped_column(BigInteger)
    replays: Mapped[int] = mapped_column(BigInteger)
    heard_at: Mapped[datetime] = mapped_column(InstantColumn)
