"""Building up houses, letting their rooms and ending that."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import groupby
from operator import attrgetter

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from registry.audit.chain import record
from registry.clock import Instant
from registry.credentials.period import PeriodEmpty, require_moment
from registry.housing import queries
from registry.housing.models import Building, RoomRow, RoomUse, Tenancy, TenancyOccupant
from registry.housing.rules import Days, share_a_day
from registry.ids import BuildingId, PersonId, RoomId, SiteId, TenancyId, UnitId, new_id
from registry.people.queries import person
from registry.problems import Conflict, Unprocessable
from registry.sites.queries import require_sites
from registry.units.queries import require_unit


class BuildingExists(Conflict):
    slug = "building-exists"
    title = "There is a building of this short name already"


class RoomExists(Conflict):
    slug = "room-exists"
    title = "There is a room of this number already"


class RoomLet(Conflict):
    slug = "room-let"
    title = "The room is let on some of these days"


class EndsAlready(Conflict):
    slug = "ends-already"
    title = "The tenancy ends by then already"


class DwellingOfAUnit(Unprocessable):
    slug = "dwelling-of-a-unit"
    title = "A unit has offices, not dwellings"


class OwnLandlord(Unprocessable):
    slug = "own-landlord"
    title = "Nobody lets a room to themselves"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBuilding:
    """A building to be added."""

    id: BuildingId = field(default_factory=lambda: BuildingId(new_id()))
    site: SiteId
    short: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRoom:
    """A room to be added; `unit_id`: whose office it is."""

    id: RoomId = field(default_factory=lambda: RoomId(new_id()))
    building_id: BuildingId
    floor: int
    number: str
    use: RoomUse = RoomUse.DWELLING
    unit_id: UnitId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTenancy:
    """A tenancy as a clerk writes it: the last day is included; none: until it is ended."""

    id: TenancyId = field(default_factory=lambda: TenancyId(new_id()))
    room_id: RoomId
    landlord_id: PersonId | None = None
    tenant_id: PersonId
    occupants: Sequence[PersonId] = ()
    first_day: date
    last_day: date | None = None
    has_clause: bool = False
    """Whether the lease forbids unlawful use of the room."""

    @property
    def days(self) -> Days:
        return Days.through(self.first_day, self.last_day)


def add_building(session: Session, building: NewBuilding, *, by: str, now: Instant) -> Building:
    """Add a building to a compound."""
    require_sites(session, [building.site])
    known = select(Building.id).where(Building.site == building.site, Building.short == building.short)
    if session.scalar(known) is not None:
        raise BuildingExists(f"There is a building {building.short} at {building.site} already.")
    row = Building(**_building_row(building))
    session.add(row)
    session.flush()
    _record(session, "building-added", row.site, f"building:{row.id}", {"short": row.short}, by=by, now=now)
    return row


def add_room(session: Session, room: NewRoom, *, within: Collection[SiteId], by: str, now: Instant) -> RoomRow:
    """Add a room to a building of one's sites."""
    building = queries.building(session, room.building_id, within)
    require_unit(session, room.unit_id)
    if room.unit_id is not None and room.use is not RoomUse.OFFICE:
        raise DwellingOfAUnit("A unit has offices: leave the unit away, or make the room an office.")
    known = select(RoomRow.id).where(RoomRow.building_id == building.id, RoomRow.number == room.number)
    if session.scalar(known) is not None:
        raise RoomExists(f"There is a room {building.short}-{room.number} already.")
    row = RoomRow(**_room_row(room))
    session.add(row)
    session.flush()
    facts = {"number": f"{building.short}-{row.number}", "use": row.use}
    _record(session, "room-added", building.site, f"room:{row.id}", facts, by=by, now=now)
    return row


def begin_tenancy(
    session: Session, tenancy: NewTenancy, *, within: Collection[SiteId], by: str, now: Instant
) -> Tenancy:
    """Let a room; its landlord, tenant and occupants have their files at one's sites.

    Raises:
        NoSuchRoom, NoSuchPerson: there is none at the sites of `within`.
        RoomLet: somebody has it on one of these days.

    """
    room, building = queries.lock_room(session, tenancy.room_id, within)
    days = _required_days(tenancy.first_day, tenancy.last_day)
    people = {tenancy.tenant_id, *tenancy.occupants} | ({tenancy.landlord_id} if tenancy.landlord_id else set())
    for person_id in people:
        person(session, person_id, within)
    if tenancy.landlord_id == tenancy.tenant_id:
        raise OwnLandlord("Landlord and tenant are one person: leave the landlord away, or choose another.")
    if any(days.meets(other) for other in queries.days_let(session, room.id)):
        raise RoomLet("The room is let on some of these days: end that tenancy first, or choose other days.")
    row = Tenancy(**_tenancy_row(tenancy))
    session.add(row)
    session.flush()
    session.add_all(TenancyOccupant(**living) for living in _occupant_rows(tenancy))
    session.flush()
    facts = {
        "room": f"{building.short}-{room.number}",
        "tenant": str(row.tenant_id),
        "occupants": len(set(tenancy.occupants)),
        **_told(days),
    }
    _record(session, "tenancy-begun", building.site, f"tenancy:{row.id}", facts, by=by, now=now)
    return row


