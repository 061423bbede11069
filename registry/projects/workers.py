"""The named list of a project: entered all at once, trained until a day, given their passes, struck off."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import insert
from sqlalchemy.orm import Session

from registry.access.facts import CredentialStatus
from registry.audit.chain import record
from registry.clock import Instant
from registry.credentials.ending import announce, resting_on, revoke_resting
from registry.credentials.grounds import begin_of
from registry.credentials.period import require_moment
from registry.credentials.rules import OUT_OF_USE
from registry.ids import PersonId, ProjectId, SiteId
from registry.passes.models import QrPass
from registry.passes.pins import MadePin, NewPin, issue_pin
from registry.passes.service import NewQrPass, issue_qr_pass
from registry.people.identity import IdentityKeys, NotAnIdNumber, parse_id_number
from registry.people.models import PersonKind
from registry.people.queries import whole_file, whole_file_of_number
from registry.people.service import NewPerson, register_person
from registry.problems import Conflict, NotFound, Problem, Unprocessable
from registry.projects import queries
from registry.projects.models import Project, ProjectWorker
from registry.projects.rules import Fault, Line, is_same_name, read_list
from registry.projects.service import NewProject, fields_of, project_row, require_not_over, subject_of
from registry.revisions.service import keep
from registry.sites.queries import local_day, zone_of


class NotOnTheList(NotFound):
    slug = "not-on-the-list"
    title = "They are not on the project's list"


class OtherName(Conflict):
    slug = "line-other-name"
    title = "The ID number is registered under another name"


class ListWrong(Unprocessable):
    """Nobody was entered; `rows` are (row, field or "", slug of the words)."""

    slug = "list-wrong"
    title = "Some lines cannot be right"

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.row)
        super().__init__(
            "Mend these lines; nobody was entered.",
            rows=[[fault.row, fault.field or "", fault.slug] for fault in self.faults],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What became of a list."""

    registered: int
    """People who were not known before."""
    entered: int


