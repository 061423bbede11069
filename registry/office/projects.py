"""`/registry/projects`: building work of contractors, its list of workers and their passes."""

from datetime import date, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi import Query as InQuery
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.credentials.ending import resting_on
from registry.credentials.grounds import over_from
from registry.credentials.rules import standing
from registry.feed.changes import ChangeKind
from registry.ids import LevelId, PersonId, ProjectId, SiteId, UnitId
from registry.keyring import Keys
from registry.levels.models import AccessLevel
from registry.listing import Words
from registry.office.forms import BLANK, Sent, Typed, not_before
from registry.office.scene import PAGE_ROWS, Reader, Writer, go, scene_of, seen_sites
from registry.office.waiting import Desk, Waiting
from registry.projects import queries, service, workers
from registry.projects.rules import Fault
from registry.readings import Query, record_listing, record_reading
from registry.revisions.service import history, revision_of
from registry.sites.scope import sites_of
from registry.store import Work
from registry.units.queries import all_units
from registry.web.dependencies import RegistryReading, RegistryWork
from registry.web.pages import page

router = APIRouter(prefix="/registry/projects", include_in_schema=False)
PROBLEMS_OF_PROJECT = {
    "no-such-unit": "unit",
    "no-such-level": "level",
    "period-empty": "last_day",
    "moment-too-far": "last_day",
}
SOON = timedelta(days=7)
"""A training that ends within this time is said on the first page."""


class ProjectForm(BaseModel):
    """A project; no level: every gate at any hour."""

    site: SiteId
    unit: UnitId
    name: str = Field(max_length=80)
    contractor: str = Field(max_length=80)
    foreman: str = Field(max_length=80)
    foreman_phone: str | None = Field(default=None, max_length=20)
    level: LevelId | None = None
    first_day: date
    last_day: date

    @property
    def fields(self) -> service.ProjectFields:
        return service.ProjectFields(
            unit_id=self.unit,
            name=self.name,
            contractor=self.contractor,
            foreman=self.foreman,
            foreman_phone=self.foreman_phone,
            level_id=self.level,
            first_day=self.first_day,
            last_day=self.last_day,
        )


class ListForm(BaseModel):
    text: str = Field(max_length=100_000, repr=False)


class TrainingForm(BaseModel):
    training: date


def waiting(desk: Desk) -> list[Waiting]:
    """Workers whose safety training is over or ends within a week."""
    until = desk.today + SOON
    count = queries.count_training(desk.session, desk.sites, today=desk.today, until=until)
    return [Waiting(text="projects.waits.training", count=count, link="/registry/projects?training=true")]


@router.get("")
def projects_page(
    *,
    request: Request,
    reader: Reader,
    work: RegistryWork,
    q: Words = "",
    site: Annotated[str, InQuery(max_length=40)] = "",
    running: Literal["true", "false", ""] = "",
    training: bool = False,
    cursor: UUID | Literal[""] = "",
) -> HTMLResponse:
    """`training`: only those with a worker whose training is over or ends within a week."""
    where = seen_sites(work.session, reader)
    scene = scene_of(work.session, reader, work.now)
    if site:
        reader.require(Permission.REGISTRY_READ, SiteId(site))
    rows = queries.projects(
        work.session,
        where & {SiteId(site)} if site else where,
        today=scene.today,
        words=q.strip(),
        running=None if running == "" else running == "true",
        trained_until=scene.today + SOON if training else None,
        after=ProjectId(cursor) if isinstance(cursor, UUID) else None,
        limit=PAGE_ROWS + 1,
    )
    record_listing(work, reader, "projects", Query.of(q), rows=len(rows[:PAGE_ROWS]))
    return page(
        request,
        "registry/projects.html",
        tab="projects",
        q=q,
        site=site,
        running=running,
        training=training,
        choices=[each for each in scene.sites.values() if each.id in where],
        rows=rows[:PAGE_ROWS],
        following=rows[PAGE_ROWS - 1].project.id if len(rows) > PAGE_ROWS else None,
        scene=scene,
    )


