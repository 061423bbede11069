"""`/registry/rooms`: buildings and rooms, and a room's page with its tenancies and checks."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi import Query as InQuery
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.counting import total_of
from registry.housing import checks, queries, service
from registry.housing.models import CheckKind, CheckOutcome, RiskClass, RoomUse
from registry.housing.rules import check_due
from registry.ids import BuildingId, RoomId, SiteId, UnitId
from registry.listing import Words
from registry.office.forms import BLANK, Sent, Typed
from registry.office.scene import PAGE_ROWS, Reader, Writer, go, scene_of, seen_sites
from registry.readings import Query, record_listing, record_reading
from registry.sites.scope import sites_of
from registry.store import Work
from registry.units.queries import all_units
from registry.web.dependencies import RegistryReading, RegistryWork
from registry.web.pages import page

router = APIRouter(prefix="/registry/rooms", include_in_schema=False)


class RoomForm(BaseModel):
    building: BuildingId
    floor: int = Field(ge=-9, le=99)
    number: str = Field(max_length=20)
    use: RoomUse
    unit: UnitId | None = None


class BuildingForm(BaseModel):
    site: SiteId
    short: str = Field(max_length=20)
    name_zh: str = Field(max_length=80)
    name_en: str = Field(max_length=80)


@router.get("")
def rooms_page(
    *,
    request: Request,
    reader: Reader,
    work: RegistryWork,
    q: Words = "",
    site: Annotated[str, InQuery(max_length=40)] = "",
    building: UUID | Literal[""] = "",
    floor: Annotated[int, Field(ge=-99, le=199)] | Literal[""] = "",
    use: RoomUse | Literal[""] = "",
    risk: RiskClass | Literal[""] = "",
    cursor: UUID | Literal[""] = "",
) -> HTMLResponse:
    where = seen_sites(work.session, reader)
    scene = scene_of(work.session, reader, work.now)
    if site:
        reader.require(Permission.REGISTRY_READ, SiteId(site))
    there = where & {SiteId(site)} if site else where
    asked: queries.Asked = {
        "today": scene.today,
        "words": q.strip(),
        "building_id": BuildingId(building) if isinstance(building, UUID) else None,
        "floor": floor if isinstance(floor, int) else None,
        "use": use or None,
        "risk": risk or None,
    }
    after = RoomId(cursor) if isinstance(cursor, UUID) else None
    rows = queries.rooms(work.session, there, after=after, limit=PAGE_ROWS + 1, **asked)
    record_listing(work, reader, "rooms", Query.of(q), rows=len(rows[:PAGE_ROWS]))
    return page(
        request,
        "registry/rooms.html",
        tab="rooms",
        q=q,
        site=site,
        building=building,
        floor=floor,
        use=use,
        uses=list(RoomUse),
        risk=risk,
        risks=list(RiskClass),
        buildings=queries.buildings(work.session, there),
        floors=queries.floors(work.session, where, BuildingId(building)) if isinstance(building, UUID) else [],
        choices=[each for each in scene.sites.values() if each.id in where],
        rows=rows[:PAGE_ROWS],
        total=total_of(
            len(rows),
            PAGE_ROWS,
            is_first=after is None,
            words=q.strip(),
            count=lambda: queries.count_rooms(work.session, there, **asked),
        ),
        is_first=after is None,
        following=rows[PAGE_ROWS - 1].room.id if len(rows) > PAGE_ROWS else None,
        scene=scene,
    )


@router.get("/new")
def new_room_page(request: Request, clerk: Writer, work: RegistryReading) -> HTMLResponse:
    return _new_room_page(request, clerk, work, BLANK, BLANK)


@router.post("/new", response_model=None)
def add_room(request: Request, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    form = Typed(sent, beside={"room-exists": "number", "dwelling-of-a-unit": "unit", "no-such-unit": "unit"})
    with form.trying(work.session):
        fields, where = form.read(RoomForm), sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
        new = service.NewRoom(
            building_id=fields.building,
            floor=fields.floor,
            number=fields.number,
            use=fields.use,
            unit_id=fields.unit,
        )
        added = service.add_room(work.session, new, within=where, by=clerk.name, now=work.now)
        return go(f"/registry/rooms/{added.id}")
    return _new_room_page(request, clerk, work, form, BLANK)


@router.post("/buildings", response_model=None)
def add_building(request: Request, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    form = Typed(sent, beside={"building-exists": "short"})
    with form.trying(work.session):
        fields = form.read(BuildingForm)
        clerk.require(Permission.REGISTRY_WRITE, fields.site)
        new = service.NewBuilding(site=fields.site, short=fields.short, name_zh=fields.name_zh, name_en=fields.name_en)
        added = service.add_building(work.session, new, by=clerk.name, now=work.now)
        return go(f"/registry/rooms/new?building={added.id}")
    return _new_room_page(request, clerk, work, BLANK, form)


@router.get("/{room_id}")
def room_page(request: Request, room_id: RoomId, reader: Reader, work: RegistryWork) -> HTMLResponse:
    where = seen_sites(work.session, reader)
    listed = queries.room(work.session, room_id, where, today=scene_of(work.session, reader, work.now).today)
    record_reading(work, reader, "room-read", f"room:{room_id}", [listed.building.site])
    return show_room(request, room_id, reader, work, BLANK)


def show_room(request: Request, room_id: RoomId, reader: Principal, work: Work, form: Typed) -> HTMLResponse:
    """A room's page; `form`: of a check that could not be written down."""
    where = seen_sites(work.session, reader)
    scene = scene_of(work.session, reader, work.now)
    listed = queries.room(work.session, room_id, where, today=scene.today)
    risk, tenancy, done = listed.room.risk, listed.tenancy, checks.checks_of(work.session, room_id)
    counted = (
        scene.day(check.at)
        for check in done
        if check.kind is CheckKind.ROOM_CHECK and check.outcome is not CheckOutcome.NOBODY_THERE
    )
    return page(
        request,
        "registry/room.html",
        status=form.status,
        headers=form.headers,
        tab="rooms",
        listed=listed,
        tenancies=queries.tenancies(work.session, room_id),
        checks=done,
        due=check_due(risk, tenancy.first_day, next(counted, None)) if risk and tenancy else None,
        kinds=list(CheckKind),
        outcomes=list(CheckOutcome),
        risks=list(RiskClass),
        may_change=reader.may(Permission.REGISTRY_WRITE, listed.building.site),
        sees_photo=reader.may(Permission.MEDIA_READ, listed.building.site),
        time_now=work.now.astimezone(scene.zone).strftime("%H:%M"),
        seen=where,
        form=form,
        scene=scene,
    )


def _new_room_page(request: Request, clerk: Principal, work: Work, form: Typed, building_form: Typed) -> HTMLResponse:
    scene, wrong = scene_of(work.session, clerk, work.now), form if form.status != BLANK.status else building_form
    return page(
        request,
        "registry/room_new.html",
        status=wrong.status,
        headers=wrong.headers,
        tab="rooms",
        form=form,
        building_form=building_form,
        buildings=queries.buildings(work.session, [site.id for site in scene.own_sites]),
        chosen=request.query_params.get("building", ""),
        uses=list(RoomUse),
        units=all_units(work.session),
        scene=scene,
    )
