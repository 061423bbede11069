"""`/registry/denylist`: the list, adding to it and taking off."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from registry.auth.permissions import Permission
from registry.credentials.bodies import ReasonIn
from registry.denylist import queries, service
from registry.denylist.api import require_scope
from registry.denylist.models import DenyKind
from registry.ids import SiteId
from registry.listing import Words
from registry.office.scene import PAGE_ROWS, Reader, Writer, day_ends, go, scene_of, seen_sites
from registry.readings import Query, record_listing
from registry.sites.queries import zone_of
from registry.sites.scope import sites_of
from registry.web.dependencies import RegistryWork
from registry.web.pages import page

router = APIRouter(prefix="/registry/denylist", include_in_schema=False)
EVERYWHERE = "*"


class DenialForm(BaseModel):
    """`sites` with `*`: everywhere. Without a last day it holds until it is taken off."""

    kind: DenyKind
    key: str = Field(max_length=60)
    sites: list[str] = Field(default_factory=list)
    words: str = Field(max_length=200)
    last_day: date | Literal[""] = ""


@router.get("")
def denylist_page(
    *,
    request: Request,
    reader: Reader,
    work: RegistryWork,
    q: Words = "",
    history: bool = False,
    cursor: UUID | None = None,
) -> HTMLResponse:
    rows = queries.denied_keys(
        work.session,
        seen_sites(work.session, reader),
        words=q.strip(),
        with_history=history,
        after=cursor,
        limit=PAGE_ROWS + 1,
    )
    record_listing(work, reader, "denylist", Query.of(q), rows=len(rows[:PAGE_ROWS]))
    return page(
        request,
        "registry/denylist.html",
        tab="denylist",
        q=q,
        history=history,
        kinds=list(DenyKind),
        rows=rows[:PAGE_ROWS],
        following=rows[PAGE_ROWS - 1].id if len(rows) > PAGE_ROWS else None,
        scene=scene_of(work.session, reader, work.now),
    )


@router.post("")
def deny(form: Annotated[DenialForm, Form()], clerk: Writer, work: RegistryWork) -> RedirectResponse:
    sites = None if EVERYWHERE in form.sites else {SiteId(site) for site in form.sites}
    require_scope(clerk, sites)
    denial = service.NewDenial(
        kind=form.kind,
        key=form.key,
        sites=None if sites is None else frozenset(sites),
        words=form.words,
        valid_until=day_ends(form.last_day, zone_of(work.session, sites or ()))
        if isinstance(form.last_day, date)
        else None,
    )
    service.deny(work.session, denial, by=clerk.name, now=work.now)
    return go("/registry/denylist")


@router.post("/{denied_id}/removal")
def take_off(denied_id: UUID, form: Annotated[ReasonIn, Form()], clerk: Writer, work: RegistryWork) -> RedirectResponse:
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    line = queries.denied_key(work.session, denied_id, where)
    require_scope(clerk, None if line.everywhere else {each.site for each in line.sites})
    service.take_off(work.session, denied_id, within=where, reason=form.reason, by=clerk.name, now=work.now)
    return go("/registry/denylist")
