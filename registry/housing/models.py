"""The tables of buildings, rooms and tenancies."""

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.ids import BuildingId, PersonId, RoomId, SiteId, TenancyId, UnitId
from registry.store.choices import choice
from registry.tables import Base

_OPEN = text("end_day IS NULL")


class RoomUse(StrEnum):
    """What a room is for."""

    DWELLING = "dwelling"
    OFFICE = "office"


class Building(Base):
    """A building of a compound."""

    __tablename__ = "building"
    __table_args__ = (UniqueConstraint("site", "short"),)

    id: Mapped[BuildingId] = mapped_column(Uuid, primary_key=True)
    site: Mapped[SiteId] = mapped_column(ForeignKey("site.id"))
    short: Mapped[str] = mapped_column(String(20))
    """What stands before a room's number: the `3` of 3-201."""
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))


class RoomRow(Base):
    """A room of a building: a dwelling, or the office of a unit."""

    __tablename__ = "room"
    __table_args__ = (
        UniqueConstraint("building_id", "number"),
        CheckConstraint("use = 'office' OR unit_id IS NULL", name="units_have_offices"),
    )

    id: Mapped[RoomId] = mapped_column(Uuid, primary_key=True)
    building_id: Mapped[BuildingId] = mapped_column(ForeignKey("building.id"))
    floor: Mapped[int]
    number: Mapped[str] = mapped_column(String(20))
    use: Mapped[RoomUse] = mapped_column(choice(RoomUse))
    unit_id: Mapped[UnitId | None] = mapped_column(ForeignKey("unit.id"), index=True)


class Tenancy(Base):
    """A room let to somebody for a time. No two of one room have a day in common: the service sees to it."""

    __tablename__ = "tenancy"
    __table_args__ = (
        UniqueConstraint("room_id", "first_day"),
        Index("uq_tenancy_open", "room_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        CheckConstraint("first_day < end_day", name="period"),
        CheckConstraint("landlord_id <> tenant_id", name="two_parties"),
    )

    id: Mapped[TenancyId] = mapped_column(Uuid, primary_key=True)
    room_id: Mapped[RoomId] = mapped_column(ForeignKey("room.id"))
    landlord_id: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"), index=True)
    """None: the house belongs to no person; the housing office lets it."""
    tenant_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)
    first_day: Mapped[date]
    end_day: Mapped[date | None]
    """The first day on which it is over; None: until somebody ends it."""


class TenancyOccupant(Base):
    """Somebody who lives in the room while it is let; the tenant too, if they live there."""

    __tablename__ = "tenancy_occupant"

    tenancy_id: Mapped[TenancyId] = mapped_column(ForeignKey("tenancy.id"), primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
