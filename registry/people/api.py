"""`/api/registry/people`."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, Field

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import PersonId, SiteId, UnitId
from registry.keyring import Keyring, Keys
from registry.listing import DEFAULT_LIMIT, Limit, Listing, Words, page_of
from registry.people import queries, service
from registry.people.identity import IdentityKeys, masked, searched_number
from registry.people.models import Person, PersonKind
from registry.people.photos import put_photo
from registry.problems import Conflict, NotFound, TooLarge, problems
from registry.readings import Query, record_listing, record_reading
from registry.sites.scope import sites_of
from registry.web.dependencies import RegistryWork, TheParts

router = APIRouter(prefix="/api/registry/people", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.REGISTRY_WRITE))]


class PersonIn(BaseModel):
    site: SiteId
    name: str = Field(min_length=1, max_length=80)
    kind: PersonKind = PersonKind.STAFF
    unit: UnitId | None = None
    phone: str | None = Field(default=None, max_length=30)
    id_number: str | None = Field(default=None, max_length=30, repr=False)


class UnitOut(BaseModel):
    id: UnitId
    name_zh: str
    name_en: str


class PersonOut(BaseModel):
    """A person; the ID number is masked."""

    id: PersonId
    site: SiteId
    name: str
    kind: PersonKind
    unit: UnitOut | None
    phone: str | None
    id_number: str | None
    photo_url: str | None
    created_at: datetime

    @classmethod
    def of(cls, listed: queries.Listed, keys: Keyring) -> "PersonOut":
        person, unit = listed.person, listed.unit
        return cls(
            id=person.id,
            site=person.site,
            name=person.name,
            kind=person.kind,
            unit=None if unit is None else UnitOut(id=unit.id, name_zh=unit.name_zh, name_en=unit.name_en),
            phone=person.phone,
            id_number=masked_id_number(person, keys.identity),
            photo_url=None if person.photo is None else f"/api/media/{person.photo}",
            created_at=person.created_at,
        )


def masked_id_number(person: Person, keys: IdentityKeys) -> str | None:
    """A person's ID number as screens show it; None where there is none."""
    sealed = person.id_number_sealed
    return None if sealed is None else masked(keys.open(sealed, person.id.bytes))


class LookupIn(BaseModel):
    """A whole ID number; it stands in the body, because addresses are kept by logs."""

    id_number: str = Field(min_length=1, max_length=30, repr=False)


@router.get("", responses=problems())
def list_people(
    *,
    reader: Reader,
    work: RegistryWork,
    keys: Keys,
    q: Words = "",
    kind: PersonKind | None = None,
    unit: UnitId | None = None,
    site: SiteId | None = None,
    carries: bool = False,
    cursor: UUID | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listing[PersonOut]:
    """Search with the beginning of a name, its pinyin or initials, a phone, plate or unit, or last fours.

    A whole ID number is looked up with POST. `carries`: only who has a credential that holds now.
    """
    filters = queries.Filters(kind=kind, unit=unit, site=site, carries_at=work.now if carries else None)
    rows = queries.people(
        work.session,
        sites_of(work.session, reader, Permission.REGISTRY_READ),
        words=q,
        keys=keys.identity,
        filters=filters,
        after=cursor,
        limit=limit + 1,
    )
    record_listing(work, reader, "people", Query.of(q), rows=min(len(rows), limit))
    return page_of(rows, limit, out=lambda row: PersonOut.of(row, keys), cursor=lambda row: str(row.person.id))


@router.post("", status_code=201, responses=problems(NotFound, Conflict))
def register_person(body: PersonIn, clerk: Writer, work: RegistryWork, keys: Keys) -> PersonOut:
    clerk.require(Permission.REGISTRY_WRITE, body.site)
    person = service.NewPerson(
        site=body.site,
        name=body.name,
        kind=body.kind,
        unit_id=body.unit,
        phone=body.phone,
        id_number=body.id_number,
    )
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    registered = service.register_person(work.session, keys.identity, person, within=where, by=clerk.name, now=work.now)
    return PersonOut.of(queries.person(work.session, registered.id, [body.site]), keys)


@router.post("/lookup", responses=problems(NotFound))
def look_person_up(body: LookupIn, reader: Reader, work: RegistryWork, keys: Keys) -> PersonOut:
    """The one person with this ID number."""
    where = sites_of(work.session, reader, Permission.REGISTRY_READ)
    found = queries.person_of_number(work.session, keys.identity.index(searched_number(body.id_number)), where)
    record_listing(work, reader, "people", Query.ID_NUMBER, rows=1, person=found.person.id)
    return PersonOut.of(found, keys)


@router.get("/{person_id}", responses=problems(NotFound))
def get_person(person_id: PersonId, reader: Reader, work: RegistryWork, keys: Keys) -> PersonOut:
    where = sites_of(work.session, reader, Permission.REGISTRY_READ)
    listed = queries.person(work.session, person_id, where)
    record_reading(work, reader, "person-read", f"person:{person_id}", [listed.person.site])
    return PersonOut.of(listed, keys)


@router.put("/{person_id}/photo", responses=problems(NotFound, Conflict, TooLarge))
def set_photo(
    person_id: PersonId,
    picture: Annotated[bytes, Body(media_type="image/jpeg")],
    clerk: Writer,
    parts: TheParts,
    keys: Keys,
) -> PersonOut:
    """The photo that guards see beside the name: JPEG, PNG or WebP."""
    return PersonOut.of(put_photo(parts, clerk, person_id, picture), keys)
