"""How many vehicle permits a unit may have for one year, and how many it has or has applied for."""

from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from registry.credentials.rules import OUT_OF_USE
from registry.ids import ApplicationId, UnitId
from registry.permits.models import ApplicationPlate, ApplicationState, PermitApplication, VehiclePermit
from registry.plates.grammar import Plate
from registry.problems import Conflict
from registry.units.models import Unit

OPEN = (ApplicationState.APPLIED, ApplicationState.REVIEWED, ApplicationState.APPROVED)
"""Handed in, and neither issued nor refused."""


class OverQuota(Conflict):
    """`quota`, `taken` and `wanted` are numbers of permits."""

    slug = "over-quota"
    title = "The unit has no more permits of that year"


class PlateAppliedFor(Conflict):
    slug = "plate-applied-for"
    title = "Somebody has applied for this plate already"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """Permits of one unit and year. `limit` None: as many as it likes."""

    limit: int | None
    taken: int
    """In use or applied for."""

    @property
    def free(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.taken)


def quota_of(session: Session, unit_id: UnitId, year: int) -> Quota:
    """Count what a unit has of a year. Whoever then takes one of it is alone: writers of a store take turns."""
    issued = select(func.count()).where(
        VehiclePermit.unit_id == unit_id, VehiclePermit.year == year, VehiclePermit.status.not_in(OUT_OF_USE)
    )
    applied = select(func.count()).where(
        PermitApplication.unit_id == unit_id, PermitApplication.year == year, PermitApplication.state.in_(OPEN)
    )
    limit = session.scalar(select(Unit.permit_quota).where(Unit.id == unit_id))
    return Quota(limit=limit, taken=(session.scalar(issued) or 0) + (session.scalar(applied) or 0))


def quotas_of(session: Session, year: int) -> dict[UnitId, Quota]:
    """What every unit has of a year; three statements, whatever their number."""
    issued = (
        select(VehiclePermit.unit_id, func.count())
        .where(VehiclePermit.year == year, VehiclePermit.status.not_in(OUT_OF_USE))
        .group_by(VehiclePermit.unit_id)
    )
    applied = (
        select(PermitApplication.unit_id, func.count())
        .where(PermitApplication.year == year, PermitApplication.state.in_(OPEN))
        .group_by(PermitApplication.unit_id)
    )
    in_use, on_its_way = dict(session.execute(issued).all()), dict(session.execute(applied).all())
    return {
        unit: Quota(limit=limit, taken=in_use.get(unit, 0) + on_its_way.get(unit, 0))
        for unit, limit in session.execute(select(Unit.id, Unit.permit_quota))
    }


def open_for_plate(
    session: Session, plate: str, year: int, *, besides: ApplicationId | None = None
) -> PermitApplication | None:
    """The application of that year, handed in and not settled, that names this plate."""
    rows = select(PermitApplication).where(
        or_(PermitApplication.plate == plate, PermitApplication.plates.any(ApplicationPlate.plate == plate)),
        PermitApplication.year == year,
        PermitApplication.state.in_(OPEN),
    )
    return session.scalars((rows if besides is None else rows.where(PermitApplication.id != besides)).limit(1)).first()


def require_not_applied_for(session: Session, plate: Plate, year: int, *, besides: ApplicationId | None = None) -> None:
    """Refuse a plate for which an application is on its way; `besides`: that one is not in the way.

    Raises:
        PlateAppliedFor: it is settled first.

    """
    if open_for_plate(session, plate.text, year, besides=besides) is not None:
        raise PlateAppliedFor(f"Somebody has applied for {plate.display} already: that comes first.")


def require_within_quota(session: Session, unit_id: UnitId | None, year: int, *, wanted: int) -> None:
    """Refuse what would give a unit more permits than it may have; nobody's have no limit.

    Raises:
        OverQuota: with the unit's limit, what is taken of it, and how many were wanted.

    """
    if unit_id is None:
        return
    quota = quota_of(session, unit_id, year)
    if quota.limit is not None and quota.taken + wanted > quota.limit:
        raise OverQuota(
            f"The unit may have {quota.limit} permits of {year}; {quota.taken} are in use or applied for, and {wanted} more "
            "were wanted. Withdraw some, or ask the security office for a higher quota.",
            quota=quota.limit,
            taken=quota.taken,
            wanted=wanted,
        )
