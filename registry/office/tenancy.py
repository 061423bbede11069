"""`/registry/tenancies/<id>`: who lives there, what rests on it, and its beginning and end."""

from datetime import date
from functools import partial
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.clock import Instant
from registry.credentials.grounds import over_from
from registry.credentials.rules import Standing, standing
from registry.housing import files, issuing, queries, tenancies, undoing
from registry.ids import PersonId, RoomId, SiteId, TenancyId
from registry.keyring import Keys
from registry.office.forms import BLANK, Sent, Typed, not_before
from registry.office.naming import all_named, one_named
from registry.office.scene import Reader, Writer, go, scene_of, seen_sites
from registry.passes.digests import digest_key
from registry.passes.pins import MadePin
from registry.passes.rules import pass_number
from registry.readings import record_reading
from registry.revisions.service import history, revision_of
from registry.sites.scope import sites_of
from registry.store import Work
from registry.web.dependencies import RegistryReading, RegistryWork
from registry.web.pages import page

router = APIRouter(prefix="/registry", include_in_schema=False)
PROBLEMS_OF_DAYS = {"room-let": "first_day", "period-empty": "last_day", "ends-already": "last_day"}
FormName = Literal["occupant", "file", "pass", "pin", ""]


class LetForm(BaseModel):
    """A tenancy; people as the clerk names them."""

    landlord: str | None = Field(default=None, max_length=60)
    tenant: str = Field(max_length=60)
    occupants: str | None = Field(default=None, max_length=2000)
    first_day: date
    last_day: date | None = None
    clause: bool = False


class EndForm(BaseModel):
    last_day: date
    reason: str = Field(max_length=200)


class OccupantForm(BaseModel):
    occupant: str = Field(max_length=60)


class FileForm(BaseModel):
    person: PersonId
    home: str = Field(max_length=120)
    purpose: str | None = Field(default=None, max_length=120)


class PassForm(BaseModel):
    """`number`: of the card; none: a QR pass."""

    person: PersonId
    number: str | None = Field(default=None, max_length=60)
    until: date


class PinForm(BaseModel):
    """`pin` left empty: one is drawn."""

    person: PersonId
    pin: str | None = Field(default=None, max_length=12, repr=False)
    until: date


@router.get("/rooms/{room_id}/let")
def let_page(request: Request, room_id: RoomId, clerk: Writer, work: RegistryReading) -> HTMLResponse:
    return _let_page(request, room_id, clerk, work, BLANK)


@router.post("/rooms/{room_id}/let", response_model=None)
def begin_tenancy(
    *, request: Request, room_id: RoomId, clerk: Writer, work: RegistryWork, keys: Keys, sent: Sent
) -> Response:
    form = Typed(sent, beside={**PROBLEMS_OF_DAYS, "own-landlord": "landlord"})
    where, session = _written(work, clerk), work.session
    with form.trying(session):
        one = partial(one_named, session, keys.identity, sites=where)
        several = partial(all_named, session, keys.identity, sites=where)
        last_day = not_before(form, "first_day")
        fields = form.read(LetForm, tenant=one, landlord=one, occupants=several, last_day=last_day)
        new = tenancies.NewTenancy(
            room_id=room_id,
            landlord_id=one(fields.landlord) if fields.landlord else None,
            tenant_id=one(fields.tenant),
            occupants=several(fields.occupants or ""),
            first_day=fields.first_day,
            last_day=fields.last_day,
            has_clause=fields.clause,
        )
        begun = tenancies.begin_tenancy(session, new, within=where, by=clerk.name, now=work.now)
        return go(f"/registry/tenancies/{begun.id}")
    return _let_page(request, room_id, clerk, work, form)


@router.get("/tenancies/{tenancy_id}")
def tenancy_page(request: Request, tenancy_id: TenancyId, reader: Reader, work: RegistryWork) -> HTMLResponse:
    where = seen_sites(work.session, reader)
    let = queries.tenancy(work.session, tenancy_id, where)
    site = queries.site_of(work.session, let.tenancy.room_id)
    record_reading(work, reader, "tenancy-read", tenancies.subject_of(tenancy_id), [site])
    return _tenancy_page(request, tenancy_id, reader, work)


