"""`/api/registry/applications` for the office, `/api/registry/unit/applications` for units, `/api/registry/batches`."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from registry.applications import batches, queries, service
from registry.applications.doer import Doer
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import ApplicationId, BatchId, CredentialId, PersonId, SiteId, UnitId
from registry.listing import DEFAULT_LIMIT, Limit, Listing, Words, page_of
from registry.permits.api import MOST_FURTHER, PlateText
from registry.permits.lifecycle import PermitAction
from registry.permits.models import ApplicationState, PermitBatch, PermitClass
from registry.permits.quota import Quota, quota_of, quotas_of
from registry.permits.service import EARLIEST_YEAR, LATEST_YEAR
from registry.plates.grammar import PlateKind
from registry.problems import Conflict, NotFound, problems
from registry.readings import Query, record_listing, record_reading
from registry.sites.scope import sites_of
from registry.store import Work
from registry.units.api import require_everywhere
from registry.units.changing import UnitOfAllSites
from registry.units.queries import all_units
from registry.web.dependencies import RegistryWork

router = APIRouter(prefix="/api/registry", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.REGISTRY_WRITE))]
Approver = Annotated[Principal, Depends(requires(Permission.PERMITS_APPROVE))]
Officer = Annotated[Principal, Depends(requires(Permission.UNIT_APPLY))]
Year = Annotated[int, Field(ge=EARLIEST_YEAR, le=LATEST_YEAR)]
MOST_AT_ONCE = 500
_UNIT_STEPS: Mapping[str, PermitAction] = {"submission": PermitAction.APPLY, "withdrawal": PermitAction.WITHDRAW}
_OFFICE_STEPS: Mapping[str, PermitAction] = {
    "review": PermitAction.REVIEW,
    "return": PermitAction.RETURN,
    "rejection": PermitAction.REJECT,
    "issue": PermitAction.ISSUE,
}


class ApplicationIn(BaseModel):
    """What a unit applies for; `further` plates share the permit, one inside at a time."""

    unit: UnitId
    holder: PersonId
    plate: PlateText
    further: list[PlateText] = Field(default_factory=list, max_length=MOST_FURTHER)
    year: Year
    permit_class: PermitClass = PermitClass.PRIVATE
    sites: set[SiteId] = Field(min_length=1, max_length=50)
    words: str = Field(default="", max_length=service.LONGEST_WORDS)

    def as_new(self) -> service.NewApplication:
        return service.NewApplication(
            unit_id=self.unit,
            holder=self.holder,
            plate=self.plate,
            further=tuple(self.further),
            year=self.year,
            permit_class=self.permit_class,
            sites=frozenset(self.sites),
            words=self.words,
        )


class StepIn(BaseModel):
    """`words`: why; asked for where something is sent back or refused."""

    words: str = Field(default="", max_length=service.LONGEST_WORDS)


class StepsIn(StepIn):
    """The same step for many: all or none."""

    applications: list[ApplicationId] = Field(min_length=1, max_length=MOST_AT_ONCE)


class ApplicationOut(BaseModel):
    id: ApplicationId
    year: int
    unit: UnitId | None
    holder: PersonId
    holder_name: str
    plate: str
    plate_kind: PlateKind
    further: list[str]
    permit_class: PermitClass
    sites: list[SiteId]
    state: ApplicationState
    renews: CredentialId | None
    permit: CredentialId | None
    words: str | None
    created_by: str
    created_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, listed: queries.Listed) -> "ApplicationOut":
        row = listed.application
        return cls(
            id=row.id,
            year=row.year,
            unit=row.unit_id,
            holder=row.holder_id,
            holder_name=listed.holder.name,
            plate=row.plate,
            plate_kind=row.plate_kind,
            further=listed.plates[1:],
            permit_class=row.permit_class,
            sites=listed.sites,
            state=row.state,
            renews=row.renews_id,
            permit=row.permit_id,
            words=row.words,
            created_by=row.created_by,
            created_at=row.created_at,
            changed_at=row.changed_at,
        )


class StepOut(BaseModel):
    number: int
    action: PermitAction
    by: str
    role: str
    at: datetime
    words: str | None


class ClosingIn(BaseModel):
    closing_day: date


class BatchIn(ClosingIn):
    officer: str = Field(min_length=1, max_length=batches.LONGEST_OFFICER)


class BatchOut(BaseModel):
    """A unit's batch of a year. `quota` None: no limit; `taken`: permits in use or applied for."""

    id: BatchId
    unit: UnitId
    year: int
    officer: str
    closing_day: date
    quota: int | None
    taken: int

    @classmethod
    def of(cls, batch: PermitBatch, quota: Quota) -> "BatchOut":
        return cls(
            id=batch.id,
            unit=batch.unit_id,
            year=batch.year,
            officer=batch.officer,
            closing_day=batch.closing_day,
            quota=quota.limit,
            taken=quota.taken,
        )


