"""Reading people."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from registry.ids import PersonId, SiteId
from registry.people.models import Person
from registry.problems import NotFound
from registry.units.models import Unit


class NoSuchPerson(NotFound):
    slug = "no-such-person"
    title = "There is no such person here"


@dataclass(frozen=True, slots=True)
class Listed:
    """A person with the unit that answers for them."""

    person: Person
    unit: Unit | None


def person(session: Session, person_id: PersonId, sites: Collection[SiteId]) -> Listed:
    """One person whose file is kept at one of these sites."""
    found = session.execute(
        select(Person, Unit)
        .outerjoin(Unit, Unit.id == Person.unit_id)
        .where(Person.id == person_id, Person.site.in_(sites))
    ).one_or_none()
    if found is None:
        raise NoSuchPerson("There is no such person at your sites.")
    return Listed(*found)


def holder(session: Session, person_id: PersonId) -> Person:
    """Whose credential it is, wherever the file is kept; for who may see the credential."""
    return session.get_one(Person, person_id)


def person_by_id_index(session: Session, index: bytes) -> Person | None:
    return session.scalars(select(Person).where(Person.id_number_index == index)).one_or_none()


def people(
    session: Session,
    sites: Collection[SiteId],
    *,
    words: str = "",
    id_index: bytes | None = None,
    after: UUID | None = None,
    limit: int,
) -> Sequence[Listed]:
    """People by name, phone, unit or (whole) ID number, the newest file first; `after` is the last id of the page before."""
    rows = select(Person, Unit).outerjoin(Unit, Unit.id == Person.unit_id).where(Person.site.in_(sites))
    if words:
        anywhere = [
            column.icontains(words, autoescape=True)
            for column in (Person.name, Person.phone, Unit.name_zh, Unit.name_en)
        ]
        rows = rows.where(or_(*anywhere, *([Person.id_number_index == id_index] if id_index else [])))
    if after is not None:
        rows = rows.where(Person.id < after)
    return [Listed(*row) for row in session.execute(rows.order_by(Person.id.desc()).limit(limit))]
