"""`/api/registry/sites`, `/api/registry/gates`."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, StringConstraints

from registry.access.facts import Direction
from registry.auth.permissions import Permission
from registry.auth.principal import AllSites, Principal
from registry.auth.requires import requires
from registry.clock import DEFAULT_TIMEZONE
from registry.ids import NAME_PATTERN, AreaId, GateId, LaneId, SiteId
from registry.listing import Listing
from registry.problems import NotFound, problems
from registry.sites import beginning, queries
from registry.sites.beginning import SiteOfAllSites
from registry.sites.models import Gate, Site
from registry.sites.scope import sites_of
from registry.sites.service import SiteExists
from registry.web.dependencies import RegistryReading, RegistryWork

router = APIRouter(prefix="/api/registry", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.REGISTRY_WRITE))]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
ShortName = Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")]


class SiteOut(BaseModel):
    id: SiteId
    name_zh: str
    name_en: str
    timezone: str

    @classmethod
    def of(cls, site: Site) -> "SiteOut":
        return cls(id=site.id, name_zh=site.name_zh, name_en=site.name_en, timezone=site.timezone)


class LaneOut(BaseModel):
    id: LaneId
    direction: Direction | None
    from_area: AreaId
    to_area: AreaId
    manned: bool


class GateOut(BaseModel):
    id: GateId
    site: SiteId
    name_zh: str
    name_en: str
    lanes: list[LaneOut]

    @classmethod
    def of(cls, gate: Gate) -> "GateOut":
        lanes = [
            LaneOut(
                id=lane.id,
                direction=lane.direction,
                from_area=lane.from_area,
                to_area=lane.to_area,
                manned=lane.manned,
            )
            for lane in gate.lanes
        ]
        return cls(id=gate.id, site=gate.site, name_zh=gate.name_zh, name_en=gate.name_en, lanes=lanes)


class SiteIn(BaseModel):
    """`id` stays for ever: it is in addresses, topics and the names of gates."""

    id: ShortName
    name_zh: Name
    name_en: Name
    timezone: str = Field(default=DEFAULT_TIMEZONE, min_length=1, max_length=64)


@router.post("/sites", status_code=201, responses=problems(SiteOfAllSites, SiteExists))
def begin_site(body: SiteIn, clerk: Writer, work: RegistryWork) -> SiteOut:
    """Begin a compound, with an area outside and one inside."""
    require_all_sites(clerk)
    site = beginning.begin_site(
        work.session,
        site_id=SiteId(body.id),
        name_zh=body.name_zh,
        name_en=body.name_en,
        timezone=body.timezone,
        by=clerk.name,
        now=work.now,
    )
    return SiteOut.of(site)


def require_all_sites(clerk: Principal) -> None:
    """Refuse a clerk of single compounds.

    Raises:
        SiteOfAllSites: a new compound would not be theirs.

    """
    if not may_begin(clerk):
        raise SiteOfAllSites("Compounds are begun by who keeps the registry of all of them: ask the security office.")


def may_begin(clerk: Principal) -> bool:
    return isinstance(clerk.sites(Permission.REGISTRY_WRITE), AllSites)


@router.get("/sites", responses=problems())
def list_sites(reader: Reader, work: RegistryReading) -> Listing[SiteOut]:
    where = sites_of(work.session, reader, Permission.REGISTRY_READ)
    sites = [SiteOut.of(site) for site in queries.all_sites(work.session) if site.id in where]
    return Listing(items=sites, next=None)


@router.get("/gates", responses=problems(NotFound))
def list_gates(reader: Reader, work: RegistryReading, site: SiteId | None = None) -> Listing[GateOut]:
    where = sites_of(work.session, reader, Permission.REGISTRY_READ)
    if site is not None:
        reader.require(Permission.REGISTRY_READ, site)
        where = frozenset({site})
    return Listing(items=[GateOut.of(gate) for gate in queries.gates(work.session, where)], next=None)
