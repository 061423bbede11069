"""`/api/registry/sites`, `/api/registry/gates`."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from registry.access.facts import Direction
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import AreaId, GateId, LaneId, SiteId
from registry.listing import Listing
from registry.problems import NotFound, problems
from registry.sites import queries
from registry.sites.models import Gate, Site
from registry.sites.scope import sites_of
from registry.web.dependencies import RegistryReading

router = APIRouter(prefix="/api/registry", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]


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
