"""`/api/registry/permits`: vehicle permits."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi import Query as InQuery
from pydantic import BaseModel, Field

from registry.access.facts import CredentialStatus
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.credentials.bodies import STEP_PATHS, ReasonIn
from registry.ids import CredentialId, PersonId, SiteId, UnitId
from registry.listing import DEFAULT_LIMIT, Limit, Listing, Words, page_of
from registry.people.queries import whole_file
from registry.permits import queries, renewing, service, substitutes
from registry.permits.models import PermitClass, PermitPlate, PlateUse
from registry.permits.rules import parse_permit_number, permit_number
from registry.plates.grammar import PlateKind
from registry.problems import Conflict, NotFound, problems
from registry.readings import Query, record_listing, record_reading
from registry.sites.scope import sites_of
from registry.web.dependencies import RegistryWork

router = APIRouter(prefix="/api/registry/permits", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.REGISTRY_WRITE))]
Year = Annotated[int, Field(ge=service.EARLIEST_YEAR, le=service.LATEST_YEAR)]
PlateText = Annotated[str, Field(min_length=1, max_length=40)]
MOST_FURTHER = 9


class PermitIn(BaseModel):
    """`further` plates share the permit, one inside at a time."""

    holder: PersonId
    plate: PlateText
    further: list[PlateText] = Field(default_factory=list, max_length=MOST_FURTHER)
    year: Year
    permit_class: PermitClass = PermitClass.PRIVATE
    sites: set[SiteId] = Field(min_length=1, max_length=50)
    unit: UnitId | None = None


class HolderOut(BaseModel):
    id: PersonId
    name: str


class PermitOut(BaseModel):
    id: CredentialId
    number: str
    year: int
    plate: str
    plate_kind: PlateKind
    permit_class: PermitClass
    holder: HolderOut
    unit: UnitId | None
    sites: list[SiteId]
    status: CredentialStatus
    status_reason: str | None
    status_at: datetime
    issued_at: datetime
    replaces: CredentialId | None
    """The lost one in whose place it was made."""

    @classmethod
    def of(cls, listed: queries.Listed) -> "PermitOut":
        permit = listed.permit
        return cls(
            id=permit.id,
            number=permit_number(permit.year, permit.serial),
            year=permit.year,
            plate=permit.plate,
            plate_kind=permit.plate_kind,
            permit_class=permit.permit_class,
            holder=HolderOut(id=listed.holder.id, name=listed.holder.name),
            unit=permit.unit_id,
            sites=sorted(each.site for each in permit.sites),
            status=permit.status,
            status_reason=permit.status_reason,
            status_at=permit.status_at,
            issued_at=permit.issued_at,
            replaces=permit.replaces_id,
        )


class SubstituteIn(BaseModel):
    """A car that stands in from the first to the last day, both whole."""

    plate: str = Field(min_length=1, max_length=40)
    first_day: date
    last_day: date


class PlateOut(BaseModel):
    """A plate beside the permit's own; a shared one has no days."""

    id: UUID
    plate: str
    plate_kind: PlateKind
    use: PlateUse
    first_day: date | None
    last_day: date | None

    @classmethod
    def of(cls, row: PermitPlate) -> "PlateOut":
        return cls(
            id=row.id,
            plate=row.plate,
            plate_kind=row.plate_kind,
            use=row.use,
            first_day=row.first_day,
            last_day=None if row.end_day is None else row.end_day - timedelta(days=1),
        )