class BatchesOut(BaseModel):
    """`without_officer`: units that nobody is known to answer for, for which a batch is opened by hand."""

    opened: list[BatchOut]
    without_officer: list[UnitId]


@router.get("/applications", responses=problems())
def list_applications(
    *,
    reader: Reader,
    work: RegistryWork,
    q: Words = "",
    state: ApplicationState | None = None,
    unit: UnitId | None = None,
    year: Year | None = None,
    cursor: UUID | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listing[ApplicationOut]:
    """The oldest first; drafts are the unit's own."""
    rows = queries.applications(
        work.session,
        sites=sites_of(work.session, reader, Permission.REGISTRY_READ),
        words=q.strip(),
        states=queries.HANDED_IN if state is None else (state,),
        unit=unit,
        year=year,
        after=cursor,
        limit=limit + 1,
    )
    record_listing(work, reader, "applications", Query.of(q), rows=min(len(rows), limit))
    return page_of(rows, limit, out=ApplicationOut.of, cursor=lambda row: str(row.application.id))


@router.get("/applications/{application_id}", responses=problems(NotFound))
def get_application(application_id: ApplicationId, reader: Reader, work: RegistryWork) -> ApplicationOut:
    listed = service.read(work.session, application_id, Doer.of(work.session, reader))
    record_reading(work, reader, "application-read", f"application:{application_id}", listed.sites)
    return ApplicationOut.of(listed)


@router.get("/applications/{application_id}/steps", responses=problems(NotFound))
def get_steps(application_id: ApplicationId, reader: Reader, work: RegistryWork) -> list[StepOut]:
    """What was done about it, the earliest first."""
    service.read(work.session, application_id, Doer.of(work.session, reader))
    return [
        StepOut(
            number=one.number,
            action=PermitAction(one.action),
            by=one.by,
            role=one.role,
            at=one.at,
            words=one.words,
        )
        for one in queries.steps(work.session, application_id)
    ]


@router.post("/applications/{application_id}/approval", responses=problems(NotFound, Conflict))
def approve_application(
    application_id: ApplicationId, body: StepIn, officer: Approver, work: RegistryWork
) -> ApplicationOut:
    return _taken(work, officer, application_id, PermitAction.APPROVE, body.words)


@router.post("/applications/{application_id}/{step}", responses=problems(NotFound, Conflict))
def take_step(
    application_id: ApplicationId,
    step: Literal["review", "return", "rejection", "issue"],
    body: StepIn,
    clerk: Writer,
    work: RegistryWork,
) -> ApplicationOut:
    return _taken(work, clerk, application_id, _OFFICE_STEPS[step], body.words)


@router.post("/application-approvals", responses=problems(NotFound, Conflict))
def approve_applications(body: StepsIn, officer: Approver, work: RegistryWork) -> list[ApplicationOut]:
    """All or none."""
    return _many_taken(work, officer, body, PermitAction.APPROVE)


@router.post("/application-steps/{step}", responses=problems(NotFound, Conflict))
def take_steps(
    step: Literal["review", "return", "rejection", "issue"], body: StepsIn, clerk: Writer, work: RegistryWork
) -> list[ApplicationOut]:
    """All or none."""
    return _many_taken(work, clerk, body, _OFFICE_STEPS[step])


@router.get("/unit/applications", responses=problems())
def list_own_applications(
    *,
    officer: Officer,
    work: RegistryWork,
    q: Words = "",
    state: ApplicationState | None = None,
    year: Year | None = None,
    cursor: UUID | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listing[ApplicationOut]:
    """Those of the officer's units, the oldest first."""
    rows = queries.applications(
        work.session,
        units=officer.units(Permission.UNIT_APPLY),
        words=q.strip(),
        states=() if state is None else (state,),
        year=year,
        after=cursor,
        limit=limit + 1,
    )
    record_listing(work, officer, "applications", Query.of(q), rows=min(len(rows), limit))
    return page_of(rows, limit, out=ApplicationOut.of, cursor=lambda row: str(row.application.id))


@router.post("/unit/applications", status_code=201, responses=problems(NotFound, Conflict))
def draft_application(body: ApplicationIn, officer: Officer, work: RegistryWork) -> ApplicationOut:
    doer = Doer.of(work.session, officer)
    row = service.draft(work.session, body.as_new(), doer, work.now)
    return ApplicationOut.of(service.read(work.session, row.id, doer))


@router.put("/unit/applications/{application_id}", responses=problems(NotFound, Conflict))
def change_application(
    application_id: ApplicationId, body: ApplicationIn, officer: Officer, work: RegistryWork
) -> ApplicationOut:
    doer = Doer.of(work.session, officer)
    service.change(work.session, application_id, body.as_new(), doer, work.now)
    return ApplicationOut.of(service.read(work.session, application_id, doer))


@router.post("/unit/applications/{application_id}/{step}", responses=problems(NotFound, Conflict))
def take_own_step(
    application_id: ApplicationId,
    step: Literal["submission", "withdrawal"],
    body: StepIn,
    officer: Officer,
    work: RegistryWork,
) -> ApplicationOut:
    return _taken(work, officer, application_id, _UNIT_STEPS[step], body.words)


@router.post("/unit/application-submissions", responses=problems(NotFound, Conflict))
def submit_applications(body: StepsIn, officer: Officer, work: RegistryWork) -> list[ApplicationOut]:
    """Hand in many: all or none."""
    return _many_taken(work, officer, body, PermitAction.APPLY)


@router.get("/batches", responses=problems())
def list_batches(year: Year, reader: Reader, work: RegistryWork) -> list[BatchOut]:
    """The batches of a year, by the name of the unit."""
    found = queries.batches(work.session, year)
    record_listing(work, reader, "batches", Query.ALL, rows=len(found))
    quotas = quotas_of(work.session, year)
    return [BatchOut.of(found[unit.id], quotas[unit.id]) for unit in all_units(work.session) if unit.id in found]


@router.post("/batches/{year}", status_code=201, responses=problems(UnitOfAllSites))
def open_batches(year: Year, body: ClosingIn, clerk: Writer, work: RegistryWork) -> BatchesOut:
    """Open the batch of every unit that has none."""
    require_everywhere(clerk)
    made = batches.open_for_all(work.session, year, closing_day=body.closing_day, by=clerk.name, now=work.now)
    quotas = quotas_of(work.session, year)
    return BatchesOut(
        opened=[BatchOut.of(batch, quotas[batch.unit_id]) for batch in made.batches],
        without_officer=[unit.id for unit in made.without_officer],
    )


@router.put("/batches/{year}/{unit_id}", responses=problems(UnitOfAllSites, Conflict))
def put_batch(year: Year, unit_id: UnitId, body: BatchIn, clerk: Writer, work: RegistryWork) -> BatchOut:
    """Open a unit's batch, or give it another officer or closing day."""
    require_everywhere(clerk)
    batch = batches.put_batch(
        work.session,
        unit_id,
        year,
        officer=body.officer,
        closing_day=body.closing_day,
        by=clerk.name,
        now=work.now,
    )
    return BatchOut.of(batch, quota_of(work.session, unit_id, year))


def _taken(
    work: Work, principal: Principal, application_id: ApplicationId, action: PermitAction, words: str
) -> ApplicationOut:
    doer = Doer.of(work.session, principal)
    service.take(work.session, application_id, action, doer, words=words, now=work.now)
    return ApplicationOut.of(service.read(work.session, application_id, doer))


def _many_taken(work: Work, principal: Principal, body: StepsIn, action: PermitAction) -> list[ApplicationOut]:
    doer = Doer.of(work.session, principal)
    taken = service.take_many(work.session, body.applications, action, doer, words=body.words, now=work.now)
    return [ApplicationOut.of(service.read(work.session, row.id, doer)) for row in taken]
