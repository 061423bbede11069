"""`/api/registry/people/<id>/…` and `/api/registry/duplicates`: what changes a person's file."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import PersonId, SiteId, UnitId
from registry.keyring import Keyring, Keys
from registry.people import changing, merging, queries
from registry.people.api import PersonOut
from registry.people.changing import Clerk, subject_of
from registry.people.file import file_of
from registry.people.models import DocumentKind, Person, PersonKind, PersonMerge, PersonRole, TieKind
from registry.people.rules import Likeness
from registry.problems import Conflict, NotFound, problems
from registry.readings import Query as Asked
from registry.readings import record_listing, record_reading
from registry.revisions.service import history, revision_of
from registry.sites.scope import sites_of
from registry.store import Work
from registry.web.dependencies import RegistryWork

router = APIRouter(prefix="/api/registry/people/{person_id}", tags=["registry"])
duplicates = APIRouter(prefix="/api/registry/duplicates", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.REGISTRY_WRITE))]
Revised = Annotated[int, Field(ge=0, lt=2**31, description="The file's revision that was read; 0: none")]


class ChangeIn(BaseModel):
    """What the file is to say; an `id_number` that is left out stays."""

    name: str = Field(min_length=1, max_length=80)
    kind: PersonKind
    unit: UnitId | None = None
    phone: str | None = Field(default=None, max_length=30)
    note: str | None = Field(default=None, max_length=300)
    id_number: str | None = Field(default=None, max_length=30, repr=False)
    revision: Revised


class UndoIn(BaseModel):
    """The revision whose change is to be taken back."""

    revision: Revised


class RoleIn(BaseModel):
    """What somebody is here as; `last_day` is included, None: until it is ended."""

    kind: PersonKind
    unit: UnitId | None = None
    first_day: date
    last_day: date | None = None
    words: str | None = Field(default=None, max_length=120)


class RoleOut(BaseModel):
    """A role; `end_day` is the first day on which it is over."""

    id: UUID
    kind: PersonKind
    unit: UnitId | None
    first_day: date
    end_day: date | None
    words: str | None

    @classmethod
    def of(cls, role: PersonRole) -> "RoleOut":
        return cls(
            id=role.id,
            kind=role.kind,
            unit=role.unit_id,
            first_day=role.first_day,
            end_day=role.end_day,
            words=role.words,
        )


class EndIn(BaseModel):
    """The last day of a role, included."""

    last_day: date


class DocumentIn(BaseModel):
    """A document beside the resident's ID card."""

    kind: DocumentKind
    number: str = Field(min_length=1, max_length=30, repr=False)


class DocumentOut(BaseModel):
    """A document; its number is masked."""

    id: UUID
    kind: DocumentKind
    number: str


class TieIn(BaseModel):
    """Whom a person comes for, or the head of their household."""

    other: PersonId
    relation: str | None = Field(default=None, max_length=20)


class TieOut(BaseModel):
    """One end of a tie."""

    kind: TieKind
    other: PersonId
    name: str
    relation: str | None


class FileOut(BaseModel):
    """What a file holds beside its head."""

    revision: int
    roles: list[RoleOut]
    documents: list[DocumentOut]
    ties: list[TieOut]
    tied_here: list[TieOut]


class RevisionOut(BaseModel):
    """How the file was after one change, newest first; of numbers only whether they are the same."""

    number: int
    action: str
    by: str
    at: datetime
    fields: dict[str, object]


class AlikeOut(BaseModel):
    """Two files that are likely of one person."""

    one: PersonId
    other: PersonId
    name: str
    site: SiteId
    why: list[Likeness]


class MergeIn(BaseModel):
    """The file that stays, and the one that goes into it."""

    kept: PersonId
    gone: PersonId


class PreviewOut(BaseModel):
    """How many rows of which kind would move."""

    moves: dict[str, int]


class MergeOut(BaseModel):
    """A merge, and when it was undone."""

    id: UUID
    kept: PersonId
    gone: PersonId
    at: datetime
    undone_at: datetime | None

    @classmethod
    def of(cls, row: PersonMerge) -> "MergeOut":
        return cls(
            id=row.id, kept=PersonId(row.kept_id), gone=PersonId(row.gone_id), at=row.at, undone_at=row.undone_at
        )


def clerk_of(work: Work, clerk: Principal, keys: Keyring) -> Clerk:
    """Who changes files in this request."""
    within = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    return Clerk(session=work.session, keys=keys.identity, name=clerk.name, within=within, now=work.now)


@router.put("", responses=problems(NotFound, Conflict))
def change_person(person_id: PersonId, body: ChangeIn, clerk: Writer, work: RegistryWork, keys: Keys) -> PersonOut:
    change = changing.PersonChange(
        name=body.name,
        kind=body.kind,
        unit_id=body.unit,
        phone=body.phone,
        note=body.note,
        id_number=body.id_number,
    )
    person = changing.change_person(clerk_of(work, clerk, keys), person_id, change, body.revision)
    return _out(work, person, keys)


@router.post("/undo", responses=problems(NotFound, Conflict))
def undo_change(person_id: PersonId, body: UndoIn, clerk: Writer, work: RegistryWork, keys: Keys) -> PersonOut:
    """Take the last change of what the file says back."""
    return _out(work, changing.undo_change(clerk_of(work, clerk, keys), person_id, body.revision), keys)


