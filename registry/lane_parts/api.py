"""`/api/registry/sites/{site}/lanes/{lane}/parts`: what a lane has. Read with the registry, changed by whoever manages devices."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel

from registry.access.parts import OsdpSettings, PartRole, PartSettings
from registry.audit.chain import record
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import NAME_PATTERN, GateId, LaneId
from registry.keyring import Keys
from registry.lane_parts import queries, service
from registry.lane_parts.keys import channel_key
from registry.problems import NotFound, problems
from registry.revisions.service import ChangedMeanwhile, revision_of
from registry.sites import gates
from registry.sites.gates_api import Revision
from registry.sites.models import Lane
from registry.sites.plan_api import AtSite
from registry.store import Work
from registry.web.dependencies import RegistryReading, RegistryWork

router = APIRouter(prefix="/api/registry/sites/{site}/lanes/{lane}", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
Manager = Annotated[Principal, Depends(requires(Permission.DEVICES_MANAGE))]
InPath = Annotated[str, Path(pattern=f"^{NAME_PATTERN}$")]
Position = Annotated[int, Path(ge=1, le=2)]


class PartOut(BaseModel):
    role: PartRole
    position: int
    settings: PartSettings


class LaneParts(BaseModel):
    opens_on_fire: bool
    parts: list[PartOut]
    revision: int


class PartChange(BaseModel):
    settings: PartSettings
    revision: Revision


class OnFire(BaseModel):
    opens_on_fire: bool
    revision: Revision


class Removal(BaseModel):
    revision: Revision


class ChannelKey(BaseModel):
    """What is put into the peripheral when it is installed."""

    key: str


@router.get("/parts", responses=problems(NotFound))
def list_parts(site: AtSite, lane: InPath, reader: Reader, work: RegistryReading) -> LaneParts:
    reader.require(Permission.REGISTRY_READ, site)
    return _parts(work, gates.lane_of(work.session, site, LaneId(lane)))


@router.put("/parts/{role}/{position}", responses=problems(NotFound, ChangedMeanwhile))
def set_part(
    *,
    site: AtSite,
    lane: InPath,
    role: PartRole,
    position: Position,
    body: PartChange,
    manager: Manager,
    work: RegistryWork,
) -> LaneParts:
    manager.require(Permission.DEVICES_MANAGE, site)
    row = gates.lane_of(work.session, site, LaneId(lane))
    service.set_part(
        work.session, row, role, position, body.settings, read=body.revision, by=manager.name, now=work.now
    )
    return _parts(work, row)


@router.post("/parts/{role}/{position}/removal", responses=problems(NotFound, ChangedMeanwhile))
def remove_part(
    *,
    site: AtSite,
    lane: InPath,
    role: PartRole,
    position: Position,
    body: Removal,
    manager: Manager,
    work: RegistryWork,
) -> LaneParts:
    manager.require(Permission.DEVICES_MANAGE, site)
    row = gates.lane_of(work.session, site, LaneId(lane))
    service.remove_part(work.session, row, role, position, read=body.revision, by=manager.name, now=work.now)
    return _parts(work, row)


@router.put("/on-fire", responses=problems(NotFound, ChangedMeanwhile))
def open_on_fire(*, site: AtSite, lane: InPath, body: OnFire, manager: Manager, work: RegistryWork) -> LaneParts:
    manager.require(Permission.DEVICES_MANAGE, site)
    row = gates.lane_of(work.session, site, LaneId(lane))
    service.open_on_fire(work.session, row, opens=body.opens_on_fire, read=body.revision, by=manager.name, now=work.now)
    return _parts(work, row)


@router.post("/parts/{role}/{position}/key", responses=problems(NotFound))
def show_key(
    *, site: AtSite, lane: InPath, role: PartRole, position: Position, manager: Manager, work: RegistryWork, keys: Keys
) -> ChannelKey:
    """Show the key of an OSDP peripheral's secure channel to whoever installs it; that it was shown is written down."""
    manager.require(Permission.DEVICES_MANAGE, site)
    row = gates.lane_of(work.session, site, LaneId(lane))
    part = next(
        (
            each
            for each in queries.parts_of(work.session, [GateId(row.gate)])
            if (each.lane, each.role, each.position) == (row.id, role, position)
        ),
        None,
    )
    if part is None or not isinstance(part.settings, OsdpSettings):
        raise service.NoSuchPart
    record(
        work.session,
        actor=manager.name,
        action="lane-part-key-shown",
        site=site,
        subject=f"gate:{row.gate}",
        facts={"parts": [service.told(part)], "lane": row.id},
        now=work.now,
    )
    return ChannelKey(key=channel_key(keys.device_key, part.settings).hex())


def _parts(work: Work, lane: Lane) -> LaneParts:
    return LaneParts(
        opens_on_fire=lane.opens_on_fire,
        parts=[
            PartOut(role=part.role, position=part.position, settings=part.settings)
            for part in queries.parts_of(work.session, [GateId(lane.gate)])
            if part.lane == lane.id
        ],
        revision=revision_of(work.session, service.subject_of(lane.id)),
    )
