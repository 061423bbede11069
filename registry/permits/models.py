"""The tables of vehicle permits."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.credentials.columns import IN_USE, CredentialColumns, one_ground
from registry.ids import ApplicationId, BatchId, CredentialId, PersonId, SiteId, UnitId
from registry.plates.grammar import PlateKind
from registry.store import InstantColumn
from registry.store.choices import choice
from registry.tables import Base


class PermitClass(StrEnum):
    """What the vehicle is in the compound for (公务、个人、业务、临时)."""

    OFFICIAL = "official"
    PRIVATE = "private"
    BUSINESS = "business"
    TEMPORARY = "temporary"


class PlateUse(StrEnum):
    """Why a permit has a plate beside its own."""

    SHARED = "shared"
    """Any of them may come, one at a time."""
    SUBSTITUTE = "substitute"
    """It stands in for days while the permit's own car is in repair."""


class SeriesState(StrEnum):
    """Where the permits of a year stand."""

    PREPARED = "prepared"
    ACTIVE = "active"
    ROLLED_BACK = "rolled_back"


class ApplicationState(StrEnum):
    """Where an application for a permit stands."""

    DRAFT = "draft"
    APPLIED = "applied"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    ISSUED = "issued"
    RETURNED = "returned"
    """Sent back to the unit, with what is missing."""
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class VehiclePermit(CredentialColumns, Base):
    """The right of one plate to drive and park inside, for one calendar year (车辆通行证)."""

    __tablename__ = "vehicle_permit"
    __table_args__ = (
        UniqueConstraint("year", "serial"),
        Index(
            "uq_vehicle_permit_plate_year",
            "plate",
            "year",
            unique=True,
            sqlite_where=IN_USE,
            postgresql_where=IN_USE,
        ),
        CheckConstraint("year BETWEEN 2000 AND 2199", name="year"),
        CheckConstraint("serial > 0", name="serial"),
        one_ground(),
    )

    year: Mapped[int]
    serial: Mapped[int]
    """Counts from 1 in each year; with the year it makes the number 2026-0001."""
    plate: Mapped[str] = mapped_column(String(12), index=True)
    """In the one form of `registry.plates.grammar`."""
    plate_kind: Mapped[PlateKind] = mapped_column(choice(PlateKind))
    permit_class: Mapped[PermitClass] = mapped_column(choice(PermitClass))
    unit_id: Mapped[UnitId | None] = mapped_column(ForeignKey("unit.id"), index=True)
    sites: Mapped[list["PermitSite"]] = relationship(lazy="raise", cascade="all, delete-orphan")


class PermitSite(Base):
    """A compound that a permit opens."""

    __tablename__ = "permit_site"

    permit_id: Mapped[CredentialId] = mapped_column(ForeignKey("vehicle_permit.id"), primary_key=True)
    site: Mapped[SiteId] = mapped_column(ForeignKey("site.id"), primary_key=True, index=True)


