"""`/registry/people/<id>`: a person with all that they carry, and what became of the file."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.credentials.rules import reaches_further, standing, steps_from
from registry.housing.queries import tenancies_of
from registry.ids import CredentialId, PersonId, SiteId
from registry.keyring import Keyring, Keys
from registry.media.problems import PictureTooLarge, UnreadablePicture
from registry.office.forms import BLANK, Sent, Typed
from registry.office.renewing import renewable
from registry.office.scene import Reader, Writer, go, scene_of, seen_sites
from registry.passes.models import Card, QrPass
from registry.passes.queries import cards, qr_passes_of
from registry.passes.rules import pass_number
from registry.people import queries
from registry.people.api import masked_id_number
from registry.people.changing import can_undo, subject_of
from registry.people.file import file_of
from registry.people.gate_rights import rights_of
from registry.people.merging import merge_of
from registry.people.models import DocumentKind, Person, PersonKind, TieKind
from registry.people.photos import PhotoTooLarge, put_photo
from registry.permits.lifecycle import actions_from
from registry.permits.models import PermitClass, VehiclePermit
from registry.permits.queries import permits
from registry.permits.rules import permit_number
from registry.permits.service import state_of
from registry.readings import record_reading
from registry.revisions.service import history, revision_of
from registry.sites.scope import sites_of
from registry.store import Work
from registry.units.queries import all_units
from registry.web.dependencies import RegistryWork, TheParts
from registry.web.pages import page

router = APIRouter(prefix="/registry/people", include_in_schema=False)
MOST_CREDENTIALS = 100
Forms = Mapping[str, Typed]
"""The forms of the page that came back, by name: photo, permit, role, document, tie."""
Done = Literal["changed", "undone", "merged", "unmerged"]


@router.get("/{person_id}")
def person_page(
    *,
    request: Request,
    person_id: PersonId,
    reader: Reader,
    work: RegistryWork,
    keys: Keys,
    issued: CredentialId | None = None,
    done: Annotated[Done | None, Query()] = None,
) -> HTMLResponse:
    """`issued`: what was issued a moment ago, `done`: what was done; the page says so."""
    listed = queries.person(work.session, person_id, seen_sites(work.session, reader))
    record_reading(work, reader, "person-read", f"person:{person_id}", [listed.person.site])
    return shown(request, reader, work, keys, person_id, {}, issued=issued, done=done)


def shown(  # noqa: PLR0917 - what every page of the office is made of
    request: Request,
    reader: Principal,
    work: Work,
    keys: Keyring,
    person_id: PersonId,
    forms: Forms,
    *,
    issued: CredentialId | None = None,
    done: Done | None = None,
) -> HTMLResponse:
    """The page, with what stands in its forms."""
    session, now = work.session, work.now
    where = seen_sites(session, reader)
    listed = queries.person(session, person_id, where)
    person = listed.person
    scene = scene_of(session, reader, now)
    back = next(iter(forms.values()), BLANK)
    owned = [each.permit for each in permits(session, where, holder=person_id, limit=MOST_CREDENTIALS)]
    approves = sites_of(session, reader, Permission.PERMITS_APPROVE)
    return page(
        request,
        "registry/person.html",
        status=back.status,
        headers=back.headers,
        tab="people",
        person=person,
        unit=listed.unit,
        sees_photo=reader.may(Permission.MEDIA_READ, person.site),
        may_change=reader.may(Permission.REGISTRY_WRITE, person.site),
        id_number=masked_id_number(person, keys.identity),
        homes=tenancies_of(session, person_id, where),
        permits=[(permit, scene.standing_of_permit(permit, now)) for permit in owned],
        renewable=renewable(session, scene, owned, approves=approves),
        cards=[
            (each.card, standing(each.card.status, each.card.valid_from, each.card.valid_until, now))
            for each in cards(session, where, holder=person_id, limit=MOST_CREDENTIALS)
        ],
        passes=[
            (each, standing(each.status, each.valid_from, each.valid_until, now))
            for each in qr_passes_of(session, person_id, where)
        ],
        issued=issued,
        done=done,
        permit_number=permit_number,
        pass_number=pass_number,
        steps_of=partial(_steps_of, work, frozenset(site.id for site in scene.own_sites)),
        classes=list(PermitClass),
        gives_clearance=person.site in approves,
        scene=scene,
        form=lambda name: forms.get(name, BLANK),
        **_file(session, keys, person_id, where, person),
    )


def _file(
    session: Session, keys: Keyring, person_id: PersonId, where: frozenset[SiteId], person: Person
) -> dict[str, object]:
    """What the file holds beside its head."""
    units = all_units(session)
    return {
        "file": file_of(session, keys.identity, person_id, where),
        "history": history(session, subject_of(person)),
        "revision": revision_of(session, subject_of(person)),
        "undoable": can_undo(session, person) is not None,
        "merge": merge_of(session, person_id),
        "rights": rights_of(session, person_id),
        "units": units,
        "unit_names": {str(unit.id): unit for unit in units},
        "kinds": list(PersonKind),
        "document_kinds": list(DocumentKind),
        "tie_kinds": list(TieKind),
    }


@router.post("/{person_id}/photo", response_model=None)
def set_photo(
    *,
    request: Request,
    person_id: PersonId,
    clerk: Writer,
    keys: Keys,
    parts: TheParts,
    sent: Sent,
) -> Response:
    """The picture is kept in transactions of its own (`registry.people.photos`), so that this route has none open meanwhile."""
    form = Typed(sent)
    try:
        put_photo(parts, clerk, person_id, form.file("photo") or b"")
    except (PhotoTooLarge, PictureTooLarge, UnreadablePicture) as problem:
        form.keep(problem, beside="photo")
        with parts.stores["registry"].begin(parts.clock.now()) as work:
            return shown(request, clerk, work, keys, person_id, {"photo": form})
    return go(f"/registry/people/{person_id}")


def _steps_of(work: Work, own: frozenset[SiteId], credential: VehiclePermit | Card | QrPass) -> list[str]:
    opens = {each.site for each in credential.sites}
    steps = steps_from(credential.status)
    if isinstance(credential, VehiclePermit):
        state = state_of(work.session, credential, work.now)
        possible = {str(way.action) for way in actions_from(state, credential.permit_class)}
        steps = tuple(step for step in steps if str(step) in possible)
    return [str(step) for step in steps if not reaches_further(step, opens, own)]
