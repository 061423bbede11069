"""`/registry`: what is here, and what waits for somebody."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from registry.office.queries import SOON, overview
from registry.office.scene import Reader, scene_of, seen_sites
from registry.passes.queries import cards
from registry.permits.queries import permits
from registry.permits.rules import permit_number
from registry.readings import Query, record_listing
from registry.web.dependencies import RegistryWork
from registry.web.pages import page

router = APIRouter(include_in_schema=False)
SHOWN = 6


@router.get("/registry")
def registry_page(request: Request, reader: Reader, work: RegistryWork) -> HTMLResponse:
    where = seen_sites(work.session, reader)
    scene = scene_of(work.session, reader, work.now)
    year = scene.today.year
    ending = cards(work.session, where, ends=(work.now, work.now + SOON), limit=SHOWN)
    newest = permits(work.session, where, limit=SHOWN)
    record_listing(work, reader, "overview", Query.ALL, rows=len(ending) + len(newest))
    return page(
        request,
        "registry/overview.html",
        tab="overview",
        year=year,
        counts=overview(work.session, where, year=year, now=work.now),
        ending=ending,
        newest=newest,
        permit_number=permit_number,
        scene=scene,
    )
