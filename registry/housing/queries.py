"""Reading buildings, rooms and tenancies."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Required, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from registry.counting import Total, counted
from registry.housing.models import Building, ResidenceFile, RiskClass, RoomRow, RoomUse, Tenancy, TenancyOccupant
from registry.housing.rules import Days
from registry.ids import BuildingId, PersonId, RoomId, SiteId, TenancyId
from registry.people.models import Person
from registry.problems import NotFound
from registry.units.models import Unit


class NoSuchFile(NotFound):
    slug = "no-such-residence-file"
    title = "There is no such residence file here"


class NoSuchBuilding(NotFound):
    slug = "no-such-building"
    title = "There is no such building here"


class NoSuchRoom(NotFound):
    slug = "no-such-room"
    title = "There is no such room here"


class NoSuchTenancy(NotFound):
    slug = "no-such-tenancy"
    title = "There is no such tenancy here"


@dataclass(frozen=True, slots=True)
class Listed:
    """A room with who has it today: the unit whose office it is, or its tenancy."""

    room: RoomRow
    building: Building
    unit: Unit | None
    tenancy: Tenancy | None
    tenant: Person | None
    occupants: int
    """So many people live there today."""

    @property
    def name(self) -> str:
        """The room as people say it: 3-201."""
        return f"{self.building.short}-{self.room.number}"


@dataclass(frozen=True, slots=True)
class Let:
    """A tenancy with its people."""

    tenancy: Tenancy
    tenant: Person
    landlord: Person | None
    occupants: Sequence[Person]

    @property
    def days(self) -> Days:
        return Days(self.tenancy.first_day, self.tenancy.end_day)


@dataclass(frozen=True, slots=True)
class FileOf:
    """A residence file with its person, their tenancy and the room."""

    file: ResidenceFile
    person: Person
    let: Let
    listed: Listed


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """A residence file that is open though its tenancy is over."""

    file: ResidenceFile
    person: Person
    tenancy: Tenancy
    room: RoomRow
    building: Building

    @property
    def name(self) -> str:
        return f"{self.building.short}-{self.room.number}"


def building(session: Session, building_id: BuildingId, sites: Collection[SiteId]) -> Building:
    """One building of these sites."""
    rows = select(Building).where(Building.id == building_id, Building.site.in_(sites))
    found = session.scalars(rows).one_or_none()
    if found is None:
        raise NoSuchBuilding("There is no such building at your sites.")
    return found


class Asked(TypedDict, total=False):
    """Which rooms a list holds; `today`: the day whose tenant is meant."""

    today: Required[date]
    words: str
    building_id: BuildingId | None
    floor: int | None
    use: RoomUse | None
    risk: RiskClass | None


def rooms(
    session: Session, sites: Collection[SiteId], *, after: RoomId | None = None, limit: int, **asked: Unpack[Asked]
) -> Sequence[Listed]:
    """Rooms whose number, tenant or unit holds the words, by site, building, floor and number.

    `today`: the day whose tenant is meant; `after`: the last room of the page before.
    """
    rows = _rows(sites, **asked)
    if after is not None:
        last = session.execute(
            select(*_ORDER).join(Building, Building.id == RoomRow.building_id).where(RoomRow.id == after)
        ).one_or_none()
        if last is None:
            return ()
        rows = rows.where(tuple_(*_ORDER) > tuple_(*last))
    return [Listed(*row) for row in session.execute(rows.order_by(*_ORDER).limit(limit))]


def count_rooms(session: Session, sites: Collection[SiteId], **asked: Unpack[Asked]) -> Total:
    """How many rooms the list has on all its pages."""
    return counted(session, _rows(sites, **asked))


def _rows(
    sites: Collection[SiteId],
    *,
    today: date,
    words: str = "",
    building_id: BuildingId | None = None,
    floor: int | None = None,
    use: RoomUse | None = None,
    risk: RiskClass | None = None,
) -> Select[Any]:
    rows = _listed(today).where(Building.site.in_(sites))
    if words:
        said = Building.short + "-" + RoomRow.number
        columns = (said, Person.name, Unit.name_zh, Unit.name_en)
        rows = rows.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    if building_id is not None:
        rows = rows.where(Building.id == building_id)
    if floor is not None:
        rows = rows.where(RoomRow.floor == floor)
    if use is not None:
        rows = rows.where(RoomRow.use == use)
    if risk is not None:
        rows = rows.where(RoomRow.risk == risk)
    return rows


def room(session: Session, room_id: RoomId, sites: Collection[SiteId], *, today: date) -> Listed:
    """One room of these sites."""
    rows = _listed(today).where(RoomRow.id == room_id, Building.site.in_(sites))
    found = session.execute(rows).one_or_none()
    if found is None:
        raise NoSuchRoom("There is no such room at your sites.")
    return Listed(*found)


def lock_room(session: Session, room_id: RoomId, sites: Collection[SiteId]) -> tuple[RoomRow, Building]:
    """One room of these sites, which nobody else lets until the transaction ends."""
    rows = (
        select(RoomRow, Building)
        .join(Building, Building.id == RoomRow.building_id)
        .where(RoomRow.id == room_id, Building.site.in_(sites))
        .with_for_update(of=RoomRow)
    )
    found = session.execute(rows).one_or_none()
    if found is None:
        raise NoSuchRoom("There is no such room at your sites.")
    return found[0], found[1]


def room_of(session: Session, tenancy_id: TenancyId, sites: Collection[SiteId]) -> RoomId:
    """The room that is let by a tenancy, at one of these sites."""
    rows = (
        select(RoomRow.id)
        .join(Tenancy, Tenancy.room_id == RoomRow.id)
        .join(Building, Building.id == RoomRow.building_id)
        .where(Tenancy.id == tenancy_id, Building.site.in_(sites))
    )
    found = session.scalar(rows)
    if found is None:
        raise NoSuchTenancy("There is no such tenancy at your sites.")
    return found


def days_let(session: Session, room_id: RoomId, *, without: TenancyId | None = None) -> list[Days]:
    """For which days a room is let or was, by tenancies other than `without`."""
    rows = select(Tenancy.first_day, Tenancy.end_day).where(Tenancy.room_id == room_id)
    if without is not None:
        rows = rows.where(Tenancy.id != without)
    return [Days(first, end) for first, end in session.execute(rows)]


def open_files(session: Session, tenancy_id: TenancyId) -> Sequence[ResidenceFile]:
    """The files of those who live there that are not cancelled."""
    which = (ResidenceFile.tenancy_id == tenancy_id, ResidenceFile.cancelled_at.is_(None))
    return session.scalars(select(ResidenceFile).where(*which).order_by(ResidenceFile.id)).all()


def tenancy(session: Session, tenancy_id: TenancyId, sites: Collection[SiteId]) -> Let:
    """One tenancy of a room of these sites, with its people."""
    room_of(session, tenancy_id, sites)
    return _let(session, Tenancy.id == tenancy_id)[0]


def tenancies(session: Session, room_id: RoomId) -> Sequence[Let]:
    """Every tenancy of a room with its people, the newest first; the tenant stands first among the occupants."""
    return _let(session, Tenancy.room_id == room_id)


def tenancies_of(session: Session, person_id: PersonId, sites: Collection[SiteId]) -> Sequence[tuple[Let, Listed]]:
    """Where somebody lives or lived at these sites, or let a room to others, the newest first."""
    lives = select(TenancyOccupant.tenancy_id).where(TenancyOccupant.person_id == person_id)
    is_theirs = or_(Tenancy.tenant_id == person_id, Tenancy.landlord_id == person_id, Tenancy.id.in_(lives))
    here = select(RoomRow.id).join(Building, Building.id == RoomRow.building_id).where(Building.site.in_(sites))
    found = _let(session, is_theirs & Tenancy.room_id.in_(here))
    return [(let, room(session, let.tenancy.room_id, sites, today=let.tenancy.first_day)) for let in found]


def homes_of(
    session: Session, people: Collection[PersonId], sites: Collection[SiteId], today: date
) -> dict[PersonId, str]:
    """In which room of these sites each of these people lives on that day, as it is called: 1-402. Of two, one."""
    rows = (
        select(TenancyOccupant.person_id, Building.short, RoomRow.number)
        .join(Tenancy, Tenancy.id == TenancyOccupant.tenancy_id)
        .join(RoomRow, _of_today(today))
        .join(Building, Building.id == RoomRow.building_id)
        .where(TenancyOccupant.person_id.in_(people), Building.site.in_(sites))
        .order_by(Tenancy.first_day)
    )
    return {person: f"{short}-{number}" for person, short, number in session.execute(rows)}


def site_of(session: Session, room_id: RoomId) -> SiteId:
    """The compound of a room that is there."""
    rows = select(Building.site).join(RoomRow, RoomRow.building_id == Building.id).where(RoomRow.id == room_id)
    return session.scalars(rows).one()


def buildings(session: Session, sites: Collection[SiteId]) -> Sequence[Building]:
    """The buildings of these sites."""
    return session.scalars(
        select(Building).where(Building.site.in_(sites)).order_by(Building.site, Building.short)
    ).all()


def floors(session: Session, sites: Collection[SiteId], building_id: BuildingId) -> Sequence[int]:
    """The floors of a building of these sites that have rooms, from below."""
    rows = select(RoomRow.floor).join(Building, Building.id == RoomRow.building_id)
    rows = rows.where(Building.id == building_id, Building.site.in_(sites)).distinct().order_by(RoomRow.floor)
    return session.scalars(rows).all()


def files_of(session: Session, tenancy_id: TenancyId) -> Sequence[ResidenceFile]:
    """Every file that rests on a tenancy, cancelled or not, the newest first."""
    rows = select(ResidenceFile).where(ResidenceFile.tenancy_id == tenancy_id)
    return session.scalars(rows.order_by(ResidenceFile.registered_at.desc(), ResidenceFile.id.desc())).all()


def file(session: Session, file_id: UUID, sites: Collection[SiteId]) -> FileOf:
    """One residence file of a room of these sites."""
    found = session.execute(
        select(ResidenceFile, Person, RoomRow.id)
        .join(Person, Person.id == ResidenceFile.person_id)
        .join(Tenancy, Tenancy.id == ResidenceFile.tenancy_id)
        .join(RoomRow, RoomRow.id == Tenancy.room_id)
        .join(Building, Building.id == RoomRow.building_id)
        .where(ResidenceFile.id == file_id, Building.site.in_(sites))
    ).one_or_none()
    if found is None:
        raise NoSuchFile("There is no such residence file at your sites.")
    row, person, room_id = found
    let = tenancy(session, row.tenancy_id, sites)
    return FileOf(row, person, let, room(session, room_id, sites, today=let.tenancy.first_day))


def files_left_open(session: Session, sites: Collection[SiteId], *, today: date) -> Sequence[LeftOpen]:
    """The files that are open though the last day of their tenancy has passed: nobody has cancelled them."""
    return [LeftOpen(*row) for row in session.execute(_left_open(sites, today).order_by(Tenancy.end_day, Person.id))]


def count_left_open(session: Session, sites: Collection[SiteId], *, today: date) -> int:
    """How many files those are."""
    rows = _left_open(sites, today).with_only_columns(ResidenceFile.id)
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def _left_open(sites: Collection[SiteId], today: date) -> Select[ResidenceFile, Person, Tenancy, RoomRow, Building]:
    return (
        select(ResidenceFile, Person, Tenancy, RoomRow, Building)
        .join(Person, Person.id == ResidenceFile.person_id)
        .join(Tenancy, Tenancy.id == ResidenceFile.tenancy_id)
        .join(RoomRow, RoomRow.id == Tenancy.room_id)
        .join(Building, Building.id == RoomRow.building_id)
        .where(Building.site.in_(sites), ResidenceFile.cancelled_at.is_(None), Tenancy.end_day <= today)
    )


def _let(session: Session, which: ColumnElement[bool]) -> list[Let]:
    tenant, landlord = aliased(Person), aliased(Person)
    found = session.execute(
        select(Tenancy, tenant, landlord)
        .join(tenant, tenant.id == Tenancy.tenant_id)
        .outerjoin(landlord, landlord.id == Tenancy.landlord_id)
        .where(which)
        .order_by(Tenancy.first_day.desc(), Tenancy.id)
    ).all()
    living: dict[TenancyId, list[Person]] = {row[0].id: [] for row in found}
    for tenancy_id, person in session.execute(
        select(TenancyOccupant.tenancy_id, Person)
        .join(Person, Person.id == TenancyOccupant.person_id)
        .join(Tenancy, Tenancy.id == TenancyOccupant.tenancy_id)
        .where(which)
        .order_by(Tenancy.tenant_id != Person.id, Person.id)
    ):
        living[tenancy_id].append(person)
    return [Let(tenancy, tenant, landlord, living[tenancy.id]) for tenancy, tenant, landlord in found]


_ORDER: tuple[Any, ...] = (Building.site, Building.id, RoomRow.floor, RoomRow.number, RoomRow.id)


def _listed(today: date) -> Select[Any]:
    living = (
        select(func.count())
        .select_from(TenancyOccupant)
        .where(TenancyOccupant.tenancy_id == Tenancy.id)
        .scalar_subquery()
    )
    return (
        select(RoomRow, Building, Unit, Tenancy, Person, living)
        .join(Building, Building.id == RoomRow.building_id)
        .outerjoin(Unit, Unit.id == RoomRow.unit_id)
        .outerjoin(Tenancy, _of_today(today))
        .outerjoin(Person, Person.id == Tenancy.tenant_id)
    )


def _of_today(today: date) -> ColumnElement[bool]:
    is_on = (Tenancy.first_day <= today) & or_(Tenancy.end_day.is_(None), Tenancy.end_day > today)
    return (Tenancy.room_id == RoomRow.id) & is_on
