"""`/api/registry/rooms/{id}/checks`, the risk class of a room, and the rooms that are overdue."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.housing import checks, queries, service
from registry.housing.api import BuildingOut, RoomOut
from registry.housing.models import CheckKind, CheckOutcome, RiskClass, RoomCheck, RoomUse
from registry.ids import BuildingId, RoomId, SiteId, UnitId
from registry.problems import Conflict, NotFound, problems
from registry.readings import Query, record_listing, record_reading
from registry.sites.queries import local_day, zone_of
from registry.sites.scope import sites_of
from registry.web.dependencies import RegistryWork

router = APIRouter(prefix="/api/registry", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.REGISTRY_WRITE))]
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class BuildingIn(BaseModel):
    """`short`: what stands before a room's number."""

    site: SiteId
    short: Short
    name_zh: Name
    name_en: Name


class RoomIn(BaseModel):
    """`unit`: whose office it is."""

    building: BuildingId
    floor: int = Field(ge=-9, le=99)
    number: Short
    use: RoomUse = RoomUse.DWELLING
    unit: UnitId | None = None


class RiskIn(BaseModel):
    """None: it is not checked at intervals."""

    risk: RiskClass | None


class CheckIn(BaseModel):
    """What was done, when, and what was found."""

    kind: CheckKind
    at: AwareDatetime
    outcome: CheckOutcome
    words: str | None = Field(default=None, max_length=500)


class CheckOut(BaseModel):
    """A check or a visit; `photo`: its picture in the media store."""

    id: UUID
    kind: CheckKind
    at: datetime
    by: str
    outcome: CheckOutcome
    words: str | None
    photo: UUID | None

    @classmethod
    def of(cls, check: RoomCheck) -> "CheckOut":
        return cls(
            id=check.id,
            kind=check.kind,
            at=check.at,
            by=check.by,
            outcome=check.outcome,
            words=check.words,
            photo=check.photo,
        )


class OverdueRoom(BaseModel):
    """A let room whose check is overdue; `due` was the last day in time."""

    room: RoomId
    name: str
    site: SiteId
    risk: RiskClass | None
    last_at: datetime | None
    due: date


@router.post("/buildings", status_code=201, responses=problems(NotFound, Conflict))
def add_building(body: BuildingIn, clerk: Writer, work: RegistryWork) -> BuildingOut:
    clerk.require(Permission.REGISTRY_WRITE, body.site)
    new = service.NewBuilding(**body.model_dump())
    return BuildingOut.of(service.add_building(work.session, new, by=clerk.name, now=work.now))


@router.post("/rooms", status_code=201, responses=problems(NotFound, Conflict))
def add_room(body: RoomIn, clerk: Writer, work: RegistryWork) -> RoomOut:
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    new = service.NewRoom(
        building_id=body.building, floor=body.floor, number=body.number, use=body.use, unit_id=body.unit
    )
    added = service.add_room(work.session, new, within=where, by=clerk.name, now=work.now)
    return RoomOut.of(queries.room(work.session, added.id, where, today=local_day(work.session, where, work.now)))


@router.put("/rooms/{room_id}/risk", responses=problems(NotFound))
def set_risk(room_id: RoomId, body: RiskIn, clerk: Writer, work: RegistryWork) -> RiskIn:
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    room = checks.set_risk(work.session, room_id, body.risk, within=where, by=clerk.name, now=work.now)
    return RiskIn(risk=room.risk)


@router.post("/rooms/{room_id}/checks", status_code=201, responses=problems(NotFound))
def record_check(room_id: RoomId, body: CheckIn, clerk: Writer, work: RegistryWork) -> CheckOut:
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    new = checks.NewCheck(room_id=room_id, kind=body.kind, at=body.at, outcome=body.outcome, words=body.words)
    return CheckOut.of(checks.record_check(work.session, new, within=where, by=clerk.name, now=work.now))


@router.get("/rooms/{room_id}/checks", responses=problems(NotFound))
def list_checks(room_id: RoomId, reader: Reader, work: RegistryWork) -> list[CheckOut]:
    """The newest fifty."""
    where = sites_of(work.session, reader, Permission.REGISTRY_READ)
    room = queries.room(work.session, room_id, where, today=local_day(work.session, where, work.now))
    record_reading(work, reader, "room-read", f"room:{room_id}", [room.building.site])
    return [CheckOut.of(check) for check in checks.checks_of(work.session, room_id)]


@router.get("/overdue-rooms", responses=problems())
def list_overdue(reader: Reader, work: RegistryWork) -> list[OverdueRoom]:
    """Let rooms whose check is overdue today, the longest first."""
    where = sites_of(work.session, reader, Permission.REGISTRY_READ)
    zone = zone_of(work.session, where)
    rows = checks.overdue(work.session, where, today=work.now.astimezone(zone).date(), zone=zone)
    record_listing(work, reader, "overdue-rooms", Query.ALL, rows=len(rows))
    return [
        OverdueRoom(
            room=one.room.id,
            name=one.name,
            site=one.building.site,
            risk=one.room.risk,
            last_at=one.last_at,
            due=one.due,
        )
        for one in rows
    ]
