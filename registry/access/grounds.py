"""Reading what credentials rest on: a tenancy or a project, and from when that is over."""

from collections.abc import Collection, Mapping
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access.facts import Ground, RestsOn
from registry.access.rows import chosen, each, number
from registry.credentials.columns import CredentialColumns
from registry.credentials.grounds import over_from, trained_until
from registry.housing.models import Building, RoomRow, Tenancy
from registry.ids import SiteId
from registry.permits.models import VehiclePermit
from registry.projects.models import Project, ProjectWorker


def grounds(
    session: Session,
    table: type[CredentialColumns],
    timezones: Mapping[SiteId, str],
    only: Collection[UUID] | None,
) -> dict[int, RestsOn]:
    """What the credentials of a table rest on, by their ids; those that rest on nothing are not in it."""
    found: dict[int, RestsOn] = {}
    let = (
        select(number(table.id), Building.site, Tenancy.end_day, Tenancy.ended_at)
        .join(Tenancy, Tenancy.id == table.tenancy_id)
        .join(RoomRow, RoomRow.id == Tenancy.room_id)
        .join(Building, Building.id == RoomRow.building_id)
    )
    for id_, site, end_day, ended_at in each(session, chosen(let, table.id, only)):
        over = over_from(end_day, ended_at, ZoneInfo(timezones[site]))
        found[id_] = RestsOn(ground=Ground.TENANCY, over_from=over)
    worked = (
        select(number(table.id), Project.site, Project.end_day, Project.ended_at, ProjectWorker.training_end_day)
        .join(Project, Project.id == table.project_id)
        .outerjoin(
            ProjectWorker,
            (ProjectWorker.project_id == Project.id) & (ProjectWorker.person_id == table.person_id),
        )
    )
    is_asked_for_training = table is not VehiclePermit
    for id_, site, end_day, ended_at, training_end_day in each(session, chosen(worked, table.id, only)):
        zone = ZoneInfo(timezones[site])
        found[id_] = RestsOn(
            ground=Ground.PROJECT,
            over_from=over_from(end_day, ended_at, zone),
            training_until=trained_until(training_end_day, zone) if is_asked_for_training else None,
        )
    return found
