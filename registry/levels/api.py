"""`/api/registry/levels`."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from registry.access.facts import HolidayRule
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import GateId, LevelId, SiteId
from registry.levels import queries, service
from registry.levels.models import AccessLevel
from registry.levels.rules import DAY, Window, minute_text
from registry.listing import DEFAULT_LIMIT, Limit, Listing, Words, page_of
from registry.problems import Conflict, NotFound, problems
from registry.sites.scope import sites_of
from registry.web.dependencies import RegistryWork

router = APIRouter(prefix="/api/registry/levels", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.REGISTRY_WRITE))]
Name = Annotated[str, Field(max_length=service.LONGEST_NAME)]


class WindowBody(BaseModel):
    """Hours of one weekday, 0 is Monday, in the site's time; what ends no later than it begins ends on the next day."""

    weekday: int = Field(ge=0, le=6)
    begins: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    ends: str = Field(
        pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", description="24:00 is the midnight that ends the day"
    )

    @classmethod
    def of(cls, window: Window) -> "WindowBody":
        return cls(
            weekday=window.weekday, begins=minute_text(window.begins_minute), ends=minute_text(window.ends_minute)
        )

    def window(self) -> Window:
        begins, ends = (int(text[:2]) * 60 + int(text[3:]) for text in (self.begins, self.ends))
        return Window(self.weekday, begins, ends or DAY)


class LevelBody(BaseModel):
    """`name_en` left out: as in Chinese. `gates` are of the level's site."""

    name_zh: Name = Field(min_length=1)
    name_en: Name = ""
    gates: set[GateId] = Field(min_length=1, max_length=100)
    windows: list[WindowBody] = Field(min_length=1, max_length=service.MOST_WINDOWS)
    holidays: HolidayRule

    def fields(self) -> service.LevelFields:
        return service.LevelFields(
            name_zh=self.name_zh,
            name_en=self.name_en,
            gates=frozenset(self.gates),
            windows=tuple(each.window() for each in self.windows),
            holidays=self.holidays,
        )


class LevelIn(LevelBody):
    site: SiteId


class LevelOut(BaseModel):
    id: LevelId
    site: SiteId
    name_zh: str
    name_en: str
    gates: list[GateId]
    windows: list[WindowBody]
    holidays: HolidayRule

    @classmethod
    def of(cls, row: AccessLevel) -> "LevelOut":
        return cls(
            id=row.id,
            site=row.site,
            name_zh=row.name_zh,
            name_en=row.name_en,
            gates=sorted(each.gate for each in row.gates),
            windows=[WindowBody.of(each) for each in queries.windows_of(row)],
            holidays=row.holidays,
        )


@router.get("", responses=problems())
def list_levels(
    *,
    reader: Reader,
    work: RegistryWork,
    q: Words = "",
    cursor: LevelId | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listing[LevelOut]:
    where = sites_of(work.session, reader, Permission.REGISTRY_READ)
    rows = queries.levels(work.session, where, words=q.strip(), after=cursor, limit=limit + 1)
    return page_of(rows, limit, out=LevelOut.of, cursor=lambda row: str(row.id))


@router.post("", status_code=201, responses=problems(NotFound, Conflict))
def add_level(body: LevelIn, clerk: Writer, work: RegistryWork) -> LevelOut:
    within = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    level = service.NewLevel(site=body.site, fields=body.fields())
    return LevelOut.of(service.add_level(work.session, level, within=within, by=clerk.name, now=work.now))


@router.get("/{level_id}", responses=problems(NotFound))
def get_level(level_id: LevelId, reader: Reader, work: RegistryWork) -> LevelOut:
    where = sites_of(work.session, reader, Permission.REGISTRY_READ)
    return LevelOut.of(queries.level(work.session, level_id, where))


@router.put("/{level_id}", responses=problems(NotFound, Conflict))
def change_level(level_id: LevelId, body: LevelBody, clerk: Writer, work: RegistryWork) -> LevelOut:
    within = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    changed = service.change_level(work.session, level_id, body.fields(), within=within, by=clerk.name, now=work.now)
    return LevelOut.of(changed)


@router.delete("/{level_id}", status_code=204, responses=problems(NotFound, Conflict))
def remove_level(level_id: LevelId, clerk: Writer, work: RegistryWork) -> None:
    """Do away with a level that nobody has."""
    within = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    service.remove_level(work.session, level_id, within=within, by=clerk.name, now=work.now)
