"""What is drawn: the same from the same seed, and a city that could be."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.demo.answering import draw_answers
from deploy.demo.city import City, draw_city
from deploy.demo.city_map import city_map
from deploy.demo.examples import RESERVED
from deploy.demo.plans import Compound, Use
from registry.access.facts import CredentialStatus
from registry.ids import SiteId, UnitId
from registry.messages.topics import DeviceClass
from registry.people.models import PersonKind
from registry.plates.grammar import Plate, parse_plate

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
UNITS = {SiteId(f"oc{number}"): (UnitId(UUID(int=number)), UnitId(UUID(int=100 + number))) for number in range(1, 5)}


def drawn(seed: int = 1, people: int = 1500) -> City:
    return draw_city(seed, city_map(people), UNITS, now=NOW, local=NOW)


@pytest.fixture(scope="module")
def whole() -> City:
    return drawn(seed=20, people=20_000)


def shown(city: City) -> Iterator[object]:
    """Everything of a city but the ids of its people."""
    yield from ((one.site, one.name, one.kind, one.phone, one.id_number) for one in city.people)
    yield from ((each.plate, each.year, each.sites, each.status) for each in city.permits)
    yield from ((each.number, each.valid_from, each.valid_until, each.sites, each.gates) for each in city.cards)
    yield from ((each.id, each.valid_from, each.valid_until) for each in city.passes)
    yield from city.denials


@given(st.integers(0, 2**32))
@settings(max_examples=10)
def test_the_same_seed_draws_the_same_city_and_another_seed_another_one(seed: int) -> None:
    once = list(shown(drawn(seed)))
    assert list(shown(drawn(seed))) == once
    assert list(shown(drawn(seed + 1))) != once


def test_somebody_of_each_unit_answers_for_it_and_no_unit_has_more_permits_than_it_may(whole: City) -> None:
    units = [unit for at_site in UNITS.values() for unit in at_site]
    answers = draw_answers(20, whole, units, NOW.date())
    unit_of = {one.id: one.unit_id for one in whole.people}
    permits = Counter(permit.unit_id for permit in whole.permits if permit.year == NOW.year)
    assert [unit_of[each.responsible] for each in answers if each.responsible is not None] == units
    assert all(each.permit_quota is not None and permits[each.unit_id] <= each.permit_quota for each in answers)
    assert {each.contract.year for each in answers} == {2026}


def test_the_whole_city_has_its_numbers(whole: City) -> None:
    compounds = city_map()
    assert Counter(compound.use for compound in compounds) == {Use.OFFICES: 4, Use.HOMES: 16}
    assert sum(compound.devices for compound in compounds) == 300
    assert len(whole.people) == 20_000
    years = Counter(permit.year for permit in whole.permits)
    assert set(years) == {2025, 2026}
    assert min(years.values()) > 4000
    assert len(whole.cards) > 15_000
    assert 3 <= len(whole.denials) <= 10


@given(st.integers(0, 2**32))
@settings(max_examples=10)
def test_nothing_is_given_to_two(seed: int) -> None:
    city = drawn(seed)
    for keys in (
        [one.id_number for one in city.people],
        [card.number for card in city.cards],
        [each.id for each in city.passes],
        [(permit.plate, permit.year) for permit in city.permits if permit.status is not CredentialStatus.REVOKED],
    ):
        assert len(set(keys)) == len(keys)


def test_every_plate_is_one_and_every_credential_has_a_holder(whole: City) -> None:
    people = {one.id for one in whole.people}
    assert all(isinstance(parse_plate(permit.plate), Plate) for permit in whole.permits)
    assert people.issuperset(permit.holder for permit in whole.permits)
    assert people.issuperset(card.holder for card in whole.cards)
    assert people.issuperset(each.holder for each in whole.passes)


def test_some_permits_were_not_renewed_and_some_are_new(whole: City) -> None:
    last, this = ({permit.plate for permit in whole.permits if permit.year == year} for year in (2025, 2026))
    assert len(last - this) > 200
    assert len(this - last) > 400
    assert len(last & this) > 3500


def test_families_share_a_name_and_children_have_no_cards(whole: City) -> None:
    families = [household for household in whole.households if len(household) > 2]
    assert all(family[2].person.name[0] == family[0].person.name[0] for family in families)
    young = {one.person.id for family in families for one in family if one.age < 10}
    assert young
    assert young.isdisjoint(card.holder for card in whole.cards)


def test_whoever_works_has_a_unit_and_whoever_lives_there_has_none(whole: City) -> None:
    at_home = {PersonKind.RESIDENT, PersonKind.TENANT}
    assert all((one.unit_id is None) == (one.kind in at_home) for one in whole.people)
    assert all((one.kind in at_home) == one.site.startswith("rc") for one in whole.people)


@given(st.integers(0, 2**32), st.integers(1, 3000))
@settings(max_examples=10)
def test_no_simulator_uses_an_example(seed: int, people: int) -> None:
    city = drawn(seed, people)
    examples = {getattr(city.examples, name) for name in city.examples.__slots__}
    reserved = {household[0].person.id for household in city.households[:RESERVED]}
    of_examples = {card.number for card in city.cards if card.holder in reserved}
    of_examples |= {permit.plate for permit in city.permits if permit.holder in reserved}
    for callers in city.callers.values():
        for name in callers.__slots__:
            assert set(getattr(callers, name)).isdisjoint(examples | of_examples)


def test_a_smaller_city_has_the_same_compounds() -> None:
    small = city_map(800)
    assert [compound.id for compound in small] == [compound.id for compound in city_map()]
    assert all(compound.people >= 60 for compound in small)


@pytest.mark.parametrize("compound", city_map(), ids=lambda compound: str(compound.id))
def test_everything_of_a_compound_stands_on_its_plan(compound: Compound) -> None:
    places = [(spot.x, spot.y) for spot in (*compound.gates, *(thing.spot for thing in compound.things))]
    places += [(spot.x, spot.y) for spot in compound.segments] + [(spot.x, spot.y) for spot in compound.checkpoints]
    places += [point for building in compound.buildings for point in building.outline]
    places += [point for segment in compound.segments for point in segment.outline]
    assert all(0 < x < 1 and 0 < y < 1 for x, y in places)
    names = [(thing.kind, thing.spot.name) for thing in compound.things]
    assert len(set(names)) == len(names)
    assert (DeviceClass.PATROL, "phones") in names


def test_the_first_compound_is_as_it_is_promised() -> None:
    first = city_map()[0]
    assert [gate.name for gate in first.gates] == ["oc1-north", "oc1-south"]
    north = next(segment for segment in first.segments if segment.zone == "oc1-perimeter-north")
    assert (north.side, north.has_camera) == ("north-01", True)
    assert len(first.checkpoints) == 10


def test_no_two_compounds_of_homes_begin_their_rounds_at_the_same_time() -> None:
    starts = [compound.rounds for compound in city_map() if compound.use is Use.HOMES]
    assert len({start for rounds in starts for start in rounds}) == sum(len(rounds) for rounds in starts)
