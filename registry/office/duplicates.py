"""`/registry/people/duplicates`: files that are likely of one person, looked at side by side and made one."""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.ids import PersonId
from registry.keyring import Keyring, Keys
from registry.office.forms import BLANK, Sent, Typed
from registry.office.scene import Writer, go, scene_of
from registry.office.waiting import Desk, Waiting
from registry.people import merging, queries
from registry.people.api import masked_id_number
from registry.people.file import file_of
from registry.people.file_api import clerk_of
from registry.readings import Query as Asked
from registry.readings import record_listing, record_reading
from registry.sites.scope import sites_of
from registry.store import Work
from registry.units.queries import all_units
from registry.web.dependencies import RegistryWork
from registry.web.pages import page

router = APIRouter(prefix="/registry/people/duplicates", include_in_schema=False)
_PATH = "/registry/people/duplicates"


def waiting(desk: Desk) -> Iterable[Waiting]:
    """Files that are likely of one person."""
    yield Waiting(text="person.waits_duplicates", count=merging.count_alike(desk.session, desk.sites), link=_PATH)


@router.get("")
def duplicates_page(request: Request, clerk: Writer, work: RegistryWork, keys: Keys) -> HTMLResponse:
    who = clerk_of(work, clerk, keys)
    pairs = merging.pairs(work.session, keys.identity, who.within)
    record_listing(work, clerk, "people", Asked.ALL, rows=2 * len(pairs))
    return page(
        request,
        "registry/duplicates.html",
        headers={"Cache-Control": "no-store"},
        tab="people",
        pairs=pairs,
        scene=scene_of(work.session, clerk, work.now),
    )


@router.get("/merge")
def preview_page(
    request: Request,
    clerk: Writer,
    work: RegistryWork,
    keys: Keys,
    *,
    kept: Annotated[UUID, Query()],
    gone: Annotated[UUID, Query()],
) -> HTMLResponse:
    """What merging would move."""
    for one in (kept, gone):
        found = queries.person(work.session, PersonId(one), sites_of(work.session, clerk, Permission.REGISTRY_WRITE))
        record_reading(work, clerk, "person-read", f"person:{one}", [found.person.site])
    return _preview_page(request, clerk, work, keys, PersonId(kept), PersonId(gone), BLANK)


@router.post("/merge", response_model=None)
def merge(
    request: Request,
    clerk: Writer,
    work: RegistryWork,
    keys: Keys,
    sent: Sent,
    *,
    kept: Annotated[UUID, Query()],
    gone: Annotated[UUID, Query()],
) -> Response:
    form = Typed(sent)
    with form.trying(work.session):
        merging.merge(clerk_of(work, clerk, keys), PersonId(kept), PersonId(gone))
        return go(f"/registry/people/{kept}?done=merged")
    return _preview_page(request, clerk, work, keys, PersonId(kept), PersonId(gone), form)


@router.post("/{merge_id}/undo", response_model=None)
def undo_merge(merge_id: UUID, clerk: Writer, work: RegistryWork, keys: Keys) -> Response:
    row = merging.undo_merge(clerk_of(work, clerk, keys), merge_id)
    return go(f"/registry/people/{row.kept_id}?done=unmerged")


def _preview_page(  # noqa: PLR0917 - what every page of the office is made of, and two people
    request: Request, clerk: Principal, work: Work, keys: Keyring, kept: PersonId, gone: PersonId, form: Typed
) -> HTMLResponse:
    who = clerk_of(work, clerk, keys)
    preview = merging.preview(who, kept, gone)
    sides = [
        (person, masked_id_number(person, keys.identity), file_of(work.session, keys.identity, person.id, who.within))
        for person in (preview.kept, preview.gone)
    ]
    return page(
        request,
        "registry/duplicates_merge.html",
        status=form.status,
        headers={"Cache-Control": "no-store", **form.headers},
        tab="people",
        form=form,
        preview=preview,
        sides=sides,
        units={unit.id: unit for unit in all_units(work.session)},
        scene=scene_of(work.session, clerk, work.now),
    )
