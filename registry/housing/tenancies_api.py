"""`/api/registry/tenancies`: who lives where, from when until when, and what ends with it."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.credentials.ending import Resting
from registry.feed.changes import ChangeKind
from registry.housing import files, issuing, queries, tenancies, undoing
from registry.housing.api import TenancyOut
from registry.housing.models import ResidenceFile
from registry.ids import PersonId, RoomId, SiteId, TenancyId
from registry.keyring import Keys
from registry.passes.digests import digest_key
from registry.passes.pins_api import GroundPinIn, MadePinOut
from registry.problems import Conflict, NotFound, problems
from registry.readings import record_reading
from registry.sites.scope import sites_of
from registry.store import Work
from registry.web.dependencies import RegistryWork

router = APIRouter(prefix="/api/registry/tenancies", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.REGISTRY_WRITE))]


class TenancyIn(BaseModel):
    """`last_day` is included; left out: until it is ended. `landlord` left out: the housing office lets it."""

    room: RoomId
    landlord: PersonId | None = None
    tenant: PersonId
    occupants: list[PersonId] = Field(default_factory=list, max_length=50)
    first_day: date
    last_day: date | None = None
    has_clause: bool = False


class OneTenancy(TenancyOut):
    """A tenancy of a room. `ended_at`: when a clerk ended it."""

    room: RoomId
    has_clause: bool
    ended_at: datetime | None
    end_reason: str | None


class EndingIn(BaseModel):
    """The last day, included: with today or an earlier one it is over now. `revision`: what the writer was shown."""

    last_day: date
    reason: str = Field(min_length=1, max_length=200)
    revision: int | None = Field(default=None, ge=0, lt=10**9)


class PassEnding(BaseModel):
    """A credential that ends with its tenancy or project."""

    kind: ChangeKind
    id: UUID
    holder: PersonId

    @classmethod
    def of(cls, resting: Resting) -> "PassEnding":
        return cls(kind=resting.kind, id=resting.row.id, holder=resting.row.person_id)


class FileOut(BaseModel):
    """The file of somebody who lives here for a while."""

    id: UUID
    person: PersonId
    tenancy: TenancyId
    home: str
    purpose: str | None
    registered_at: datetime
    cancelled_at: datetime | None

    @classmethod
    def of(cls, file: ResidenceFile) -> "FileOut":
        return cls(
            id=file.id,
            person=file.person_id,
            tenancy=file.tenancy_id,
            home=file.home,
            purpose=file.purpose,
            registered_at=file.registered_at,
            cancelled_at=file.cancelled_at,
        )


class EndingOut(BaseModel):
    """What ending the tenancy now would take away."""

    passes: list[PassEnding]
    files: list[FileOut]


class OccupantIn(BaseModel):
    person: PersonId


class FileIn(BaseModel):
    """`home`: where the registered residence is; `purpose`: what brings them."""

    person: PersonId
    home: str = Field(min_length=1, max_length=120)
    purpose: str | None = Field(default=None, max_length=120)


@router.post("", status_code=201, responses=problems(NotFound, Conflict))
def begin_tenancy(body: TenancyIn, clerk: Writer, work: RegistryWork) -> OneTenancy:
    where = _written(work, clerk)
    new = tenancies.NewTenancy(
        room_id=body.room,
        landlord_id=body.landlord,
        tenant_id=body.tenant,
        occupants=body.occupants,
        first_day=body.first_day,
        last_day=body.last_day,
        has_clause=body.has_clause,
    )
    begun = tenancies.begin_tenancy(work.session, new, within=where, by=clerk.name, now=work.now)
    return _told(work, begun.id, where)


@router.get("/{tenancy_id}", responses=problems(NotFound))
def get_tenancy(tenancy_id: TenancyId, reader: Reader, work: RegistryWork) -> OneTenancy:
    where = sites_of(work.session, reader, Permission.REGISTRY_READ)
    told = _told(work, tenancy_id, where)
    site = queries.site_of(work.session, told.room)
    record_reading(work, reader, "tenancy-read", tenancies.subject_of(tenancy_id), [site])
    return told


@router.delete("/{tenancy_id}", status_code=204, responses=problems(NotFound, Conflict))
def withdraw_tenancy(tenancy_id: TenancyId, clerk: Writer, work: RegistryWork) -> Response:
    """Take back one that was entered by mistake, before anything rests on it."""
    where = _written(work, clerk)
    tenancies.withdraw_tenancy(work.session, tenancy_id, within=where, by=clerk.name, now=work.now)
    return Response(status_code=204)


@router.get("/{tenancy_id}/ending", responses=problems(NotFound))
def preview_ending(tenancy_id: TenancyId, clerk: Writer, work: RegistryWork) -> EndingOut:
    ending = tenancies.what_ending_takes(work.session, tenancy_id, within=_written(work, clerk))
    return EndingOut(
        passes=[PassEnding.of(one) for one in ending.passes], files=[FileOut.of(file) for file in ending.files]
    )


@router.post("/{tenancy_id}/ending", responses=problems(NotFound, Conflict))
def end_tenancy(tenancy_id: TenancyId, body: EndingIn, clerk: Writer, work: RegistryWork) -> OneTenancy:
    where = _written(work, clerk)
    tenancies.end_tenancy(
        work.session,
        tenancy_id,
        body.last_day,
        reason=body.reason,
        read=body.revision,
        within=where,
        by=clerk.name,
        now=work.now,
    )
    return _told(work, tenancy_id, where)


@router.delete("/{tenancy_id}/ending", responses=problems(NotFound, Conflict))
def undo_ending(tenancy_id: TenancyId, clerk: Writer, work: RegistryWork) -> OneTenancy:
    where = _written(work, clerk)
    undoing.undo_ending(work.session, tenancy_id, within=where, by=clerk.name, now=work.now)
    return _told(work, tenancy_id, where)


@router.post("/{tenancy_id}/occupants", status_code=201, responses=problems(NotFound, Conflict))
def add_occupant(tenancy_id: TenancyId, body: OccupantIn, clerk: Writer, work: RegistryWork) -> OneTenancy:
    where = _written(work, clerk)
    tenancies.add_occupant(work.session, tenancy_id, body.person, within=where, by=clerk.name, now=work.now)
    return _told(work, tenancy_id, where)


@router.delete("/{tenancy_id}/occupants/{person_id}", responses=problems(NotFound, Conflict))
def remove_occupant(tenancy_id: TenancyId, person_id: PersonId, clerk: Writer, work: RegistryWork) -> OneTenancy:
    where = _written(work, clerk)
    tenancies.remove_occupant(work.session, tenancy_id, person_id, within=where, by=clerk.name, now=work.now)
    return _told(work, tenancy_id, where)


@router.post("/{tenancy_id}/files", status_code=201, responses=problems(NotFound, Conflict))
def register_arrival(tenancy_id: TenancyId, body: FileIn, clerk: Writer, work: RegistryWork) -> FileOut:
    new = files.NewFile(tenancy_id=tenancy_id, person_id=body.person, home=body.home, purpose=body.purpose)
    where = _written(work, clerk)
    return FileOut.of(files.register_arrival(work.session, new, within=where, by=clerk.name, now=work.now))


@router.post("/{tenancy_id}/pins", status_code=201, responses=problems(NotFound, Conflict))
def issue_pin(
    *, tenancy_id: TenancyId, body: GroundPinIn, clerk: Writer, work: RegistryWork, keys: Keys, response: Response
) -> MadePinOut:
    """A PIN that ends with the tenancy, for somebody who lives there."""
    response.headers["Cache-Control"] = "no-store"
    made = issuing.issue_pin_on_tenancy(
        work.session,
        tenancy_id,
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


def _told(work: Work, tenancy_id: TenancyId, where: frozenset[SiteId]) -> OneTenancy:
    let = queries.tenancy(work.session, tenancy_id, where)
    row = let.tenancy
    return OneTenancy(
        **TenancyOut.of(let).model_dump(),
        room=row.room_id,
        has_clause=row.has_clause,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
    )
