"""What lies in a compound, counted: buildings, floors and rooms, people, gates and devices."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from registry.devices.models import Device
from registry.housing.models import Building, RoomRow, RoomUse
from registry.ids import SiteId
from registry.people.models import Person
from registry.sites.models import Gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How much there is of a compound."""

    people: int
    buildings: int
    rooms: int
    gates: int
    devices: int
    unplaced: int
    """Gates and devices that stand nowhere on the plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """A floor by its number; how many of its rooms are for what."""

    number: int
    dwellings: int
    offices: int


@dataclass(frozen=True, slots=True)
class Storeys:
    """A building with its floors, the highest first."""

    building: Building
    floors: Sequence[Floor]

    @property
    def rooms(self) -> int:
        return sum(floor.dwellings + floor.offices for floor in self.floors)


def counted(session: Session, sites: Collection[SiteId]) -> Mapping[SiteId, Counted]:
    """The counts of these compounds."""

    def by_site(rows: Select[SiteId, int]) -> dict[SiteId, int]:
        return dict(session.execute(rows).all())

    people = by_site(
        select(Person.site, func.count())
        .where(Person.site.in_(sites), Person.merged_at.is_(None))
        .group_by(Person.site)
    )
    houses = by_site(select(Building.site, func.count()).where(Building.site.in_(sites)).group_by(Building.site))
    rooms = by_site(
        select(Building.site, func.count())
        .join(RoomRow, RoomRow.building_id == Building.id)
        .where(Building.site.in_(sites))
        .group_by(Building.site)
    )
    gates = by_site(select(Gate.site, func.count()).where(Gate.site.in_(sites)).group_by(Gate.site))
    devices = by_site(select(Device.site, func.count()).where(Device.site.in_(sites)).group_by(Device.site))
    unplaced = by_site(
        select(Device.site, func.count()).where(Device.site.in_(sites), Device.x.is_(None)).group_by(Device.site)
    )
    return {
        site: Counted(
            people=people.get(site, 0),
            buildings=houses.get(site, 0),
            rooms=rooms.get(site, 0),
            gates=gates.get(site, 0),
            devices=devices.get(site, 0),
            unplaced=unplaced.get(site, 0),
        )
        for site in sites
    }


def storeys(session: Session, site: SiteId) -> Sequence[Storeys]:
    """The buildings of a compound with their floors."""
    buildings = session.scalars(select(Building).where(Building.site == site).order_by(Building.short)).all()
    rows = session.execute(
        select(RoomRow.building_id, RoomRow.floor, RoomRow.use, func.count())
        .where(RoomRow.building_id.in_([each.id for each in buildings]))
        .group_by(RoomRow.building_id, RoomRow.floor, RoomRow.use)
    )
    found: dict[tuple[object, int], dict[RoomUse, int]] = {}
    for building, floor, use, count in rows:
        found.setdefault((building, floor), {})[use] = count
    return [
        Storeys(
            each,
            [
                Floor(number=floor, dwellings=uses.get(RoomUse.DWELLING, 0), offices=uses.get(RoomUse.OFFICE, 0))
                for (building, floor), uses in sorted(found.items(), key=lambda item: -item[0][1])
                if building == each.id
            ],
        )
        for each in buildings
    ]
