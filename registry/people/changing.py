"""Changing a person's file: what it says, roles, documents, host and household. Each change is a revision of the file."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from registry.audit.chain import record
from registry.clock import Instant
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change
from registry.ids import PersonId, SiteId, UnitId, new_id
from registry.people import queries
from registry.people.documents import WITH_CHECK_DIGIT, parse_document
from registry.people.identity import IdentityKeys, NotAnIdNumber
from registry.people.models import (
    DocumentKind,
    GateRights,
    Person,
    PersonDocument,
    PersonKind,
    PersonRole,
    PersonTie,
    TieKind,
)
from registry.people.search import keep_tokens
from registry.people.service import checked_id_number, checked_name, checked_phone
from registry.problems import Conflict, NotFound, Unprocessable
from registry.revisions.models import Revision
from registry.revisions.service import Fields, keep, require_unchanged, revision_of
from registry.sites.queries import local_day
from registry.sites.scope import require_seen
from registry.units.queries import require_unit

CHANGED, UNDONE = "person-changed", "person-change-undone"


class RoleEmpty(Unprocessable):
    slug = "role-empty"
    title = "A role ends after it began"


class NoSuchRole(NotFound):
    slug = "no-such-role"
    title = "There is no such role in this file"


class NotADocument(Unprocessable):
    slug = "no-document-number"
    title = "That is no number of such a document"


class DocumentKnown(Conflict):
    slug = "document-known"
    title = "Somebody with this document is registered already"


class NoSuchDocument(NotFound):
    slug = "no-such-document"
    title = "There is no such document in this file"


class TieImpossible(Unprocessable):
    slug = "tie-impossible"
    title = "Nobody is their own host, nor the head of a household and a member of another"


class NothingToUndo(Conflict):
    slug = "person-not-undone"
    title = "This can no longer be undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChange:
    """What a file is to say; `id_number` None: the one that it has stays."""

    name: str
    kind: PersonKind
    unit_id: UnitId | None
    phone: str | None
    note: str | None
    id_number: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clerk:
    """Who changes files in which transaction, when, with which keys, and the sites whose files they may change."""

    session: Session
    keys: IdentityKeys
    name: str
    within: Collection[SiteId]
    now: Instant

    def person(self, person_id: PersonId) -> Person:
        return queries.whole_file(self.session, person_id, self.within).person


def fields_of(session: Session, person: Person) -> Fields:
    """A file as its history keeps it: of numbers only whether they are the same, of rights at the gates only what there are."""
    session.flush()
    roles = session.scalars(
        select(PersonRole).where(PersonRole.person_id == person.id).order_by(PersonRole.first_day, PersonRole.id)
    )
    documents = session.scalars(select(PersonDocument).where(PersonDocument.person_id == person.id))
    ties = session.scalars(select(PersonTie).where(PersonTie.person_id == person.id))
    tied = {each.kind: [str(each.other_id), each.relation] for each in ties}
    index = person.id_number_index
    rights = session.get(GateRights, person.id)
    return {
        "name": person.name,
        "kind": str(person.kind),
        "unit": None if person.unit_id is None else str(person.unit_id),
        "phone": person.phone,
        "note": person.note,
        "id_number": None if index is None else index.hex()[:12],
        "roles": [
            [str(r.kind), str(r.unit_id or ""), str(r.first_day), str(_last_day(r) or ""), r.words or ""] for r in roles
        ],
        "documents": sorted([str(each.kind), each.number_index.hex()[:12]] for each in documents),
        "host": tied.get(TieKind.HOST),
        "household": tied.get(TieKind.HOUSEHOLD),
        "clearance": (rights and rights.clearance) or None,
        "first_person": (rights and rights.first_person) or None,
        "may_escort": (rights and rights.may_escort) or None,
        "needs_escort": (rights and rights.needs_escort) or None,
    }


def change_person(clerk: Clerk, person_id: PersonId, change: PersonChange, revision: int) -> Person:
    """Write anew what a file says; `revision`: the one that the clerk was shown.

    Raises:
        ChangedMeanwhile: it has a later one.
        PersonKnown, HeldElsewhere: somebody else has the ID number.

    """
    session = clerk.session
    person = clerk.person(person_id)
    require_unchanged(session, subject_of(person), revision)
    require_unit(session, change.unit_id)
    before = fields_of(session, person)
    person.name, person.phone = checked_name(change.name), checked_phone(change.phone)
    person.kind, person.unit_id = change.kind, change.unit_id
    person.note = (change.note or "").strip() or None
    if change.id_number:
        today = local_day(session, [person.site], clerk.now)
        person.id_number_sealed, person.id_number_index = checked_id_number(
            session, clerk.keys, change.id_number, person.id, today=today, within=clerk.within
        )
    kept(clerk, person, before, CHANGED)
    return person


def can_undo(session: Session, person: Person) -> Revision | None:
    """The revision to go back to, if the last change of this file was one of what it says and can be taken back whole."""
    newest = revision_of(session, subject_of(person))
    last = session.get(Revision, (subject_of(person), newest))
    before = session.get(Revision, (subject_of(person), newest - 1))
    if last is None or before is None or last.action != CHANGED:
        return None
    return before if before.fields["id_number"] == last.fields["id_number"] else None


def undo_change(clerk: Clerk, person_id: PersonId, revision: int) -> Person:
    """Take the last change of what a file says back.

    Raises:
        ChangedMeanwhile: somebody changed it since.
        NothingToUndo: the last change was another, or of the ID number, which no history keeps.

    """
    session = clerk.session
    person = clerk.person(person_id)
    require_unchanged(session, subject_of(person), revision)
    earlier = can_undo(session, person)
    if earlier is None:
        raise NothingToUndo("The last change of this file cannot be taken back: change it by hand.")
    before, was = fields_of(session, person), earlier.fields
    person.name, person.phone, person.note = was["name"], was["phone"], was["note"]
    person.kind = PersonKind(was["kind"])
    person.unit_id = None if was["unit"] is None else UnitId(UUID(was["unit"]))
    kept(clerk, person, before, UNDONE)
    return person


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRole:
    """What somebody is here as; `end_day` is the first day on which it is over."""

    kind: PersonKind
    unit_id: UnitId | None = None
    first_day: date
    end_day: date | None = None
    words: str | None = None


def add_role(clerk: Clerk, person_id: PersonId, new: NewRole) -> PersonRole:
    """Add what somebody is here as."""
    session = clerk.session
    person = clerk.person(person_id)
    require_unit(session, new.unit_id)
    if new.end_day is not None and new.end_day <= new.first_day:
        raise RoleEmpty("The last day is before the first.")
    before = fields_of(session, person)
    role = PersonRole(
        id=new_id(),
        person_id=person.id,
        kind=new.kind,
        unit_id=new.unit_id,
        first_day=new.first_day,
        end_day=new.end_day,
        words=(new.words or "").strip() or None,
    )
    session.add(role)
    kept(clerk, person, before, "person-role-added")
    return role


def add_many(
    session: Session,
    roles: Sequence[tuple[PersonId, NewRole]],
    households: Sequence[tuple[PersonId, PersonId, str]],
) -> None:
    """Add roles, and members of households (member, head, relation), of people who have just been registered in bulk.

    Two statements; no history, no entry in the audit: its caller makes one.
    """
    columns = ("kind", "unit_id", "first_day", "end_day", "words")
    if roles:
        rows = [
            {"id": new_id(), "person_id": person} | {name: getattr(new, name) for name in columns}
            for person, new in roles
        ]
        session.execute(insert(PersonRole), rows)
    if households:
        kind = TieKind.HOUSEHOLD
        ties = [{"person_id": one, "kind": kind, "other_id": head, "relation": word} for one, head, word in households]
        session.execute(insert(PersonTie), ties)


def end_role(clerk: Clerk, person_id: PersonId, role_id: UUID, end_day: date) -> PersonRole:
    """End a role; `end_day`: the first day on which it is over."""
    session = clerk.session
    person = clerk.person(person_id)
    role = session.get(PersonRole, role_id)
    if role is None or role.person_id != person.id:
        raise NoSuchRole("There is no such role in this file.")
    if end_day <= role.first_day:
        raise RoleEmpty("The last day is before the first.")
    before = fields_of(session, person)
    role.end_day = end_day
    kept(clerk, person, before, "person-role-ended")
    return role


def add_document(clerk: Clerk, person_id: PersonId, kind: DocumentKind, number: str) -> PersonDocument:
    """Add a document that is no resident's ID card.

    Raises:
        NotADocument: no document of that kind has such a number.
        DocumentKnown, HeldElsewhere: it is in another's file.

    """
    session = clerk.session
    person = clerk.person(person_id)
    read = parse_document(kind, number, today=local_day(session, [person.site], clerk.now))
    if isinstance(read, NotAnIdNumber):
        raise NotADocument("No document of this kind has such a number.", fault=read.fault)
    index = clerk.keys.index(read)
    other = session.scalar(
        select(Person)
        .join(PersonDocument, PersonDocument.person_id == Person.id)
        .where(PersonDocument.kind == kind, PersonDocument.number_index == index)
    )
    if other is None and kind in WITH_CHECK_DIGIT:
        as_id_number = queries.person_by_id_index(session, index)
        other = None if as_id_number is person else as_id_number
    if other is not None:
        require_seen([other.site], clerk.within)
        raise DocumentKnown("Somebody with this document is registered already: search for its number.")
    before = fields_of(session, person)
    document = PersonDocument(
        id=new_id(),
        person_id=person.id,
        kind=kind,
        number_sealed=clerk.keys.seal(read, person.id.bytes),
        number_index=index,
    )
    session.add(document)
    kept(clerk, person, before, "person-document-added", {"kind": kind})
    return document


def remove_document(clerk: Clerk, person_id: PersonId, document_id: UUID) -> None:
    """Take a document out of a file."""
    session = clerk.session
    person = clerk.person(person_id)
    document = session.get(PersonDocument, document_id)
    if document is None or document.person_id != person.id:
        raise NoSuchDocument("There is no such document in this file.")
    before = fields_of(session, person)
    session.delete(document)
    kept(clerk, person, before, "person-document-removed", {"kind": document.kind})


def tie(clerk: Clerk, person_id: PersonId, kind: TieKind, other_id: PersonId, relation: str | None) -> PersonTie:
    """Say who somebody's host is, or the head of their household; the other may be of any site that the clerk writes for.

    Raises:
        TieImpossible: with oneself, or a household within a household.

    """
    session = clerk.session
    person = clerk.person(person_id)
    other = clerk.person(other_id)
    of_household = select(PersonTie.person_id).where(PersonTie.kind == TieKind.HOUSEHOLD)
    is_head = session.scalar(of_household.where(PersonTie.other_id == person.id).limit(1))
    is_member = session.scalar(of_household.where(PersonTie.person_id == other.id).limit(1))
    if person.id == other.id or (kind is TieKind.HOUSEHOLD and (is_head or is_member)):
        raise TieImpossible("Choose the head of the household, who is a member of no other.")
    before = fields_of(session, person)
    known = session.get(PersonTie, (person.id, kind))
    row = known or PersonTie(person_id=person.id, kind=kind, other_id=other.id, relation=relation)
    row.other_id, row.relation = other.id, relation
    session.add(row)
    kept(clerk, person, before, "person-tied", {"kind": kind})
    return row


def untie(clerk: Clerk, person_id: PersonId, kind: TieKind) -> None:
    """Say that somebody has no host, or belongs to no household; saying it again changes nothing."""
    session = clerk.session
    person = clerk.person(person_id)
    known = session.get(PersonTie, (person.id, kind))
    if known is None:
        return
    before = fields_of(session, person)
    session.delete(known)
    kept(clerk, person, before, "person-untied", {"kind": kind})


def _last_day(role: PersonRole) -> date | None:
    return None if role.end_day is None else role.end_day - timedelta(days=1)


def subject_of(person: Person) -> str:
    """The name of a file in audit and history."""
    return f"person:{person.id}"


def kept(clerk: Clerk, person: Person, before: Fields, action: str, facts: Mapping[str, object] | None = None) -> None:
    """Keep a change everywhere: tokens, history, audit, and the gates hear of it."""
    session = clerk.session
    keep_tokens(session, clerk.keys, [person])
    after = fields_of(session, person)
    subject = subject_of(person)
    changed = [name for name in after if before.get(name) != after[name]]
    keep(session, subject, action, before, after, by=clerk.name, now=clerk.now)
    told = {"changed": changed, **(facts or {})}
    record(session, actor=clerk.name, action=action, site=person.site, subject=subject, facts=told, now=clerk.now)
    record_change(session, [person.site], ChangeKind.PERSON, str(person.id))
