"""Projects and workers of tests; each maker makes what it needs and is not given. They write no audit."""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from registry.clock import Instant
from registry.ids import ProjectId, new_id
from registry.people.models import Person, PersonKind
from registry.projects.models import Project, ProjectWorker
from tests.fakes.clock import NOON
from tests.makers.registry import OC1, a_person, a_site, a_unit


def a_project(
    session: Session,
    *,
    site: str = OC1,
    first_day: date = date(2026, 11, 1),
    last_day: date = date(2026, 12, 31),
) -> Project:
    """Building work around the tests' noon, through every gate at any hour."""
    project = Project(
        id=ProjectId(new_id()),
        site=a_site(session, site).id,
        unit_id=a_unit(session).id,
        name="锅炉房改造",
        contractor="宜昌宏发建筑公司",
        foreman="周大力",
        first_day=first_day,
        end_day=last_day + timedelta(days=1),
    )
    session.add(project)
    session.flush()
    return project


def a_worker(
    session: Session,
    project: Project,
    person: Person | None = None,
    *,
    training_last_day: date | None = date(2026, 12, 31),
    at: Instant = NOON,
) -> ProjectWorker:
    """Somebody on the project's list."""
    who = person or a_person(session, "刘工", site=project.site, kind=PersonKind.CONTRACTOR)
    session.flush()
    worker = ProjectWorker(
        project_id=project.id,
        person_id=who.id,
        trade="焊工",
        training_end_day=None if training_last_day is None else training_last_day + timedelta(days=1),
        joined_at=at,
    )
    session.add(worker)
    session.flush()
    return worker
