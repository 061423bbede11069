"""Issuing vehicle permits, changing their state, and replacing lost ones."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import insert
from sqlalchemy.orm import Session

from registry.access.facts import CredentialStatus
from registry.audit.chain import Personal, record
from registry.clock import Instant
from registry.credentials.rules import Step
from registry.credentials.service import OpensNothing, StepNotPossible, announce_chain, replace_lost, take_step
from registry.credentials.written import require_plate
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change
from registry.ids import CredentialId, PersonId, SiteId, UnitId, new_id
from registry.people.search import add_plates
from registry.permits import queries
from registry.permits.lifecycle import APPROVED_CLASSES, PermitAction, PermitState, permit_state, way
from registry.permits.models import PermitClass, PermitPlate, PermitSite, PlateUse, VehiclePermit
from registry.permits.quota import require_not_applied_for, require_within_quota
from registry.permits.rules import permit_number, permit_period
from registry.permits.years import takeovers
from registry.plates.grammar import Plate
from registry.problems import Conflict, Forbidden, NotFound, Unprocessable
from registry.sites.queries import local_day, require_sites, zone_of
from registry.sites.scope import require_seen
from registry.units.queries import require_unit

EARLIEST_YEAR, LATEST_YEAR = 2000, 2199


class YearNotAllowed(Unprocessable):
    slug = "year-not-allowed"
    title = "A permit cannot be issued for this year"


class PlateHasPermit(Conflict):
    """`number` is the other permit's."""

    slug = "plate-has-permit"
    title = "This plate has a permit of this year already"


class PlateTwice(Unprocessable):
    slug = "plate-twice"
    title = "This plate stands there twice"


class ApprovalMissing(Forbidden):
    slug = "approval-missing"
    title = "A permit of this class must be approved first"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPermit:
    """A vehicle permit to be issued, as the clerk wrote it."""

    id: CredentialId = field(default_factory=lambda: CredentialId(new_id()))
    holder: PersonId
    unit_id: UnitId | None = None
    plate: str
    further: tuple[str, ...] = ()
    """Plates that share the permit, one inside at a time."""
    year: int
    permit_class: PermitClass = PermitClass.PRIVATE
    sites: frozenset[SiteId]
    status: CredentialStatus = CredentialStatus.ACTIVE
    status_reason: str | None = None
    replaces: CredentialId | None = None
    """The lost permit in whose place it is."""


def issue_permit(
    session: Session,
    permit: NewPermit,
    *,
    within: Collection[SiteId],
    approves: Collection[SiteId] = (),
    by: str,
    now: Instant,
) -> VehiclePermit:
    """Issue one permit for which nobody applied. The holder must exist: its caller has read the person.

    `approves`: the sites at which the issuer may approve permits, which some classes ask for.

    Raises:
        NotFound: it would open a site that is not `within`.
        PlateHasPermit: the plate has a permit of that year that is in use.
        HeldElsewhere: it has one that opens no site of `within`, the issuer's own.
        ApprovalMissing: the class must be approved, and the issuer may not at all of the sites.
        OverQuota: the unit has no more of that year.
        PlateAppliedFor: its unit has applied for it, which is settled first.

    """
    if not set(permit.sites) <= set(within):
        raise NotFound
    if permit.permit_class in APPROVED_CLASSES and not set(permit.sites) <= set(approves):
        raise ApprovalMissing("An official car's permit is approved by the security office: let its unit apply for it.")
    require_unit(session, permit.unit_id)
    for plate in _require_valid(permit):
        require_not_applied_for(session, plate, permit.year)
    require_within_quota(session, permit.unit_id, permit.year, wanted=1)
    return issue_approved(session, permit, within=within, by=by, now=now)


def issue_approved(
    session: Session, permit: NewPermit, *, within: Collection[SiteId], by: str, now: Instant
) -> VehiclePermit:
    """Issue a permit that its application or its issuer's office has settled, with the next number of its year.

    Raises:
        PlateHasPermit: the plate has a permit of that year that is in use.
        HeldElsewhere: it has one that opens no site of `within`, the issuer's own.

    """
    plates = _require_valid(permit)
    require_sites(session, permit.sites)
    for plate in plates:
        require_free(session, plate, permit.year, within)
    issued = _add(session, permit, plates, now)
    audit_permit(session, issued, "permit-issued", {"plate": Personal(issued.plate)}, by=by, now=now)
    record_change(session, permit.sites, ChangeKind.PERMIT, str(issued.id))
    return issued


