"""Reading applications for vehicle permits, their steps and the batches in which units hand them in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.orm import Session, selectinload

from registry.counting import Total, counted
from registry.ids import ApplicationId, SiteId, UnitId
from registry.people.models import Person
from registry.people.search import fits_person
from registry.permits.models import (
    ApplicationPlate,
    ApplicationSite,
    ApplicationState,
    ApplicationStep,
    PermitApplication,
    PermitBatch,
)
from registry.permits.quota import OPEN
from registry.plates.grammar import normalised
from registry.units.models import Unit
from registry.units.scope import UnitScope

HANDED_IN = tuple(state for state in ApplicationState if state is not ApplicationState.DRAFT)
"""What the security office sees: a draft is the unit's own."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An application with its holder and its unit."""

    application: PermitApplication
    holder: Person
    unit: Unit | None

    @property
    def plates(self) -> list[str]:
        """Its own plate, then those that are to share the permit."""
        return [self.application.plate, *sorted(each.plate for each in self.application.plates)]

    @property
    def sites(self) -> list[SiteId]:
        return sorted(each.site for each in self.application.sites)


_LISTED = (
    select(PermitApplication, Person, Unit)
    .join(Person, Person.id == PermitApplication.holder_id)
    .outerjoin(Unit, Unit.id == PermitApplication.unit_id)
)
_LOADED = (selectinload(PermitApplication.sites), selectinload(PermitApplication.plates))


def application(session: Session, application_id: ApplicationId) -> Listed | None:
    found = session.execute(_LISTED.options(*_LOADED).where(PermitApplication.id == application_id)).one_or_none()
    return None if found is None else Listed(*found)


class Asked(TypedDict, total=False):
    """Which applications a list holds: those handed in for these sites, and all of these units."""

    sites: Collection[SiteId]
    units: UnitScope
    words: str
    states: Collection[ApplicationState]
    unit: UnitId | None
    year: int | None


def applications(
    session: Session, *, after: UUID | None = None, limit: int, **asked: Unpack[Asked]
) -> Sequence[Listed]:
    """Applications, the oldest first; `after`: the last one before."""
    rows = _rows(session, **asked).options(*_LOADED)
    if after is not None:
        rows = rows.where(PermitApplication.id > after)
    return [Listed(*row) for row in session.execute(rows.order_by(PermitApplication.id).limit(limit))]


def count_applications(session: Session, **asked: Unpack[Asked]) -> Total:
    """How many applications the list has on all its pages."""
    return counted(session, _rows(session, **asked))


def _rows(
    session: Session,
    *,
    sites: Collection[SiteId] = (),
    units: UnitScope = frozenset(),
    words: str = "",
    states: Collection[ApplicationState] = (),
    unit: UnitId | None = None,
    year: int | None = None,
) -> Select[PermitApplication, Person, Unit]:
    of_units = (
        and_(PermitApplication.unit_id == each, true() if site is None else _opens([site])) for site, each in units
    )
    of_office = and_(_opens(sites), PermitApplication.state.in_(HANDED_IN)) if sites else false()
    rows = _LISTED.where(or_(of_office, *of_units))
    if words:
        found = [
            fits_person(session, words),
            Unit.name_zh.icontains(words, autoescape=True),
            Unit.name_en.icontains(words, autoescape=True),
        ]
        if plate := normalised(words):
            found += [
                PermitApplication.plate.contains(plate, autoescape=True),
                PermitApplication.plates.any(ApplicationPlate.plate.contains(plate, autoescape=True)),
            ]
        rows = rows.where(or_(*found))
    if states:
        rows = rows.where(PermitApplication.state.in_(states))
    if unit is not None:
        rows = rows.where(PermitApplication.unit_id == unit)
    if year is not None:
        rows = rows.where(PermitApplication.year == year)
    return rows


def count_open(session: Session, sites: Collection[SiteId]) -> int:
    """How many wait for the security office at these sites."""
    rows = select(func.count()).select_from(PermitApplication)
    return session.scalar(rows.where(PermitApplication.state.in_(OPEN), _opens(sites))) or 0


def steps(session: Session, application_id: ApplicationId) -> Sequence[ApplicationStep]:
    """What was done about an application, the earliest first."""
    rows = select(ApplicationStep).where(ApplicationStep.application_id == application_id)
    return session.scalars(rows.order_by(ApplicationStep.number)).all()


def of_permit(session: Session, permit_id: UUID) -> PermitApplication | None:
    """The application that a permit was."""
    return session.scalar(select(PermitApplication).where(PermitApplication.permit_id == permit_id))


def batch(session: Session, unit_id: UnitId, year: int) -> PermitBatch | None:
    return session.scalar(select(PermitBatch).where(PermitBatch.unit_id == unit_id, PermitBatch.year == year))


def batches(session: Session, year: int) -> dict[UnitId, PermitBatch]:
    """The batches of a year, by unit."""
    return {each.unit_id: each for each in session.scalars(select(PermitBatch).where(PermitBatch.year == year))}


def _opens(sites: Collection[SiteId]) -> ColumnElement[bool]:
    return PermitApplication.sites.any(ApplicationSite.site.in_(sites))
