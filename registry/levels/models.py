"""The tables of access levels."""

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.access.facts import HolidayRule
from registry.ids import GateId, LevelId, SiteId
from registry.store.choices import choice
from registry.tables import Base


class AccessLevel(Base):
    """Gates of one compound, the hours of the week at which they open, and what a holiday changes."""

    __tablename__ = "access_level"
    __table_args__ = (UniqueConstraint("site", "name_zh"),)

    id: Mapped[LevelId] = mapped_column(Uuid, primary_key=True)
    site: Mapped[SiteId] = mapped_column(ForeignKey("site.id"))
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    holidays: Mapped[HolidayRule] = mapped_column(choice(HolidayRule))
    gates: Mapped[list["LevelGate"]] = relationship(lazy="raise", cascade="all, delete-orphan")
    windows: Mapped[list["LevelWindow"]] = relationship(lazy="raise", cascade="all, delete-orphan")


class LevelGate(Base):
    """A gate that a level opens."""

    __tablename__ = "level_gate"

    level_id: Mapped[LevelId] = mapped_column(ForeignKey("access_level.id"), primary_key=True)
    gate: Mapped[GateId] = mapped_column(ForeignKey("gate.id"), primary_key=True, index=True)


class LevelWindow(Base):
    """Hours of one weekday. One that ends no later than it begins ends on the next day."""

    __tablename__ = "level_window"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("begins_minute BETWEEN 0 AND 1439", name="begins"),
        CheckConstraint("ends_minute BETWEEN 1 AND 1440", name="ends"),
    )

    level_id: Mapped[LevelId] = mapped_column(ForeignKey("access_level.id"), primary_key=True)
    weekday: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0 is Monday."""
    begins_minute: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Of the day, in the site's time."""
    ends_minute: Mapped[int]
    """Not included; 1440 is the midnight that ends the day."""