def issue_permits(session: Session, permits: Sequence[NewPermit], *, now: Instant) -> None:
    """Issue many at once: a few statements, one change for each site. Makes no entry in the audit: its caller does."""
    if not permits:
        return
    sites = frozenset[SiteId]().union(*(permit.sites for permit in permits))
    require_sites(session, sites)
    serials = {year: queries.last_serial(session, year) for year in {permit.year for permit in permits}}
    rows, shared = [], []
    for permit in permits:
        serials[permit.year] += 1
        plate, *further = _require_valid(permit)
        rows.append(_row(permit, plate, serials[permit.year], now))
        shared += [(permit, each) for each in further]
    session.execute(insert(VehiclePermit), rows)
    session.execute(
        insert(PermitSite), [{"permit_id": permit.id, "site": site} for permit in permits for site in permit.sites]
    )
    if shared:
        session.execute(insert(PermitPlate), [_shared(permit.id, plate) for permit, plate in shared])
    own = [(permit.holder, str(row["plate"])) for permit, row in zip(permits, rows, strict=True)]
    add_plates(session, [*own, *((permit.holder, plate.text) for permit, plate in shared)])
    record_change(session, sites, ChangeKind.MANY, "permits")


def change_permit(
    session: Session,
    permit_id: CredentialId,
    step: Step,
    *,
    within: Collection[SiteId],
    reason: str,
    by: str,
    now: Instant,
) -> queries.Listed:
    """Revoke, suspend, report lost or reinstate a permit that opens one of the sites `within`."""
    listed = queries.permit(session, permit_id, within)
    permit = listed.permit
    require_way(session, permit, PermitAction(step), now)
    if step is Step.REINSTATE and permit.status is CredentialStatus.REVOKED:
        require_within_quota(session, permit.unit_id, permit.year, wanted=1)
        for each in (permit.plate, *(other.plate for other in queries.shared_plates(session, permit.id))):
            require_free(session, require_plate(each), permit.year, within, besides=permit.id)
    sites = [each.site for each in permit.sites]
    take_step(session, permit, step, kind=ChangeKind.PERMIT, sites=sites, within=within, reason=reason, by=by, now=now)
    return listed


def replace_permit(
    session: Session, permit_id: CredentialId, *, within: Collection[SiteId], by: str, now: Instant
) -> VehiclePermit:
    """Make another permit in the place of one that was reported lost: all as it was, with the next number of the year.

    Who stands in for its car still does.

    Raises:
        OpensFurther: it opens sites that are not `within`, those for which whoever does it answers.
        StepNotPossible: it was not reported lost, or was replaced already.
        GroundOver: what it rests on is over.

    """
    lost = queries.permit(session, permit_id, within).permit
    sites = frozenset(each.site for each in lost.sites)
    require_way(session, lost, PermitAction.REPLACE, now)
    number = permit_number(lost.year, queries.last_serial(session, lost.year) + 1)
    kind = ChangeKind.PERMIT
    replace_lost(session, lost, kind=kind, sites=sites, within=within, number=number, by=by, now=now)
    made = NewPermit(
        holder=lost.person_id,
        unit_id=lost.unit_id,
        plate=lost.plate,
        further=tuple(each.plate for each in queries.shared_plates(session, lost.id)),
        year=lost.year,
        permit_class=lost.permit_class,
        sites=sites,
        replaces=lost.id,
    )
    new = _add(session, made, _require_valid(made), now)
    new.tenancy_id, new.project_id = lost.tenancy_id, lost.project_id
    _let_stand_in(session, lost, new, local_day(session, sites, now))
    audit_permit(session, new, "permit-issued", {"plate": Personal(new.plate)}, by=by, now=now)
    announce_chain(session, VehiclePermit, new, kind=kind, sites=sites)
    return new


def state_of(session: Session, permit: VehiclePermit, now: Instant) -> PermitState:
    """Where a permit stands at this moment."""
    _, ends = period_of(session, permit)
    return permit_state(None, permit.status, is_over=now >= ends)


def period_of(session: Session, permit: VehiclePermit) -> tuple[Instant, Instant]:
    """From when until when a permit holds; its year is that of its first site, as at the gate."""
    zone = str(zone_of(session, [min(each.site for each in permit.sites)]))
    return permit_period(permit.year, zone, takeovers(session))


