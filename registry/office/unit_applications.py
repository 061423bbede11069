"""`/registry/unit/applications`: what a unit's officer applies for, hands in and withdraws."""

from collections.abc import Collection
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi import Query as InQuery
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from registry.applications import queries, service
from registry.applications.doer import Doer
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.credentials.written import plates_apart
from registry.ids import ApplicationId, PersonId, SiteId, UnitId
from registry.office.applications import NothingChosen, StepsForm, shown_of, ways_of
from registry.office.credentials import PROBLEMS_OF_PERMIT
from registry.office.forms import BLANK, Sent, Typed
from registry.office.scene import PAGE_ROWS, Scene, go, scene_of
from registry.people.models import Person
from registry.people.queries import people
from registry.permits.lifecycle import SAYS_WHY, PermitAction
from registry.permits.models import ApplicationState, PermitClass
from registry.permits.quota import quota_of
from registry.permits.service import EARLIEST_YEAR, LATEST_YEAR
from registry.readings import Query, record_listing, record_reading
from registry.revisions.service import revision_of
from registry.sites.queries import all_sites
from registry.store import Work
from registry.units.queries import all_units
from registry.units.scope import sites_within
from registry.web.dependencies import RegistryWork
from registry.web.pages import page

router = APIRouter(prefix="/registry/unit/applications", include_in_schema=False)
Officer = Annotated[Principal, Depends(requires(Permission.UNIT_APPLY))]
OwnAction = Literal["apply", "withdraw"]
MOST_HOLDERS = 100
"""Of a unit with more people one looks for the holder by name, pinyin or phone."""
PROBLEMS_OF_APPLICATION = {**PROBLEMS_OF_PERMIT, "batch-closed": "year"}


class ApplicationForm(BaseModel):
    """`further`: plates that share the permit, with blanks or commas between them."""

    unit: UnitId
    holder: PersonId
    plate: str = Field(max_length=40)
    further: str = Field(default="", max_length=200)
    year: int = Field(ge=EARLIEST_YEAR, le=LATEST_YEAR)
    permit_class: PermitClass
    sites: list[SiteId] = Field(default_factory=list)
    words: str = Field(default="", max_length=service.LONGEST_WORDS)

    def as_new(self) -> service.NewApplication:
        return service.NewApplication(
            unit_id=self.unit,
            holder=self.holder,
            plate=self.plate,
            further=plates_apart(self.further),
            year=self.year,
            permit_class=self.permit_class,
            sites=frozenset(self.sites),
            words=self.words,
        )


class Asked(BaseModel):
    q: str = Field(default="", max_length=60)
    state: ApplicationState | Literal[""] = ""
    cursor: UUID | Literal[""] = ""
    done: OwnAction | Literal["draft", ""] = ""
    count: int = Field(default=0, ge=0, le=500)


@router.get("")
def own_applications_page(
    request: Request, officer: Officer, work: RegistryWork, asked: Annotated[Asked, InQuery()]
) -> HTMLResponse:
    return _list(request, officer, work, asked, BLANK)


@router.post("/steps/apply", response_model=None)
def hand_in(request: Request, officer: Officer, work: RegistryWork, sent: Sent) -> Response:
    """Hand in all that were ticked: all or none."""
    form = Typed(sent)
    with form.trying(work.session):
        fields = form.read(StepsForm)
        if not fields.applications:
            raise NothingChosen("Tick the applications first.")
        doer = Doer.of(work.session, officer)
        taken = service.take_many(work.session, fields.applications, PermitAction.APPLY, doer, now=work.now)
        return go(f"/registry/unit/applications?done=apply&count={len(taken)}")
    return _list(request, officer, work, Asked(), form)


@router.get("/new")
def new_application_page(request: Request, officer: Officer, work: RegistryWork) -> HTMLResponse:
    return _form(request, officer, work, BLANK, None)


@router.post("/new", response_model=None)
def draft_application(request: Request, officer: Officer, work: RegistryWork, sent: Sent) -> Response:
    """Write it down and, where the button says so, hand it in at once; or look for its holder."""
    form = Typed(sent, beside=PROBLEMS_OF_APPLICATION)
    if form.value("then") == "find":
        return _form(request, officer, work, form, None)
    with form.trying(work.session):
        doer = Doer.of(work.session, officer)
        row = service.draft(work.session, form.read(ApplicationForm).as_new(), doer, work.now)
        if form.value("then") == "apply":
            service.take(work.session, row.id, PermitAction.APPLY, doer, now=work.now)
        return go(f"/registry/unit/applications/{row.id}")
    return _form(request, officer, work, form, None)


@router.get("/{application_id}")
def own_application_page(
    request: Request, application_id: ApplicationId, officer: Officer, work: RegistryWork
) -> HTMLResponse:
    return _application(request, officer, work, application_id, BLANK)


@router.get("/{application_id}/change")
def change_page(request: Request, application_id: ApplicationId, officer: Officer, work: RegistryWork) -> HTMLResponse:
    return _form(request, officer, work, BLANK, _own(work, officer, application_id))


@router.post("/{application_id}/change", response_model=None)
def change_application(
    request: Request, application_id: ApplicationId, officer: Officer, work: RegistryWork, sent: Sent
) -> Response:
    form = Typed(sent, beside=PROBLEMS_OF_APPLICATION)
    if form.value("then") == "find":
        return _form(request, officer, work, form, _own(work, officer, application_id))
    with form.trying(work.session):
        doer = Doer.of(work.session, officer)
        new = form.read(ApplicationForm).as_new()
        service.change(work.session, application_id, new, doer, work.now, revision=form.revision)
        if form.value("then") == "apply":
            service.take(work.session, application_id, PermitAction.APPLY, doer, now=work.now)
        return go(f"/registry/unit/applications/{application_id}")
    return _form(request, officer, work, form, _own(work, officer, application_id))


