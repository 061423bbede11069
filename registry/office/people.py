"""`/registry/people`: the list, and a new file."""

from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.clock import Instant
from registry.counting import total_of
from registry.housing.queries import homes_of
from registry.ids import PersonId, SiteId, UnitId, new_id
from registry.keyring import Keyring, Keys
from registry.office.forms import BLANK, Rule, Sent, Typed
from registry.office.scene import PAGE_ROWS, Reader, Writer, go, scene_of, seen_sites
from registry.people import queries, service
from registry.people.identity import may_stand_in_address, searched_number
from registry.people.models import PersonKind
from registry.plates.grammar import Plate, parse_plate
from registry.readings import Query as Asked
from registry.readings import record_listing
from registry.sites.scope import sites_of
from registry.store import Work
from registry.units.queries import all_units
from registry.web.dependencies import RegistryReading, RegistryWork
from registry.web.pages import page

router = APIRouter(prefix="/registry/people", include_in_schema=False)
PROBLEMS_OF_PERSON = {
    "name-missing": "name",
    "no-phone": "phone",
    "no-id-number": "id_number",
    "person-known": "id_number",
    "held-elsewhere": "id_number",
    "no-such-unit": "unit",
    "no-such-site": "site",
}
"""The field that each problem of a person's file is about."""


class PersonForm(BaseModel):
    """A new file."""

    site: SiteId
    name: str = Field(max_length=80)
    kind: PersonKind
    unit: UnitId | None = None
    phone: str | None = Field(default=None, max_length=30)
    id_number: str | None = Field(default=None, max_length=30, repr=False)


class SearchForm(BaseModel):
    """Words, filters, and, on a later page, where it begins; what is left empty is not asked for."""

    q: str = Field(default="", max_length=60, repr=False)
    kind: PersonKind | Literal[""] = ""
    unit: UUID | Literal[""] = ""
    site: SiteId = SiteId("")
    carries: bool = False
    cursor: UUID | Literal[""] = ""

    def filters(self, now: Instant) -> queries.Filters:
        return queries.Filters(
            kind=self.kind or None,
            unit=UnitId(self.unit) if isinstance(self.unit, UUID) else None,
            site=self.site or None,
            carries_at=now if self.carries else None,
        )

    @property
    def address(self) -> str:
        """That of the list, to be kept by the browser: without its words where they may be somebody's number."""
        words = self.q.strip()
        asked = {
            "q": words if may_stand_in_address(words) else "",
            "kind": self.kind,
            "unit": self.unit,
            "site": self.site,
            "carries": "true" if self.carries else "",
        }
        told = urlencode({name: value for name, value in asked.items() if value})
        return f"/registry/people?{told}" if told else "/registry/people"


@router.get("")
def people_page(
    request: Request, reader: Reader, work: RegistryWork, keys: Keys, asked: Annotated[SearchForm, Query()]
) -> HTMLResponse:
    return _people_page(request, reader, work, keys, asked, id_index=None)


@router.post("", response_model=None)
def search_people(
    request: Request, reader: Reader, work: RegistryWork, keys: Keys, form: Annotated[SearchForm, Form()]
) -> HTMLResponse | RedirectResponse:
    """A search may hold an ID number, so it does not stand in the address. A plate is looked for among the permits."""
    words = form.q.strip()
    if not _is_typing(request) and isinstance(plate := parse_plate(words), Plate):
        return go(f"/registry/permits?{urlencode({'q': plate.text})}")
    index = keys.identity.index(searched_number(words)) if words else None
    return _people_page(request, reader, work, keys, form, id_index=index)


def _people_page(
    request: Request, reader: Principal, work: Work, keys: Keyring, asked: SearchForm, *, id_index: bytes | None
) -> HTMLResponse:
    words, where = asked.q.strip(), seen_sites(work.session, reader)
    rows = queries.people(
        work.session,
        where,
        words=words,
        keys=keys.identity,
        id_index=id_index,
        filters=asked.filters(work.now),
        after=asked.cursor if isinstance(asked.cursor, UUID) else None,
        limit=PAGE_ROWS + 1,
    )
    by_number = next((row.person.id for row in rows if id_index and row.person.id_number_index == id_index), None)
    query = Asked.of(words) if by_number is None else Asked.ID_NUMBER
    record_listing(work, reader, "people", query, rows=len(rows[:PAGE_ROWS]), person=by_number)
    address = "HX-Push-Url" if request.headers.get("HX-Boosted") else "HX-Replace-Url"
    scene = scene_of(work.session, reader, work.now)
    return page(
        request,
        "registry/people.html",
        headers={address: asked.address, "Cache-Control": "no-store"},
        tab="people",
        q=words,
        asked=asked,
        kinds=list(PersonKind),
        units=all_units(work.session),
        sites=[site for site in scene.sites.values() if site.id in where],
        rows=rows[:PAGE_ROWS],
        total=total_of(
            len(rows),
            PAGE_ROWS,
            is_first=not asked.cursor,
            words=words,
            count=lambda: queries.count_people(work.session, where, asked.filters(work.now)),
        ),
        homes=homes_of(work.session, [row.person.id for row in rows[:PAGE_ROWS]], where, scene.today),
        following=rows[PAGE_ROWS - 1].person.id if len(rows) > PAGE_ROWS else None,
        scene=scene,
    )


@router.get("/new")
def new_person_page(request: Request, clerk: Writer, work: RegistryReading) -> HTMLResponse:
    return _new_person_page(request, clerk, work, BLANK)


@router.post("/new", response_model=None)
def register_person(request: Request, clerk: Writer, work: RegistryWork, keys: Keys, sent: Sent) -> Response:
    form = Typed(sent, beside=PROBLEMS_OF_PERSON)
    with form.trying(work.session):
        where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
        fields = form.read(PersonForm, **rules_of_person(work, clerk, keys, PersonId(new_id())))
        clerk.require(Permission.REGISTRY_WRITE, fields.site)
        person = service.NewPerson(
            site=fields.site,
            name=fields.name,
            kind=fields.kind,
            unit_id=fields.unit,
            phone=fields.phone,
            id_number=fields.id_number,
        )
        known = service.register_person(work.session, keys.identity, person, within=where, by=clerk.name, now=work.now)
        return go(f"/registry/people/{known.id}")
    return _new_person_page(request, clerk, work, form)


def rules_of_person(work: Work, clerk: Principal, keys: Keyring, person_id: PersonId) -> dict[str, Rule]:
    """What is asked of the fields of a person's file; the ID number may be this person's own."""
    session, today = work.session, scene_of(work.session, clerk, work.now).today
    where = sites_of(session, clerk, Permission.REGISTRY_WRITE)

    def id_number(written: str) -> None:
        service.checked_id_number(session, keys.identity, written, person_id, today=today, within=where)

    return {"name": service.checked_name, "phone": service.checked_phone, "id_number": id_number}


def _new_person_page(request: Request, clerk: Principal, work: Work, form: Typed) -> HTMLResponse:
    return page(
        request,
        "registry/person_new.html",
        status=form.status,
        headers=form.headers,
        tab="people",
        form=form,
        kinds=list(PersonKind),
        units=all_units(work.session),
        scene=scene_of(work.session, clerk, work.now),
    )


def _is_typing(request: Request) -> bool:
    """The list that follows each letter of a search stays the list that it is."""
    return "HX-Request" in request.headers and "HX-Boosted" not in request.headers