def require_way(session: Session, permit: VehiclePermit, action: PermitAction, now: Instant) -> None:
    """Refuse what does not lead on from where the permit stands.

    Raises:
        StepNotPossible: with its status.

    """
    state = state_of(session, permit, now)
    if way(state, action, permit.permit_class) is None:
        since = local_day(session, [each.site for each in permit.sites], permit.status_at)
        raise StepNotPossible(
            f"It is {state.replace('_', ' ')} since {since}; one cannot {action.replace('_', ' ')} it.",
            status_now=permit.status,
        )


def _add(session: Session, permit: NewPermit, plates: Sequence[Plate], now: Instant) -> VehiclePermit:
    serial = queries.last_serial(session, permit.year) + 1
    plate, *further = plates
    row = VehiclePermit(
        **_row(permit, plate, serial, now), sites=[PermitSite(site=site) for site in sorted(permit.sites)]
    )
    session.add(row)
    session.flush()
    session.add_all(PermitPlate(**_shared(row.id, each)) for each in further)
    add_plates(session, [(permit.holder, each.text) for each in plates])
    return row


def _let_stand_in(session: Session, lost: VehiclePermit, new: VehiclePermit, today: date) -> None:
    """Take over the substitutes whose days are not over."""
    for each in queries.plates_of(session, [lost.id]).get(lost.id, []):
        if each.end_day is not None and each.end_day > today:
            taken_over = {"plate": each.plate, "plate_kind": each.plate_kind, "use": each.use}
            days = {"first_day": each.first_day, "end_day": each.end_day}
            session.add(PermitPlate(id=new_id(), permit_id=new.id, **taken_over, **days))
    session.flush()


def audit_permit(
    session: Session, permit: VehiclePermit, action: str, facts: Mapping[str, object], *, by: str, now: Instant
) -> None:
    """Write into the audit of each of its sites what was done about a permit."""
    for each in sorted(permit.sites, key=lambda one: one.site):
        record(
            session,
            actor=by,
            action=action,
            site=each.site,
            subject=f"permit:{permit.id}",
            facts={"number": permit_number(permit.year, permit.serial), **facts},
            now=now,
        )


def _require_valid(permit: NewPermit) -> Sequence[Plate]:
    """The plates of a permit, its own first."""
    if not EARLIEST_YEAR <= permit.year <= LATEST_YEAR:
        raise YearNotAllowed(f"{permit.year} is no year for a permit.")
    if not permit.sites:
        raise OpensNothing("Choose at least one site that the permit opens.")
    return require_plates(permit.plate, permit.further)


def require_plates(plate: str, further: Sequence[str]) -> Sequence[Plate]:
    """Read the plates of one permit, its own first.

    Raises:
        NoPlate: one of them is none.
        PlateTwice: one of them stands there twice.

    """
    plates = [require_plate(each) for each in (plate, *further)]
    if len({each.text for each in plates}) < len(plates):
        raise PlateTwice("One of the plates stands there twice: name each once.")
    return plates


def _row(permit: NewPermit, plate: Plate, serial: int, now: Instant) -> dict[str, object]:
    return {
        "id": permit.id,
        "person_id": permit.holder,
        "unit_id": permit.unit_id,
        "status": permit.status,
        "status_reason": permit.status_reason,
        "status_at": now,
        "issued_at": now,
        "year": permit.year,
        "serial": serial,
        "plate": plate.text,
        "plate_kind": plate.kind,
        "permit_class": permit.permit_class,
        "replaces_id": permit.replaces,
    }


def _shared(permit_id: CredentialId, plate: Plate) -> dict[str, object]:
    return {
        "id": new_id(),
        "permit_id": permit_id,
        "plate": plate.text,
        "plate_kind": plate.kind,
        "use": PlateUse.SHARED,
    }


def require_free(
    session: Session, plate: Plate, year: int, within: Collection[SiteId], *, besides: CredentialId | None = None
) -> None:
    """Refuse a plate that has a permit of that year in use, as its own or shared; `besides`: that one is not in the way.

    Raises:
        PlateHasPermit: with its number.
        HeldElsewhere: it opens no site of `within`.

    """
    other = queries.permit_in_the_way(session, plate.text, year, besides=besides)
    if other is None:
        return
    require_seen([each.site for each in other.sites], within)
    number = permit_number(other.year, other.serial)
    raise PlateHasPermit(
        f"{plate.display} has permit {number} already. Revoke that one first, or reinstate it.", number=number
    )
