"""`/registry/rooms`: the list of rooms, and a room's page with its tenancies."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi import Query as InQuery
from fastapi.responses import HTMLResponse

from registry.auth.permissions import Permission
from registry.housing import queries
from registry.ids import RoomId, SiteId
from registry.listing import Words
from registry.office.scene import PAGE_ROWS, Reader, scene_of, seen_sites
from registry.readings import Query, record_listing, record_reading
from registry.web.dependencies import RegistryWork
from registry.web.pages import page

router = APIRouter(prefix="/registry/rooms", include_in_schema=False)


@router.get("")
def rooms_page(
    *,
    request: Request,
    reader: Reader,
    work: RegistryWork,
    q: Words = "",
    site: Annotated[str, InQuery(max_length=40)] = "",
    cursor: UUID | Literal[""] = "",
) -> HTMLResponse:
    where = seen_sites(work.session, reader)
    scene = scene_of(work.session, reader, work.now)
    if site:
        reader.require(Permission.REGISTRY_READ, SiteId(site))
    rows = queries.rooms(
        work.session,
        where & {SiteId(site)} if site else where,
        today=scene.today,
        words=q.strip(),
        after=RoomId(cursor) if isinstance(cursor, UUID) else None,
        limit=PAGE_ROWS + 1,
    )
    record_listing(work, reader, "rooms", Query.of(q), rows=len(rows[:PAGE_ROWS]))
    return page(
        request,
        "registry/rooms.html",
        tab="rooms",
        q=q,
        site=site,
        choices=[each for each in scene.sites.values() if each.id in where],
        rows=rows[:PAGE_ROWS],
        following=rows[PAGE_ROWS - 1].room.id if len(rows) > PAGE_ROWS else None,
        scene=scene,
    )


@router.get("/{room_id}")
def room_page(request: Request, room_id: RoomId, reader: Reader, work: RegistryWork) -> HTMLResponse:
    where = seen_sites(work.session, reader)
    scene = scene_of(work.session, reader, work.now)
    listed = queries.room(work.session, room_id, where, today=scene.today)
    record_reading(work, reader, "room-read", f"room:{room_id}", [listed.building.site])
    return page(
        request,
        "registry/room.html",
        tab="rooms",
        listed=listed,
        tenancies=queries.tenancies(work.session, room_id),
        seen=where,
        scene=scene,
    )
