"""`/api/registry/pins`."""

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import AwareDatetime, BaseModel, Field

from registry.access.facts import CredentialStatus
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.credentials.bodies import STEP_PATHS, ReasonIn
from registry.ids import CredentialId, LevelId, PersonId, ProjectId, SiteId, TenancyId
from registry.keyring import Keys
from registry.passes import pins
from registry.passes.api import LevelsIn
from registry.passes.digests import digest_key
from registry.passes.giving import give_levels
from registry.passes.models import Pin
from registry.passes.rules import pass_number
from registry.people.queries import whole_file
from registry.problems import Conflict, NotFound, problems
from registry.sites.scope import sites_of
from registry.web.dependencies import RegistryWork

router = APIRouter(prefix="/api/registry/pins", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.REGISTRY_WRITE))]
StepPath = Literal["revocation", "loss", "suspension", "reinstatement"]


class PinIn(BaseModel):
    """`pin` left out: one is drawn."""

    holder: PersonId
    pin: str | None = Field(default=None, max_length=12, repr=False)
    valid_from: AwareDatetime
    valid_until: AwareDatetime
    sites: set[SiteId] = Field(min_length=1, max_length=50)
    levels: set[LevelId] = Field(default_factory=set, max_length=50)


class GroundPinIn(BaseModel):
    """A PIN that rests on a tenancy or a project and opens its compound. `pin` left out: one is drawn; `last_day` is included."""

    holder: PersonId
    pin: str | None = Field(default=None, max_length=12, repr=False)
    last_day: date


class PinOut(BaseModel):
    """A PIN without its digits, which nobody is shown again. `number` is what people call it; `tenancy`, `project`: what it rests on."""

    id: CredentialId
    number: str
    holder: PersonId
    valid_from: datetime
    valid_until: datetime
    sites: list[SiteId]
    levels: list[LevelId]
    replaces: CredentialId | None
    tenancy: TenancyId | None
    project: ProjectId | None
    status: CredentialStatus
    status_reason: str | None
    status_at: datetime

    @classmethod
    def of(cls, pin: Pin) -> "PinOut":
        return cls(
            id=pin.id,
            number=pass_number(pin.id),
            holder=pin.person_id,
            valid_from=pin.valid_from,
            valid_until=pin.valid_until,
            sites=sorted(each.site for each in pin.sites),
            levels=sorted(each.level_id for each in pin.levels),
            replaces=pin.replaces_id,
            tenancy=pin.tenancy_id,
            project=pin.project_id,
            status=pin.status,
            status_reason=pin.status_reason,
            status_at=pin.status_at,
        )


class MadePinOut(BaseModel):
    """A PIN just made, with its digits: this once. `duress` opens as well, and raises a silent alarm."""

    pin: str
    duress: str
    made: PinOut

    @classmethod
    def of(cls, made: pins.MadePin) -> "MadePinOut":
        return cls(pin=made.pin, duress=made.duress, made=PinOut.of(made.row))


@router.post("", status_code=201, responses=problems(NotFound, Conflict))
def issue_pin(body: PinIn, clerk: Writer, work: RegistryWork, keys: Keys, response: Response) -> MadePinOut:
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    for site in body.sites:
        clerk.require(Permission.REGISTRY_WRITE, site)
    new = pins.NewPin(
        holder=whole_file(work.session, body.holder, where).person.id,
        pin=body.pin,
        valid_from=body.valid_from,
        valid_until=body.valid_until,
        sites=frozenset(body.sites),
        levels=frozenset(body.levels),
    )
    key = digest_key(keys.device_key)
    response.headers["Cache-Control"] = "no-store"
    return MadePinOut.of(pins.issue_pin(work.session, new, key=key, by=clerk.name, now=work.now))


@router.get("/{pin_id}", responses=problems(NotFound))
def get_pin(pin_id: CredentialId, reader: Reader, work: RegistryWork) -> PinOut:
    return PinOut.of(pins.pin(work.session, pin_id, sites_of(work.session, reader, Permission.REGISTRY_READ)))


@router.put("/{pin_id}/levels", responses=problems(NotFound))
def give_pin_levels(pin_id: CredentialId, body: LevelsIn, clerk: Writer, work: RegistryWork) -> PinOut:
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    give_levels(work.session, Pin, pin_id, body.levels, within=where, by=clerk.name, now=work.now)
    return PinOut.of(pins.pin(work.session, pin_id, where))


@router.post("/{pin_id}/replacement", status_code=201, responses=problems(NotFound, Conflict))
def replace_pin(pin_id: CredentialId, clerk: Writer, work: RegistryWork, keys: Keys, response: Response) -> MadePinOut:
    """Draw another in the place of one that was reported lost."""
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    key = digest_key(keys.device_key)
    response.headers["Cache-Control"] = "no-store"
    return MadePinOut.of(pins.replace_pin(work.session, pin_id, key=key, within=where, by=clerk.name, now=work.now))


@router.post("/{pin_id}/{step}", responses=problems(NotFound, Conflict))
def change_pin(pin_id: CredentialId, step: StepPath, body: ReasonIn, clerk: Writer, work: RegistryWork) -> PinOut:
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    changed = pins.change_pin(
        work.session, pin_id, STEP_PATHS[step], within=where, reason=body.reason, by=clerk.name, now=work.now
    )
    return PinOut.of(changed)