def end_tenancy(
    session: Session, tenancy_id: TenancyId, last_day: date, *, within: Collection[SiteId], by: str, now: Instant
) -> Tenancy:
    """Let a tenancy end after this day, earlier than it would.

    Raises:
        NoSuchTenancy: there is none at the sites of `within`.
        EndsAlready: it would end no earlier; to let the room for longer, another tenancy is begun.

    """
    room, building = queries.lock_room(session, queries.room_of(session, tenancy_id, within), within)
    row = session.get_one(Tenancy, tenancy_id, populate_existing=True)
    before, days = Days(row.first_day, row.end_day), _required_days(row.first_day, last_day)
    if before.last is not None and last_day >= before.last:
        raise EndsAlready(f"It ends on {before.last} already. To let the room for longer, begin another tenancy.")
    row.end_day = days.end
    ended = None if before.last is None else before.last.isoformat()
    facts = {"room": f"{building.short}-{room.number}", **_told(days), "last_day_before": ended}
    _record(session, "tenancy-ended", building.site, f"tenancy:{row.id}", facts, by=by, now=now)
    return row


def add_housing(
    session: Session, buildings: Sequence[NewBuilding], rooms: Sequence[NewRoom], tenancies: Sequence[NewTenancy]
) -> None:
    """Add many houses at once with who lives in them, all of them new. Makes no entry in the audit: its caller does.

    Raises:
        RoomLet: two of the tenancies share a room on some day.

    """
    require_sites(session, {building.site for building in buildings})
    for _, of_room in groupby(sorted(tenancies, key=attrgetter("room_id")), key=attrgetter("room_id")):
        if share_a_day([tenancy.days for tenancy in of_room]):
            raise RoomLet("Two tenancies share a room on some day.")
    rows = {
        Building: [_building_row(building) for building in buildings],
        RoomRow: [_room_row(room) for room in rooms],
        Tenancy: [_tenancy_row(tenancy) for tenancy in tenancies],
        TenancyOccupant: [living for tenancy in tenancies for living in _occupant_rows(tenancy)],
    }
    for table, values in rows.items():
        if values:
            session.execute(insert(table), values)


def _required_days(first: date, last: date | None) -> Days:
    """The days as they are kept, if they are of years that we know and in order."""
    for day in (first, last):
        if day is not None:
            require_moment(datetime.combine(day, time(), UTC))
    if last is not None and last < first:
        raise PeriodEmpty("The last day is before the first.")
    return Days.through(first, last)


def _told(days: Days) -> dict[str, object]:
    return {"first_day": days.first.isoformat(), "last_day": None if days.last is None else days.last.isoformat()}


def _building_row(building: NewBuilding) -> dict[str, object]:
    return {
        "id": building.id,
        "site": building.site,
        "short": building.short,
        "name_zh": building.name_zh,
        "name_en": building.name_en,
    }


def _room_row(room: NewRoom) -> dict[str, object]:
    return {
        "id": room.id,
        "building_id": room.building_id,
        "floor": room.floor,
        "number": room.number,
        "use": room.use,
        "unit_id": room.unit_id,
    }


def _tenancy_row(tenancy: NewTenancy) -> dict[str, object]:
    return {
        "id": tenancy.id,
        "room_id": tenancy.room_id,
        "landlord_id": tenancy.landlord_id,
        "tenant_id": tenancy.tenant_id,
        "first_day": tenancy.days.first,
        "end_day": tenancy.days.end,
        "has_clause": tenancy.has_clause,
    }


def _occupant_rows(tenancy: NewTenancy) -> list[dict[str, object]]:
    return [{"tenancy_id": tenancy.id, "person_id": one} for one in dict.fromkeys(tenancy.occupants)]


def _record(
    session: Session, action: str, site: SiteId, subject: str, facts: Mapping[str, object], *, by: str, now: Instant
) -> None:
    record(session, actor=by, action=action, site=site, subject=subject, facts=facts, now=now)
