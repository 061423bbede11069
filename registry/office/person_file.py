"""`/registry/people/<id>/…`: what a clerk changes in a person's file."""

from datetime import date, timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from registry.access.facts import GateRights
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.ids import PersonId, UnitId
from registry.keyring import Keyring, Keys
from registry.office.forms import BLANK, Sent, Typed
from registry.office.naming import one_named
from registry.office.people import PROBLEMS_OF_PERSON, rules_of_person
from registry.office.person import shown
from registry.office.scene import Writer, go, scene_of
from registry.people import changing, queries
from registry.people.api import masked_id_number
from registry.people.file_api import clerk_of
from registry.people.gate_rights import rights_of, set_rights
from registry.people.gate_rights_api import Clearance
from registry.people.models import DocumentKind, PersonKind, TieKind
from registry.readings import record_reading
from registry.revisions.service import revision_of
from registry.sites.scope import sites_of
from registry.store import Work
from registry.units.queries import all_units
from registry.web.dependencies import RegistryWork
from registry.web.pages import page

router = APIRouter(prefix="/registry/people/{person_id}", include_in_schema=False)


class EditForm(BaseModel):
    """What a file says."""

    name: str = Field(max_length=80)
    kind: PersonKind
    unit: UnitId | None = None
    phone: str | None = Field(default=None, max_length=30)
    note: str | None = Field(default=None, max_length=300)
    id_number: str | None = Field(default=None, max_length=30, repr=False)


class RoleForm(BaseModel):
    """What somebody is here as; the last day is included, none: until it is ended."""

    role_kind: PersonKind
    role_unit: UnitId | None = None
    first_day: date
    last_day: date | None = None
    words: str | None = Field(default=None, max_length=120)


class EndForm(BaseModel):
    """The last day of a role, included."""

    ends_on: date


class DocumentForm(BaseModel):
    """A document beside the resident's ID card."""

    document_kind: DocumentKind
    number: str = Field(max_length=30, repr=False)


class RightsForm(BaseModel):
    """What the gates ask of somebody; `clearance` not sent: it stays, and the writer may not change it."""

    clearance: Clearance | None = None
    first_person: bool = False
    may_escort: bool = False
    needs_escort: bool = False


class TieForm(BaseModel):
    """Whom a person comes for or lives with: words that find one person."""

    tie_kind: TieKind
    other: str = Field(max_length=60, repr=False)
    relation: str | None = Field(default=None, max_length=20)


@router.get("/edit")
def edit_page(request: Request, person_id: PersonId, clerk: Writer, work: RegistryWork, keys: Keys) -> HTMLResponse:
    found = queries.person(work.session, person_id, sites_of(work.session, clerk, Permission.REGISTRY_WRITE))
    record_reading(work, clerk, "person-read", f"person:{person_id}", [found.person.site])
    return _edit_page(request, person_id, clerk, work, keys, BLANK)


@router.post("/edit", response_model=None)
def change_person(
    *, request: Request, person_id: PersonId, clerk: Writer, work: RegistryWork, keys: Keys, sent: Sent
) -> Response:
    form = Typed(sent, beside=PROBLEMS_OF_PERSON)
    with form.trying(work.session):
        fields = form.read(EditForm, **rules_of_person(work, clerk, keys, person_id))
        change = changing.PersonChange(
            name=fields.name,
            kind=fields.kind,
            unit_id=fields.unit,
            phone=fields.phone,
            note=fields.note,
            id_number=fields.id_number,
        )
        changing.change_person(clerk_of(work, clerk, keys), person_id, change, form.revision)
        return go(f"/registry/people/{person_id}?done=changed")
    return _edit_page(request, person_id, clerk, work, keys, form)


@router.post("/undo", response_model=None)
def undo_change(
    *, request: Request, person_id: PersonId, clerk: Writer, work: RegistryWork, keys: Keys, sent: Sent
) -> Response:
    form = Typed(sent)
    with form.trying(work.session):
        changing.undo_change(clerk_of(work, clerk, keys), person_id, form.revision)
        return go(f"/registry/people/{person_id}?done=undone")
    return shown(request, clerk, work, keys, person_id, {"undo": form})


@router.post("/roles", response_model=None)
def add_role(
    *, request: Request, person_id: PersonId, clerk: Writer, work: RegistryWork, keys: Keys, sent: Sent
) -> Response:
    form = Typed(sent, beside={"role-empty": "last_day", "no-such-unit": "role_unit"})
    with form.trying(work.session):
        fields = form.read(RoleForm)
        role = changing.NewRole(
            kind=fields.role_kind,
            unit_id=fields.role_unit,
            first_day=fields.first_day,
            end_day=None if fields.last_day is None else _after(fields.last_day),
            words=fields.words,
        )
        changing.add_role(clerk_of(work, clerk, keys), person_id, role)
        return go(f"/registry/people/{person_id}#roles")
    return shown(request, clerk, work, keys, person_id, {"role": form})


