"""The tables of units, who answers for them, and their yearly contracts."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from registry.ids import PersonId, UnitId
from registry.tables import Base


class Unit(Base):
    """An office or company that answers for its people and vehicles (责任单位)."""

    __tablename__ = "unit"
    __table_args__ = (CheckConstraint("permit_quota >= 0", name="quota"),)

    id: Mapped[UnitId] = mapped_column(Uuid, primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(80), unique=True)
    name_en: Mapped[str] = mapped_column(String(80))
    permit_quota: Mapped[int | None]
    """Vehicle permits that it may have for one year; None: no limit."""


class UnitResponsible(Base):
    """Who answers for a unit (责任人)."""

    __tablename__ = "unit_responsible"

    unit_id: Mapped[UnitId] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)


class UnitContract(Base):
    """What a unit answers for in one year (目标责任书)."""

    __tablename__ = "unit_contract"

    unit_id: Mapped[UnitId] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    signed_on: Mapped[date | None]
    signed_by: Mapped[str | None] = mapped_column(String(80))
    """Who signed for the unit."""
    targets: Mapped[str] = mapped_column(Text)
    """A line each."""
