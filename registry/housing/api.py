"""`/api/registry/rooms`."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.housing import queries
from registry.housing.models import Building, RoomUse
from registry.ids import BuildingId, PersonId, RoomId, SiteId, TenancyId
from registry.listing import DEFAULT_LIMIT, Limit, Listing, Words, page_of
from registry.people.api import UnitOut
from registry.people.models import Person
from registry.problems import NotFound, problems
from registry.readings import Query, record_listing, record_reading
from registry.sites.queries import local_day
from registry.sites.scope import sites_of
from registry.web.dependencies import RegistryWork

router = APIRouter(prefix="/api/registry/rooms", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]


class BuildingOut(BaseModel):
    id: BuildingId
    short: str
    name_zh: str
    name_en: str

    @classmethod
    def of(cls, building: Building) -> "BuildingOut":
        return cls(id=building.id, short=building.short, name_zh=building.name_zh, name_en=building.name_en)


class NamedPerson(BaseModel):
    """A person as a tenancy names them; their file is elsewhere."""

    id: PersonId
    name: str

    @classmethod
    def of(cls, person: Person) -> "NamedPerson":
        return cls(id=person.id, name=person.name)


class RoomOut(BaseModel):
    """A room with who has it today."""

    id: RoomId
    site: SiteId
    building: BuildingOut
    floor: int
    number: str
    use: RoomUse
    unit: UnitOut | None
    tenant: NamedPerson | None
    occupants: int

    @classmethod
    def of(cls, listed: queries.Listed) -> "RoomOut":
        room, unit = listed.room, listed.unit
        return cls(
            id=room.id,
            site=listed.building.site,
            building=BuildingOut.of(listed.building),
            floor=room.floor,
            number=room.number,
            use=room.use,
            unit=None if unit is None else UnitOut(id=unit.id, name_zh=unit.name_zh, name_en=unit.name_en),
            tenant=None if listed.tenant is None else NamedPerson.of(listed.tenant),
            occupants=listed.occupants,
        )


class TenancyOut(BaseModel):
    """A tenancy; `last_day` is included, None: until it is ended; `landlord` None: the housing office lets it."""

    id: TenancyId
    first_day: date
    last_day: date | None
    landlord: NamedPerson | None
    tenant: NamedPerson
    occupants: list[NamedPerson]

    @classmethod
    def of(cls, let: queries.Let) -> "TenancyOut":
        return cls(
            id=let.tenancy.id,
            first_day=let.days.first,
            last_day=let.days.last,
            landlord=None if let.landlord is None else NamedPerson.of(let.landlord),
            tenant=NamedPerson.of(let.tenant),
            occupants=[NamedPerson.of(person) for person in let.occupants],
        )


class RoomWithTenancies(RoomOut):
    """A room with everything it was let for, the newest tenancy first."""

    tenancies: list[TenancyOut]


@router.get("", responses=problems(NotFound))
def list_rooms(
    *,
    reader: Reader,
    work: RegistryWork,
    q: Words = "",
    site: SiteId | None = None,
    building: BuildingId | None = None,
    cursor: RoomId | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listing[RoomOut]:
    """Rooms by building and number; search with a number, `3-201`, or part of a tenant's or unit's name."""
    where = sites_of(work.session, reader, Permission.REGISTRY_READ)
    if site is not None:
        reader.require(Permission.REGISTRY_READ, site)
        where = frozenset({site})
    rows = queries.rooms(
        work.session,
        where,
        today=local_day(work.session, where, work.now),
        words=q.strip(),
        building_id=building,
        after=cursor,
        limit=limit + 1,
    )
    record_listing(work, reader, "rooms", Query.of(q), rows=min(len(rows), limit))
    return page_of(rows, limit, out=RoomOut.of, cursor=lambda row: str(row.room.id))


@router.get("/{room_id}", responses=problems(NotFound))
def get_room(room_id: RoomId, reader: Reader, work: RegistryWork) -> RoomWithTenancies:
    where = sites_of(work.session, reader, Permission.REGISTRY_READ)
    listed = queries.room(work.session, room_id, where, today=local_day(work.session, where, work.now))
    record_reading(work, reader, "room-read", f"room:{room_id}", [listed.building.site])
    let = [TenancyOut.of(each) for each in queries.tenancies(work.session, room_id)]
    return RoomWithTenancies(**RoomOut.of(listed).model_dump(), tenancies=let)