@router.post("/tenancies/{tenancy_id}/occupants", response_model=None)
def add_occupant(
    *, request: Request, tenancy_id: TenancyId, clerk: Writer, work: RegistryWork, keys: Keys, sent: Sent
) -> Response:
    slugs = ("nobody-named", "several-named", "lives-there-already")
    form, where = Typed(sent, beside=dict.fromkeys(slugs, "occupant")), _written(work, clerk)
    with form.trying(work.session):
        fields = form.read(OccupantForm)
        person = one_named(work.session, keys.identity, fields.occupant, where)
        tenancies.add_occupant(work.session, tenancy_id, person, within=where, by=clerk.name, now=work.now)
        return go(f"/registry/tenancies/{tenancy_id}")
    return _tenancy_page(request, tenancy_id, clerk, work, form, sent_by="occupant")


@router.post("/tenancies/{tenancy_id}/occupants/{person_id}/leaving")
def remove_occupant(tenancy_id: TenancyId, person_id: PersonId, clerk: Writer, work: RegistryWork) -> Response:
    where = _written(work, clerk)
    tenancies.remove_occupant(work.session, tenancy_id, person_id, within=where, by=clerk.name, now=work.now)
    return go(f"/registry/tenancies/{tenancy_id}")


@router.post("/tenancies/{tenancy_id}/files", response_model=None)
def register_arrival(
    request: Request, tenancy_id: TenancyId, clerk: Writer, work: RegistryWork, sent: Sent
) -> Response:
    form = Typed(sent, beside={"home-missing": "home"})
    with form.trying(work.session):
        fields = form.read(FileForm)
        new = files.NewFile(tenancy_id=tenancy_id, person_id=fields.person, home=fields.home, purpose=fields.purpose)
        files.register_arrival(work.session, new, within=_written(work, clerk), by=clerk.name, now=work.now)
        return go(f"/registry/tenancies/{tenancy_id}")
    return _tenancy_page(request, tenancy_id, clerk, work, form, sent_by="file")


