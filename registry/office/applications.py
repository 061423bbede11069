"""`/registry/applications`: what units applied for, one by one and many at once; `/registry/batches`: when they can."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi import Query as InQuery
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from registry.applications import batches, queries, service
from registry.applications.doer import Doer
from registry.auth.principal import Principal
from registry.counting import total_of
from registry.ids import ApplicationId, UnitId
from registry.office.forms import BLANK, Sent, Typed
from registry.office.scene import PAGE_ROWS, Reader, Writer, go, scene_of, seen_sites
from registry.office.waiting import Desk, Waiting
from registry.permits.lifecycle import APPROVED_CLASSES, SAYS_WHY, PermitAction, Way, actions_from, permit_state
from registry.permits.models import ApplicationState, VehiclePermit
from registry.permits.quota import OPEN, quotas_of
from registry.permits.rules import permit_number
from registry.permits.service import EARLIEST_YEAR, LATEST_YEAR
from registry.problems import Unprocessable
from registry.readings import Query, record_listing, record_reading
from registry.store import Work
from registry.units.api import require_everywhere
from registry.units.queries import all_units
from registry.web.dependencies import RegistryWork
from registry.web.pages import page

router = APIRouter(prefix="/registry", include_in_schema=False)
OfficeAction = Literal["review", "return", "reject", "approve", "issue"]
KEYS = {"review": "r", "approve": "p", "issue": "i", "return": "b", "reject": "n"}
"""The key of each action on the queue."""
_YEARS = range(EARLIEST_YEAR, LATEST_YEAR + 1)
STEP_PROBLEMS = {"reason-missing": "words"}


class NothingChosen(Unprocessable):
    slug = "nothing-chosen"
    title = "Choose at least one"


class StepsForm(BaseModel):
    applications: list[ApplicationId] = Field(default_factory=list, max_length=500)
    words: str = Field(default="", max_length=service.LONGEST_WORDS)


class StepForm(BaseModel):
    words: str = Field(default="", max_length=service.LONGEST_WORDS)


class BatchesForm(BaseModel):
    year: int = Field(ge=EARLIEST_YEAR, le=LATEST_YEAR)
    closing_day: date


class BatchForm(BatchesForm):
    unit: UnitId
    officer: str = Field(default="", max_length=batches.LONGEST_OFFICER)


def waiting(desk: Desk) -> list[Waiting]:
    """Applications that are handed in and neither issued nor refused."""
    count = queries.count_open(desk.session, desk.sites)
    return [Waiting(text="permits.waits.open", count=count, link="/registry/applications")]


class Asked(BaseModel):
    """What of the queue is shown."""

    q: str = Field(default="", max_length=60)
    state: ApplicationState | Literal["", "open"] = "open"
    unit: UUID | Literal[""] = ""
    year: Annotated[str, Field(pattern=r"^(\d{4})?$")] = ""
    cursor: UUID | Literal[""] = ""
    done: OfficeAction | Literal[""] = ""
    count: int = Field(default=0, ge=0, le=500)

    @property
    def states(self) -> tuple[ApplicationState, ...]:
        if self.state == "open":
            return OPEN
        return (self.state,) if isinstance(self.state, ApplicationState) else queries.HANDED_IN


@router.get("/applications")
def applications_page(
    request: Request, reader: Reader, work: RegistryWork, asked: Annotated[Asked, InQuery()]
) -> HTMLResponse:
    return _queue(request, reader, work, asked, BLANK)


@router.post("/applications/steps/{action}", response_model=None)
def take_steps(request: Request, action: OfficeAction, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    """The same step for all that were ticked: all or none."""
    form = Typed(sent, beside=STEP_PROBLEMS)
    with form.trying(work.session):
        fields = form.read(StepsForm)
        if not fields.applications:
            raise NothingChosen("Tick the applications first.")
        doer = Doer.of(work.session, clerk)
        step = PermitAction(action)
        taken = service.take_many(work.session, fields.applications, step, doer, words=fields.words, now=work.now)
        return go(f"/registry/applications?done={action}&count={len(taken)}")
    return _queue(request, clerk, work, Asked(), form)


def _queue(request: Request, reader: Principal, work: Work, asked: Asked, form: Typed) -> HTMLResponse:
    session = work.session
    scene, doer = scene_of(session, reader, work.now), Doer.of(session, reader)
    which: queries.Asked = {
        "sites": seen_sites(session, reader),
        "words": asked.q.strip(),
        "states": asked.states,
        "unit": UnitId(asked.unit) if isinstance(asked.unit, UUID) else None,
        "year": int(asked.year) if asked.year else None,
    }
    after = asked.cursor if isinstance(asked.cursor, UUID) else None
    rows = queries.applications(session, after=after, limit=PAGE_ROWS + 1, **which)
    shown = rows[:PAGE_ROWS]
    record_listing(work, reader, "applications", Query.of(asked.q), rows=len(shown))
    possible = {way.action for row in shown for way in ways_of(row, doer)}
    return page(
        request,
        "registry/applications.html",
        status=form.status,
        headers={"Cache-Control": "no-store", **form.headers},
        tab="applications",
        asked=asked,
        form=form,
        rows=shown,
        total=total_of(
            len(rows),
            PAGE_ROWS,
            is_first=after is None,
            words=asked.q.strip(),
            count=lambda: queries.count_applications(session, **which),
        ),
        following=shown[-1].application.id if len(rows) > PAGE_ROWS else None,
        states=["open", *queries.HANDED_IN],
        units=all_units(session),
        years=[scene.today.year + 1, scene.today.year, scene.today.year - 1],
        actions=[action for action in KEYS if action in possible],
        keys=KEYS,
        approved=APPROVED_CLASSES,
        scene=scene,
    )


@router.get("/applications/{application_id}")
def application_page(
    request: Request, application_id: ApplicationId, reader: Reader, work: RegistryWork
) -> HTMLResponse:
    return _application(request, reader, work, application_id, BLANK)


@router.post("/applications/{application_id}/{action}", response_model=None)
def take_step(
    *,
    request: Request,
    application_id: ApplicationId,
    action: OfficeAction,
    clerk: Writer,
    work: RegistryWork,
    sent: Sent,
) -> Response:
    form = Typed(sent, beside=STEP_PROBLEMS)
    with form.trying(work.session):
        fields, doer = form.read(StepForm), Doer.of(work.session, clerk)
        step = PermitAction(action)
        service.take(work.session, application_id, step, doer, words=fields.words, now=work.now)
        return go(f"/registry/applications/{application_id}")
    return _application(request, clerk, work, application_id, form)


def _application(
    request: Request, reader: Principal, work: Work, application_id: ApplicationId, form: Typed
) -> HTMLResponse:
    doer = Doer.of(work.session, reader)
    listed = service.read(work.session, application_id, doer)
    record_reading(work, reader, "application-read", f"application:{application_id}", listed.sites)
    return page(
        request,
        "registry/application.html",
        status=form.status,
        headers={"Cache-Control": "no-store", **form.headers},
        tab="applications",
        form=form,
        listed=listed,
        back="/registry/applications",
        **shown_of(work, listed),
        actions=[way.action for way in ways_of(listed, doer)],
        says_why=SAYS_WHY,
        scene=scene_of(work.session, reader, work.now),
    )


@router.get("/batches")
def batches_page(
    request: Request,
    reader: Reader,
    work: RegistryWork,
    *,
    year: Annotated[int | None, InQuery(ge=EARLIEST_YEAR, le=LATEST_YEAR)] = None,
    opened: Annotated[int | None, InQuery(ge=0, le=100_000)] = None,
    without: Annotated[int, InQuery(ge=0, le=100_000)] = 0,
) -> HTMLResponse:
    """`opened`: for how many units the year was opened a moment ago, `without`: for how many nobody is known to answer."""
    return _batches(request, reader, work, year, BLANK, opened=opened, without=without)


@router.post("/batches", response_model=None)
def put_batch(request: Request, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    require_everywhere(clerk)
    form = Typed(
        sent,
        beside={"officer-missing": "officer", "closing-day-not-allowed": "closing_day", "no-such-unit": "unit"},
    )
    with form.trying(work.session):
        fields = form.read(BatchForm)
        batches.put_batch(
            work.session,
            fields.unit,
            fields.year,
            officer=fields.officer,
            closing_day=fields.closing_day,
            by=clerk.name,
            now=work.now,
        )
        return RedirectResponse(f"/registry/batches?year={fields.year}", status_code=303)
    return _batches(request, clerk, work, form.number("year", _YEARS), form)


@router.post("/batches/all", response_model=None)
def open_batches(request: Request, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    """Open the year for every unit that has no batch yet."""
    require_everywhere(clerk)
    form = Typed(sent, beside={"closing-day-not-allowed": "closing_day"})
    with form.trying(work.session):
        fields = form.read(BatchesForm)
        made = batches.open_for_all(
            work.session, fields.year, closing_day=fields.closing_day, by=clerk.name, now=work.now
        )
        told = f"opened={len(made.batches)}&without={len(made.without_officer)}"
        return go(f"/registry/batches?year={fields.year}&{told}")
    return _batches(request, clerk, work, form.number("year", _YEARS), form, about="all")


def _batches(
    request: Request,
    reader: Principal,
    work: Work,
    year: int | None,
    form: Typed,
    *,
    about: Literal["one", "all"] = "one",
    opened: int | None = None,
    without: int = 0,
) -> HTMLResponse:
    """`about`: what the form is for, one unit or all."""
    scene = scene_of(work.session, reader, work.now)
    of_year = year or scene.year_asked
    units, found = all_units(work.session), queries.batches(work.session, of_year)
    quotas = quotas_of(work.session, of_year)
    record_listing(work, reader, "batches", Query.ALL, rows=len(found))
    return page(
        request,
        "registry/batches.html",
        status=form.status,
        headers=form.headers,
        tab="applications",
        one_form=form if about == "one" else BLANK,
        all_form=form if about == "all" else BLANK,
        opened=opened,
        without=without,
        year=of_year,
        years=[scene.today.year + 1, scene.today.year, scene.today.year - 1],
        units=units,
        rows=[(unit, found.get(unit.id), quotas[unit.id]) for unit in units],
        scene=scene,
    )


def shown_of(work: Work, listed: queries.Listed) -> dict[str, object]:
    """What a page shows of an application beside its fields: its steps, and the permits before and after it."""
    row = listed.application

    def number(permit_id: UUID | None) -> str | None:
        permit = None if permit_id is None else work.session.get(VehiclePermit, permit_id)
        return None if permit is None else permit_number(permit.year, permit.serial)

    return {
        "steps": queries.steps(work.session, row.id),
        "number": number(row.permit_id),
        "renewed": number(row.renews_id),
        "needs_approval": row.permit_class in APPROVED_CLASSES,
    }


def ways_of(listed: queries.Listed, doer: Doer) -> list[Way]:
    """What this doer can do about an application now; what was issued is the permit's own matter."""
    row = listed.application
    if row.state is ApplicationState.ISSUED:
        return []
    ways = actions_from(permit_state(row.state), row.permit_class)
    return [way for way in ways if doer.may(way.asks, row.unit_id, listed.sites)]
