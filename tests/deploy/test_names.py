from random import Random

from deploy.demo.names import UNITS, card_number, civil_plate, identity_number, person_name


def test_the_city_has_its_thirty_five_units() -> None:
    assert len(UNITS) == 35
    assert len({unit.zh for unit in UNITS}) == len({unit.en for unit in UNITS}) == 35


def test_no_plate_and_no_card_is_given_twice() -> None:
    draw, plates, cards = Random(1), set[str](), set[str]()
    assert len({civil_plate(draw, plates) for _ in range(5000)}) == 5000
    assert len({card_number(draw, cards) for _ in range(5000)}) == 5000


def test_the_same_seed_draws_the_same_city() -> None:
    first, second = Random(3), Random(3)
    assert [person_name(first) for _ in range(50)] == [person_name(second) for _ in range(50)]


def test_an_identity_number_of_the_demo_belongs_to_nobody() -> None:
    assert all(identity_number(Random(seed)).startswith("990000") for seed in range(50))
