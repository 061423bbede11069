"""The drawn rooms: everybody lives or works somewhere, and nobody in two places."""

from collections import Counter
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from deploy.demo.city import City, draw_city
from deploy.demo.city_map import city_map
from deploy.demo.housing import Housing, draw_housing
from deploy.demo.plans import Use
from registry.housing.models import RoomUse
from registry.housing.rules import Days
from registry.ids import SiteId, UnitId
from registry.people.models import PersonKind

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
UNITS = {SiteId(f"oc{number}"): (UnitId(UUID(int=number)), UnitId(UUID(int=100 + number))) for number in range(1, 5)}


@pytest.fixture(scope="module")
def city() -> City:
    return draw_city(20, city_map(), UNITS, now=NOW, local=NOW)


@pytest.fixture(scope="module")
def housing(city: City) -> Housing:
    return draw_housing(20, city_map(), city.households, TODAY)


def test_everybody_of_a_compound_of_homes_lives_in_one_dwelling_of_it(city: City, housing: Housing) -> None:
    homes = {compound.id for compound in city_map() if compound.use is Use.HOMES}
    site_of_building = {building.id: building.site for building in housing.buildings}
    site_of_room = {room.id: site_of_building[room.building_id] for room in housing.rooms}
    lives_at = [(one, site_of_room[tenancy.room_id]) for tenancy in housing.tenancies for one in tenancy.occupants]
    assert sorted(lives_at) == sorted((one.id, one.site) for one in city.people if one.site in homes)
    assert set(Counter(tenancy.room_id for tenancy in housing.tenancies).values()) == {1}
    dwellings = [room for room in housing.rooms if room.use is RoomUse.DWELLING]
    assert 0.95 < len(housing.tenancies) / len(dwellings) < 1


def test_tenants_rent_from_a_resident_of_the_compound_for_a_year_and_residents_have_no_landlord(
    city: City, housing: Housing
) -> None:
    files = {one.id: one for one in city.people}
    for tenancy in housing.tenancies:
        tenant, landlord = files[tenancy.tenant_id], tenancy.landlord_id and files[tenancy.landlord_id]
        assert tenancy.days.meets(Days.through(TODAY, TODAY))
        if tenant.kind is PersonKind.TENANT:
            assert landlord
            assert (landlord.kind, landlord.site) == (PersonKind.RESIDENT, tenant.site)
            assert tenancy.last_day
        else:
            assert (landlord, tenancy.last_day) == (None, None)


def test_every_unit_has_offices_for_its_people_and_no_number_stands_on_two_doors(city: City, housing: Housing) -> None:
    people = Counter(one.unit_id for one in city.people if one.unit_id is not None)
    offices = Counter(room.unit_id for room in housing.rooms if room.use is RoomUse.OFFICE)
    assert offices == {unit: -(-count // 4) for unit, count in people.items()}
    doors = Counter((room.building_id, room.number) for room in housing.rooms)
    assert set(doors.values()) == {1}
    assert max(room.floor for room in housing.rooms) <= 12


def test_the_same_seed_houses_the_city_in_the_same_way(city: City, housing: Housing) -> None:
    def told(drawn: Housing) -> list[object]:
        numbers = {room.id: room.number for room in drawn.rooms}
        return [(numbers[each.room_id], each.tenant_id, each.days) for each in drawn.tenancies]

    assert told(draw_housing(20, city_map(), city.households, TODAY)) == told(housing)
    assert told(draw_housing(21, city_map(), city.households, TODAY)) != told(housing)
