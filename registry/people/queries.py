"""Reading people."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, false, or_, select, true
from sqlalchemy.orm import Session

from registry.ids import PersonId, SiteId
from registry.people.models import Person
from registry.problems import NotFound
from registry.units.models import Unit
from registry.units.scope import UnitScope


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


def holder(session: Session, person_id: PersonId) -> Listed:
    """Whose credential it is, wherever the file is kept; for who may see the credential."""
    rows = select(Person, Unit).outerjoin(Unit, Unit.id == Person.unit_id).where(Person.id == person_id)
    return Listed(*session.execute(rows).one())


def person_of_number(session: Session, index: bytes, sites: Collection[SiteId]) -> Listed:
    """The one person of these sites whose ID number has this index."""
    found = people(session, sites, words="", id_index=index, limit=1)
    if not found:
        raise NoSuchPerson("Nobody at your sites has this ID number.")
    return found[0]


def person_by_id_index(session: Session, index: bytes) -> Person | None:
    return session.scalars(select(Person).where(Person.id_number_index == index)).one_or_none()


def people(
    session: Session,
    sites: Collection[SiteId],
    *,
    words: str = "",
    id_index: bytes | None = None,
    units: UnitScope | None = None,
    after: UUID | None = None,
    limit: int,
) -> Sequence[Listed]:
    """People whose name, phone or unit holds the words, or with this ID number, the newest file first.

    `units`: only theirs, each at its site; `after` is the last id of the page before.
    """
    rows = select(Person, Unit).outerjoin(Unit, Unit.id == Person.unit_id).where(Person.site.in_(sites))
    columns = (Person.name, Person.phone, Unit.name_zh, Unit.name_en)
    found = [column.icontains(words, autoescape=True) for column in columns if words]
    if id_index is not None:
        found.append(Person.id_number_index == id_index)
    if found:
        rows = rows.where(or_(*found))
    if units is not None:
        at_site = ((unit, Person.site == site if site is not None else true()) for site, unit in units)
        rows = rows.where(or_(false(), *(and_(Person.unit_id == unit, there) for unit, there in at_site)))
    if after is not None:
        rows = rows.where(Person.id < after)
    return [Listed(*row) for row in session.execute(rows.order_by(Person.id.desc()).limit(limit))]
