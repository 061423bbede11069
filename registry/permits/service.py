"""Issuing vehicle permits and changing their state."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import insert
from sqlalchemy.orm import Session

from registry.access.facts import CredentialStatus
from registry.audit.chain import Personal, record
from registry.clock import Instant
from registry.credentials.rules import Step
from registry.credentials.service import OpensNothing, take_step
from registry.credentials.written import require_plate
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change
from registry.ids import CredentialId, PersonId, SiteId, UnitId, new_id
from registry.permits import queries
from registry.permits.models import PermitClass, PermitSite, VehiclePermit
from registry.permits.rules import permit_number
from registry.plates.grammar import Plate
from registry.problems import Conflict, Unprocessable
from registry.sites.queries import require_sites
from registry.sites.scope import require_seen
from registry.units.queries import require_unit

EARLIEST_YEAR, LATEST_YEAR = 2000, 2199


class YearNotAllowed(Unprocessable):
    slug = "year-not-allowed"
    title = "A permit cannot be issued for this year"


class PlateHasPermit(Conflict):
    slug = "plate-has-permit"
    title = "This plate has a permit of this year already"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPermit:
    """A vehicle permit to be issued, as the clerk wrote it."""

    id: CredentialId = field(default_factory=lambda: CredentialId(new_id()))
    holder: PersonId
    unit_id: UnitId | None = None
    plate: str
    year: int
    permit_class: PermitClass = PermitClass.PRIVATE
    sites: frozenset[SiteId]
    status: CredentialStatus = CredentialStatus.ACTIVE
    status_reason: str | None = None


def issue_permit(
    session: Session, permit: NewPermit, *, within: Collection[SiteId], by: str, now: Instant
) -> VehiclePermit:
    """Issue one permit with the next number of its year. The holder must exist: its caller has read the person.

    Raises:
        PlateHasPermit: the plate has a permit of that year that is not revoked.
        HeldElsewhere: it has one that opens no site of `within`, the issuer's own.

    """
    plate = _require_valid(permit)
    require_sites(session, permit.sites)
    require_unit(session, permit.unit_id)
    _require_free(session, plate, permit.year, within)
    serial = queries.last_serial(session, permit.year) + 1
    issued = VehiclePermit(
        **_row(permit, plate, serial, now), sites=[PermitSite(site=site) for site in sorted(permit.sites)]
    )
    session.add(issued)
    for site in sorted(permit.sites):
        record(
            session,
            actor=by,
            action="permit-issued",
            site=site,
            subject=f"permit:{issued.id}",
            facts={"number": permit_number(issued.year, serial), "plate": Personal(plate.text)},
            now=now,
        )
    record_change(session, permit.sites, ChangeKind.PERMIT, str(issued.id))
    return issued


def issue_permits(session: Session, permits: Sequence[NewPermit], *, now: Instant) -> None:
    """Issue many at once: two statements, one change for each site. Makes no entry in the audit: its caller does."""
    if not permits:
        return
    sites = frozenset[SiteId]().union(*(permit.sites for permit in permits))
    require_sites(session, sites)
    serials = {year: queries.last_serial(session, year) for year in {permit.year for permit in permits}}
    rows = []
    for permit in permits:
        serials[permit.year] += 1
        rows.append(_row(permit, _require_valid(permit), serials[permit.year], now))
    session.execute(insert(VehiclePermit), rows)
    session.execute(
        insert(PermitSite), [{"permit_id": permit.id, "site": site} for permit in permits for site in permit.sites]
    )
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
    if step is Step.REINSTATE and permit.status is CredentialStatus.REVOKED:
        _require_free(session, require_plate(permit.plate), permit.year, within)
    sites = [each.site for each in permit.sites]
    take_step(session, permit, step, kind=ChangeKind.PERMIT, sites=sites, within=within, reason=reason, by=by, now=now)
    return listed


def _require_valid(permit: NewPermit) -> Plate:
    if not EARLIEST_YEAR <= permit.year <= LATEST_YEAR:
        raise YearNotAllowed(f"{permit.year} is no year for a permit.")
    if not permit.sites:
        raise OpensNothing("Choose at least one site that the permit opens.")
    return require_plate(permit.plate)


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
    }


def _require_free(session: Session, plate: Plate, year: int, within: Collection[SiteId]) -> None:
    other = queries.permit_in_the_way(session, plate.text, year)
    if other is None:
        return
    require_seen([each.site for each in other.sites], within)
    number = permit_number(other.year, other.serial)
    raise PlateHasPermit(
        f"{plate.display} has permit {number} already. Revoke that one first, or reinstate it.", number=number
    )
