"""Writing applications for vehicle permits, and the steps that lead them to a permit or to an end."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.applications import queries
from registry.applications.batches import require_open
from registry.applications.doer import Doer
from registry.audit.chain import Personal, record
from registry.auth.permissions import Permission
from registry.clock import Instant
from registry.credentials.rules import OUT_OF_USE
from registry.credentials.service import OpensFurther, OpensNothing, ReasonMissing, StepNotPossible
from registry.ids import ApplicationId, PersonId, SiteId, UnitId, new_id
from registry.people.models import Person
from registry.permits.lifecycle import SAYS_WHY, PermitAction, permit_state, way
from registry.permits.models import (
    ApplicationPlate,
    ApplicationSite,
    ApplicationState,
    ApplicationStep,
    PermitApplication,
    PermitClass,
    VehiclePermit,
)
from registry.permits.quota import require_not_applied_for, require_within_quota
from registry.permits.rules import permit_number
from registry.permits.service import (
    EARLIEST_YEAR,
    LATEST_YEAR,
    NewPermit,
    YearNotAllowed,
    issue_approved,
    require_free,
    require_plates,
)
from registry.plates.grammar import Plate
from registry.problems import Forbidden, NotFound, Problem
from registry.revisions.service import Fields, keep, require_unchanged
from registry.sites.queries import local_day, require_sites

LONGEST_WORDS = 200


class NoSuchApplication(NotFound):
    slug = "no-such-application"
    title = "There is no such application here"


class NoSuchHolder(NotFound):
    slug = "no-such-holder"
    title = "There is no such person in this unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApplication:
    """What a unit's officer writes down."""

    unit_id: UnitId
    holder: PersonId
    plate: str
    further: tuple[str, ...] = ()
    """Plates that are to share the permit."""
    year: int
    permit_class: PermitClass = PermitClass.PRIVATE
    sites: frozenset[SiteId]
    words: str = ""


def draft(session: Session, new: NewApplication, officer: Doer, now: Instant) -> PermitApplication:
    """Write down an application that is not handed in yet.

    Raises:
        NotFound: the unit, the person or a compound is not the officer's.

    """
    row = PermitApplication(
        id=ApplicationId(new_id()), state=ApplicationState.DRAFT, created_by=officer.name, created_at=now
    )
    _write(session, row, new, officer, now)
    session.add(row)
    session.flush()
    keep(session, subject_of(row), "application-draft", {}, _fields(session, row), by=officer.name, now=now)
    _step(session, row, PermitAction.DRAFT, officer, Permission.UNIT_APPLY, words=None, now=now)
    return row


def change(
    session: Session,
    application_id: ApplicationId,
    new: NewApplication,
    officer: Doer,
    now: Instant,
    *,
    revision: int | None = None,
) -> PermitApplication:
    """Write a draft, or one that was sent back, anew; `revision`: the number of the revision that its writer was shown.

    Raises:
        NoSuchApplication: it is not the officer's.
        StepNotPossible: it is handed in.
        ChangedMeanwhile: somebody else wrote it anew since that revision.

    """
    row = _seen(session, application_id, officer)
    asks = _require_way(session, row, PermitAction.CHANGE, officer)
    if revision is not None:
        require_unchanged(session, subject_of(row), revision)
    before = _fields(session, row)
    _write(session, row, new, officer, now)
    session.flush()
    keep(session, subject_of(row), "application-change", before, _fields(session, row), by=officer.name, now=now)
    _step(session, row, PermitAction.CHANGE, officer, asks, words=None, now=now)
    return row


