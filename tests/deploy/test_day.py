from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.simulators.day import Inside, Regulars, Visit, gap_seconds, next_visit, remember
from registry.access.facts import CredentialKind, Direction

REGULARS = Regulars(
    gates=("oc1-north", "oc1-south"),
    plates=tuple(f"鄂E{n:05d}" for n in range(50)),
    cards=tuple(f"{n:08X}" for n in range(50)),
    last_year_plates=("鄂EOLD01",),
    revoked_cards=("DEAD",),
    strangers=("京A00001",),
)


def share_coming_in(hour: int) -> float:
    draw, inside = Random(7), Inside(plates=set(REGULARS.plates[:25]), cards=set(REGULARS.cards[:25]))
    visits = [next_visit(draw, hour, REGULARS, inside) for _ in range(500)]
    return sum(visit.direction is Direction.IN for visit in visits) / len(visits)


def test_people_come_in_the_morning_and_leave_in_the_evening() -> None:
    assert share_coming_in(8) > 0.8
    assert share_coming_in(18) < 0.3


def test_the_rush_is_busier_than_the_night_and_the_night_is_never_dead() -> None:
    draw = Random(7)
    rush = sum(gap_seconds(draw, 8) for _ in range(300))
    night = [gap_seconds(draw, 3) for _ in range(300)]
    assert rush * 5 < sum(night)
    assert max(night) <= 120


@given(st.integers(), st.integers(0, 23))
def test_whoever_goes_out_was_inside(seed: int, hour: int) -> None:
    inside = Inside(plates={REGULARS.plates[0]}, cards=set())
    visit = next_visit(Random(seed), hour, REGULARS, inside)
    assert visit.direction is Direction.IN or visit.value == REGULARS.plates[0]


@pytest.mark.parametrize(
    ("direction", "reason", "is_inside"),
    [("in", "ok", True), ("in", "passback", True), ("in", "expired", False), ("out", "ok", False)],
)
def test_the_simulator_knows_where_its_people_are(direction: str, reason: str, is_inside: bool) -> None:  # noqa: FBT001 - a row of the table
    inside = Inside(cards={"A"} if direction == "out" else set())
    visit = Visit(gate="oc1-north", direction=Direction(direction), kind=CredentialKind.CARD, value="A")
    remember(inside, visit, reason)
    assert ("A" in inside.cards) is is_inside
