"""The rooms of the city, drawn: offices for the units, and for every household a dwelling with its tenancy. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from deploy.demo.plans import Compound, Use
from deploy.demo.population import Household
from registry.housing.models import RoomUse
from registry.housing.service import NewBuilding, NewRoom
from registry.housing.tenancies import NewTenancy
from registry.ids import PersonId, SiteId, UnitId
from registry.people.models import PersonKind

_ON_A_FLOOR = {Use.HOMES: 4, Use.OFFICES: 20}
_IN_AN_OFFICE = 4
"""So many people share one."""
_EMPTY = 25
"""One more dwelling stands empty for so many that are let."""
_YEARS_OF_RESIDENTS = 15
_DAYS_OF_A_LEASE = 365


@dataclass(frozen=True, slots=True)
class Housing:
    """Houses, their rooms, and who lives in them."""

    buildings: list[NewBuilding] = field(default_factory=list)
    rooms: list[NewRoom] = field(default_factory=list)
    tenancies: list[NewTenancy] = field(default_factory=list)


def draw_housing(seed: int, compounds: Sequence[Compound], households: Sequence[Household], today: date) -> Housing:
    """House everybody: who lives in a compound of homes has a dwelling, who works in one of offices a desk.

    Residents have theirs from the housing office until further notice; tenants have a lease of a year from a resident.
    """
    draw, housing = Random(seed), Housing()
    crowds: dict[SiteId, list[Household]] = defaultdict(list)
    for household in households:
        crowds[household[0].person.site].append(household)
    for compound in compounds:
        crowd = crowds[compound.id]
        buildings = _buildings(compound)
        housing.buildings.extend(buildings)
        if compound.use is Use.OFFICES:
            housing.rooms.extend(_offices(buildings, crowd))
            continue
        dwellings = list(_rooms(buildings, len(crowd) + len(crowd) // _EMPTY, Use.HOMES))
        housing.rooms.extend(dwellings)
        landlords = [each[0].person.id for each in crowd if each[0].person.kind is PersonKind.RESIDENT]
        let = sorted(draw.sample(range(len(dwellings)), len(crowd)))
        for place, household in zip(let, crowd, strict=True):
            housing.tenancies.append(_tenancy(draw, dwellings[place], household, landlords, today))
    return housing


def _buildings(compound: Compound) -> list[NewBuilding]:
    """Those with a number; a canteen or a car park has no rooms of anybody."""
    return [
        NewBuilding(site=compound.id, short=number, name_zh=each.name_zh, name_en=each.name_en)
        for each in compound.buildings
        if (number := each.name_zh.removesuffix("号楼")).isdecimal()
    ]


def _rooms(buildings: Sequence[NewBuilding], count: int, use: Use) -> Iterator[NewRoom]:
    """So many rooms, spread evenly over the buildings, floor by floor."""
    kind = RoomUse.OFFICE if use is Use.OFFICES else RoomUse.DWELLING
    for place, building in enumerate(buildings):
        for number in range(count // len(buildings) + (place < count % len(buildings))):
            floor, door = divmod(number, _ON_A_FLOOR[use])
            yield NewRoom(building_id=building.id, floor=floor + 1, number=f"{floor + 1}{door + 1:02}", use=kind)


def _offices(buildings: Sequence[NewBuilding], crowd: Sequence[Household]) -> Iterator[NewRoom]:
    """Each unit has its offices one beside the other."""
    people: Counter[UnitId | None] = Counter(one.person.unit_id for household in crowd for one in household)
    wanted = [unit for unit, count in people.items() for _ in range(-(-count // _IN_AN_OFFICE))]
    for room, unit in zip(_rooms(buildings, len(wanted), Use.OFFICES), wanted, strict=True):
        yield NewRoom(
            id=room.id, building_id=room.building_id, floor=room.floor, number=room.number, use=room.use, unit_id=unit
        )


def _tenancy(
    draw: Random, room: NewRoom, household: Household, landlords: Sequence[PersonId], today: date
) -> NewTenancy:
    tenant = household[0].person
    living = tuple(one.person.id for one in household)
    if tenant.kind is PersonKind.RESIDENT or not landlords:
        since = today - timedelta(days=draw.randrange(30, 365 * _YEARS_OF_RESIDENTS))
        return NewTenancy(room_id=room.id, tenant_id=tenant.id, occupants=living, first_day=since)
    first = today - timedelta(days=draw.randrange(_DAYS_OF_A_LEASE))
    return NewTenancy(
        room_id=room.id,
        landlord_id=draw.choice(landlords),
        tenant_id=tenant.id,
        occupants=living,
        first_day=first,
        last_day=first + timedelta(days=_DAYS_OF_A_LEASE - 1),
    )
