"""`/registry/overdue`: let rooms whose check is overdue; checks and visits are written down, and the risk class set, on the room's page."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from fastapi import Query as InQuery
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.housing import checks, queries
from registry.housing.models import CheckKind, CheckOutcome, RiskClass
from registry.ids import MediaId, RoomId, SiteId
from registry.listing import Words
from registry.media.problems import PictureTooLarge, UnreadablePicture
from registry.media.rules import MediaKind
from registry.office.forms import Sent, Typed
from registry.office.rooms import show_room
from registry.office.scene import Reader, Writer, go, scene_of, seen_sites
from registry.office.waiting import Desk, Waiting
from registry.readings import Query, record_listing
from registry.sites.queries import zone_of
from registry.sites.scope import sites_of
from registry.web.dependencies import RegistryWork, TheParts
from registry.web.pages import page
from registry.web.parts import Parts

router = APIRouter(prefix="/registry", include_in_schema=False)
SHOWN = 200


class CheckForm(BaseModel):
    """The day and time are of the site."""

    kind: CheckKind
    day: date
    at: time
    outcome: CheckOutcome
    words: str | None = Field(default=None, max_length=500)


class RiskForm(BaseModel):
    risk: RiskClass | None = None


def waiting(desk: Desk) -> Iterable[Waiting]:
    """Overdue rooms, and files that nobody cancelled when the tenancy ran out."""
    zone = zone_of(desk.session, desk.sites)
    count = checks.count_overdue(desk.session, desk.sites, today=desk.today, zone=zone)
    yield Waiting(text="housing.waits.overdue", count=count, link="/registry/overdue", urgent=True)
    left = queries.count_left_open(desk.session, desk.sites, today=desk.today)
    yield Waiting(text="housing.waits.files_left", count=left, link="/registry/overdue#files")


@router.get("/overdue")
def overdue_page(
    *,
    request: Request,
    reader: Reader,
    work: RegistryWork,
    q: Words = "",
    site: Annotated[str, InQuery(max_length=40)] = "",
    risk: RiskClass | Literal[""] = "",
) -> HTMLResponse:
    where = seen_sites(work.session, reader)
    scene = scene_of(work.session, reader, work.now)
    if site:
        reader.require(Permission.REGISTRY_READ, SiteId(site))
    asked = where & {SiteId(site)} if site else where
    rows = checks.overdue(work.session, asked, today=scene.today, zone=scene.zone, words=q.strip(), risk=risk or None)
    record_listing(work, reader, "overdue-rooms", Query.of(q), rows=len(rows[:SHOWN]))
    return page(
        request,
        "registry/overdue.html",
        tab="rooms",
        q=q,
        site=site,
        risk=risk,
        risks=list(RiskClass),
        choices=[each for each in scene.sites.values() if each.id in where],
        rows=rows[:SHOWN],
        count=len(rows),
        left=queries.files_left_open(work.session, asked, today=scene.today),
        scene=scene,
    )


@router.post("/rooms/{room_id}/checks", response_model=None)
def record_check(request: Request, room_id: RoomId, clerk: Writer, parts: TheParts, sent: Sent) -> Response:
    """The photo is kept in a transaction of its own, before the check; sent again, it is the same picture."""
    form = Typed(
        sent,
        beside={
            "check-in-future": "day",
            "moment-too-far": "day",
            "check-words-missing": "words",
            "unreadable-picture": "photo",
            "picture-too-large": "photo",
        },
    )
    photo = _kept_photo(parts, clerk, room_id, form)
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        with form.trying(work.session):
            fields = form.read(CheckForm)
            if not form.wrong("photo"):
                zone = scene_of(work.session, clerk, work.now).zone
                new = checks.NewCheck(
                    room_id=room_id,
                    kind=fields.kind,
                    at=datetime.combine(fields.day, fields.at.replace(tzinfo=None), zone),
                    outcome=fields.outcome,
                    words=fields.words,
                    photo=photo,
                )
                where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
                checks.record_check(work.session, new, within=where, by=clerk.name, now=work.now)
                return go(f"/registry/rooms/{room_id}#checks")
        return show_room(request, room_id, clerk, work, form)


def _kept_photo(parts: Parts, clerk: Principal, room_id: RoomId, form: Typed) -> MediaId | None:
    picture = form.file("photo")
    if picture is None:
        return None
    with parts.stores["registry"].read() as session:
        where = sites_of(session, clerk, Permission.REGISTRY_WRITE)
        site = queries.room(session, room_id, where, today=parts.clock.now().date()).building.site
    try:
        return parts.media.put(picture, site=site, kind=MediaKind.PHOTO, by=clerk.name).id
    except (PictureTooLarge, UnreadablePicture) as problem:
        form.keep(problem)
        return None


@router.post("/rooms/{room_id}/risk", response_model=None)
def set_risk(request: Request, room_id: RoomId, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    form = Typed(sent)
    with form.trying(work.session):
        fields, where = form.read(RiskForm), sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
        checks.set_risk(work.session, room_id, fields.risk, within=where, by=clerk.name, now=work.now)
        return go(f"/registry/rooms/{room_id}")
    return show_room(request, room_id, clerk, work, form)
