"""`/api/registry/sites/{site}/buildings`: buildings of one pattern, laid out at once."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.housing import laying
from registry.housing.laying import Laid, Layout, TooManyRooms
from registry.housing.models import RoomUse
from registry.housing.service import BuildingExists
from registry.problems import NotFound, problems
from registry.sites.plan_api import AtSite
from registry.web.dependencies import RegistryWork

router = APIRouter(prefix="/api/registry/sites/{site}/buildings", tags=["registry"])
Writer = Annotated[Principal, Depends(requires(Permission.REGISTRY_WRITE))]


class LayoutIn(BaseModel):
    """So many buildings, numbered from `first`, each with so many floors and so many rooms on each."""

    first: int = Field(default=1, ge=1, le=9_999)
    buildings: int = Field(ge=1, le=100)
    floors: int = Field(ge=1, le=99)
    rooms: int = Field(ge=1, le=99)
    use: RoomUse = RoomUse.DWELLING

    @property
    def layout(self) -> Layout:
        return Layout(first=self.first, buildings=self.buildings, floors=self.floors, rooms=self.rooms, use=self.use)


class LayoutAsked(LayoutIn):
    """`preview`: only say what would be added."""

    preview: bool = False


class LaidOut(BaseModel):
    """A building; `first_room` and `last_room` with its number before theirs."""

    short: str
    name_zh: str
    name_en: str
    rooms: int
    first_room: str
    last_room: str

    @classmethod
    def of(cls, laid: Laid) -> "LaidOut":
        building = laid.building
        return cls(
            short=building.short,
            name_zh=building.name_zh,
            name_en=building.name_en,
            rooms=len(laid.rooms),
            first_room=f"{building.short}-{laid.rooms[0].number}",
            last_room=f"{building.short}-{laid.rooms[-1].number}",
        )


@router.post("", responses=problems(NotFound, BuildingExists, TooManyRooms))
def lay_out(site: AtSite, body: LayoutAsked, clerk: Writer, work: RegistryWork) -> list[LaidOut]:
    """What was added, or with `preview` would be."""
    clerk.require(Permission.REGISTRY_WRITE, site)
    if body.preview:
        laid = laying.preview(work.session, site, body.layout)
    else:
        laid = laying.lay_out(work.session, site, body.layout, by=clerk.name, now=work.now)
    return [LaidOut.of(each) for each in laid]