@router.post("/tenancies/{tenancy_id}/passes", response_model=None)
def issue_pass(request: Request, tenancy_id: TenancyId, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    form = Typed(
        sent,
        beside={
            "outlives-ground": "until",
            "moment-too-far": "until",
            "period-empty": "until",
            "no-card-number": "number",
            "card-in-use": "number",
            "held-elsewhere": "number",
        },
    )
    with form.trying(work.session):
        fields = form.read(PassForm)
        issuing.issue_on_tenancy(
            work.session,
            tenancy_id,
            fields.person,
            last_day=fields.until,
            card_number=fields.number,
            within=_written(work, clerk),
            by=clerk.name,
            now=work.now,
        )
        return go(f"/registry/tenancies/{tenancy_id}")
    return _tenancy_page(request, tenancy_id, clerk, work, form, sent_by="pass")


@router.post("/tenancies/{tenancy_id}/pins")
def issue_pin(
    *, request: Request, tenancy_id: TenancyId, clerk: Writer, work: RegistryWork, keys: Keys, sent: Sent
) -> HTMLResponse:
    """The answer shows the PIN, this once."""
    beside = {"outlives-ground": "until", "moment-too-far": "until", "period-empty": "until", "pin-not-usable": "pin"}
    form = Typed(sent, beside=beside)
    with form.trying(work.session):
        fields = form.read(PinForm)
        made = issuing.issue_pin_on_tenancy(
            work.session,
            tenancy_id,
            fields.person,
            last_day=fields.until,
            pin=fields.pin,
            key=digest_key(keys.device_key),
            within=_written(work, clerk),
            by=clerk.name,
            now=work.now,
        )
        return _tenancy_page(request, tenancy_id, clerk, work, made=made)
    return _tenancy_page(request, tenancy_id, clerk, work, form, sent_by="pin")


@router.get("/tenancies/{tenancy_id}/end")
def end_page(request: Request, tenancy_id: TenancyId, clerk: Writer, work: RegistryWork) -> HTMLResponse:
    let = queries.tenancy(work.session, tenancy_id, _written(work, clerk))
    site = queries.site_of(work.session, let.tenancy.room_id)
    record_reading(work, clerk, "tenancy-read", tenancies.subject_of(tenancy_id), [site])
    return _end_page(request, tenancy_id, clerk, work, BLANK)


@router.post("/tenancies/{tenancy_id}/end", response_model=None)
def end_tenancy(request: Request, tenancy_id: TenancyId, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    form = Typed(sent, beside={**PROBLEMS_OF_DAYS, "moment-too-far": "last_day", "reason-missing": "reason"})
    with form.trying(work.session):
        fields = form.read(EndForm)
        tenancies.end_tenancy(
            work.session,
            tenancy_id,
            fields.last_day,
            reason=fields.reason,
            read=form.revision,
            within=_written(work, clerk),
            by=clerk.name,
            now=work.now,
        )
        return go(f"/registry/tenancies/{tenancy_id}")
    return _end_page(request, tenancy_id, clerk, work, form)


@router.post("/tenancies/{tenancy_id}/end/undoing", response_model=None)
def undo_ending(request: Request, tenancy_id: TenancyId, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    form = Typed(sent)
    with form.trying(work.session):
        undoing.undo_ending(work.session, tenancy_id, within=_written(work, clerk), by=clerk.name, now=work.now)
        return go(f"/registry/tenancies/{tenancy_id}")
    return _tenancy_page(request, tenancy_id, clerk, work, form)


@router.post("/tenancies/{tenancy_id}/withdrawal", response_model=None)
def withdraw_tenancy(
    request: Request, tenancy_id: TenancyId, clerk: Writer, work: RegistryWork, sent: Sent
) -> Response:
    form = Typed(sent)
    with form.trying(work.session):
        room = tenancies.withdraw_tenancy(
            work.session, tenancy_id, within=_written(work, clerk), by=clerk.name, now=work.now
        )
        return go(f"/registry/rooms/{room}")
    return _tenancy_page(request, tenancy_id, clerk, work, form)


@router.get("/files/{file_id}")
def file_page(request: Request, file_id: UUID, reader: Reader, work: RegistryWork) -> HTMLResponse:
    """The residence file of one person, to be printed."""
    where = seen_sites(work.session, reader)
    told = queries.file(work.session, file_id, where)
    subject = f"residence-file:{file_id}"
    record_reading(work, reader, "residence-file-read", subject, [told.listed.building.site])
    scene = scene_of(work.session, reader, work.now)
    return page(request, "registry/residence_file.html", tab="rooms", told=told, scene=scene)


def _let_page(request: Request, room_id: RoomId, clerk: Principal, work: Work, form: Typed) -> HTMLResponse:
    scene = scene_of(work.session, clerk, work.now)
    return page(
        request,
        "registry/let.html",
        status=form.status,
        headers=form.headers,
        tab="rooms",
        listed=queries.room(work.session, room_id, _written(work, clerk), today=scene.today),
        form=form,
        scene=scene,
    )


def _end_page(request: Request, tenancy_id: TenancyId, clerk: Principal, work: Work, form: Typed) -> HTMLResponse:
    scene, where = scene_of(work.session, clerk, work.now), _written(work, clerk)
    let = queries.tenancy(work.session, tenancy_id, where)
    return page(
        request,
        "registry/tenancy_end.html",
        status=form.status,
        headers=form.headers,
        tab="rooms",
        let=let,
        listed=queries.room(work.session, let.tenancy.room_id, where, today=scene.today),
        ending=tenancies.what_ending_takes(work.session, tenancy_id, within=where),
        usual_last_day=max(let.days.first, min(scene.today, let.days.last or scene.today)),
        revision=revision_of(work.session, tenancies.subject_of(tenancy_id)),
        form=form,
        scene=scene,
    )


def _tenancy_page(
    request: Request,
    tenancy_id: TenancyId,
    reader: Principal,
    work: Work,
    form: Typed = BLANK,
    *,
    sent_by: FormName = "",
    made: MadePin | None = None,
) -> HTMLResponse:
    session, now = work.session, work.now
    where = seen_sites(session, reader)
    let = queries.tenancy(session, tenancy_id, where)
    scene = scene_of(session, reader, now)
    listed = queries.room(session, let.tenancy.room_id, where, today=scene.today)
    over = over_from(let.tenancy.end_day, let.tenancy.ended_at, scene.zone)
    told = files.files_by_person(session, tenancy_id)
    return page(
        request,
        "registry/tenancy.html",
        status=form.status,
        headers={"Cache-Control": "no-store", **form.headers},
        made=made,
        tab="rooms",
        let=let,
        listed=listed,
        is_over=over is not None and over <= now,
        may_change=reader.may(Permission.REGISTRY_WRITE, listed.building.site),
        files=told,
        passes=issuing.passes_on(session, tenancy_id),
        standing_of=partial(_standing, now=now),
        pass_number=pass_number,
        can_be_undone=undoing.can_be_undone(session, tenancy_id),
        is_built_on=tenancies.is_built_on(session, let.tenancy),
        history=history(session, tenancies.subject_of(tenancy_id)),
        until=issuing.usual_last_day(let, scene.today),
        seen=where,
        form=form,
        blank=BLANK,
        sent_by=sent_by,
        scene=scene,
    )


def _standing(one: issuing.Shown, *, now: Instant) -> Standing:
    return standing(one.status, one.valid_from, one.valid_until, now)


def _written(work: Work, clerk: Principal) -> frozenset[SiteId]:
    return sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
