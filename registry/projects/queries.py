"""Reading projects and their workers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from registry.ids import PersonId, ProjectId, SiteId
from registry.levels.models import AccessLevel
from registry.people.models import Person
from registry.problems import NotFound
from registry.projects.models import Project, ProjectWorker
from registry.units.models import Unit


class NoSuchProject(NotFound):
    slug = "no-such-project"
    title = "There is no such project here"


@dataclass(frozen=True, slots=True)
class Listed:
    """A project with the unit that answers for it, its access level, and how many work on it."""

    project: Project
    unit: Unit
    level: AccessLevel | None
    workers: int

    @property
    def last_day(self) -> date:
        return self.project.end_day - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody on a project's list."""

    entry: ProjectWorker
    person: Person

    @property
    def training_last_day(self) -> date | None:
        end = self.entry.training_end_day
        return None if end is None else end - timedelta(days=1)


def project(session: Session, project_id: ProjectId, sites: Collection[SiteId]) -> Listed:
    """One project of these sites."""
    found = session.execute(_listed().where(Project.id == project_id, Project.site.in_(sites))).one_or_none()
    if found is None:
        raise NoSuchProject("There is no such project at your sites.")
    return Listed(*found)


def lock_project(session: Session, project_id: ProjectId, sites: Collection[SiteId]) -> Project:
    """One project of these sites, which nobody else changes until the transaction ends."""
    rows = select(Project).where(Project.id == project_id, Project.site.in_(sites)).with_for_update()
    found = session.scalars(rows.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NoSuchProject("There is no such project at your sites.")
    return found


def projects(
    session: Session,
    sites: Collection[SiteId],
    *,
    today: date,
    words: str = "",
    running: bool | None = None,
    trained_until: date | None = None,
    after: ProjectId | None = None,
    limit: int,
) -> Sequence[Listed]:
    """Projects whose name, contractor, foreman or unit holds the words, the newest first.

    `running`: not over today; `trained_until`: running, with a worker who has no training, or one that ends before that day.
    """
    rows = _listed().where(Project.site.in_(sites))
    if words:
        columns = (Project.name, Project.contractor, Project.foreman, Unit.name_zh, Unit.name_en)
        rows = rows.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    if running is not None:
        goes_on = and_(Project.ended_at.is_(None), Project.end_day > today)
        rows = rows.where(goes_on if running else ~goes_on)
    if trained_until is not None:
        rows = rows.where(Project.id.in_(select(ProjectWorker.project_id).where(*_untrained(trained_until, today))))
    if after is not None:
        rows = rows.where(Project.id < after)
    return [Listed(*row) for row in session.execute(rows.order_by(Project.id.desc()).limit(limit))]


def workers(session: Session, project_id: ProjectId, *, here: bool = True) -> Sequence[Worker]:
    """Those on the list, in the order of their joining; `here` false: those who left it."""
    left = ProjectWorker.left_at.is_(None) if here else ProjectWorker.left_at.is_not(None)
    rows = (
        select(ProjectWorker, Person)
        .join(Person, Person.id == ProjectWorker.person_id)
        .where(ProjectWorker.project_id == project_id, left)
        .order_by(ProjectWorker.joined_at, Person.id)
    )
    return [Worker(*row) for row in session.execute(rows)]


def entry(session: Session, project_id: ProjectId, person_id: PersonId) -> ProjectWorker | None:
    """A worker's line on the list, also when they left it."""
    return session.get(ProjectWorker, (project_id, person_id), populate_existing=True)


def count_training(session: Session, sites: Collection[SiteId], *, today: date, until: date) -> int:
    """How many on the lists of running projects have no training, or one that ends before `until`."""
    rows = select(func.count()).select_from(ProjectWorker).where(*_untrained(until, today), Project.site.in_(sites))
    return session.scalar(rows) or 0


def _untrained(until: date, today: date) -> tuple[ColumnElement[bool], ...]:
    """Which lines of the lists of running projects are of somebody without training, or with one that ends before `until`."""
    return (
        Project.id == ProjectWorker.project_id,
        Project.ended_at.is_(None),
        Project.end_day > today,
        ProjectWorker.left_at.is_(None),
        or_(ProjectWorker.training_end_day.is_(None), ProjectWorker.training_end_day < until),
    )


def _listed() -> Select[Project, Unit, AccessLevel, int]:
    counted = (
        select(func.count())
        .select_from(ProjectWorker)
        .where(ProjectWorker.project_id == Project.id, ProjectWorker.left_at.is_(None))
        .scalar_subquery()
    )
    return (
        select(Project, Unit, AccessLevel, counted)
        .join(Unit, Unit.id == Project.unit_id)
        .outerjoin(AccessLevel, AccessLevel.id == Project.level_id)
    )