def take(
    session: Session, application_id: ApplicationId, action: PermitAction, doer: Doer, *, words: str = "", now: Instant
) -> PermitApplication:
    """Take one step of an application: hand it in, withdraw, review, return, reject, approve, issue.

    Raises:
        NoSuchApplication: it is none of the doer's.
        StepNotPossible: the step does not lead on from where it stands; somebody may have been faster.
        Forbidden: their role may not do it.
        OpensFurther: it opens a site for which they do not answer.
        ReasonMissing: such a step is explained.
        BatchClosed, OverQuota, PlateHasPermit, PlateAppliedFor: it cannot be handed in or issued so.

    """
    row = _seen(session, application_id, doer)
    asks = _require_way(session, row, action, doer)
    said = " ".join(words.split())[:LONGEST_WORDS]
    if action in SAYS_WHY and not said:
        raise ReasonMissing("Say why, in a few words: the unit will read it.")
    if action is PermitAction.APPLY:
        _hand_in(session, row, now)
    if action is PermitAction.ISSUE:
        issued = _issue(session, row, doer, now)
        row.permit_id = issued.id
    state = permit_state(row.state)
    leads = way(state, action, row.permit_class)
    if leads is None:
        raise LookupError(f"{action} was possible from {state} a moment ago")
    row.state = ApplicationState(leads.to)
    row.changed_at = now
    session.flush()
    _step(session, row, action, doer, asks, words=said or None, now=now)
    return row


def take_many(
    session: Session,
    applications: Sequence[ApplicationId],
    action: PermitAction,
    doer: Doer,
    *,
    words: str = "",
    now: Instant,
) -> Sequence[PermitApplication]:
    """Take the same step of many, all or none.

    Raises:
        Problem: of the first that cannot go on; `about` is its plate.

    """
    taken = []
    for one in dict.fromkeys(applications):
        plate = read(session, one, doer).application.plate
        try:
            taken.append(take(session, one, action, doer, words=words, now=now))
        except Problem as problem:
            problem.facts["about"] = plate
            problem.detail = f"{plate}: {problem.detail}"
            raise
    return taken


def read(session: Session, application_id: ApplicationId, reader: Doer) -> queries.Listed:
    """An application that is the reader's to see.

    Raises:
        NoSuchApplication: there is none.

    """
    listed = queries.application(session, application_id)
    if listed is None or not _is_seen(listed, reader):
        raise NoSuchApplication("There is no such application here.")
    return listed


def subject_of(row: PermitApplication) -> str:
    """As its history and the audit name it."""
    return f"application:{row.id}"


def _fields(session: Session, row: PermitApplication) -> Fields:
    holder = session.get(Person, row.holder_id)
    return {
        "holder": None if holder is None else holder.name,
        "plate": row.plate,
        "further": sorted(each.plate for each in row.plates),
        "year": row.year,
        "permit_class": str(row.permit_class),
        "sites": sorted(_sites(row)),
        "words": row.words,
    }


def _is_seen(listed: queries.Listed, reader: Doer) -> bool:
    """An office's what was handed in for one of its compounds; a unit's what is its own, drafts too."""
    row = listed.application
    of_office = not reader.sites[Permission.REGISTRY_READ].isdisjoint(listed.sites)
    return (of_office and row.state in queries.HANDED_IN) or reader.applies(row.unit_id, listed.sites)


def _seen(session: Session, application_id: ApplicationId, doer: Doer) -> PermitApplication:
    return read(session, application_id, doer).application


def _require_way(session: Session, row: PermitApplication, action: PermitAction, doer: Doer) -> Permission:
    """What the step asks for, once it is sure that it leads on and that the doer may take it."""
    state = permit_state(row.state)
    leads = way(state, action, row.permit_class)
    if leads is None or row.state is ApplicationState.ISSUED:
        last = queries.steps(session, row.id)[-1:]
        who = f" by {last[0].by}" if last else ""
        raise StepNotPossible(
            f"It is {state.replace('_', ' ')} since {local_day(session, _sites(row), row.changed_at)}{who}; "
            f"one cannot {action.replace('_', ' ')} it.",
            status_now=row.state,
        )
    if not doer.holds(leads.asks):
        raise Forbidden("Your role may not do this.")
    if not doer.may(leads.asks, row.unit_id, _sites(row)):
        raise OpensFurther("It opens sites that you do not answer for: ask somebody who answers for all of them.")
    return leads.asks