@router.post("/roles/{role_id}/end", response_model=None)
def end_role(
    *, request: Request, person_id: PersonId, role_id: UUID, clerk: Writer, work: RegistryWork, keys: Keys, sent: Sent
) -> Response:
    form = Typed(sent, beside={"role-empty": "ends_on"})
    with form.trying(work.session):
        fields = form.read(EndForm)
        changing.end_role(clerk_of(work, clerk, keys), person_id, role_id, _after(fields.ends_on))
        return go(f"/registry/people/{person_id}#roles")
    return shown(request, clerk, work, keys, person_id, {str(role_id): form})


@router.post("/documents", response_model=None)
def add_document(
    *, request: Request, person_id: PersonId, clerk: Writer, work: RegistryWork, keys: Keys, sent: Sent
) -> Response:
    form = Typed(sent, beside=dict.fromkeys(("no-document-number", "document-known", "held-elsewhere"), "number"))
    with form.trying(work.session):
        fields = form.read(DocumentForm)
        changing.add_document(clerk_of(work, clerk, keys), person_id, fields.document_kind, fields.number)
        return go(f"/registry/people/{person_id}#documents")
    return shown(request, clerk, work, keys, person_id, {"document": form})


@router.post("/documents/{document_id}/removal", response_model=None)
def remove_document(
    *, person_id: PersonId, document_id: UUID, clerk: Writer, work: RegistryWork, keys: Keys
) -> Response:
    changing.remove_document(clerk_of(work, clerk, keys), person_id, document_id)
    return go(f"/registry/people/{person_id}#documents")


@router.post("/ties", response_model=None)
def tie(
    *, request: Request, person_id: PersonId, clerk: Writer, work: RegistryWork, keys: Keys, sent: Sent
) -> Response:
    form = Typed(sent, beside=dict.fromkeys(("nobody-named", "several-named", "tie-impossible"), "other"))
    with form.trying(work.session):
        fields = form.read(TieForm)
        who = clerk_of(work, clerk, keys)
        other = one_named(work.session, keys.identity, fields.other, who.within)
        changing.tie(who, person_id, fields.tie_kind, other, fields.relation)
        return go(f"/registry/people/{person_id}#ties")
    return shown(request, clerk, work, keys, person_id, {"tie": form})


@router.post("/ties/{kind}/removal", response_model=None)
def untie(*, person_id: PersonId, kind: TieKind, clerk: Writer, work: RegistryWork, keys: Keys) -> Response:
    changing.untie(clerk_of(work, clerk, keys), person_id, kind)
    return go(f"/registry/people/{person_id}#ties")


@router.post("/gate-rights", response_model=None)
def set_gate_rights(
    *, request: Request, person_id: PersonId, clerk: Writer, work: RegistryWork, keys: Keys, sent: Sent
) -> Response:
    form = Typed(sent, beside={"escort-impossible": "needs_escort"})
    with form.trying(work.session):
        fields = form.read(RightsForm)
        before = rights_of(work.session, person_id)
        rights = GateRights(
            clearance=before.clearance if fields.clearance is None else fields.clearance,
            first_person=fields.first_person,
            may_escort=fields.may_escort,
            needs_escort=fields.needs_escort,
        )
        approves = sites_of(work.session, clerk, Permission.PERMITS_APPROVE)
        set_rights(clerk_of(work, clerk, keys), person_id, rights, form.revision, approves=approves)
        return go(f"/registry/people/{person_id}#rights")
    return shown(request, clerk, work, keys, person_id, {"rights": form})


def _edit_page(  # noqa: PLR0917 - what every page of the office is made of
    request: Request, person_id: PersonId, clerk: Principal, work: Work, keys: Keyring, form: Typed
) -> HTMLResponse:
    listed = queries.person(work.session, person_id, sites_of(work.session, clerk, Permission.REGISTRY_WRITE))
    units = all_units(work.session)
    return page(
        request,
        "registry/person_edit.html",
        status=form.status,
        headers=form.headers,
        tab="people",
        form=form,
        person=listed.person,
        id_number=masked_id_number(listed.person, keys.identity),
        revision_number=revision_of(work.session, changing.subject_of(listed.person)),
        kinds=list(PersonKind),
        units=units,
        unit_names={str(unit.id): unit for unit in units},
        scene=scene_of(work.session, clerk, work.now),
    )


def _after(last_day: date) -> date:
    return last_day + timedelta(days=1) if last_day < date.max else last_day
