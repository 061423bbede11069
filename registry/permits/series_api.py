"""`/api/registry/permit-series`: the permits of a year, when they take over from those of the year before."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi import Path as InPath
from pydantic import AwareDatetime, BaseModel, Field

from registry.auth.permissions import Permission
from registry.auth.principal import AllSites, Principal
from registry.auth.requires import requires
from registry.permits import series
from registry.permits.models import PermitSeries, SeriesState
from registry.permits.years import difference
from registry.problems import Conflict, Forbidden, NotFound, problems
from registry.readings import Query, record_listing
from registry.sites.scope import sites_of
from registry.web.dependencies import RegistryWork

router = APIRouter(prefix="/api/registry/permit-series", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
Approver = Annotated[Principal, Depends(requires(Permission.PERMITS_APPROVE))]
Year = Annotated[int, InPath(ge=2001, le=2198)]


class SeriesOut(BaseModel):
    """A year that was prepared; the permits of one that nobody prepared, or only prepared, take over at New Year."""

    year: int
    state: SeriesState
    effective_at: datetime
    overlap_until: datetime
    prepared_by: str
    prepared_at: datetime
    changed_by: str
    changed_at: datetime

    @classmethod
    def of(cls, row: PermitSeries) -> "SeriesOut":
        return cls(
            year=row.year,
            state=row.state,
            effective_at=row.effective_at,
            overlap_until=row.overlap_until,
            prepared_by=row.prepared_by,
            prepared_at=row.prepared_at,
            changed_by=row.changed_by,
            changed_at=row.changed_at,
        )


class DifferenceOut(BaseModel):
    """Vehicles of the reader's compounds; `changed`: those whose permit says something else, or whose plate changed."""

    before: int
    after: int
    same: int
    gained: int
    lost: int
    changed: int


class YearOut(BaseModel):
    series: SeriesOut | None
    difference: DifferenceOut


class PreparedOut(BaseModel):
    renewed: int
    temporary: int
    """Not renewed."""
    units_over_quota: int
    """Of which none was renewed."""
    applied_for: int
    """Not renewed: the application leads to a permit."""
    ground_over: int
    """Not renewed: the tenancy or project is over by then."""


class ActivationIn(BaseModel):
    effective_at: AwareDatetime | None = None
    """None: now."""
    overlap_days: int = Field(default=0, ge=0, le=series.MOST_OVERLAP_DAYS)


@router.get("/{year}", responses=problems())
def get_year(year: Year, reader: Reader, work: RegistryWork) -> YearOut:
    found = difference(work.session, year, sites_of(work.session, reader, Permission.REGISTRY_READ))
    record_listing(work, reader, "permits", Query.ALL, rows=found.after)
    row = work.session.get(PermitSeries, year)
    return YearOut(
        series=None if row is None else SeriesOut.of(row),
        difference=DifferenceOut(
            before=found.before,
            after=found.after,
            same=found.same,
            gained=len(found.gained),
            lost=len(found.lost),
            changed=len(found.changed),
        ),
    )


@router.post("/{year}/preparation", responses=problems(Forbidden))
def prepare(year: Year, officer: Approver, work: RegistryWork) -> PreparedOut:
    """Renew the lasting permits of the year before that have none of this one."""
    require_all_sites(officer)
    found = series.prepare(work.session, year, by=officer.name, now=work.now)
    return PreparedOut(
        renewed=len(found.permits),
        temporary=found.temporary,
        units_over_quota=len(found.over_quota),
        applied_for=found.applied_for,
        ground_over=found.ground_over,
    )


@router.post("/{year}/activation", responses=problems(Forbidden, NotFound, Conflict))
def activate(year: Year, body: ActivationIn, officer: Approver, work: RegistryWork) -> SeriesOut:
    require_all_sites(officer)
    row = series.activate(
        work.session,
        year,
        effective_at=body.effective_at,
        overlap_days=body.overlap_days,
        by=officer.name,
        now=work.now,
    )
    return SeriesOut.of(row)


@router.post("/{year}/rollback", responses=problems(Forbidden, NotFound, Conflict))
def roll_back(year: Year, officer: Approver, work: RegistryWork) -> SeriesOut:
    """Let the year before go on."""
    require_all_sites(officer)
    return SeriesOut.of(series.roll_back(work.session, year, by=officer.name, now=work.now))


def require_all_sites(officer: Principal) -> None:
    """A year of permits is one for all compounds.

    Raises:
        SeriesOfAllSites: the officer approves permits at some only.

    """
    if not isinstance(officer.sites(Permission.PERMITS_APPROVE), AllSites):
        raise series.SeriesOfAllSites("Ask the security office that answers for all compounds.")
