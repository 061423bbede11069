"""The tables of projects and their workers."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from registry.ids import LevelId, PersonId, ProjectId, SiteId, UnitId
from registry.store import InstantColumn
from registry.tables import Base


class Project(Base):
    """Building work of a contractor in a compound. All its passes end with it."""

    __tablename__ = "project"
    __table_args__ = (CheckConstraint("first_day < end_day", name="period"),)

    id: Mapped[ProjectId] = mapped_column(Uuid, primary_key=True)
    site: Mapped[SiteId] = mapped_column(ForeignKey("site.id"), index=True)
    unit_id: Mapped[UnitId] = mapped_column(ForeignKey("unit.id"), index=True)
    """Who has the work done and answers for it."""
    name: Mapped[str] = mapped_column(String(80))
    contractor: Mapped[str] = mapped_column(String(80))
    foreman: Mapped[str] = mapped_column(String(80))
    foreman_phone: Mapped[str | None] = mapped_column(String(20))
    level_id: Mapped[LevelId | None] = mapped_column(ForeignKey("access_level.id"), index=True)
    """Gates and hours; None: every gate of the site at any hour."""
    first_day: Mapped[date]
    end_day: Mapped[date]
    """The first day on which it is over."""
    ended_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    """When a clerk ended it before its time."""
    ended_by: Mapped[str | None] = mapped_column(String(120))


class ProjectWorker(Base):
    """Somebody on the named list of a project."""

    __tablename__ = "project_worker"

    project_id: Mapped[ProjectId] = mapped_column(ForeignKey("project.id"), primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    trade: Mapped[str | None] = mapped_column(String(40))
    training_end_day: Mapped[date | None]
    """The first day on which the safety training no longer holds; None: there was none."""
    joined_at: Mapped[datetime] = mapped_column(InstantColumn)
    left_at: Mapped[datetime | None] = mapped_column(InstantColumn)
