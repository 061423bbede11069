"""What a credential rests on: a tenancy in which its holder lives, or a project on whose list they are.

A credential never outlives its ground. What would is refused when it is issued or reinstated; at the gates the ground's
end is told beside the credential's own.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access.facts import Ground
from registry.clock import Instant
from registry.credentials.period import EARLIEST
from registry.housing.models import Building, RoomRow, Tenancy, TenancyOccupant
from registry.ids import PersonId, ProjectId, SiteId, TenancyId
from registry.problems import Conflict, NotFound, Unprocessable
from registry.projects.models import Project, ProjectWorker
from registry.sites.queries import zone_of


class GroundOver(Conflict):
    """`ground` says of what: a tenancy or a project."""

    slug = "ground-over"
    title = "What it rests on is over"


class NotOfGround(NotFound):
    slug = "not-of-ground"
    title = "They do not live in the room or are not on the project's list"


class OutlivesGround(Unprocessable):
    """`last_day` is the last possible one."""

    slug = "outlives-ground"
    title = "It would last longer than what it rests on"


class PrecedesGround(Unprocessable):
    """`first_day` is the first possible one."""

    slug = "precedes-ground"
    title = "It would begin before what it rests on"


class Untrained(Unprocessable):
    slug = "untrained"
    title = "They have no safety training"


def begin_of(day: date, zone: ZoneInfo) -> Instant:
    """The first moment of a day on the clocks of a site."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def over_from(end_day: date | None, ended_at: Instant | None, zone: ZoneInfo) -> Instant | None:
    """The first moment at which a ground is over: its agreed end, or when a clerk ended it, whichever is earlier."""
    ends = [begin_of(end_day, zone)] if end_day is not None else []
    return min([*ends, *([ended_at] if ended_at is not None else [])], default=None)


def trained_until(end_day: date | None, zone: ZoneInfo) -> Instant:
    """Until when a worker's training holds; of who had none, until before all that we know."""
    return EARLIEST if end_day is None else begin_of(end_day, zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundOf:
    """A ground as it is for one person."""

    ground: Ground
    site: SiteId
    zone: ZoneInfo
    first_day: date
    end_day: date | None
    over_from: Instant | None
    is_of_it: bool
    """Whether the person lives there, or works there still."""
    is_trained: bool = True
    """False: a worker who had no safety training."""

    @property
    def last_day(self) -> date | None:
        """The last day on which something may rest on it; None: nobody has said."""
        return None if self.end_day is None else self.end_day - timedelta(days=1)


def ground_of(
    session: Session, person_id: PersonId, tenancy_id: TenancyId | None, project_id: ProjectId | None
) -> GroundOf | None:
    """What a credential of this person would rest on, which nobody ends until the transaction does; None: nothing."""
    if tenancy_id is not None:
        return _tenancy(session, person_id, tenancy_id)
    if project_id is not None:
        return _project(session, person_id, project_id)
    return None


def require_ground(
    session: Session,
    person_id: PersonId,
    tenancy_id: TenancyId | None,
    project_id: ProjectId | None,
    *,
    since: Instant | None = None,
    until: Instant | None = None,
    now: Instant,
) -> None:
    """Refuse what rests on something that is over, is not its holder's, begins after it or ends before it.

    `since` and `until` None: its days were looked at when it was issued.

    Raises:
        NotOfGround: there is no such ground, or the holder has no part in it.
        GroundOver, OutlivesGround, PrecedesGround, Untrained: it cannot rest on it, or not for so long.

    """
    if tenancy_id is None and project_id is None:
        return
    ground = ground_of(session, person_id, tenancy_id, project_id)
    if ground is None or not ground.is_of_it:
        raise NotOfGround("They do not live there or are not on the list: enter them there first.")
    if ground.over_from is not None and ground.over_from <= now:
        raise GroundOver(
            f"The {ground.ground} on which it rests is over, and its passes with it.", ground=str(ground.ground)
        )
    if not ground.is_trained:
        raise Untrained("Enter until when their safety training holds, then issue the pass.")
    if since is not None and since < begin_of(ground.first_day, ground.zone):
        day = ground.first_day
        raise PrecedesGround(f"It can begin on {day} at the earliest.", first_day=day.isoformat())
    if until is not None and ground.end_day is not None and until > begin_of(ground.end_day, ground.zone):
        last = ground.end_day - timedelta(days=1)
        raise OutlivesGround(f"It can last until {last} at most, like what it rests on.", last_day=last.isoformat())


def _tenancy(session: Session, person_id: PersonId, tenancy_id: TenancyId) -> GroundOf | None:
    found = session.execute(
        select(Tenancy, Building.site, TenancyOccupant.person_id)
        .join(RoomRow, RoomRow.id == Tenancy.room_id)
        .join(Building, Building.id == RoomRow.building_id)
        .outerjoin(
            TenancyOccupant, (TenancyOccupant.tenancy_id == Tenancy.id) & (TenancyOccupant.person_id == person_id)
        )
        .where(Tenancy.id == tenancy_id)
        .with_for_update(read=True, of=Tenancy)
    ).one_or_none()
    if found is None:
        return None
    tenancy, site, lives_there = found
    zone = zone_of(session, [site])
    return GroundOf(
        ground=Ground.TENANCY,
        site=site,
        zone=zone,
        first_day=tenancy.first_day,
        end_day=tenancy.end_day,
        over_from=over_from(tenancy.end_day, tenancy.ended_at, zone),
        is_of_it=lives_there is not None,
    )


def _project(session: Session, person_id: PersonId, project_id: ProjectId) -> GroundOf | None:
    found = session.execute(
        select(Project, ProjectWorker)
        .outerjoin(
            ProjectWorker,
            (ProjectWorker.project_id == Project.id)
            & (ProjectWorker.person_id == person_id)
            & ProjectWorker.left_at.is_(None),
        )
        .where(Project.id == project_id)
        .with_for_update(read=True, of=Project)
    ).one_or_none()
    if found is None:
        return None
    project: Project = found[0]
    worker: ProjectWorker | None = found[1]
    zone = zone_of(session, [project.site])
    return GroundOf(
        ground=Ground.PROJECT,
        site=project.site,
        zone=zone,
        first_day=project.first_day,
        end_day=project.end_day,
        over_from=over_from(project.end_day, project.ended_at, zone),
        is_of_it=worker is not None,
        is_trained=worker is None or worker.training_end_day is not None,
    )
