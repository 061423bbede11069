"""Buildings, rooms and tenancies of tests; each maker makes what it needs and is not given. They write no audit."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.housing.models import Building, RoomRow, RoomUse, Tenancy, TenancyOccupant
from registry.housing.rules import Days
from registry.ids import BuildingId, RoomId, TenancyId, new_id
from registry.people.models import Person
from registry.units.models import Unit
from tests.makers.registry import OC1, a_person, a_site


def a_building(session: Session, short: str = "3", *, site: str = OC1) -> Building:
    """A building; the one of this short name if it is there."""
    at = a_site(session, site).id
    known = session.scalars(select(Building).where(Building.site == at, Building.short == short)).one_or_none()
    if known is not None:
        return known
    building = Building(
        id=BuildingId(new_id()), site=at, short=short, name_zh=f"{short}号楼", name_en=f"Building {short}"
    )
    session.add(building)
    session.flush()
    return building


def a_room(
    session: Session, number: str = "201", *, building: str = "3", site: str = OC1, office_of: Unit | None = None
) -> RoomRow:
    """A dwelling, or the office of a unit; its floor is the number's first digit."""
    room = RoomRow(
        id=RoomId(new_id()),
        building_id=a_building(session, building, site=site).id,
        floor=int(number[0]),
        number=number,
        use=RoomUse.DWELLING if office_of is None else RoomUse.OFFICE,
        unit_id=None if office_of is None else office_of.id,
    )
    session.add(room)
    session.flush()
    return room


def a_tenancy(
    session: Session,
    room: RoomRow,
    tenant: Person | None = None,
    *,
    landlord: Person | None = None,
    living: Sequence[Person] = (),
    first_day: date = date(2026, 1, 1),
    last_day: date | None = None,
) -> Tenancy:
    """A room let to somebody who lives there, `living` with them."""
    whose = tenant or a_person(session)
    session.flush()
    days = Days.through(first_day, last_day)
    tenancy = Tenancy(
        id=TenancyId(new_id()),
        room_id=room.id,
        landlord_id=None if landlord is None else landlord.id,
        tenant_id=whose.id,
        first_day=days.first,
        end_day=days.end,
        has_clause=True,
    )
    session.add(tenancy)
    session.flush()
    session.add_all(TenancyOccupant(tenancy_id=tenancy.id, person_id=one.id) for one in (whose, *living))
    session.flush()
    return tenancy
