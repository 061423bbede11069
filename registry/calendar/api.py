"""`/api/registry/calendar`."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from registry.access.facts import DayKind
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.calendar import service
from registry.calendar.reading import NotableDay, year_of
from registry.credentials.period import EARLIEST, LATEST
from registry.ids import SiteId
from registry.problems import Conflict, NotFound, problems
from registry.sites.queries import require_sites
from registry.sites.scope import sites_of
from registry.web.dependencies import RegistryWork

router = APIRouter(prefix="/api/registry/calendar", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.REGISTRY_WRITE))]
YearNumber = Annotated[int, Path(ge=EARLIEST.year, le=LATEST.year - 1)]
Name = Annotated[str, Field(max_length=service.LONGEST_NAME)]


class DayOut(BaseModel):
    """A day that is not what its weekday says. `hours_of`: the weekday whose hours hold at the gates, 0 is Monday."""

    day: date
    kind: DayKind
    name_zh: str
    name_en: str
    set_here: bool
    hours_of: int

    @classmethod
    def of(cls, day: NotableDay) -> "DayOut":
        return cls(
            day=day.day,
            kind=day.kind,
            name_zh=day.name_zh,
            name_en=day.name_en,
            set_here=day.set_by is not None,
            hours_of=day.hours_of,
        )


class YearOut(BaseModel):
    """`known` false: the year's public holidays are not announced; but for the days here its weeks count as ordinary ones."""

    site: SiteId
    year: int
    known: bool
    days: list[DayOut]


class DayIn(BaseModel):
    """`name_en` left out: as in Chinese."""

    kind: DayKind
    name_zh: Name = Field(min_length=1)
    name_en: Name = ""


@router.get("/{site}/{year}", responses=problems(NotFound))
def get_year(site: SiteId, year: YearNumber, reader: Reader, work: RegistryWork) -> YearOut:
    reader.require(Permission.REGISTRY_READ, site)
    require_sites(work.session, [site])
    found = year_of(work.session, site, year)
    days = [DayOut.of(day) for day in found.days.values()]
    return YearOut(site=site, year=year, known=found.is_known, days=days)


@router.put("/{site}/days/{day}", responses=problems(NotFound, Conflict))
def set_day(site: SiteId, day: date, body: DayIn, clerk: Writer, work: RegistryWork) -> DayOut:
    within = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    service.set_day(
        work.session,
        site,
        day,
        body.kind,
        name_zh=body.name_zh,
        name_en=body.name_en,
        within=within,
        by=clerk.name,
        now=work.now,
    )
    return DayOut.of(year_of(work.session, site, day.year).days[day])


@router.delete("/{site}/days/{day}", status_code=204, responses=problems(NotFound, Conflict))
def clear_day(site: SiteId, day: date, clerk: Writer, work: RegistryWork) -> None:
    """Let the day be again what the public calendar says."""
    within = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    service.clear_day(work.session, site, day, within=within, by=clerk.name, now=work.now)
