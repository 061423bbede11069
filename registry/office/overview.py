"""`/registry`: what is here, and what waits for somebody."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from registry.office import applications, duplicates, overdue, projects, series
from registry.office.queries import SOON, Overview, overview
from registry.office.scene import Reader, scene_of, seen_sites
from registry.office.waiting import Desk, Provider, Waiting
from registry.passes.queries import cards
from registry.permits.queries import permits
from registry.permits.rules import permit_number
from registry.readings import Query, record_listing
from registry.web.dependencies import RegistryWork
from registry.web.pages import page

router = APIRouter(include_in_schema=False)
SHOWN = 6
PROVIDERS: tuple[Provider, ...] = (
    overdue.waiting,
    applications.waiting,
    projects.waiting,
    duplicates.waiting,
    series.waiting,
)
"""Who says what waits; the order is that of the page, what is late comes first."""


@router.get("/registry")
def registry_page(request: Request, reader: Reader, work: RegistryWork) -> HTMLResponse:
    where = seen_sites(work.session, reader)
    scene = scene_of(work.session, reader, work.now)
    year = scene.today.year
    ending = cards(work.session, where, ends=(work.now, work.now + SOON), limit=SHOWN)
    newest = permits(work.session, where, year=year, limit=SHOWN)
    counts = overview(work.session, where, year=year, now=work.now)
    desk = Desk(session=work.session, reader=reader, sites=where, today=scene.today, now=work.now)
    said = [
        *(line for say in PROVIDERS for line in say(desk)),
        *_waiting(counts, year, sees_devices=scene.sees_devices),
    ]
    record_listing(work, reader, "overview", Query.ALL, rows=len(ending) + len(newest))
    return page(
        request,
        "registry/overview.html",
        tab="overview",
        year=year,
        counts=counts,
        waiting=sorted((line for line in said if line.count), key=lambda line: not line.urgent),
        ending=ending,
        newest=newest,
        permit_number=permit_number,
        scene=scene,
    )


def _waiting(counts: Overview, year: int, *, sees_devices: bool) -> list[Waiting]:
    """What the counts of the page itself say."""
    permits = {"year": year, "last": year - 1}
    not_renewed, stopped = (
        f"/registry/permits?status={status}&year={of}" for status, of in (("not_renewed", year - 1), ("stopped", year))
    )
    lines = [
        Waiting(text="registry.waits.cards_ending", count=counts.cards_ending, link="/registry/cards?ending=true"),
        Waiting(text="registry.waits.not_renewed", count=counts.not_renewed, link=not_renewed, facts=permits),
        Waiting(text="registry.waits.stopped", count=counts.stopped, link=stopped, facts=permits),
    ]
    devices = [
        ("devices_disabled", counts.devices_disabled, "/registry/devices"),
        ("cameras_without_source", counts.cameras_without_source, "/registry/devices?kind=camera"),
    ]
    if sees_devices:
        lines += [Waiting(text=f"registry.waits.{name}", count=count, link=link) for name, count, link in devices]
    return lines
