"""Reading people."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, true
from sqlalchemy.orm import Session

from registry.access.facts import CredentialStatus
from registry.clock import Instant
from registry.counting import Total, counted
from registry.ids import PersonId, SiteId, UnitId
from registry.passes.models import Card, Pin, QrPass
from registry.people.documents import WITH_CHECK_DIGIT
from registry.people.identity import IdentityKeys
from registry.people.models import Person, PersonDocument, PersonKind, PersonMerge
from registry.people.search import matching
from registry.permits.models import VehiclePermit
from registry.problems import Conflict, NotFound
from registry.units.models import Unit
from registry.units.scope import UnitScope


class NoSuchPerson(NotFound):
    slug = "no-such-person"
    title = "There is no such person here"


class FileMerged(Conflict):
    slug = "file-merged"
    title = "This file went into another: use that one"


@dataclass(frozen=True, slots=True)
class Listed:
    """A person with the unit that answers for them."""

    person: Person
    unit: Unit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which people a list holds; what is None is not asked for."""

    kind: PersonKind | None = None
    unit: UnitId | None = None
    site: SiteId | None = None
    carries_at: Instant | None = None
    """Only who has a credential that holds at this moment."""


ALL = Filters()
_AT_ONCE = 500


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


def whole_file(session: Session, person_id: PersonId, sites: Collection[SiteId]) -> Listed:
    """One person whose file is kept at one of these sites and went into no other: something may be given to them.

    Raises:
        NoSuchPerson: there is none at these sites.
        FileMerged: the person's file is another one by now.

    """
    found = person(session, person_id, sites)
    if found.person.merged_at is not None:
        raise FileMerged("This file went into another: open it, it says into which one.")
    return found


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
    """Who has the number of this index: as the ID number, or as that of a document whose numbers are made like one."""
    found = session.scalars(select(Person).where(Person.id_number_index == index)).one_or_none()
    if found is not None:
        return found
    of_document = (PersonDocument.number_index == index, PersonDocument.kind.in_(WITH_CHECK_DIGIT))
    rows = select(Person).join(PersonDocument, PersonDocument.person_id == Person.id).where(*of_document)
    return session.scalars(rows.limit(1)).first()


def whole_file_of_number(session: Session, index: bytes) -> Person | None:
    """Who has this ID number, wherever the file is kept; of a file that went into another, the person of that one."""
    found = person_by_id_index(session, index)
    while found is not None and found.merged_at is not None:
        into = select(PersonMerge.kept_id).where(PersonMerge.gone_id == found.id, PersonMerge.undone_at.is_(None))
        found = session.get(Person, session.scalars(into).one())
    return found


def people(
    session: Session,
    sites: Collection[SiteId],
    *,
    words: str = "",
    keys: IdentityKeys | None = None,
    id_index: bytes | None = None,
    filters: Filters = ALL,
    units: UnitScope | None = None,
    after: UUID | None = None,
    limit: int,
) -> Sequence[Listed]:
    """People whom the words find, or whose ID or document number has this index, the newest file first.

    `keys`: so that the last four of an ID number find too; `units`: only theirs, each at its site; `after` is the last id of
    the page before.
    """
    rows = _whole_files().where(_at(sites), *_filtering(filters))
    if units is not None:
        at_site = ((unit, Person.site == site if site is not None else true()) for site, unit in units)
        rows = rows.where(or_(false(), *(and_(Person.unit_id == unit, there) for unit, there in at_site)))
    if after is not None:
        rows = rows.where(Person.id < after)
    rows = rows.order_by(Person.id.desc())
    if id_index is not None and ((numbered := _of_index(session, rows, id_index)) or not words):
        return numbered[:limit]
    found = matching(session, words, keys)
    rows = rows.where(*found.conditions)
    if found.ids is None:
        return [Listed(*row) for row in session.execute(rows.limit(limit))]
    ids = [each for each in found.ids if after is None or each < after]
    listed: list[Listed] = []
    for begin in range(0, len(ids), _AT_ONCE):
        part = rows.where(Person.id.in_(ids[begin : begin + _AT_ONCE])).limit(limit - len(listed))
        listed += [Listed(*row) for row in session.execute(part)]
        if len(listed) == limit:
            break
    return listed


def count_people(session: Session, sites: Collection[SiteId], filters: Filters) -> Total:
    """How many people the list has on all its pages, where no words are searched for."""
    return counted(session, _whole_files().where(_at(sites), *_filtering(filters)))


def people_called(session: Session, sites: Collection[SiteId], words: str, *, limit: int) -> Sequence[Listed]:
    """People whose whole name or whole phone these words are, the newest file first."""
    phone = re.sub(r"[\s-]", "", words)
    rows = _whole_files().where(Person.site.in_(sites), or_(Person.name == words, Person.phone == phone))
    return [Listed(*row) for row in session.execute(rows.order_by(Person.id.desc()).limit(limit))]


def _at(sites: Collection[SiteId]) -> ColumnElement[bool]:
    """Whose files are kept there; written so that no index of sites is used, by which SQLite reads and sorts all of a site.

    Read from the newest file on, a page is full soon (100,000 people at 20 sites: 8 ms and not 1,000).
    """
    return func.coalesce(Person.site, "").in_(sites)


def _whole_files() -> Select[Person, Unit]:
    """Files that went into no other."""
    return select(Person, Unit).outerjoin(Unit, Unit.id == Person.unit_id).where(Person.merged_at.is_(None))


def _of_index(session: Session, rows: Select[Person, Unit], index: bytes) -> list[Listed]:
    # Each by its own index: with OR, PostgreSQL would read every person, and a search asks this after each letter.
    own = select(Person.id).where(Person.id_number_index == index)
    ids = session.scalars(
        own.union_all(select(PersonDocument.person_id).where(PersonDocument.number_index == index))
    ).all()
    return [Listed(*row) for row in session.execute(rows.where(Person.id.in_(ids)))] if ids else []


def _filtering(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.kind is not None:
        found.append(Person.kind == filters.kind)
    if filters.unit is not None:
        found.append(Person.unit_id == filters.unit)
    if filters.site is not None:
        found.append(Person.site == filters.site)
    if filters.carries_at is not None:
        found.append(_carries(filters.carries_at))
    return found


def _carries(now: Instant) -> ColumnElement[bool]:
    """Whether they have a credential that holds at this moment; a permit's year is taken as that of UTC."""
    of_period = (Card, QrPass, Pin)
    passes = [
        exists().where(
            each.person_id == Person.id,
            each.status == CredentialStatus.ACTIVE,
            each.valid_from <= now,
            each.valid_until > now,
        )
        for each in of_period
    ]
    permit = exists().where(
        VehiclePermit.person_id == Person.id,
        VehiclePermit.status == CredentialStatus.ACTIVE,
        VehiclePermit.year == now.year,
    )
    return or_(permit, *passes)
