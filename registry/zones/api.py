"""`/api/registry/zones`."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.devices.facts import ZoneKind
from registry.ids import SiteId, ZoneId
from registry.listing import Listing
from registry.problems import problems
from registry.sites.scope import sites_of
from registry.web.dependencies import RegistryReading
from registry.zones import queries
from registry.zones.models import Zone

router = APIRouter(prefix="/api/registry/zones", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.DEVICES_READ))]


class MemberOut(BaseModel):
    device: str
    region: str | None


class ZoneOut(BaseModel):
    id: ZoneId
    site: SiteId
    name_zh: str
    name_en: str
    kind: ZoneKind
    members: list[MemberOut]

    @classmethod
    def of(cls, zone: Zone) -> "ZoneOut":
        return cls(
            id=zone.id,
            site=zone.site,
            name_zh=zone.name_zh,
            name_en=zone.name_en,
            kind=zone.kind,
            members=[
                MemberOut(device=f"{member.site}/{member.kind}/{member.name}", region=member.region or None)
                for member in zone.members
            ],
        )


@router.get("", responses=problems())
def list_zones(reader: Reader, work: RegistryReading) -> Listing[ZoneOut]:
    where = sites_of(work.session, reader, Permission.DEVICES_READ)
    return Listing(items=[ZoneOut.of(zone) for zone in queries.zones(work.session, where)], next=None)
