"""`/registry/people`: the list, a new file, and a person's page with all that they carry."""

from functools import partial
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.credentials.rules import reaches_further, standing, steps_from
from registry.ids import CredentialId, PersonId, SiteId, UnitId
from registry.keyring import Keys
from registry.listing import Words
from registry.office.scene import PAGE_ROWS, Reader, Writer, go, scene_of, seen_sites
from registry.passes.models import Card, QrPass
from registry.passes.queries import cards, qr_passes_of
from registry.passes.rules import pass_number
from registry.people import queries, service
from registry.people.api import masked_id_number
from registry.people.identity import may_stand_in_address, searched_number
from registry.people.models import PersonKind
from registry.people.photos import put_photo
from registry.permits.models import PermitClass, VehiclePermit
from registry.permits.queries import permits
from registry.permits.rules import permit_number
from registry.plates.grammar import Plate, parse_plate
from registry.readings import Query, record_listing, record_reading
from registry.sites.scope import sites_of
from registry.store import Work
from registry.units.queries import all_units
from registry.web.dependencies import RegistryReading, RegistryWork, TheParts
from registry.web.pages import page

router = APIRouter(prefix="/registry/people", include_in_schema=False)
MOST_CREDENTIALS = 100


class PersonForm(BaseModel):
    """A new file, as the form sends it: what is left empty is none."""

    site: SiteId
    name: str = Field(max_length=80)
    kind: PersonKind
    unit: UUID | str = ""
    phone: str = Field(default="", max_length=30)
    id_number: str = Field(default="", max_length=30, repr=False)


class SearchForm(BaseModel):
    """Words and, on a later page, where it begins."""

    q: str = Field(default="", max_length=60, repr=False)
    cursor: UUID | Literal[""] = ""


@router.get("")
def people_page(request: Request, reader: Reader, work: RegistryWork, q: Words = "") -> HTMLResponse:
    return _people_page(request, reader, work, q.strip(), id_index=None, after=None)


@router.post("", response_model=None)
def search_people(
    request: Request, reader: Reader, work: RegistryWork, keys: Keys, form: Annotated[SearchForm, Form()]
) -> HTMLResponse | RedirectResponse:
    """A search may hold an ID number, so it does not stand in the address. A plate is looked for among the permits."""
    words = form.q.strip()
    if not _is_typing(request) and isinstance(plate := parse_plate(words), Plate):
        return go(f"/registry/permits?{urlencode({'q': plate.text})}")
    index = keys.identity.index(searched_number(words)) if words else None
    after = form.cursor if isinstance(form.cursor, UUID) else None
    return _people_page(request, reader, work, words, id_index=index, after=after)


def _people_page(
    request: Request, reader: Principal, work: Work, words: str, *, id_index: bytes | None, after: UUID | None
) -> HTMLResponse:
    rows = queries.people(
        work.session,
        seen_sites(work.session, reader),
        words=words,
        id_index=id_index,
        after=after,
        limit=PAGE_ROWS + 1,
    )
    by_number = next((row.person.id for row in rows if id_index and row.person.id_number_index == id_index), None)
    query = Query.of(words) if by_number is None else Query.ID_NUMBER
    record_listing(work, reader, "people", query, rows=len(rows[:PAGE_ROWS]), person=by_number)
    address = "HX-Push-Url" if request.headers.get("HX-Boosted") else "HX-Replace-Url"
    return page(
        request,
        "registry/people.html",
        headers={address: _address(words), "Cache-Control": "no-store"},
        tab="people",
        q=words,
        rows=rows[:PAGE_ROWS],
        following=rows[PAGE_ROWS - 1].person.id if len(rows) > PAGE_ROWS else None,
        scene=scene_of(work.session, reader, work.now),
    )


@router.get("/new")
def new_person_page(request: Request, clerk: Writer, work: RegistryReading) -> HTMLResponse:
    return page(
        request,
        "registry/person_new.html",
        tab="people",
        kinds=list(PersonKind),
        units=all_units(work.session),
        scene=scene_of(work.session, clerk, work.now),
    )


@router.post("/new")
def register_person(
    form: Annotated[PersonForm, Form()], clerk: Writer, work: RegistryWork, keys: Keys
) -> RedirectResponse:
    clerk.require(Permission.REGISTRY_WRITE, form.site)
    person = service.NewPerson(
        site=form.site,
        name=form.name,
        kind=form.kind,
        unit_id=UnitId(form.unit) if isinstance(form.unit, UUID) else None,
        phone=form.phone or None,
        id_number=form.id_number or None,
    )
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    registered = service.register_person(work.session, keys.identity, person, within=where, by=clerk.name, now=work.now)
    return go(f"/registry/people/{registered.id}")


@router.get("/{person_id}")
def person_page(
    *,
    request: Request,
    person_id: PersonId,
    reader: Reader,
    work: RegistryWork,
    keys: Keys,
    issued: CredentialId | None = None,
) -> HTMLResponse:
    """`issued`: what was issued a moment ago; the page says so."""
    session, now = work.session, work.now
    where = seen_sites(session, reader)
    listed = queries.person(session, person_id, where)
    record_reading(work, reader, "person-read", f"person:{person_id}", [listed.person.site])
    scene = scene_of(session, reader, now)
    return page(
        request,
        "registry/person.html",
        tab="people",
        person=listed.person,
        unit=listed.unit,
        sees_photo=reader.may(Permission.MEDIA_READ, listed.person.site),
        may_change=reader.may(Permission.REGISTRY_WRITE, listed.person.site),
        id_number=masked_id_number(listed.person, keys.identity),
        permits=[
            (each.permit, scene.standing_of_permit(each.permit, now))
            for each in permits(session, where, holder=person_id, limit=MOST_CREDENTIALS)
        ],
        cards=[
            (each.card, standing(each.card.status, each.card.valid_from, each.card.valid_until, now))
            for each in cards(session, where, holder=person_id, limit=MOST_CREDENTIALS)
        ],
        passes=[
            (each, standing(each.status, each.valid_from, each.valid_until, now))
            for each in qr_passes_of(session, person_id, where)
        ],
        issued=issued,
        permit_number=permit_number,
        pass_number=pass_number,
        steps_of=partial(_steps_of, frozenset(site.id for site in scene.own_sites)),
        classes=list(PermitClass),
        scene=scene,
    )


@router.post("/{person_id}/photo")
def set_photo(
    person_id: PersonId, photo: Annotated[UploadFile, File()], clerk: Writer, parts: TheParts
) -> RedirectResponse:
    put_photo(parts, clerk, person_id, photo.file.read())
    return go(f"/registry/people/{person_id}")


def _is_typing(request: Request) -> bool:
    """The list that follows each letter of a search stays the list that it is."""
    return "HX-Request" in request.headers and "HX-Boosted" not in request.headers


def _address(words: str) -> str:
    """The address of a search, to be kept by the browser: without its words where they may be somebody's number."""
    told = words and may_stand_in_address(words)
    return f"/registry/people?{urlencode({'q': words})}" if told else "/registry/people"


def _steps_of(own: frozenset[SiteId], credential: VehiclePermit | Card | QrPass) -> list[str]:
    opens = {each.site for each in credential.sites}
    return [str(step) for step in steps_from(credential.status) if not reaches_further(step, opens, own)]
