"""How many vehicle permits a unit may have for one year, and how many it has or has applied for."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.credentials.rules import OUT_OF_USE
from registry.ids import UnitId
from registry.permits.models import ApplicationState, PermitApplication, VehiclePermit
from registry.problems import Conflict
from registry.units.models import Unit

OPEN = (ApplicationState.APPLIED, ApplicationState.REVIEWED, ApplicationState.APPROVED)
"""Handed in, and neither issued nor refused."""


class OverQuota(Conflict):
    """`quota`, `taken` and `wanted` are numbers of permits."""

    slug = "over-quota"
    title = "The unit has no more permits of that year"


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
