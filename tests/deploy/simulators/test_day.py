from dataclasses import replace
from datetime import datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.simulators.day import Inside, Regulars, Rhythm, Visit, next_visit, remember, visits_a_minute
from registry.access.facts import CredentialKind, Direction

REGULARS = Regulars(
    gates=("oc1-north", "oc1-south"),
    plates=tuple(f"鄂E{n:05d}" for n in range(50)),
    cards=tuple(f"{n:08X}" for n in range(50)),
    passes=tuple(f"DY1:{n}" for n in range(5)),
    last_year_plates=("鄂EOLD01",),
    stopped_cards=("DEAD",),
    strangers=("京A00001",),
    denied_plates=("沪B00001",),
)
MONDAY, SATURDAY = datetime(2026, 11, 23), datetime(2026, 11, 28)  # noqa: DTZ001 - the local clock on a wall


def full() -> Inside:
    return Inside({CredentialKind.PLATE: set(REGULARS.plates[:25]), CredentialKind.CARD: set(REGULARS.cards[:25])})


def share_coming_in(rhythm: Rhythm, hour: int) -> float:
    draw, inside = Random(7), full()
    visits = [next_visit(draw, rhythm, hour, REGULARS, inside) for _ in range(500)]
    return sum(visit.direction is Direction.IN for visit in visits) / len(visits)


def test_people_come_to_work_in_the_morning_and_leave_in_the_evening() -> None:
    assert share_coming_in(Rhythm.OFFICES, 8) > 0.8
    assert share_coming_in(Rhythm.OFFICES, 18) < 0.3


def test_where_they_live_it_is_the_other_way_round() -> None:
    assert share_coming_in(Rhythm.HOMES, 7) < 0.35
    assert share_coming_in(Rhythm.HOMES, 19) > 0.6


@pytest.mark.parametrize("rhythm", Rhythm)
def test_the_rush_is_busier_than_the_night_and_nothing_is_ever_dead(rhythm: Rhythm) -> None:
    rush, night = (visits_a_minute(rhythm, MONDAY.replace(hour=hour)) for hour in (8, 3))
    assert rush > 20 * night > 0


def test_offices_are_nearly_empty_on_a_saturday_and_homes_are_not() -> None:
    def left(rhythm: Rhythm) -> float:
        week, end = (visits_a_minute(rhythm, day.replace(hour=10)) for day in (MONDAY, SATURDAY))
        return end / week

    assert left(Rhythm.OFFICES) < 0.2
    assert left(Rhythm.HOMES) > 0.8


def test_a_week_has_deliveries_passes_and_a_few_who_are_denied() -> None:
    draw, inside = Random(1), Inside()
    visits = [next_visit(draw, Rhythm.OFFICES, 10, REGULARS, inside) for _ in range(5000)]
    assert 100 < sum(visit.is_delivery for visit in visits) < 400
    assert 20 < sum(visit.kind is CredentialKind.QR for visit in visits) < 250
    assert 0 < sum(visit.value in REGULARS.denied_plates for visit in visits) < 30
    assert 0 < sum(visit.tries > 1 for visit in visits) < 20


@given(st.integers(), st.integers(0, 23), st.sampled_from(Rhythm))
def test_whoever_goes_out_was_inside(seed: int, hour: int, rhythm: Rhythm) -> None:
    inside = Inside({CredentialKind.PLATE: {REGULARS.plates[0]}})
    visit = next_visit(Random(seed), rhythm, hour, REGULARS, inside)
    assert visit.direction is Direction.IN or visit.value == REGULARS.plates[0]


@given(st.integers(), st.integers(0, 23))
def test_a_compound_where_nothing_unusual_can_happen_has_visitors_all_the_same(seed: int, hour: int) -> None:
    few = replace(REGULARS, plates=(), passes=(), last_year_plates=(), stopped_cards=(), strangers=(), denied_plates=())
    assert next_visit(Random(seed), Rhythm.HOMES, hour, few, Inside()).value in few.cards


@pytest.mark.parametrize(
    ("direction", "reason", "is_inside"),
    [("in", "ok", True), ("in", "passback", True), ("in", "expired", False), ("out", "ok", False)],
)
def test_the_simulator_knows_where_its_people_are(direction: str, reason: str, is_inside: bool) -> None:  # noqa: FBT001 - a row of the table
    inside = Inside({CredentialKind.CARD: {"A"} if direction == "out" else set()})
    visit = Visit(gate="oc1-north", direction=Direction(direction), kind=CredentialKind.CARD, value="A")
    remember(inside, visit, reason)
    assert ("A" in inside.those(CredentialKind.CARD)) is is_inside