@router.get("/file", responses=problems(NotFound))
def get_file(person_id: PersonId, reader: Reader, work: RegistryWork, keys: Keys) -> FileOut:
    person, where = _read(work, reader, person_id)
    file = file_of(work.session, keys.identity, person.id, where)
    return FileOut(
        revision=revision_of(work.session, subject_of(person)),
        roles=[RoleOut.of(role) for role in file.roles],
        documents=[DocumentOut(id=each.id, kind=each.kind, number=number) for each, number in file.documents],
        ties=[_tied(each.kind, each.other, each.relation) for each in file.ties],
        tied_here=[_tied(each.kind, each.other, each.relation) for each in file.tied_here],
    )


@router.get("/history", responses=problems(NotFound))
def get_history(person_id: PersonId, reader: Reader, work: RegistryWork) -> list[RevisionOut]:
    person, _ = _read(work, reader, person_id)
    return [
        RevisionOut(number=each.number, action=each.action, by=each.by, at=each.at, fields=each.fields)
        for each, _ in history(work.session, subject_of(person))
    ]


@router.post("/roles", status_code=201, responses=problems(NotFound, Conflict))
def add_role(person_id: PersonId, body: RoleIn, clerk: Writer, work: RegistryWork, keys: Keys) -> RoleOut:
    role = changing.NewRole(
        kind=body.kind,
        unit_id=body.unit,
        first_day=body.first_day,
        end_day=None if body.last_day is None else _after(body.last_day),
        words=body.words,
    )
    return RoleOut.of(changing.add_role(clerk_of(work, clerk, keys), person_id, role))


@router.post("/roles/{role_id}/end", responses=problems(NotFound, Conflict))
def end_role(
    person_id: PersonId, role_id: UUID, body: EndIn, clerk: Writer, work: RegistryWork, *, keys: Keys
) -> RoleOut:
    return RoleOut.of(changing.end_role(clerk_of(work, clerk, keys), person_id, role_id, _after(body.last_day)))


@router.post("/documents", status_code=201, responses=problems(NotFound, Conflict))
def add_document(person_id: PersonId, body: DocumentIn, clerk: Writer, work: RegistryWork, keys: Keys) -> DocumentOut:
    who = clerk_of(work, clerk, keys)
    added = changing.add_document(who, person_id, body.kind, body.number)
    work.session.flush()
    shown = dict(file_of(work.session, keys.identity, person_id, who.within).documents)
    return DocumentOut(id=added.id, kind=added.kind, number=shown[added])


@router.delete("/documents/{document_id}", status_code=204, responses=problems(NotFound, Conflict))
def remove_document(person_id: PersonId, document_id: UUID, clerk: Writer, work: RegistryWork, keys: Keys) -> None:
    changing.remove_document(clerk_of(work, clerk, keys), person_id, document_id)


@router.put("/ties/{kind}", responses=problems(NotFound, Conflict))
def tie(person_id: PersonId, kind: TieKind, body: TieIn, clerk: Writer, work: RegistryWork, *, keys: Keys) -> TieOut:
    """Say who somebody's host is, or the head of their household."""
    who = clerk_of(work, clerk, keys)
    tied = changing.tie(who, person_id, kind, body.other, body.relation)
    return _tied(kind, who.person(PersonId(tied.other_id)), tied.relation)


@router.delete("/ties/{kind}", status_code=204, responses=problems(NotFound, Conflict))
def untie(person_id: PersonId, kind: TieKind, clerk: Writer, work: RegistryWork, keys: Keys) -> None:
    changing.untie(clerk_of(work, clerk, keys), person_id, kind)


@duplicates.get("", responses=problems())
def list_duplicates(clerk: Writer, work: RegistryWork, keys: Keys) -> list[AlikeOut]:
    """Pairs of files that are likely of one person, at most 200."""
    who = clerk_of(work, clerk, keys)
    found = merging.pairs(work.session, keys.identity, who.within)
    record_listing(work, clerk, "people", Asked.ALL, rows=2 * len(found))
    return [
        AlikeOut(one=pair.one.id, other=pair.other.id, name=pair.one.name, site=pair.one.site, why=list(pair.why))
        for pair in found
    ]


@duplicates.post("/preview", responses=problems(NotFound, Conflict))
def preview_merge(body: MergeIn, clerk: Writer, work: RegistryWork, keys: Keys) -> PreviewOut:
    """What a merge would move; nothing is done."""
    return PreviewOut(moves=dict(merging.preview(clerk_of(work, clerk, keys), body.kept, body.gone).moves))


@duplicates.post("/merges", status_code=201, responses=problems(NotFound, Conflict))
def merge(body: MergeIn, clerk: Writer, work: RegistryWork, keys: Keys) -> MergeOut:
    """Make two files one."""
    return MergeOut.of(merging.merge(clerk_of(work, clerk, keys), body.kept, body.gone))


@duplicates.post("/merges/{merge_id}/undo", responses=problems(NotFound, Conflict))
def undo_merge(merge_id: UUID, clerk: Writer, work: RegistryWork, keys: Keys) -> MergeOut:
    """Take two files apart again."""
    return MergeOut.of(merging.undo_merge(clerk_of(work, clerk, keys), merge_id))


def _read(work: Work, reader: Principal, person_id: PersonId) -> tuple[Person, Sequence[SiteId]]:
    where = sites_of(work.session, reader, Permission.REGISTRY_READ)
    person = queries.person(work.session, person_id, where).person
    record_reading(work, reader, "person-read", f"person:{person_id}", [person.site])
    return person, list(where)


def _out(work: Work, person: Person, keys: Keyring) -> PersonOut:
    return PersonOut.of(queries.person(work.session, person.id, [person.site]), keys)


def _tied(kind: TieKind, other: Person, relation: str | None) -> TieOut:
    return TieOut(kind=kind, other=other.id, name=other.name, relation=relation)


def _after(last_day: date) -> date:
    return last_day + timedelta(days=1) if last_day < date.max else last_day
