"""Building up houses. What their rooms are let for is in `registry.housing.tenancies`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from registry.audit.chain import record
from registry.clock import Instant
from registry.housing import queries
from registry.housing.models import Building, RiskClass, RoomRow, RoomUse, Tenancy, TenancyOccupant
from registry.housing.rules import share_a_day
from registry.housing.tenancies import NewTenancy, RoomLet, occupant_rows, tenancy_row
from registry.ids import BuildingId, RoomId, SiteId, UnitId, new_id
from registry.problems import Conflict, Unprocessable
from registry.sites.queries import require_sites
from registry.units.queries import require_unit


class BuildingExists(Conflict):
    slug = "building-exists"
    title = "There is a building of this short name already"


class RoomExists(Conflict):
    slug = "room-exists"
    title = "There is a room of this number already"


class DwellingOfAUnit(Unprocessable):
    slug = "dwelling-of-a-unit"
    title = "A unit has offices, not dwellings"


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
    risk: RiskClass | None = None


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
        Tenancy: [tenancy_row(tenancy) for tenancy in tenancies],
        TenancyOccupant: [living for tenancy in tenancies for living in occupant_rows(tenancy)],
    }
    for table, values in rows.items():
        if values:
            session.execute(insert(table), values)


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
        "risk": room.risk,
    }


def _record(
    session: Session, action: str, site: SiteId, subject: str, facts: Mapping[str, object], *, by: str, now: Instant
) -> None:
    record(session, actor=by, action=action, site=site, subject=subject, facts=facts, now=now)
