"""`/api/registry/people/<id>/gate-rights`: what the gates ask of somebody beside credentials."""

from dataclasses import asdict
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from registry.access.facts import HIGHEST_CLEARANCE, GateRights
from registry.auth.permissions import Permission
from registry.ids import PersonId
from registry.keyring import Keys
from registry.people import queries
from registry.people.changing import subject_of
from registry.people.file_api import Reader, Revised, Writer, clerk_of
from registry.people.gate_rights import rights_of, set_rights
from registry.people.models import Person
from registry.problems import Conflict, Forbidden, NotFound, problems
from registry.readings import record_reading
from registry.revisions.service import revision_of
from registry.sites.scope import sites_of
from registry.web.dependencies import RegistryWork

router = APIRouter(prefix="/api/registry/people/{person_id}/gate-rights", tags=["registry"])
Clearance = Annotated[int, Field(ge=0, le=HIGHEST_CLEARANCE)]


class RightsIn(BaseModel):
    """`clearance`: up to which threat level the gates open, 5 also in a lockdown; changed by whoever approves permits."""

    clearance: Clearance = 0
    first_person: bool = False
    may_escort: bool = False
    needs_escort: bool = False
    revision: Revised

    @property
    def rights(self) -> GateRights:
        return GateRights(**self.model_dump(exclude={"revision"}))


class RightsOut(BaseModel):
    """`revision`: that of the person's file."""

    clearance: int
    first_person: bool
    may_escort: bool
    needs_escort: bool
    revision: int

    @classmethod
    def of(cls, session: Session, person: Person) -> Self:
        revision = revision_of(session, subject_of(person))
        return cls(**asdict(rights_of(session, person.id)), revision=revision)


@router.get("", responses=problems(NotFound))
def get_gate_rights(person_id: PersonId, reader: Reader, work: RegistryWork) -> RightsOut:
    where = sites_of(work.session, reader, Permission.REGISTRY_READ)
    person = queries.person(work.session, person_id, where).person
    record_reading(work, reader, "person-read", f"person:{person_id}", [person.site])
    return RightsOut.of(work.session, person)


@router.put("", responses=problems(NotFound, Forbidden, Conflict))
def set_gate_rights(person_id: PersonId, body: RightsIn, clerk: Writer, work: RegistryWork, keys: Keys) -> RightsOut:
    approves = sites_of(work.session, clerk, Permission.PERMITS_APPROVE)
    who = clerk_of(work, clerk, keys)
    return RightsOut.of(work.session, set_rights(who, person_id, body.rights, body.revision, approves=approves))
