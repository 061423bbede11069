"""Which permits a page offers to renew, beside the permit."""

from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from registry.ids import CredentialId, SiteId
from registry.office.scene import Scene
from registry.permits.lifecycle import APPROVED_CLASSES
from registry.permits.models import VehiclePermit
from registry.permits.queries import active_without_next


def renewable(
    session: Session, scene: Scene, permits: Sequence[VehiclePermit], *, approves: Collection[SiteId]
) -> frozenset[CredentialId]:
    """Those of the year before this one, or before the one that is asked for, that the reader can renew now."""
    years = {scene.today.year, scene.year_asked}
    return active_without_next(
        session,
        [
            permit.id
            for permit in permits
            if permit.year + 1 in years
            and scene.answers_for(permit.sites)
            and (permit.permit_class not in APPROVED_CLASSES or {each.site for each in permit.sites} <= set(approves))
        ],
    )
