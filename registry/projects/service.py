"""Building work of contractors: beginning, changing and ending it, with the passes that rest on it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from registry.audit.chain import record
from registry.clock import Instant
from registry.credentials.ending import (
    Before,
    Resting,
    announce,
    end_resting,
    is_held,
    postpone_resting,
    put_back,
    resting_on,
    shorten_resting,
    why_not_put_back,
)
from registry.credentials.grounds import GroundOver, begin_of, over_from
from registry.credentials.period import PeriodEmpty, require_moment
from registry.feed.changes import ChangeKind
from registry.ids import LevelId, ProjectId, SiteId, UnitId, new_id
from registry.levels.models import AccessLevel
from registry.levels.queries import require_levels
from registry.passes.models import QrPassLevel
from registry.problems import Conflict, Unprocessable
from registry.projects import queries
from registry.projects.models import Project
from registry.revisions.service import Fields, history, keep, require_unchanged
from registry.sites.queries import require_sites, zone_of
from registry.units.models import Unit
from registry.units.queries import require_unit


class NameMissing(Unprocessable):
    """`field`: which one is empty."""

    slug = "project-name-missing"
    title = "A project has a name, a contractor and a foreman"


class ProjectOver(Conflict):
    slug = "project-over"
    title = "The project is over"


class NotUndone(Conflict):
    """`fault` says what is in the way: changed, over, number, pass."""

    slug = "ending-not-undone"
    title = "The ending can no longer be taken back"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFields:
    """A project as a clerk writes it; the last day is included. `level_id` None: every gate at any hour."""

    unit_id: UnitId
    name: str
    contractor: str
    foreman: str
    foreman_phone: str | None = None
    level_id: LevelId | None = None
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProject:
    """A project to be entered at a site."""

    id: ProjectId = field(default_factory=lambda: ProjectId(new_id()))
    site: SiteId
    fields: ProjectFields


def subject_of(project_id: ProjectId) -> str:
    """What the audit and the revisions call a project."""
    return f"project:{project_id}"


def begin_project(session: Session, new: NewProject, *, by: str, now: Instant) -> Project:
    """Enter a project; its list of workers follows."""
    require_sites(session, [new.site])
    row = Project(**project_row(new))
    _require(session, new.site, new.fields)
    session.add(row)
    session.flush()
    _record(session, "project-begun", row, {"name": row.name, "contractor": row.contractor}, by=by, now=now)
    return row


def change_project(
    session: Session,
    project_id: ProjectId,
    fields: ProjectFields,
    *,
    read: int | None,
    within: Collection[SiteId],
    by: str,
    now: Instant,
) -> Project:
    """Change a project that is not over; its passes begin no earlier and end no later than it. `read`: the revision that the clerk saw.

    Raises:
        ChangedMeanwhile: somebody else changed it since the clerk's revision.
        ProjectOver: it is over.

    """
    row = queries.lock_project(session, project_id, within)
    if read is not None:
        require_unchanged(session, subject_of(project_id), read)
    require_not_over(session, row, now)
    _require(session, row.site, fields)
    before, began, ended, level = fields_of(session, row), row.first_day, row.end_day, row.level_id
    for name, value in _columns(fields).items():
        setattr(row, name, value)
    zone = zone_of(session, [row.site])
    if begin_of(row.end_day, zone) <= now:
        raise PeriodEmpty("Its last day is over already: end the project instead.")
    session.flush()
    shortened: Sequence[Before] = ()
    postponed = 0
    resting = resting_on(session, project_id=project_id)
    if row.level_id != level:
        _let_through(session, resting, row.level_id)
    if row.first_day > began:
        postponed = postpone_resting(session, resting, begin_of(row.first_day, zone), row.name, by=by, now=now)
    if row.end_day != ended:
        shortened = shorten_resting(session, resting, begin_of(row.end_day, zone), row.name, by=by, now=now)
    _record(session, "project-changed", row, {"name": row.name, "passes": len(shortened) + postponed}, by=by, now=now)
    keep(session, subject_of(project_id), "project-changed", before, fields_of(session, row), by=by, now=now)
    return row


def what_ending_takes(session: Session, project_id: ProjectId, *, within: Collection[SiteId]) -> Sequence[Resting]:
    """The passes that ending this project now would take away."""
    queries.project(session, project_id, within)
    return [one for one in resting_on(session, project_id=project_id) if is_held(one)]


def end_project(
    session: Session,
    project_id: ProjectId,
    *,
    read: int | None = None,
    within: Collection[SiteId],
    by: str,
    now: Instant,
) -> Project:
    """End a project before its time: all passes that rest on it end with it.

    Raises:
        ProjectOver: a clerk ended it already.
        ChangedMeanwhile: somebody else changed it since the clerk's revision.

    """
    row = queries.lock_project(session, project_id, within)
    if read is not None:
        require_unchanged(session, subject_of(project_id), read)
    if row.ended_at is not None:
        raise ProjectOver("The project was ended already.")
    before = fields_of(session, row)
    row.ended_at, row.ended_by = now, by
    ended = end_resting(session, resting_on(session, project_id=project_id), f"{row.name} 结束", by=by, now=now)
    _record(session, "project-ended", row, {"name": row.name, "passes": len(ended)}, by=by, now=now)
    after = {**fields_of(session, row), "passes": [one.text() for one in ended]}
    keep(session, subject_of(project_id), "project-ended", before, after, by=by, now=now)
    return row


def undo_ending(
    session: Session, project_id: ProjectId, *, within: Collection[SiteId], by: str, now: Instant
) -> Project:
    """Let a project that a clerk ended go on, with its passes.

    Raises:
        NotUndone: something that came after is in the way; nothing is done.

    """
    row = queries.lock_project(session, project_id, within)
    told = history(session, subject_of(project_id))
    if not told or told[0][0].action != "project-ended":
        raise NotUndone("It was changed since: nothing can be taken back.", fault="changed")
    if begin_of(row.end_day, zone_of(session, [row.site])) <= now:
        raise NotUndone("Its last day is over meanwhile.", fault="over")
    resting, before = resting_on(session, project_id=project_id), _passes_before(told[0][0].fields)
    fault = why_not_put_back(session, resting, before, ended_at=told[0][0].at)
    if fault is not None:
        raise NotUndone("A pass was changed, or its card or plate given to somebody else since.", fault=fault)
    fields = fields_of(session, row)
    row.ended_at = row.ended_by = None
    session.flush()
    put_back(session, resting, before, by=by, now=now)
    _record(session, "project-ending-undone", row, {"name": row.name, "passes": len(before)}, by=by, now=now)
    keep(session, subject_of(project_id), "project-ending-undone", fields, fields_of(session, row), by=by, now=now)
    return row


def can_be_undone(session: Session, project_id: ProjectId) -> bool:
    """Whether its last change was its ending; what else may be in the way is told when it is tried."""
    told = history(session, subject_of(project_id))
    return bool(told) and told[0][0].action == "project-ended"


def require_not_over(session: Session, row: Project, now: Instant) -> None:
    """Refuse to build on a project that is over."""
    over = over_from(row.end_day, row.ended_at, zone_of(session, [row.site]))
    if over is not None and over <= now:
        raise GroundOver("The project is over: enter another one.", ground="project")


def fields_of(session: Session, row: Project) -> dict[str, object]:
    """A project as its history shows it."""
    level = None if row.level_id is None else session.get_one(AccessLevel, row.level_id).name_zh
    return {
        "name": row.name,
        "contractor": row.contractor,
        "foreman": row.foreman,
        "foreman_phone": row.foreman_phone,
        "unit": session.get_one(Unit, row.unit_id).name_zh,
        "level": level,
        "first_day": row.first_day.isoformat(),
        "last_day": (row.end_day - timedelta(days=1)).isoformat(),
        "ended_by": row.ended_by,
        "workers": sorted(worker.person.name for worker in queries.workers(session, row.id)),
    }


def project_row(new: NewProject) -> dict[str, object]:
    """The columns of a project that begins."""
    return {"id": new.id, "site": new.site, **_columns(new.fields)}


def _columns(fields: ProjectFields) -> dict[str, object]:
    for day in (fields.first_day, fields.last_day):
        require_moment(datetime.combine(day, time(), UTC))
    if fields.last_day < fields.first_day:
        raise PeriodEmpty("The last day is before the first.")
    return {
        "unit_id": fields.unit_id,
        "name": _words(fields.name, "name"),
        "contractor": _words(fields.contractor, "contractor"),
        "foreman": _words(fields.foreman, "foreman"),
        "foreman_phone": "".join((fields.foreman_phone or "").split())[:20] or None,
        "level_id": fields.level_id,
        "first_day": fields.first_day,
        "end_day": fields.last_day + timedelta(days=1),
    }


def _words(text: str, name: str) -> str:
    words = " ".join(text.split())[:80]
    if not words:
        raise NameMissing("Write the project's name, its contractor and the foreman.", field=name)
    return words


def _require(session: Session, site: SiteId, fields: ProjectFields) -> None:
    """Refuse a unit or a level that the project's site does not have."""
    require_unit(session, fields.unit_id)
    require_levels(session, [fields.level_id] if fields.level_id is not None else [], [site])


def _let_through(session: Session, resting: Sequence[Resting], level_id: LevelId | None) -> None:
    """Let the passes of a project open what its level opens now."""
    passes = [one for one in resting if one.kind is ChangeKind.QR]
    ids = [one.row.id for one in passes]
    session.execute(delete(QrPassLevel).where(QrPassLevel.pass_id.in_(ids)))
    if level_id is not None:
        session.add_all(QrPassLevel(pass_id=one, level_id=level_id) for one in ids)
    announce(session, passes)


def _passes_before(fields: Fields) -> Sequence[Before]:
    kept = fields.get("passes")
    return [Before.parse(str(text)) for text in kept] if isinstance(kept, list) else []


def _record(session: Session, action: str, row: Project, facts: dict[str, object], *, by: str, now: Instant) -> None:
    record(session, actor=by, action=action, site=row.site, subject=subject_of(row.id), facts=facts, now=now)