@router.get("", responses=problems())
def list_permits(
    *,
    reader: Reader,
    work: RegistryWork,
    q: Words = "",
    year: Year | None = None,
    status: CredentialStatus | None = None,
    cursor: Annotated[str | None, InQuery(pattern=r"^\d{4}-\d{1,6}$")] = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listing[PermitOut]:
    rows = queries.permits(
        work.session,
        sites_of(work.session, reader, Permission.REGISTRY_READ),
        words=q.strip(),
        year=year,
        statuses=() if status is None else (status,),
        after=parse_permit_number(cursor or ""),
        limit=limit + 1,
    )
    record_listing(work, reader, "permits", Query.of(q), rows=min(len(rows), limit))
    return page_of(rows, limit, out=PermitOut.of, cursor=lambda row: permit_number(row.permit.year, row.permit.serial))


@router.post("", status_code=201, responses=problems(NotFound, Conflict))
def issue_permit(body: PermitIn, clerk: Writer, work: RegistryWork) -> PermitOut:
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    for site in body.sites:
        clerk.require(Permission.REGISTRY_WRITE, site)
    holder = whole_file(work.session, body.holder, where).person
    permit = service.NewPermit(
        holder=holder.id,
        unit_id=body.unit or holder.unit_id,
        plate=body.plate,
        further=tuple(body.further),
        year=body.year,
        permit_class=body.permit_class,
        sites=frozenset(body.sites),
    )
    approves = sites_of(work.session, clerk, Permission.PERMITS_APPROVE)
    issued = service.issue_permit(work.session, permit, within=where, approves=approves, by=clerk.name, now=work.now)
    return PermitOut.of(queries.permit(work.session, issued.id, where))


@router.get("/{permit_id}", responses=problems(NotFound))
def get_permit(permit_id: CredentialId, reader: Reader, work: RegistryWork) -> PermitOut:
    where = sites_of(work.session, reader, Permission.REGISTRY_READ)
    permit = PermitOut.of(queries.permit(work.session, permit_id, where))
    record_reading(work, reader, "permit-read", f"permit:{permit_id}", permit.sites)
    return permit


@router.post("/{permit_id}/replacement", status_code=201, responses=problems(NotFound, Conflict))
def replace_permit(permit_id: CredentialId, clerk: Writer, work: RegistryWork) -> PermitOut:
    """Make another in the place of one that was reported lost; the answer is the new one."""
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    new = service.replace_permit(work.session, permit_id, within=where, by=clerk.name, now=work.now)
    return PermitOut.of(queries.permit(work.session, new.id, where))


@router.post("/{permit_id}/renewal", status_code=201, responses=problems(NotFound, Conflict))
def renew_permit(permit_id: CredentialId, clerk: Writer, work: RegistryWork) -> PermitOut:
    """Issue the next year's as this one is; the answer is the new one."""
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    approves = sites_of(work.session, clerk, Permission.PERMITS_APPROVE)
    new = renewing.renew_permit(work.session, permit_id, within=where, approves=approves, by=clerk.name, now=work.now)
    return PermitOut.of(queries.permit(work.session, new.id, where))


@router.get("/{permit_id}/plates", responses=problems(NotFound))
def list_plates(permit_id: CredentialId, reader: Reader, work: RegistryWork) -> list[PlateOut]:
    """The plates beside its own: those that share it, and substitutes with their days."""
    queries.permit(work.session, permit_id, sites_of(work.session, reader, Permission.REGISTRY_READ))
    return [PlateOut.of(each) for each in queries.plates_of(work.session, [permit_id]).get(permit_id, [])]


@router.post("/{permit_id}/substitutes", status_code=201, responses=problems(NotFound, Conflict))
def name_substitute(permit_id: CredentialId, body: SubstituteIn, clerk: Writer, work: RegistryWork) -> PlateOut:
    """Let another car in for some days."""
    row = substitutes.name_substitute(
        work.session,
        permit_id,
        body.plate,
        first_day=body.first_day,
        last_day=body.last_day,
        within=sites_of(work.session, clerk, Permission.REGISTRY_WRITE),
        by=clerk.name,
        now=work.now,
    )
    return PlateOut.of(row)


@router.delete("/{permit_id}/substitutes/{plate_id}", status_code=204, responses=problems(NotFound, Conflict))
def take_back_substitute(permit_id: CredentialId, plate_id: UUID, clerk: Writer, work: RegistryWork) -> None:
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    substitutes.take_back_substitute(work.session, permit_id, plate_id, within=where, by=clerk.name, now=work.now)


@router.post("/{permit_id}/{step}", responses=problems(NotFound, Conflict))
def change_permit(
    permit_id: CredentialId,
    step: Literal["revocation", "loss", "suspension", "reinstatement"],
    body: ReasonIn,
    clerk: Writer,
    work: RegistryWork,
) -> PermitOut:
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    changed = service.change_permit(
        work.session, permit_id, STEP_PATHS[step], within=where, reason=body.reason, by=clerk.name, now=work.now
    )
    return PermitOut.of(changed)
