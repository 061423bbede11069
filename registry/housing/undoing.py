"""Taking back the ending of a tenancy, as long as everything can be put back as it was."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.audit.chain import record
from registry.clock import Instant
from registry.credentials.ending import put_back, resting_on, why_not_put_back
from registry.credentials.grounds import begin_of
from registry.housing import queries
from registry.housing.models import ResidenceFile, Tenancy
from registry.housing.rules import Days
from registry.housing.tenancies import Held, fields_of, hold_tenancy, passes_before, subject_of
from registry.ids import SiteId, TenancyId
from registry.problems import Conflict
from registry.revisions.service import history, keep
from registry.sites.queries import zone_of

ENDINGS = frozenset({"tenancy-ended", "tenancy-shortened"})


class NotUndone(Conflict):
    """`fault` says what is in the way: changed, let, over, number, file, pass."""

    slug = "ending-not-undone"
    title = "The ending can no longer be taken back"


def undo_ending(
    session: Session, tenancy_id: TenancyId, *, within: Collection[SiteId], by: str, now: Instant
) -> Tenancy:
    """Put a tenancy back to what it was before it was ended or shortened, with its passes and files.

    Raises:
        NotUndone: something that came after is in the way; nothing is done.

    """
    held = hold_tenancy(session, tenancy_id, within)
    told = history(session, held.subject)
    if len(told) < 2 or told[0][0].action not in ENDINGS:  # noqa: PLR2004 - the ending and what was before it
        raise NotUndone("It was changed since: nothing can be taken back.", fault="changed")
    ending, earlier = told[0][0], told[1][0]
    row = held.tenancy
    last_day = earlier.fields.get("last_day")
    days = Days.through(row.first_day, date.fromisoformat(last_day) if isinstance(last_day, str) else None)
    _require_room_free(session, held, days, now)
    resting = resting_on(session, tenancy_id=tenancy_id)
    before = passes_before(ending.fields)
    fault = why_not_put_back(session, resting, before, ended_at=ending.at if row.ended_at is not None else None)
    if fault is not None:
        raise NotUndone("A pass was changed, or its card or plate given to somebody else since.", fault=fault)
    files = _files_to_reopen(session, row)
    fields = fields_of(session, row)
    row.end_day, row.ended_at, row.ended_by, row.end_reason = days.end, None, None, None
    for file in files:
        file.cancelled_at = file.cancelled_by = None
    session.flush()
    put_back(session, resting, before, by=by, now=now)
    facts = {"room": held.name, "passes": len(before), "files": len(files)}
    site = held.building.site
    record(session, actor=by, action="tenancy-ending-undone", site=site, subject=held.subject, facts=facts, now=now)
    keep(session, held.subject, "tenancy-ending-undone", fields, fields_of(session, row), by=by, now=now)
    return row


def can_be_undone(session: Session, tenancy_id: TenancyId) -> bool:
    """Whether its last change was an ending; what else may be in the way is told when it is tried."""
    told = history(session, subject_of(tenancy_id))
    return len(told) > 1 and told[0][0].action in ENDINGS


def _require_room_free(session: Session, held: Held, days: Days, now: Instant) -> None:
    row = held.tenancy
    zone = zone_of(session, [held.building.site])
    if days.end is not None and begin_of(days.end, zone) <= now:
        raise NotUndone("Its agreed last day is over meanwhile: begin another tenancy.", fault="over")
    others = queries.days_let(session, held.room.id, without=row.id)
    if any(days.meets(other) for other in others):
        raise NotUndone("The room is let to somebody else since.", fault="let")


def _files_to_reopen(session: Session, row: Tenancy) -> list[ResidenceFile]:
    if row.ended_at is None:
        return []
    which = (ResidenceFile.tenancy_id == row.id, ResidenceFile.cancelled_at == row.ended_at)
    files = list(session.scalars(select(ResidenceFile).where(*which)))
    people = [file.person_id for file in files]
    elsewhere = select(ResidenceFile.id).where(
        ResidenceFile.person_id.in_(people), ResidenceFile.cancelled_at.is_(None)
    )
    if session.scalar(elsewhere.limit(1)) is not None:
        raise NotUndone("Somebody who lived there is registered elsewhere since.", fault="file")
    return files
