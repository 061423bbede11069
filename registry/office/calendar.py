"""`/registry/calendar`: a year of a compound at a glance, and what it makes of a day."""

from calendar import Calendar
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Path as InPath
from fastapi import Query as InQuery
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from registry.access.facts import DayKind
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.calendar import service
from registry.calendar.reading import NotableDay, year_of
from registry.credentials.period import EARLIEST, LATEST
from registry.ids import SiteId
from registry.office.forms import BLANK, Sent, Typed
from registry.office.scene import Reader, Writer, first_of, go, scene_of, seen_sites
from registry.revisions.service import history, revision_of
from registry.sites.scope import sites_of
from registry.store import Work
from registry.web.dependencies import RegistryWork
from registry.web.pages import page

router = APIRouter(prefix="/registry/calendar", include_in_schema=False)
_BESIDE = {"day-name-missing": "name_zh"}
_MONDAY_FIRST = Calendar()
YEARS = range(EARLIEST.year, LATEST.year)
Day = Annotated[date, InPath(ge=EARLIEST.date(), lt=LATEST.date())]


class DayForm(BaseModel):
    kind: DayKind
    name_zh: str = Field(default="", max_length=service.LONGEST_NAME)
    name_en: str = Field(default="", max_length=service.LONGEST_NAME)


@router.get("")
def calendar_page(
    request: Request,
    reader: Reader,
    work: RegistryWork,
    *,
    site: Annotated[str, InQuery(max_length=40)] = "",
    year: Annotated[int | None, InQuery(ge=YEARS.start, lt=YEARS.stop)] = None,
    day: date | None = None,
    done: bool = False,
) -> HTMLResponse:
    seen = seen_sites(work.session, reader)
    if site:
        reader.require(Permission.REGISTRY_READ, SiteId(site))
    here = SiteId(site) if site in seen else first_of(seen)
    chosen = day if day is not None and day.year in YEARS else None
    return _page(request, reader, work, site=here, year=year, chosen=chosen, form=BLANK, is_done=done)


@router.post("/{site}/{day}", response_model=None)
def set_day(
    *, request: Request, site: SiteId, day: Day, sent: Sent, clerk: Writer, work: RegistryWork
) -> HTMLResponse | RedirectResponse:
    form = Typed(sent, beside=_BESIDE)
    clerk.require(Permission.REGISTRY_WRITE, site)
    with form.trying(work.session):
        fields = form.read(DayForm)
        service.set_day(
            work.session,
            site,
            day,
            fields.kind,
            name_zh=fields.name_zh,
            name_en=fields.name_en,
            revision=form.revision,
            within=sites_of(work.session, clerk, Permission.REGISTRY_WRITE),
            by=clerk.name,
            now=work.now,
        )
        return _shown(site, day)
    return _page(request, clerk, work, site=site, year=None, chosen=day, form=form)


@router.post("/{site}/{day}/clearing")
def clear_day(site: SiteId, day: Day, clerk: Writer, work: RegistryWork) -> RedirectResponse:
    within = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    service.clear_day(work.session, site, day, within=within, by=clerk.name, now=work.now)
    return _shown(site, day)


@router.post("/{site}/{day}/undo", response_model=None)
def undo_day(
    *, request: Request, site: SiteId, day: Day, sent: Sent, clerk: Writer, work: RegistryWork
) -> HTMLResponse | RedirectResponse:
    form = Typed(sent)
    with form.trying(work.session):
        within = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
        service.undo_day(work.session, site, day, revision=form.revision, within=within, by=clerk.name, now=work.now)
        return go(f"/registry/calendar?site={site}&year={day.year}&day={day}#day")
    return _page(request, clerk, work, site=site, year=None, chosen=day, form=BLANK, refused=form)


def _shown(site: SiteId, day: date) -> RedirectResponse:
    return go(f"/registry/calendar?site={site}&year={day.year}&day={day}&done=true#day")


def _page(
    request: Request,
    reader: Principal,
    work: Work,
    *,
    site: SiteId,
    year: int | None,
    chosen: date | None,
    form: Typed,
    refused: Typed = BLANK,
    is_done: bool = False,
) -> HTMLResponse:
    """`refused`: what could not be done to the day, which stands there as it is."""
    scene = scene_of(work.session, reader, work.now)
    of = year or (chosen.year if chosen is not None else scene.today.year)
    found = year_of(work.session, site, of)
    seen = seen_sites(work.session, reader)
    subject = "" if chosen is None else service.subject_of(site, chosen)
    return page(
        request,
        "registry/calendar.html",
        status=max(form.status, refused.status),
        headers=form.headers or refused.headers,
        tab="calendar",
        site=site,
        choices=[each for each in scene.sites.values() if each.id in seen],
        found=found,
        years=[each for each in (of - 1, of, of + 1) if each in YEARS],
        months=[(month, _MONDAY_FIRST.monthdatescalendar(of, month)) for month in range(1, 13)],
        runs=_runs(found.days),
        chosen=chosen,
        notable=found.days.get(chosen) if chosen is not None else None,
        kinds=list(DayKind),
        may_change=reader.may(Permission.REGISTRY_WRITE, site),
        revision=revision_of(work.session, subject) if chosen is not None else 0,
        revisions=history(work.session, subject) if chosen is not None else [],
        is_done=is_done,
        form=form,
        refused=refused,
        scene=scene,
    )


def _runs(days: dict[date, NotableDay]) -> list[tuple[date, date, NotableDay]]:
    """Days in a row that are the same, as first day, last day and what they are."""
    runs: list[tuple[date, date, NotableDay]] = []
    for day, what in days.items():
        if runs:
            first, last, before = runs[-1]
            if last + timedelta(days=1) == day and replace(before, day=day) == what:
                runs[-1] = (first, day, before)
                continue
        runs.append((day, day, what))
    return runs