@router.get("/new")
def new_project_page(request: Request, clerk: Writer, work: RegistryReading) -> HTMLResponse:
    return _form_page(request, clerk, work, BLANK, None)


@router.post("/new", response_model=None)
def begin_project(request: Request, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    form = Typed(sent, beside=PROBLEMS_OF_PROJECT)
    with form.trying(work.session):
        fields = form.read(ProjectForm, last_day=not_before(form, "first_day"))
        clerk.require(Permission.REGISTRY_WRITE, fields.site)
        new = service.NewProject(site=fields.site, fields=fields.fields)
        begun = service.begin_project(work.session, new, by=clerk.name, now=work.now)
        return go(f"/registry/projects/{begun.id}")
    return _form_page(request, clerk, work, form, None)


@router.get("/{project_id}")
def project_page(request: Request, project_id: ProjectId, reader: Reader, work: RegistryWork) -> HTMLResponse:
    listed = queries.project(work.session, project_id, seen_sites(work.session, reader))
    record_reading(work, reader, "project-read", service.subject_of(project_id), [listed.project.site])
    return _project_page(request, project_id, reader, work, BLANK)


@router.get("/{project_id}/edit")
def change_project_page(request: Request, project_id: ProjectId, clerk: Writer, work: RegistryReading) -> HTMLResponse:
    return _form_page(request, clerk, work, BLANK, project_id)


@router.post("/{project_id}/edit", response_model=None)
def change_project(request: Request, project_id: ProjectId, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    form, where = Typed(sent, beside=PROBLEMS_OF_PROJECT), _written(work, clerk)
    with form.trying(work.session):
        fields = form.read(ProjectForm, last_day=not_before(form, "first_day")).fields
        service.change_project(
            work.session, project_id, fields, read=form.revision, within=where, by=clerk.name, now=work.now
        )
        return go(f"/registry/projects/{project_id}")
    return _form_page(request, clerk, work, form, project_id)


@router.post("/{project_id}/workers", response_model=None)
def enter_workers(
    *, request: Request, project_id: ProjectId, clerk: Writer, work: RegistryWork, keys: Keys, sent: Sent
) -> Response:
    form, where, faults = Typed(sent, beside={"list-wrong": "text"}), _written(work, clerk), []
    with form.trying(work.session):
        text = form.read(ListForm).text
        try:
            workers.enter_workers(
                work.session, keys.identity, project_id, text, within=where, by=clerk.name, now=work.now
            )
        except workers.ListWrong as problem:
            faults = list(problem.faults)
            raise
        return go(f"/registry/projects/{project_id}")
    return _project_page(request, project_id, clerk, work, form, faults=faults)


@router.post("/{project_id}/workers/{person_id}/leaving")
def remove_worker(project_id: ProjectId, person_id: PersonId, clerk: Writer, work: RegistryWork) -> Response:
    where = _written(work, clerk)
    workers.remove_worker(work.session, project_id, person_id, within=where, by=clerk.name, now=work.now)
    return go(f"/registry/projects/{project_id}")


@router.post("/{project_id}/workers/{person_id}/training", response_model=None)
def set_training(
    *, request: Request, project_id: ProjectId, person_id: PersonId, clerk: Writer, work: RegistryWork, sent: Sent
) -> Response:
    form, where = Typed(sent, beside={"moment-too-far": "training"}), _written(work, clerk)
    with form.trying(work.session):
        day = form.read(TrainingForm).training
        workers.set_training(work.session, project_id, person_id, day, within=where, by=clerk.name, now=work.now)
        return go(f"/registry/projects/{project_id}")
    return _project_page(request, project_id, clerk, work, form)


@router.post("/{project_id}/passes", response_model=None)
def issue_passes(request: Request, project_id: ProjectId, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    form, where = Typed(sent), _written(work, clerk)
    with form.trying(work.session):
        workers.issue_passes(work.session, project_id, within=where, by=clerk.name, now=work.now)
        return go(f"/registry/projects/{project_id}")
    return _project_page(request, project_id, clerk, work, form)


@router.get("/{project_id}/end")
def end_page(request: Request, project_id: ProjectId, clerk: Writer, work: RegistryReading) -> HTMLResponse:
    return _end_page(request, project_id, clerk, work, BLANK)


@router.post("/{project_id}/end", response_model=None)
def end_project(request: Request, project_id: ProjectId, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    form, where = Typed(sent), _written(work, clerk)
    with form.trying(work.session):
        service.end_project(work.session, project_id, read=form.revision, within=where, by=clerk.name, now=work.now)
        return go(f"/registry/projects/{project_id}")
    return _end_page(request, project_id, clerk, work, form)


@router.post("/{project_id}/end/undoing", response_model=None)
def undo_ending(request: Request, project_id: ProjectId, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    form, where = Typed(sent), _written(work, clerk)
    with form.trying(work.session):
        service.undo_ending(work.session, project_id, within=where, by=clerk.name, now=work.now)
        return go(f"/registry/projects/{project_id}")
    return _project_page(request, project_id, clerk, work, form)


def _project_page(
    request: Request,
    project_id: ProjectId,
    reader: Principal,
    work: Work,
    form: Typed,
    *,
    faults: list[Fault] | None = None,
) -> HTMLResponse:
    session, where = work.session, seen_sites(work.session, reader)
    scene = scene_of(session, reader, work.now)
    listed = queries.project(session, project_id, where)
    over = over_from(listed.project.end_day, listed.project.ended_at, scene.zone)
    passes: dict[PersonId, list[object]] = {}
    for one in resting_on(session, project_id=project_id):
        passes.setdefault(one.row.person_id, []).append(one)
    return page(
        request,
        "registry/project.html",
        status=form.status,
        headers=form.headers,
        tab="projects",
        listed=listed,
        workers=queries.workers(session, project_id),
        gone=queries.workers(session, project_id, here=False),
        passes=passes,
        qr=ChangeKind.QR,
        standing_of=lambda row: standing(row.status, row.valid_from, row.valid_until, work.now),
        is_over=over is not None and over <= work.now,
        may_change=reader.may(Permission.REGISTRY_WRITE, listed.project.site),
        can_be_undone=service.can_be_undone(session, project_id),
        history=history(session, service.subject_of(project_id)),
        faults=faults or [],
        seen=where,
        form=form,
        scene=scene,
    )


def _form_page(
    request: Request, clerk: Principal, work: Work, form: Typed, project_id: ProjectId | None
) -> HTMLResponse:
    scene, where = scene_of(work.session, clerk, work.now), _written(work, clerk)
    levels = select(AccessLevel).where(AccessLevel.site.in_(where)).order_by(AccessLevel.site, AccessLevel.name_zh)
    return page(
        request,
        "registry/project_form.html",
        status=form.status,
        headers=form.headers,
        tab="projects",
        listed=None if project_id is None else queries.project(work.session, project_id, where),
        revision=0 if project_id is None else revision_of(work.session, service.subject_of(project_id)),
        units=all_units(work.session),
        levels=work.session.scalars(levels).all(),
        form=form,
        scene=scene,
    )


def _end_page(request: Request, project_id: ProjectId, clerk: Principal, work: Work, form: Typed) -> HTMLResponse:
    where = _written(work, clerk)
    return page(
        request,
        "registry/project_end.html",
        status=form.status,
        headers=form.headers,
        tab="projects",
        listed=queries.project(work.session, project_id, where),
        ending=service.what_ending_takes(work.session, project_id, within=where),
        revision=revision_of(work.session, service.subject_of(project_id)),
        form=form,
        scene=scene_of(work.session, clerk, work.now),
    )


def _written(work: Work, clerk: Principal) -> frozenset[SiteId]:
    return sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
