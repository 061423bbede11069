"""Renewing one permit at the counter: the next year's as this year's is."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from registry.access.facts import CredentialStatus
from registry.clock import Instant
from registry.credentials.grounds import require_ground
from registry.credentials.service import OpensFurther, StepNotPossible
from registry.ids import CredentialId, SiteId
from registry.permits import queries
from registry.permits.models import VehiclePermit
from registry.permits.rules import permit_period
from registry.permits.service import NewPermit, YearNotAllowed, issue_permit
from registry.permits.years import takeovers
from registry.sites.queries import local_day, zone_of


def renew_permit(
    session: Session,
    permit_id: CredentialId,
    *,
    within: Collection[SiteId],
    approves: Collection[SiteId] = (),
    by: str,
    now: Instant,
) -> VehiclePermit:
    """Issue the permit of the year after: the same holder, unit, sites, class and plates, resting on the same ground.

    Raises:
        NoSuchPermit: it opens no site of `within`.
        OpensFurther: it opens sites that are not `within`, those for which whoever does it answers.
        StepNotPossible: it is suspended, reported lost or out of use.
        YearNotAllowed: the year after is neither this year nor the next.
        GroundOver, NotOfGround: what it rests on is over before that year, or its holder has no part in it any longer.
        PlateHasPermit, HeldElsewhere, PlateAppliedFor, ApprovalMissing, OverQuota: as when it is issued.

    """
    permit = queries.permit(session, permit_id, within).permit
    sites = frozenset(each.site for each in permit.sites)
    if not sites <= set(within):
        raise OpensFurther("It opens sites that you do not answer for: ask somebody who answers for all of them.")
    if permit.status is not CredentialStatus.ACTIVE:
        status = str(permit.status).replace("_", " ")
        raise StepNotPossible(f"It is {status}: one cannot renew it.", status_now=permit.status)
    year, today = permit.year + 1, local_day(session, sites, now)
    if not today.year <= year <= today.year + 1:
        raise YearNotAllowed(f"{year} is neither this year nor the next.")
    begins, _ = permit_period(year, str(zone_of(session, sites)), takeovers(session))
    require_ground(session, permit.person_id, permit.tenancy_id, permit.project_id, now=max(now, begins))
    new = NewPermit(
        holder=permit.person_id,
        unit_id=permit.unit_id,
        plate=permit.plate,
        further=tuple(each.plate for each in queries.shared_plates(session, permit_id)),
        year=year,
        permit_class=permit.permit_class,
        sites=sites,
    )
    issued = issue_permit(session, new, within=within, approves=approves, by=by, now=now)
    issued.tenancy_id, issued.project_id = permit.tenancy_id, permit.project_id
    return issued
