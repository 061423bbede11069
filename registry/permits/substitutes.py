"""A car that stands in for some days while the permit's own is in repair."""

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from registry.audit.chain import Personal
from registry.clock import Instant
from registry.credentials.service import OpensFurther
from registry.credentials.written import require_plate
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change
from registry.ids import CredentialId, SiteId, new_id
from registry.people.search import add_plates
from registry.permits import queries
from registry.permits.lifecycle import PermitAction
from registry.permits.models import PermitPlate, PlateUse, VehiclePermit
from registry.permits.service import PlateTwice, audit_permit, period_of, require_free, require_way
from registry.problems import Conflict, NotFound, Unprocessable
from registry.sites.queries import local_day

MOST_DAYS = 30
"""A car that stays away longer is another car: its permit is revoked and the other applied for."""


class SubstituteDays(Unprocessable):
    slug = "substitute-days"
    title = "A substitute cannot stand in on these days"


class SubstituteThere(Conflict):
    slug = "substitute-there"
    title = "Another substitute stands in on one of these days"


class NoSuchSubstitute(NotFound):
    slug = "no-such-substitute"
    title = "The permit has no such substitute"


def name_substitute(
    session: Session,
    permit_id: CredentialId,
    plate: str,
    *,
    first_day: date,
    last_day: date,
    within: Collection[SiteId],
    by: str,
    now: Instant,
) -> PermitPlate:
    """Let another car in on a permit's right, from the first to the last of these days, both whole.

    Raises:
        NoPlate, PlateTwice, PlateHasPermit: it is none, the permit's own, or has a permit itself.
        SubstituteDays: the days are over, too many, or not among those on which the permit holds.
        SubstituteThere: another one stands in on one of them.

    """
    permit, sites = _permit(session, permit_id, within, now)
    read = require_plate(plate)
    plates = queries.plates_of(session, [permit_id]).get(permit_id, [])
    if read.text in {permit.plate, *(each.plate for each in plates if each.use is PlateUse.SHARED)}:
        raise PlateTwice(f"{read.display} is this permit's own plate.")
    require_free(session, read, permit.year, within)
    today, (begins, ends) = local_day(session, sites, now), period_of(session, permit)
    first_held, last_held = local_day(session, sites, begins), local_day(session, sites, ends - timedelta.resolution)
    end_day = last_day + timedelta(days=1) if last_day < date.max else last_day
    if not (
        first_day <= last_day
        and today <= last_day
        and (end_day - first_day).days <= MOST_DAYS
        and first_held <= first_day
        and last_day <= last_held
    ):
        raise SubstituteDays(
            f"Choose at most {MOST_DAYS} days from {first_held} to {last_held}, the last of them today or later.",
            most_days=MOST_DAYS,
            first_day=first_held.isoformat(),
            last_day=last_held.isoformat(),
        )
    for each in plates:
        if (
            each.first_day is not None
            and each.end_day is not None
            and first_day < each.end_day
            and each.first_day < end_day
        ):
            raise SubstituteThere(f"{each.plate} stands in on one of these days: take it back first.")
    row = PermitPlate(
        id=new_id(),
        permit_id=permit.id,
        plate=read.text,
        plate_kind=read.kind,
        use=PlateUse.SUBSTITUTE,
        first_day=first_day,
        end_day=end_day,
    )
    session.add(row)
    session.flush()
    add_plates(session, [(permit.person_id, read.text)])
    facts = {"substitute": Personal(read.text), "first_day": str(first_day), "last_day": str(last_day)}
    audit_permit(session, permit, "permit-substitute-named", facts, by=by, now=now)
    record_change(session, sites, ChangeKind.PERMIT, str(permit.id))
    return row


def take_back_substitute(
    session: Session, permit_id: CredentialId, substitute_id: UUID, *, within: Collection[SiteId], by: str, now: Instant
) -> None:
    """Let the substitute in no longer, from now on.

    Raises:
        NoSuchSubstitute: the permit has none of this id.

    """
    permit, sites = _permit(session, permit_id, within, now)
    row = session.get(PermitPlate, substitute_id)
    if row is None or row.permit_id != permit.id or row.use is not PlateUse.SUBSTITUTE:
        raise NoSuchSubstitute("This permit has no such substitute: it may have been taken back already.")
    facts = {"substitute": Personal(row.plate), "first_day": str(row.first_day)}
    session.delete(row)
    audit_permit(session, permit, "permit-substitute-taken-back", facts, by=by, now=now)
    # The gate knows each plate by itself: this one is gone.
    record_change(session, sites, ChangeKind.PERMIT, str(substitute_id))


def _permit(
    session: Session, permit_id: CredentialId, within: Collection[SiteId], now: Instant
) -> tuple[VehiclePermit, frozenset[SiteId]]:
    permit = queries.permit(session, permit_id, within).permit
    require_way(session, permit, PermitAction.SUBSTITUTE, now)
    sites = frozenset(each.site for each in permit.sites)
    if not sites <= set(within):
        raise OpensFurther("It opens sites that you do not answer for: ask somebody who answers for all of them.")
    return permit, sites
