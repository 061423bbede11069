from collections import Counter
from datetime import date
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from deploy.demo.names import UNITS, Sex, card_number, civil_plate, given_name, identity_number, surname
from registry.people.identity import parse_id_number

TODAY = date(2026, 11, 23)


def test_the_city_has_its_thirty_five_units() -> None:
    assert len(UNITS) == 35
    assert len({unit.zh for unit in UNITS}) == len({unit.en for unit in UNITS}) == 35


def test_no_plate_and_no_card_is_given_twice() -> None:
    draw, plates, cards = Random(1), set[str](), set[str]()
    assert len({civil_plate(draw, plates) for _ in range(5000)}) == 5000
    assert len({card_number(draw, cards) for _ in range(5000)}) == 5000


def test_common_surnames_are_common() -> None:
    draw = Random(3)
    found = Counter(surname(draw) for _ in range(5000))
    assert {name for name, _ in found.most_common(3)} == {"王", "李", "张"}
    assert found["汤"] < found["王"] / 5


@given(st.integers(), st.sampled_from(Sex))
def test_a_given_name_has_one_or_two_different_characters(seed: int, sex: Sex) -> None:
    name = given_name(Random(seed), sex)
    assert len(set(name)) == len(name) in (1, 2)


@given(st.integers(), st.sampled_from(Sex), st.integers(1940, 2025))
def test_an_identity_number_of_the_demo_is_right_and_belongs_to_nobody(seed: int, sex: Sex, born: int) -> None:
    number = identity_number(Random(seed), set(), sex=sex, born=born)
    assert parse_id_number(number, today=TODAY) == number
    assert number.startswith("990000")
    assert int(number[16]) % 2 == (sex is Sex.MALE)
