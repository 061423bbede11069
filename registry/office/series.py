"""`/registry/series`: this year's permits beside the next year's, and the change from one to the other."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi import Path as InPath
from fastapi import Query as InQuery
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy import func, select

from registry.auth.permissions import Permission
from registry.auth.principal import AllSites, Principal
from registry.auth.requires import requires
from registry.listing import Words
from registry.office.forms import BLANK, Sent, Typed
from registry.office.scene import Reader, go, scene_of, seen_sites
from registry.office.waiting import Desk, Waiting
from registry.permits import series
from registry.permits.models import PermitSeries, PermitSite, VehiclePermit
from registry.permits.reminders import reminded, years_not_over
from registry.permits.rules import permit_number, permit_period
from registry.permits.series_api import require_all_sites
from registry.permits.years import Changed, Difference, Held, difference
from registry.plates.grammar import normalised
from registry.readings import Query, record_listing
from registry.sites.queries import zone_of
from registry.store import Work
from registry.units.queries import all_units
from registry.web.dependencies import RegistryWork
from registry.web.pages import page

router = APIRouter(prefix="/registry/series", include_in_schema=False)
Approver = Annotated[Principal, Depends(requires(Permission.PERMITS_APPROVE))]
Show = Literal["", "gained", "lost", "changed"]
Year = Annotated[int, InQuery(ge=2001, le=2199)]
YearOfPath = Annotated[int, InPath(ge=2001, le=2199)]
ROWS = 100
_BESIDE = {"series-instant": "day"}


class ActivationForm(BaseModel):
    """`when` now: at once; else on a day at a time of the first compound's clock."""

    when: Literal["now", "day"]
    day: date | None = None
    at: time = time()
    overlap_days: int = Field(default=0, ge=0, le=series.MOST_OVERLAP_DAYS)
    sure: Literal["yes"]


class RollbackForm(BaseModel):
    sure: Literal["yes"]


@router.get("")
def series_page(
    *,
    request: Request,
    reader: Reader,
    work: RegistryWork,
    year: Year | None = None,
    show: Show = "",
    q: Words = "",
    done: Literal["", "prepared", "activated", "rolled-back"] = "",
) -> HTMLResponse:
    return _page(request, reader, work, year, BLANK, show=show, q=q, done=done)


@router.post("/{year}/prepare", response_model=None)
def prepare(request: Request, year: YearOfPath, officer: Approver, work: RegistryWork, sent: Sent) -> Response:
    form = Typed(sent)
    with form.trying(work.session):
        require_all_sites(officer)
        series.prepare(work.session, year, by=officer.name, now=work.now)
        return go(f"/registry/series?year={year}&done=prepared")
    return _page(request, officer, work, year, form)


@router.post("/{year}/activate", response_model=None)
def activate(request: Request, year: YearOfPath, officer: Approver, work: RegistryWork, sent: Sent) -> Response:
    form = Typed(sent, beside=_BESIDE)
    with form.trying(work.session):
        require_all_sites(officer)
        fields = form.read(ActivationForm)
        on = None
        if fields.when == "day":
            zone = zone_of(work.session)
            on = datetime.combine(fields.day or date(year, 1, 1), fields.at, zone)
        series.activate(
            work.session, year, effective_at=on, overlap_days=fields.overlap_days, by=officer.name, now=work.now
        )
        return go(f"/registry/series?year={year}&done=activated")
    return _page(request, officer, work, year, form)


@router.post("/{year}/roll-back", response_model=None)
def roll_back(request: Request, year: YearOfPath, officer: Approver, work: RegistryWork, sent: Sent) -> Response:
    form = Typed(sent)
    with form.trying(work.session):
        require_all_sites(officer)
        form.read(RollbackForm)
        series.roll_back(work.session, year, by=officer.name, now=work.now)
        return go(f"/registry/series?year={year}&done=rolled-back")
    return _page(request, officer, work, year, form)


def waiting(desk: Desk) -> Iterable[Waiting]:
    """Permits that end soon, whose holders were reminded and have none of the year after yet."""
    count = select(func.count()).where(
        reminded(years_not_over(desk.session, now=desk.now)),
        VehiclePermit.sites.any(PermitSite.site.in_(desk.sites)),
    )
    yield Waiting(
        text="series.waits",
        count=desk.session.scalar(count) or 0,
        link="/registry/permits?status=reminded",
    )


def _page(
    request: Request,
    reader: Principal,
    work: Work,
    asked: int | None,
    form: Typed,
    *,
    show: Show = "",
    q: str = "",
    done: str = "",
) -> HTMLResponse:
    session, scene = work.session, scene_of(work.session, reader, work.now)
    year = asked or scene.year_asked
    found = difference(session, year, seen_sites(session, reader))
    rows = _chosen(found, show, q.strip())
    record_listing(work, reader, "permits", Query.of(q), rows=min(len(rows), ROWS))
    zone = zone_of(session)
    may_change = isinstance(reader.sites(Permission.PERMITS_APPROVE), AllSites)
    row = session.get(PermitSeries, year)
    return page(
        request,
        "registry/series.html",
        status=form.status,
        headers={"Cache-Control": "no-store", **form.headers},
        tab="permits",
        form=form,
        year=year,
        series=row,
        periods={
            each: [one.astimezone(zone) for one in permit_period(each, str(zone), scene.takeovers)]
            for each in (year - 1, year)
        },
        local=lambda moment: f"{moment.astimezone(zone):%Y-%m-%d %H:%M}",
        found=found,
        show=show,
        q=q,
        rows=rows[:ROWS],
        more=max(0, len(rows) - ROWS),
        units={unit.id: unit for unit in all_units(session)},
        may_change=may_change,
        may_roll_back=row is not None and series.can_be_rolled_back(row, work.now),
        renewal=series.renewal(session, year) if may_change and (row is None or row.state != "active") else None,
        most_overlap=series.MOST_OVERLAP_DAYS,
        permit_number=permit_number,
        done=done,
        scene=scene,
    )


def _chosen(found: Difference, show: str, words: str) -> list[tuple[str, Held | None, Held | None, tuple[str, ...]]]:
    """Lines of the table: what it is, before, after, and what is otherwise."""
    lines: list[tuple[str, Held | None, Held | None, tuple[str, ...]]] = []
    if show in {"", "lost"}:
        lines += [("lost", each, None, ()) for each in found.lost]
    if show in {"", "gained"}:
        lines += [("gained", None, each, ()) for each in found.gained]
    if show in {"", "changed"}:
        lines += [_changed(each) for each in found.changed]
    plate = normalised(words)
    return [line for line in lines if any(_fits(one, words, plate) for one in line[1:3] if one is not None)]


def _changed(one: Changed) -> tuple[str, Held | None, Held | None, tuple[str, ...]]:
    return "changed", one.before, one.after, one.aspects


def _fits(one: Held, words: str, plate: str) -> bool:
    return words in one.holder_name or bool(plate and plate in one.plate)