class PermitPlate(Base):
    """A plate that a permit has beside its own: a shared one, or a substitute for some days."""

    __tablename__ = "permit_plate"
    __table_args__ = (CheckConstraint("first_day < end_day", name="period"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    permit_id: Mapped[CredentialId] = mapped_column(ForeignKey("vehicle_permit.id"), index=True)
    plate: Mapped[str] = mapped_column(String(12), index=True)
    plate_kind: Mapped[PlateKind] = mapped_column(choice(PlateKind))
    use: Mapped[PlateUse] = mapped_column(choice(PlateUse))
    first_day: Mapped[date | None]
    """None: as long as the permit."""
    end_day: Mapped[date | None]
    """The first day on which it no longer stands in."""


class PermitSeries(Base):
    """The permits of one year: from which instant they hold, and until when those of the year before still do."""

    __tablename__ = "permit_series"
    __table_args__ = (
        CheckConstraint("year BETWEEN 2000 AND 2199", name="year"),
        CheckConstraint("effective_at <= overlap_until", name="overlap"),
    )

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[SeriesState] = mapped_column(choice(SeriesState))
    effective_at: Mapped[datetime] = mapped_column(InstantColumn)
    overlap_until: Mapped[datetime] = mapped_column(InstantColumn)
    """Until then the year before's hold beside them; equal to `effective_at` where they end at that instant."""
    prepared_by: Mapped[str] = mapped_column(String(120))
    prepared_at: Mapped[datetime] = mapped_column(InstantColumn)
    changed_by: Mapped[str] = mapped_column(String(120))
    """Who activated it or rolled it back last."""
    changed_at: Mapped[datetime] = mapped_column(InstantColumn)


class PermitBatch(Base):
    """What one unit applies for in one year, by one named officer, until its closing day."""

    __tablename__ = "permit_batch"
    __table_args__ = (UniqueConstraint("unit_id", "year"),)

    id: Mapped[BatchId] = mapped_column(Uuid, primary_key=True)
    unit_id: Mapped[UnitId] = mapped_column(ForeignKey("unit.id"))
    year: Mapped[int]
    officer: Mapped[str] = mapped_column(String(80))
    closing_day: Mapped[date]
    """The last day on which the unit can hand in."""
    opened_by: Mapped[str] = mapped_column(String(120))
    opened_at: Mapped[datetime] = mapped_column(InstantColumn)


class PermitApplication(Base):
    """An application for a permit, from its draft to the permit that it became."""

    __tablename__ = "permit_application"
    __table_args__ = (CheckConstraint("(state = 'issued') = (permit_id IS NOT NULL)", name="issued"),)

    id: Mapped[ApplicationId] = mapped_column(Uuid, primary_key=True)
    year: Mapped[int] = mapped_column(index=True)
    unit_id: Mapped[UnitId | None] = mapped_column(ForeignKey("unit.id"), index=True)
    batch_id: Mapped[BatchId | None] = mapped_column(ForeignKey("permit_batch.id"), index=True)
    holder_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)
    plate: Mapped[str] = mapped_column(String(12), index=True)
    plate_kind: Mapped[PlateKind] = mapped_column(choice(PlateKind))
    permit_class: Mapped[PermitClass] = mapped_column(choice(PermitClass))
    state: Mapped[ApplicationState] = mapped_column(choice(ApplicationState), index=True)
    renews_id: Mapped[CredentialId | None] = mapped_column(ForeignKey("vehicle_permit.id"), index=True)
    """The permit of the year before that it renews."""
    permit_id: Mapped[CredentialId | None] = mapped_column(ForeignKey("vehicle_permit.id"), unique=True)
    """The permit that it became."""
    words: Mapped[str | None] = mapped_column(String(200))
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(InstantColumn)
    changed_at: Mapped[datetime] = mapped_column(InstantColumn)
    sites: Mapped[list["ApplicationSite"]] = relationship(lazy="raise", cascade="all, delete-orphan")
    plates: Mapped[list["ApplicationPlate"]] = relationship(lazy="raise", cascade="all, delete-orphan")


class ApplicationSite(Base):
    """A compound that the permit is to open."""

    __tablename__ = "application_site"

    application_id: Mapped[ApplicationId] = mapped_column(ForeignKey("permit_application.id"), primary_key=True)
    site: Mapped[SiteId] = mapped_column(ForeignKey("site.id"), primary_key=True, index=True)


class ApplicationPlate(Base):
    """A further plate that is to share the permit."""

    __tablename__ = "application_plate"

    application_id: Mapped[ApplicationId] = mapped_column(ForeignKey("permit_application.id"), primary_key=True)
    plate: Mapped[str] = mapped_column(String(12), primary_key=True)
    plate_kind: Mapped[PlateKind] = mapped_column(choice(PlateKind))


class ApplicationStep(Base):
    """One step of an application: who took it, as what, when, and what they said."""

    __tablename__ = "application_step"

    application_id: Mapped[ApplicationId] = mapped_column(ForeignKey("permit_application.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    action: Mapped[str] = mapped_column(String(24))
    by: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(24))
    at: Mapped[datetime] = mapped_column(InstantColumn)
    words: Mapped[str | None] = mapped_column(String(200))


class PermitReminder(Base):
    """A reminder that a permit ends soon: each made once."""

    __tablename__ = "permit_reminder"

    permit_id: Mapped[CredentialId] = mapped_column(ForeignKey("vehicle_permit.id"), primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """How many days before the end."""
    made_at: Mapped[datetime] = mapped_column(InstantColumn, index=True)
