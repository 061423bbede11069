"""`/api/registry/zones`."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.credentials.bodies import ReasonIn
from registry.devices.facts import ZoneKind
from registry.ids import SiteId, ZoneId
from registry.listing import Listing
from registry.problems import Conflict, NotFound, problems
from registry.sites.scope import sites_of
from registry.web.dependencies import RegistryReading, RegistryWork
from registry.zones import queries, service
from registry.zones.models import Zone

router = APIRouter(prefix="/api/registry/zones", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.DEVICES_READ))]
Armer = Annotated[Principal, Depends(requires(Permission.ALARMS_HANDLE))]


class MemberOut(BaseModel):
    device: str
    region: str | None


class ZoneOut(BaseModel):
    id: ZoneId
    site: SiteId
    name_zh: str
    name_en: str
    kind: ZoneKind
    armed: bool
    members: list[MemberOut]

    @classmethod
    def of(cls, zone: Zone) -> "ZoneOut":
        return cls(
            id=zone.id,
            site=zone.site,
            name_zh=zone.name_zh,
            name_en=zone.name_en,
            kind=zone.kind,
            armed=zone.armed,
            members=[
                MemberOut(device=f"{member.site}/{member.kind}/{member.name}", region=member.region or None)
                for member in zone.members
            ],
        )


@router.get("", responses=problems())
def list_zones(reader: Reader, work: RegistryReading) -> Listing[ZoneOut]:
    where = sites_of(work.session, reader, Permission.DEVICES_READ)
    return Listing(items=[ZoneOut.of(zone) for zone in queries.zones(work.session, where)], next=None)


@router.post("/{zone_id}/arming", responses=problems(NotFound))
def arm_zone(zone_id: ZoneId, operator: Armer, work: RegistryWork) -> ZoneOut:
    where = sites_of(work.session, operator, Permission.ALARMS_HANDLE)
    return ZoneOut.of(service.arm_zone(work.session, zone_id, within=where, by=operator.name, now=work.now))


@router.post("/{zone_id}/disarming", responses=problems(NotFound, Conflict))
def disarm_zone(zone_id: ZoneId, body: ReasonIn, operator: Armer, work: RegistryWork) -> ZoneOut:
    where = sites_of(work.session, operator, Permission.ALARMS_HANDLE)
    return ZoneOut.of(
        service.disarm_zone(work.session, zone_id, within=where, reason=body.reason, by=operator.name, now=work.now)
    )
