"""What a person's file holds beside its head: roles, documents, host and household."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.ids import PersonId, SiteId
from registry.people.identity import IdentityKeys, masked
from registry.people.models import Person, PersonDocument, PersonRole, PersonTie, TieKind


@dataclass(frozen=True, slots=True)
class Tied:
    """Somebody whom a person is tied to: the other one, and what they are to the head of a household."""

    kind: TieKind
    other: Person
    relation: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """The parts of one file. Of people whose files the reader may not see, nothing is said."""

    roles: Sequence[PersonRole]
    documents: Sequence[tuple[PersonDocument, str]]
    """Each with its number as screens show it."""
    ties: Sequence[Tied]
    """Whom this person has as host or head of the household."""
    tied_here: Sequence[Tied]
    """Who has this person as such."""


def file_of(session: Session, keys: IdentityKeys, person_id: PersonId, sites: Collection[SiteId]) -> File:
    """The file of a person, as somebody who sees the files of these sites reads it."""
    roles = select(PersonRole).where(PersonRole.person_id == person_id).order_by(PersonRole.first_day.desc())
    documents = select(PersonDocument).where(PersonDocument.person_id == person_id).order_by(PersonDocument.kind)
    there = select(PersonTie, Person).join(Person, Person.id == PersonTie.other_id).where(Person.site.in_(sites))
    here = select(PersonTie, Person).join(Person, Person.id == PersonTie.person_id).where(Person.site.in_(sites))
    return File(
        roles=session.scalars(roles).all(),
        documents=[
            (each, masked(keys.open(each.number_sealed, person_id.bytes))) for each in session.scalars(documents)
        ],
        ties=[
            Tied(each.kind, other, each.relation)
            for each, other in session.execute(there.where(PersonTie.person_id == person_id))
        ],
        tied_here=[
            Tied(each.kind, other, each.relation)
            for each, other in session.execute(here.where(PersonTie.other_id == person_id, Person.merged_at.is_(None)))
        ],
    )
