"""The tables of what holds at the gates beside the registry's facts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from gateway.tables import Base
from registry.ids import AreaId, LaneId, SiteId
from registry.store import InstantColumn


class AreaState(Base):
    """An area that somebody closed, or whose threat level was raised. One without a row is open, at level 0."""

    __tablename__ = "area_state"
    __table_args__ = (CheckConstraint("threat_level BETWEEN 0 AND 5", name="threat_level"),)

    site: Mapped[SiteId] = mapped_column(String(40), primary_key=True)
    area: Mapped[AreaId] = mapped_column(String(40), primary_key=True)
    lockdown: Mapped[bool]
    """Only who has the highest clearance comes in; out may go who wants to."""
    threat_level: Mapped[int]
    """Only who has at least so much clearance comes in."""
    set_by: Mapped[str] = mapped_column(String(120))
    because: Mapped[str] = mapped_column(String(80))
    words: Mapped[str | None] = mapped_column(String(1000))
    set_at: Mapped[datetime] = mapped_column(InstantColumn)


class CredentialUse(Base):
    """How often a credential that lets in so many times has done so."""

    __tablename__ = "credential_use"

    credential_id: Mapped[UUID] = mapped_column(primary_key=True)
    entries: Mapped[int]


class WrongTries(Base):
    """Wrong PINs in a row at one reader, or at a lane where there is none."""

    __tablename__ = "wrong_tries"

    site: Mapped[SiteId] = mapped_column(String(40), primary_key=True)
    place: Mapped[str] = mapped_column(String(120), primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(InstantColumn)
    blocked_until: Mapped[datetime | None] = mapped_column(InstantColumn)


class Duress(Base):
    """An entry whose holder typed the PIN of those who are forced to. It stands nowhere else in this store."""

    __tablename__ = "duress"

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("entry.id"), primary_key=True)
    site: Mapped[SiteId] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(InstantColumn)


class LanePlate(Base):
    """The plate that the camera of a lane has read last."""

    __tablename__ = "lane_plate"

    site: Mapped[SiteId] = mapped_column(String(40), primary_key=True)
    lane: Mapped[LaneId] = mapped_column(String(40), primary_key=True)
    plate: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(InstantColumn)
