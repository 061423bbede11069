"""What is drawn of let rooms and building work: nothing outlasts what it rests on, and a few rooms are overdue."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from deploy.demo.city import City, draw_city
from deploy.demo.city_map import city_map
from deploy.demo.housing import Housing, draw_housing
from deploy.demo.renting import Renting, draw_renting
from registry.credentials.grounds import begin_of
from registry.housing.rules import check_due
from registry.ids import SiteId, UnitId

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
SHANGHAI = ZoneInfo("Asia/Shanghai")
UNITS = {SiteId(f"oc{number}"): (UnitId(UUID(int=number)), UnitId(UUID(int=100 + number))) for number in range(1, 5)}


@pytest.fixture(scope="module")
def city() -> City:
    return draw_city(20, city_map(), UNITS, now=NOW, local=NOW)


@pytest.fixture(scope="module")
def housing(city: City) -> Housing:
    return draw_housing(20, city_map(), city.households, TODAY)


@pytest.fixture(scope="module")
def renting(city: City, housing: Housing) -> Renting:
    return draw_renting(20, housing, city.households, city.cards, now=NOW, zone=SHANGHAI)


def test_no_card_outlasts_its_tenancy_or_project_and_none_is_lost(
    city: City, housing: Housing, renting: Renting
) -> None:
    assert [card.id for card in renting.cards] == [card.id for card in city.cards]
    last = {tenancy.id: tenancy.last_day for tenancy in housing.tenancies}
    last |= {project.id: project.fields.last_day for project in renting.projects}  # type: ignore[misc]  # both are ids
    resting = [card for card in renting.cards if card.tenancy_id or card.project_id]
    assert len(resting) > len(renting.cards) / 20
    for card in resting:
        day = last[card.tenancy_id or card.project_id]  # type: ignore[index]
        assert day is not None
        assert card.valid_from < card.valid_until <= begin_of(day + timedelta(days=1), SHANGHAI)


def test_everybody_who_rents_has_a_file_and_a_few_rooms_are_overdue(housing: Housing, renting: Renting) -> None:
    let = {tenancy.room_id: tenancy for tenancy in housing.tenancies if tenancy.landlord_id}
    assert renting.risks.keys() == let.keys()
    living = sorted(person for tenancy in let.values() for person in tenancy.occupants)
    assert sorted(file.person_id for file, _ in renting.files) == living
    last = {check.room_id: check.at.astimezone(SHANGHAI).date() for check in renting.checks}
    late = [
        room for room, risk in renting.risks.items() if check_due(risk, let[room].first_day, last.get(room)) < TODAY
    ]
    assert 0 < len(late) < len(let) / 8
