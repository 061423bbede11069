"""The tables of vehicle permits."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.credentials.columns import CredentialColumns
from registry.ids import CredentialId, SiteId, UnitId
from registry.plates.grammar import PlateKind
from registry.store.choices import choice
from registry.tables import Base

_NOT_REVOKED = text("status <> 'revoked'")


class PermitClass(StrEnum):
    """What the vehicle is in the compound for (公务、个人、业务、临时)."""

    OFFICIAL = "official"
    PRIVATE = "private"
    BUSINESS = "business"
    TEMPORARY = "temporary"


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
            sqlite_where=_NOT_REVOKED,
            postgresql_where=_NOT_REVOKED,
        ),
        CheckConstraint("year BETWEEN 2000 AND 2199", name="year"),
        CheckConstraint("serial > 0", name="serial"),
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
