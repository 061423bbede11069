"""Reading units."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from registry.credentials.rules import OUT_OF_USE
from registry.ids import SiteId, UnitId
from registry.people.models import Person
from registry.permits.models import VehiclePermit
from registry.problems import NotFound, Unprocessable
from registry.units.models import Unit, UnitContract, UnitResponsible


class NoSuchUnit(Unprocessable):
    slug = "no-such-unit"
    title = "There is no such unit"


def require_unit(session: Session, unit_id: UnitId | None) -> None:
    """Refuse an id that is no unit of ours; None is nobody's, which is allowed."""
    if unit_id is not None and session.get(Unit, unit_id) is None:
        raise NoSuchUnit("There is no such unit: it may have been taken away; choose another.")


def all_units(session: Session) -> Sequence[Unit]:
    return session.scalars(select(Unit).order_by(Unit.name_zh)).all()


class UnitNotThere(NotFound):
    slug = "unit-not-there"
    title = "There is no such unit here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a unit answers for, as far as the reader's sites go, and its permits of one year."""

    unit: Unit
    responsible: Person | None
    people: int
    permits: int
    contract: UnitContract | None
    """That of the year."""


def unit(session: Session, unit_id: UnitId) -> Unit:
    """A unit.

    Raises:
        UnitNotThere: there is none.

    """
    row = session.get(Unit, unit_id)
    if row is None:
        raise UnitNotThere
    return row


def responsible_of(session: Session, unit_id: UnitId) -> Person | None:
    """Who answers for a unit."""
    rows = select(Person).join(UnitResponsible, UnitResponsible.person_id == Person.id)
    return session.scalars(rows.where(UnitResponsible.unit_id == unit_id)).one_or_none()


def responsible_names(session: Session) -> dict[UnitId, str]:
    """Who answers for each unit that has somebody."""
    rows = select(UnitResponsible.unit_id, Person.name).join(Person, Person.id == UnitResponsible.person_id)
    return dict(session.execute(rows).all())


def contract_of(session: Session, unit_id: UnitId, year: int) -> UnitContract | None:
    return session.get(UnitContract, (unit_id, year))


def answers(session: Session, sites: Collection[SiteId], year: int, *, words: str = "") -> Sequence[Answers]:
    """The units whose name has these words, in the order of their names."""
    rows = select(Unit).order_by(Unit.name_zh)
    if words:
        named = (Unit.name_zh.icontains(words, autoescape=True), Unit.name_en.icontains(words, autoescape=True))
        rows = rows.where(or_(*named))
    units = session.scalars(rows).all()
    people = dict(
        session.execute(
            select(Person.unit_id, func.count())
            .where(Person.site.in_(sites), Person.unit_id.is_not(None), Person.merged_at.is_(None))
            .group_by(Person.unit_id)
        ).all()
    )
    permits = dict(
        session.execute(
            select(VehiclePermit.unit_id, func.count())
            .where(VehiclePermit.year == year, VehiclePermit.status.not_in(OUT_OF_USE))
            .group_by(VehiclePermit.unit_id)
        ).all()
    )
    responsible = dict(
        session.execute(
            select(UnitResponsible.unit_id, Person).join(Person, Person.id == UnitResponsible.person_id)
        ).all()
    )
    contracts = {
        row.unit_id: row for row in session.scalars(select(UnitContract).where(UnitContract.year == year)).all()
    }
    return [
        Answers(
            unit=row,
            responsible=responsible.get(row.id),
            people=people.get(row.id, 0),
            permits=permits.get(row.id, 0),
            contract=contracts.get(row.id),
        )
        for row in units
    ]
