"""`/registry/people/<id>`: a person with all that they carry."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, File, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse

from registry.auth.permissions import Permission
from registry.credentials.rules import reaches_further, standing, steps_from
from registry.ids import CredentialId, PersonId, SiteId
from registry.keyring import Keys
from registry.office.scene import Reader, Writer, go, scene_of, seen_sites
from registry.passes.models import Card, QrPass
from registry.passes.queries import cards, qr_passes_of
from registry.passes.rules import pass_number
from registry.people import queries
from registry.people.api import masked_id_number
from registry.people.photos import put_photo
from registry.permits.models import PermitClass, VehiclePermit
from registry.permits.queries import permits
from registry.permits.rules import permit_number
from registry.readings import record_reading
from registry.web.dependencies import RegistryWork, TheParts
from registry.web.pages import page

router = APIRouter(prefix="/registry/people", include_in_schema=False)
MOST_CREDENTIALS = 100


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


def _steps_of(own: frozenset[SiteId], credential: VehiclePermit | Card | QrPass) -> list[str]:
    opens = {each.site for each in credential.sites}
    return [str(step) for step in steps_from(credential.status) if not reaches_further(step, opens, own)]
