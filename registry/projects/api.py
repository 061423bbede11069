"""`/api/registry/projects`."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.housing.tenancies_api import PassEnding
from registry.ids import LevelId, PersonId, ProjectId, SiteId, UnitId
from registry.keyring import Keys
from registry.listing import DEFAULT_LIMIT, Limit, Listing, Words, page_of
from registry.passes.digests import digest_key
from registry.passes.pins_api import GroundPinIn, MadePinOut
from registry.problems import Conflict, NotFound, problems
from registry.projects import queries, service, workers
from registry.readings import Query, record_listing, record_reading
from registry.sites.queries import local_day
from registry.sites.scope import sites_of
from registry.store import Work
from registry.web.dependencies import RegistryWork

router = APIRouter(prefix="/api/registry/projects", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.REGISTRY_WRITE))]


class FieldsIn(BaseModel):
    """`last_day` is included. `level`: its gates and hours; left out: every gate at any hour."""

    unit: UnitId
    name: str = Field(min_length=1, max_length=80)
    contractor: str = Field(min_length=1, max_length=80)
    foreman: str = Field(min_length=1, max_length=80)
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


class ProjectIn(FieldsIn):
    site: SiteId


class ProjectChange(FieldsIn):
    """`revision`: what the writer was shown."""

    revision: int | None = Field(default=None, ge=0, lt=10**9)


class EndingIn(BaseModel):
    """`revision`: what the writer was shown."""

    revision: int | None = Field(default=None, ge=0, lt=10**9)


class ProjectOut(BaseModel):
    """A project; `workers`: how many are on its list."""

    id: ProjectId
    site: SiteId
    unit: UnitId
    name: str
    contractor: str
    foreman: str
    foreman_phone: str | None
    level: LevelId | None
    first_day: date
    last_day: date
    ended_at: datetime | None
    workers: int

    @classmethod
    def of(cls, listed: queries.Listed) -> "ProjectOut":
        row = listed.project
        return cls(
            id=row.id,
            site=row.site,
            unit=row.unit_id,
            name=row.name,
            contractor=row.contractor,
            foreman=row.foreman,
            foreman_phone=row.foreman_phone,
            level=row.level_id,
            first_day=row.first_day,
            last_day=listed.last_day,
            ended_at=row.ended_at,
            workers=listed.workers,
        )


class WorkerOut(BaseModel):
    person: PersonId
    name: str
    trade: str | None
    training_last_day: date | None


class ProjectWithWorkers(ProjectOut):
    list: list[WorkerOut]


class ListIn(BaseModel):
    """A line each: name, ID number, phone, trade, last day of the training; split by tabs or commas."""

    text: str = Field(min_length=1, max_length=100_000, repr=False)


class EnteredOut(BaseModel):
    """`registered`: people who were not known before."""

    registered: int
    entered: int


class TrainingIn(BaseModel):
    last_day: date


class PassesOut(BaseModel):
    """The QR passes that were issued."""

    passes: list[UUID]


@router.get("", responses=problems())
def list_projects(
    *,
    reader: Reader,
    work: RegistryWork,
    q: Words = "",
    running: bool | None = None,
    cursor: ProjectId | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listing[ProjectOut]:
    """Projects, the newest first; `running`: those that are not over today."""
    where = sites_of(work.session, reader, Permission.REGISTRY_READ)
    today = local_day(work.session, where, work.now)
    rows = queries.projects(
        work.session, where, today=today, words=q.strip(), running=running, after=cursor, limit=limit + 1
    )
    record_listing(work, reader, "projects", Query.of(q), rows=min(len(rows), limit))
    return page_of(rows, limit, out=ProjectOut.of, cursor=lambda row: str(row.project.id))


@router.post("", status_code=201, responses=problems(NotFound))
def begin_project(body: ProjectIn, clerk: Writer, work: RegistryWork) -> ProjectOut:
    clerk.require(Permission.REGISTRY_WRITE, body.site)
    new = service.NewProject(site=body.site, fields=body.fields)
    begun = service.begin_project(work.session, new, by=clerk.name, now=work.now)
    return ProjectOut.of(queries.project(work.session, begun.id, [begun.site]))


@router.get("/{project_id}", responses=problems(NotFound))
def get_project(project_id: ProjectId, reader: Reader, work: RegistryWork) -> ProjectWithWorkers:
    where = sites_of(work.session, reader, Permission.REGISTRY_READ)
    listed = queries.project(work.session, project_id, where)
    record_reading(work, reader, "project-read", service.subject_of(project_id), [listed.project.site])
    on_it = [
        WorkerOut(
            person=one.person.id,
            name=one.person.name,
            trade=one.entry.trade,
            training_last_day=one.training_last_day,
        )
        for one in queries.workers(work.session, project_id)
    ]
    return ProjectWithWorkers(**ProjectOut.of(listed).model_dump(), list=on_it)


@router.put("/{project_id}", responses=problems(NotFound, Conflict))
def change_project(project_id: ProjectId, body: ProjectChange, clerk: Writer, work: RegistryWork) -> ProjectOut:
    where = _written(work, clerk)
    service.change_project(
        work.session, project_id, body.fields, read=body.revision, within=where, by=clerk.name, now=work.now
    )
    return ProjectOut.of(queries.project(work.session, project_id, where))


@router.get("/{project_id}/ending", responses=problems(NotFound))
def preview_ending(project_id: ProjectId, clerk: Writer, work: RegistryWork) -> list[PassEnding]:
    """The passes that ending it now would take away."""
    found = service.what_ending_takes(work.session, project_id, within=_written(work, clerk))
    return [PassEnding.of(one) for one in found]


@router.post("/{project_id}/ending", responses=problems(NotFound, Conflict))
def end_project(project_id: ProjectId, body: EndingIn, clerk: Writer, work: RegistryWork) -> ProjectOut:
    where = _written(work, clerk)
    service.end_project(work.session, project_id, read=body.revision, within=where, by=clerk.name, now=work.now)
    return ProjectOut.of(queries.project(work.session, project_id, where))


@router.delete("/{project_id}/ending", responses=problems(NotFound, Conflict))
def undo_ending(project_id: ProjectId, clerk: Writer, work: RegistryWork) -> ProjectOut:
    where = _written(work, clerk)
    service.undo_ending(work.session, project_id, within=where, by=clerk.name, now=work.now)
    return ProjectOut.of(queries.project(work.session, project_id, where))


@router.post("/{project_id}/workers", responses=problems(NotFound, Conflict))
def enter_workers(project_id: ProjectId, body: ListIn, clerk: Writer, work: RegistryWork, keys: Keys) -> EnteredOut:
    """All of the list, or nobody: `rows` of the problem are line, field and what is wrong."""
    done = workers.enter_workers(
        work.session, keys.identity, project_id, body.text, within=_written(work, clerk), by=clerk.name, now=work.now
    )
    return EnteredOut(registered=done.registered, entered=done.entered)


@router.delete("/{project_id}/workers/{person_id}", status_code=204, responses=problems(NotFound))
def remove_worker(project_id: ProjectId, person_id: PersonId, clerk: Writer, work: RegistryWork) -> Response:
    workers.remove_worker(
        work.session, project_id, person_id, within=_written(work, clerk), by=clerk.name, now=work.now
    )
    return Response(status_code=204)


@router.put("/{project_id}/workers/{person_id}/training", responses=problems(NotFound))
def set_training(
    project_id: ProjectId, person_id: PersonId, body: TrainingIn, clerk: Writer, work: RegistryWork
) -> TrainingIn:
    workers.set_training(
        work.session, project_id, person_id, body.last_day, within=_written(work, clerk), by=clerk.name, now=work.now
    )
    return body


@router.post("/{project_id}/passes", status_code=201, responses=problems(NotFound, Conflict))
def issue_passes(project_id: ProjectId, clerk: Writer, work: RegistryWork) -> PassesOut:
    """A QR pass for everybody on the list who is trained and has none."""
    issued = workers.issue_passes(work.session, project_id, within=_written(work, clerk), by=clerk.name, now=work.now)
    return PassesOut(passes=[one.id for one in issued])


@router.post("/{project_id}/pins", status_code=201, responses=problems(NotFound, Conflict))
def issue_pin(
    *, project_id: ProjectId, body: GroundPinIn, clerk: Writer, work: RegistryWork, keys: Keys, response: Response
) -> MadePinOut:
    """A PIN that ends with the project, for somebody on its list who is trained."""
    response.headers["Cache-Control"] = "no-store"
    made = workers.issue_pin_on_project(
        work.session,
        project_id,
        body.holder,
        last_day=body.last_day,
        pin=body.pin,
        key=digest_key(keys.device_key),
        within=_written(work, clerk),
        by=clerk.name,
        now=work.now,
    )
    return MadePinOut.of(made)


def _written(work: Work, clerk: Principal) -> frozenset[SiteId]:
    return sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
