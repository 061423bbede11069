"""The tables of buildings, rooms and tenancies, of those who live there for a while, and of checks."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.ids import BuildingId, MediaId, PersonId, RoomId, SiteId, TenancyId, UnitId
from registry.store import InstantColumn
from registry.store.choices import choice
from registry.tables import Base

_OPEN = text("end_day IS NULL")
_NOT_CANCELLED = text("cancelled_at IS NULL")


class RoomUse(StrEnum):
    """What a room is for."""

    DWELLING = "dwelling"
    OFFICE = "office"


class RiskClass(StrEnum):
    """How closely a let room is watched, by colour; `registry.housing.rules` has the interval of each."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"
    GREEN = "green"


class CheckKind(StrEnum):
    """What somebody went there for."""

    ROOM_CHECK = "room_check"
    """The let room was looked at (出租房检查)."""
    HOME_VISIT = "home_visit"
    """Those who live there were visited (入户走访)."""


class CheckOutcome(StrEnum):
    """What was found."""

    IN_ORDER = "in_order"
    PUT_RIGHT = "put_right"
    """Something was wrong and was mended on the spot."""
    WRONG = "wrong"
    """Something is wrong; the words say what."""
    NOBODY_THERE = "nobody_there"
    """Nobody opened: it does not count as a check."""


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
    risk: Mapped[RiskClass | None] = mapped_column(choice(RiskClass))
    """None: it is not checked at intervals."""


class Tenancy(Base):
    """A room let to somebody for a time. No two of one room have a day in common: the service sees to it, the room locked.

    PostgreSQL could see to it by an exclusion constraint; for that it needs the extension btree_gist, which who gives us
    a schema need not allow us to make, and SQLite has nothing like it.
    """

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
    has_clause: Mapped[bool]
    """Whether the lease has the clause that forbids unlawful use of the room."""
    ended_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    """When a clerk ended it; None: its last day is the one that was agreed on."""
    ended_by: Mapped[str | None] = mapped_column(String(120))
    end_reason: Mapped[str | None] = mapped_column(String(200))


class TenancyOccupant(Base):
    """Somebody who lives in the room while it is let; the tenant too, if they live there."""

    __tablename__ = "tenancy_occupant"

    tenancy_id: Mapped[TenancyId] = mapped_column(ForeignKey("tenancy.id"), primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)


class ResidenceFile(Base):
    """The file of somebody who lives here for a while (暂住人员档案): opened on arrival, cancelled on leaving."""

    __tablename__ = "residence_file"
    __table_args__ = (
        Index(
            "uq_residence_file_open",
            "person_id",
            unique=True,
            sqlite_where=_NOT_CANCELLED,
            postgresql_where=_NOT_CANCELLED,
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)
    tenancy_id: Mapped[TenancyId] = mapped_column(ForeignKey("tenancy.id"), index=True)
    home: Mapped[str] = mapped_column(String(120))
    """Where the registered residence is (户籍地)."""
    purpose: Mapped[str | None] = mapped_column(String(120))
    """What brings them: work, school, family."""
    registered_by: Mapped[str] = mapped_column(String(120))
    registered_at: Mapped[datetime] = mapped_column(InstantColumn)
    cancelled_by: Mapped[str | None] = mapped_column(String(120))
    cancelled_at: Mapped[datetime | None] = mapped_column(InstantColumn)


class RoomCheck(Base):
    """A check of a room or a visit to those who live there: who, when, what was found."""

    __tablename__ = "room_check"
    __table_args__ = (Index("ix_room_check_room_at", "room_id", "at"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    room_id: Mapped[RoomId] = mapped_column(ForeignKey("room.id"))
    kind: Mapped[CheckKind] = mapped_column(choice(CheckKind))
    at: Mapped[datetime] = mapped_column(InstantColumn)
    by: Mapped[str] = mapped_column(String(120))
    outcome: Mapped[CheckOutcome] = mapped_column(choice(CheckOutcome))
    words: Mapped[str | None] = mapped_column(String(500))
    photo: Mapped[MediaId | None] = mapped_column(Uuid)