def enter_workers(
    session: Session,
    keys: IdentityKeys,
    project_id: ProjectId,
    text: str,
    *,
    within: Collection[SiteId],
    by: str,
    now: Instant,
) -> Entered:
    """Put the workers of a pasted list on the project's; who is known by the ID number, and has the name, keeps their file.

    Who is on it already gets the trade and the training of the list. All or nobody.

    Raises:
        ListWrong: some lines cannot be right.

    """
    row = queries.lock_project(session, project_id, within)
    require_not_over(session, row, now)
    lines, faults = read_list(text)
    faults = [*faults, *_wrong_numbers(lines, local_day(session, [row.site], now))]
    if not lines and not faults:
        faults = [Fault(row=1, field=None, slug="list-empty")]
    if faults:
        raise ListWrong(faults)
    before = fields_of(session, row)
    registered = 0
    for line in lines:
        try:
            person_id, is_new = _person(session, keys, row, line, within=within, by=by, now=now)
        except Problem as problem:
            faults.append(Fault(row=line.row, field=_FIELD_OF.get(problem.slug), slug=problem.slug))
            continue
        registered += is_new
        _enter(session, row, person_id, line, now)
    if faults:
        raise ListWrong(faults)
    session.flush()
    _hear(session, row)
    facts = {"name": row.name, "workers": len(lines)}
    _record(session, "workers-entered", row, facts, by=by, now=now)
    keep(session, subject_of(project_id), "workers-entered", before, fields_of(session, row), by=by, now=now)
    return Entered(registered=registered, entered=len(lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWorker:
    """A line of a list whose person is known; the last day of the training is included."""

    project_id: ProjectId
    person_id: PersonId
    trade: str
    training_last_day: date | None


def add_projects(
    session: Session, projects: Sequence[NewProject], listed: Sequence[NewWorker], *, now: Instant
) -> None:
    """Enter many projects at once with their lists. Makes no entry in the audit: its caller does."""
    if projects:
        session.execute(insert(Project), [project_row(new) for new in projects])
    rows = [
        {
            "project_id": new.project_id,
            "person_id": new.person_id,
            "trade": new.trade,
            "training_end_day": None if new.training_last_day is None else new.training_last_day + timedelta(days=1),
            "joined_at": now,
        }
        for new in listed
    ]
    if rows:
        session.execute(insert(ProjectWorker), rows)


def remove_worker(
    session: Session,
    project_id: ProjectId,
    person_id: PersonId,
    *,
    within: Collection[SiteId],
    by: str,
    now: Instant,
) -> None:
    """Strike somebody off the list: their passes that rest on the project are revoked."""
    row = queries.lock_project(session, project_id, within)
    entry = _entry(session, project_id, person_id)
    before = fields_of(session, row)
    entry.left_at = now
    session.flush()
    resting = resting_on(session, project_id=project_id, person_id=person_id)
    revoked = revoke_resting(session, resting, f"退出 {row.name}", by=by, now=now)
    _record(session, "worker-left", row, {"person": str(person_id), "passes": revoked}, by=by, now=now)
    keep(session, subject_of(project_id), "worker-left", before, fields_of(session, row), by=by, now=now)


def set_training(
    session: Session,
    project_id: ProjectId,
    person_id: PersonId,
    last_day: date,
    *,
    within: Collection[SiteId],
    by: str,
    now: Instant,
) -> None:
    """Say until when somebody's safety training holds, that day included; the gates hear of it."""
    row = queries.lock_project(session, project_id, within)
    require_moment(datetime.combine(last_day, time(), UTC))
    entry = _entry(session, project_id, person_id)
    entry.training_end_day = last_day + timedelta(days=1)
    session.flush()
    announce(session, resting_on(session, project_id=project_id, person_id=person_id))
    facts = {"person": str(person_id), "last_day": last_day.isoformat()}
    _record(session, "worker-trained", row, facts, by=by, now=now)


def issue_passes(
    session: Session, project_id: ProjectId, *, within: Collection[SiteId], by: str, now: Instant
) -> Sequence[QrPass]:
    """Give a QR pass to everybody on the list who is trained: through the project's gates, until its end.

    Who has one that ends earlier, because the project goes on for longer now, gets another that begins when it ends. Who has
    one that is suspended, or was lost and not replaced, gets none.
    """
    row = queries.lock_project(session, project_id, within)
    require_not_over(session, row, now)
    zone = zone_of(session, [row.site])
    begins, ends = max(begin_of(row.first_day, zone), now), begin_of(row.end_day, zone)
    free_from = _free_from(session, project_id, begins)
    issued = []
    for worker in queries.workers(session, project_id):
        since = free_from.get(worker.person.id, begins)
        if since is None or since >= ends or worker.entry.training_end_day is None:
            continue
        new = NewQrPass(
            holder=worker.person.id,
            valid_from=since,
            valid_until=ends,
            sites=frozenset({row.site}),
            levels=frozenset() if row.level_id is None else frozenset({row.level_id}),
            project_id=project_id,
        )
        issued.append(issue_qr_pass(session, new, by=by, now=now))
    session.flush()
    return issued


def issue_pin_on_project(
    session: Session,
    project_id: ProjectId,
    person_id: PersonId,
    *,
    last_day: date,
    pin: str | None,
    key: bytes,
    within: Collection[SiteId],
    by: str,
    now: Instant,
) -> MadePin:
    """Give somebody on the list a PIN through the last day, which is included; `pin` None: one is drawn.

    Raises:
        PinNotUsable, NoPinLeft: there is none so.
        GroundOver, OutlivesGround, NotOfGround, Untrained: the project does not bear it.

    """
    row = queries.lock_project(session, project_id, within)
    require_moment(datetime.combine(last_day, time(), UTC))
    zone = zone_of(session, [row.site])
    new = NewPin(
        holder=whole_file(session, person_id, within).person.id,
        pin=pin,
        valid_from=max(begin_of(row.first_day, zone), now),
        valid_until=begin_of(last_day + timedelta(days=1), zone),
        sites=frozenset({row.site}),
        levels=frozenset() if row.level_id is None else frozenset({row.level_id}),
        project_id=project_id,
    )
    return issue_pin(session, new, key=key, by=by, now=now)


def _free_from(session: Session, project_id: ProjectId, begins: Instant) -> Mapping[PersonId, Instant | None]:
    """From when on those who have a pass of the project need another; None: not before a clerk has settled what became of it."""
    found: dict[PersonId, Instant | None] = {}
    for one in resting_on(session, project_id=project_id):
        pass_ = one.row
        if not isinstance(pass_, QrPass) or pass_.status in OUT_OF_USE:
            continue
        until = found.get(pass_.person_id, begins)
        is_settled = pass_.status is CredentialStatus.ACTIVE
        found[pass_.person_id] = max(until, pass_.valid_until) if is_settled and until is not None else None
    return found


_FIELD_OF = {
    "no-id-number": "id_number",
    "person-known": "id_number",
    "held-elsewhere": "id_number",
    "no-phone": "phone",
    "name-missing": "name",
    "line-other-name": "name",
}


def _wrong_numbers(lines: Sequence[Line], today: date) -> Sequence[Fault]:
    """What the numbers themselves say: one that cannot be, or that stands on two lines."""
    faults, seen = [], set[str]()
    for line in lines:
        number = parse_id_number(line.id_number, today=today)
        if isinstance(number, NotAnIdNumber):
            faults.append(Fault(row=line.row, field="id_number", slug=f"no-id-number_{number.fault}"))
        elif str(number) in seen:
            faults.append(Fault(row=line.row, field="id_number", slug="line-twice"))
        else:
            seen.add(str(number))
    return faults


def _person(
    session: Session,
    keys: IdentityKeys,
    project: Project,
    line: Line,
    *,
    within: Collection[SiteId],
    by: str,
    now: Instant,
) -> tuple[PersonId, bool]:
    number = parse_id_number(line.id_number, today=local_day(session, [project.site], now))
    known = None if isinstance(number, NotAnIdNumber) else whole_file_of_number(session, keys.index(number))
    if known is not None and known.site in within:
        if not is_same_name(known.name, line.name):
            raise OtherName("This ID number is registered under another name: check both.")
        return known.id, False
    new = NewPerson(
        site=project.site,
        name=line.name,
        kind=PersonKind.CONTRACTOR,
        unit_id=project.unit_id,
        phone=line.phone,
        id_number=line.id_number,
    )
    return register_person(session, keys, new, within=within, by=by, now=now).id, True


def _enter(session: Session, project: Project, person_id: PersonId, line: Line, now: Instant) -> None:
    last = line.training_last_day
    trained_until = None if last is None else last + timedelta(days=1)
    entry = queries.entry(session, project.id, person_id)
    if entry is None:
        session.add(
            ProjectWorker(
                project_id=project.id,
                person_id=person_id,
                trade=line.trade,
                training_end_day=trained_until,
                joined_at=now,
            )
        )
        return
    if entry.left_at is not None:
        entry.left_at, entry.joined_at = None, now
    entry.trade = line.trade or entry.trade
    entry.training_end_day = trained_until or entry.training_end_day


def _entry(session: Session, project_id: ProjectId, person_id: PersonId) -> ProjectWorker:
    entry = queries.entry(session, project_id, person_id)
    if entry is None or entry.left_at is not None:
        raise NotOnTheList("They are not on the list of this project.")
    return entry


def _hear(session: Session, project: Project) -> None:
    """Trainings may be others now: the gates read the project's passes anew."""
    announce(session, resting_on(session, project_id=project.id))


def _record(session: Session, action: str, row: Project, facts: Mapping[str, object], *, by: str, now: Instant) -> None:
    record(session, actor=by, action=action, site=row.site, subject=subject_of(row.id), facts=facts, now=now)