def _write(session: Session, row: PermitApplication, new: NewApplication, officer: Doer, now: Instant) -> None:
    if not new.sites:
        raise OpensNothing("Choose at least one compound that the permit opens.")
    if not officer.applies_for(new.unit_id, new.sites):
        raise NotFound
    if not EARLIEST_YEAR <= new.year <= LATEST_YEAR:
        raise YearNotAllowed(f"{new.year} is no year for a permit.")
    require_sites(session, new.sites)
    holder = session.get(Person, new.holder)
    if (
        holder is None
        or holder.merged_at is not None
        or holder.unit_id != new.unit_id
        or not officer.applies_for(new.unit_id, [holder.site])
    ):
        raise NoSuchHolder("There is no such person in this unit.")
    plate, *further = require_plates(new.plate, new.further)
    _require_plates_free(session, row, [plate, *further], new.year, sites=new.sites)
    row.unit_id, row.holder_id, row.year, row.permit_class = new.unit_id, holder.id, new.year, new.permit_class
    row.plate, row.plate_kind = plate.text, plate.kind
    row.words = " ".join(new.words.split())[:LONGEST_WORDS] or None
    row.changed_at = now
    row.renews_id = session.scalar(
        select(VehiclePermit.id).where(
            VehiclePermit.plate == plate.text,
            VehiclePermit.year == new.year - 1,
            VehiclePermit.unit_id == new.unit_id,
            VehiclePermit.status.not_in(OUT_OF_USE),
        )
    )
    row.sites = [ApplicationSite(site=site) for site in sorted(new.sites)]
    row.plates = [ApplicationPlate(plate=each.text, plate_kind=each.kind) for each in further]


def _hand_in(session: Session, row: PermitApplication, now: Instant) -> None:
    if row.unit_id is None:
        raise LookupError(f"application {row.id} is no unit's")
    batch = require_open(session, row.unit_id, row.year, local_day(session, _sites(row), now))
    plates = require_plates(row.plate, [each.plate for each in row.plates])
    _require_plates_free(session, row, plates, row.year, sites=frozenset(_sites(row)))
    require_within_quota(session, row.unit_id, row.year, wanted=1)
    row.batch_id = batch.id


def _require_plates_free(
    session: Session, row: PermitApplication, plates: Sequence[Plate], year: int, *, sites: frozenset[SiteId]
) -> None:
    for plate in plates:
        require_free(session, plate, year, sites)
        require_not_applied_for(session, plate, year, besides=row.id)


def _issue(session: Session, row: PermitApplication, doer: Doer, now: Instant) -> VehiclePermit:
    require_within_quota(session, row.unit_id, row.year, wanted=0)
    permit = NewPermit(
        holder=row.holder_id,
        unit_id=row.unit_id,
        plate=row.plate,
        further=tuple(each.plate for each in row.plates),
        year=row.year,
        permit_class=row.permit_class,
        sites=frozenset(_sites(row)),
    )
    within = doer.sites[Permission.REGISTRY_WRITE]
    return issue_approved(session, permit, within=within, by=doer.name, now=now)


def _sites(row: PermitApplication) -> list[SiteId]:
    return [each.site for each in row.sites]


def _step(
    session: Session,
    row: PermitApplication,
    action: PermitAction,
    doer: Doer,
    asks: Permission,
    *,
    words: str | None,
    now: Instant,
) -> None:
    """Keep the step in the application's history and in the audit."""
    number = len(queries.steps(session, row.id)) + 1
    session.add(
        ApplicationStep(
            application_id=row.id,
            number=number,
            action=action,
            by=doer.name,
            role=doer.role_for(asks),
            at=now,
            words=words,
        )
    )
    session.flush()
    facts: dict[str, object] = {"after": row.state, "plate": Personal(row.plate)}
    if words:
        facts["reason"] = Personal(words)
    if row.permit_id is not None and (permit := session.get(VehiclePermit, row.permit_id)) is not None:
        facts["number"] = permit_number(permit.year, permit.serial)
    for site in sorted(_sites(row)):
        record(
            session,
            actor=doer.name,
            action=f"application-{action}",
            site=site,
            subject=subject_of(row),
            facts=facts,
            now=now,
        )