@router.post("/{application_id}/{action}", response_model=None)
def take_own_step(
    *,
    request: Request,
    application_id: ApplicationId,
    action: OwnAction,
    officer: Officer,
    work: RegistryWork,
    sent: Sent,
) -> Response:
    form = Typed(sent)
    with form.trying(work.session):
        doer = Doer.of(work.session, officer)
        words = form.value("words")[: service.LONGEST_WORDS]
        service.take(work.session, application_id, PermitAction(action), doer, words=words, now=work.now)
        return go(f"/registry/unit/applications/{application_id}")
    return _application(request, officer, work, application_id, form)


def _own(work: Work, officer: Principal, application_id: ApplicationId) -> queries.Listed:
    """An application of the officer's own units; `read` would also give one that they see as a clerk."""
    doer = Doer.of(work.session, officer)
    listed = service.read(work.session, application_id, doer)
    if not doer.applies(listed.application.unit_id, listed.sites):
        raise service.NoSuchApplication("There is no such application here.")
    return listed


def _list(request: Request, officer: Principal, work: Work, asked: Asked, form: Typed) -> HTMLResponse:
    session, scope = work.session, officer.units(Permission.UNIT_APPLY)
    rows = queries.applications(
        session,
        units=scope,
        words=asked.q.strip(),
        states=(asked.state,) if isinstance(asked.state, ApplicationState) else (),
        after=asked.cursor if isinstance(asked.cursor, UUID) else None,
        limit=PAGE_ROWS + 1,
    )
    shown = rows[:PAGE_ROWS]
    record_listing(work, officer, "applications", Query.of(asked.q), rows=len(shown))
    scene = scene_of(session, officer, work.now)
    own = {unit for _, unit in scope}
    standings = [
        (unit, year, queries.batch(session, unit.id, year), quota_of(session, unit.id, year))
        for unit in all_units(session)
        if unit.id in own
        for year in (scene.today.year, scene.today.year + 1)
    ]
    return page(
        request,
        "registry/unit_applications.html",
        status=form.status,
        headers={"Cache-Control": "no-store", **form.headers},
        tab="applications",
        asked=asked,
        form=form,
        rows=shown,
        following=shown[-1].application.id if len(rows) > PAGE_ROWS else None,
        states=list(ApplicationState),
        standings=[each for each in standings if each[2] is not None or each[1] == scene.today.year],
        scene=scene,
    )


def _application(
    request: Request, officer: Principal, work: Work, application_id: ApplicationId, form: Typed
) -> HTMLResponse:
    listed = _own(work, officer, application_id)
    record_reading(work, officer, "application-read", f"application:{application_id}", listed.sites)
    doer = Doer.of(work.session, officer)
    own = {PermitAction.CHANGE, PermitAction.APPLY, PermitAction.WITHDRAW}
    return page(
        request,
        "registry/unit_application.html",
        status=form.status,
        headers={"Cache-Control": "no-store", **form.headers},
        tab="applications",
        form=form,
        listed=listed,
        back="/registry/unit/applications",
        **shown_of(work, listed),
        actions=[way.action for way in ways_of(listed, doer) if way.action in own],
        says_why=SAYS_WHY,
        scene=scene_of(work.session, officer, work.now),
    )


def _form(request: Request, officer: Principal, work: Work, form: Typed, listed: queries.Listed | None) -> HTMLResponse:
    session, scope = work.session, officer.units(Permission.UNIT_APPLY)
    scene = scene_of(session, officer, work.now)
    own = {unit for _, unit in scope}
    where = sites_within(scope, frozenset(site.id for site in all_sites(session)))
    words = form.value("find").strip()
    found = people(session, where, words=words, units=scope, limit=MOST_HOLDERS + 1)
    holders = {each.person.id: each.person for each in found[:MOST_HOLDERS]}
    if listed is not None:
        holders.setdefault(listed.holder.id, listed.holder)
    return page(
        request,
        "registry/unit_application_form.html",
        status=form.status,
        headers={"Cache-Control": "no-store", **form.headers},
        tab="applications",
        form=form,
        listed=listed,
        revision_number=0 if listed is None else revision_of(session, service.subject_of(listed.application)),
        units=[unit for unit in all_units(session) if unit.id in own],
        holders=sorted(holders.values(), key=_by_name),
        is_searched=bool(words) or len(found) > MOST_HOLDERS,
        sites=[site for site in scene.sites.values() if site.id in where],
        classes=list(PermitClass),
        years=[scene.today.year, scene.today.year + 1],
        year=_open_year(session, own, scene),
        scene=scene,
    )


def _by_name(holder: Person) -> tuple[str, str]:
    return holder.name, str(holder.id)


def _open_year(session: Session, units: Collection[UnitId], scene: Scene) -> int:
    """The year for which the units may hand in, the later of two; this one if it is neither."""
    for year in (scene.today.year + 1, scene.today.year):
        batches = (queries.batch(session, unit, year) for unit in units)
        if any(batch is not None and batch.closing_day >= scene.today for batch in batches):
            return year
    return scene.today.year
