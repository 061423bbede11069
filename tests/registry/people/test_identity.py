"""ID numbers: checked, sealed, found and masked."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.people.identity import CannotOpen, IdentityKeys, NotAnIdNumber, masked, parse_id_number

TODAY = date(2026, 11, 23)
KEYS = IdentityKeys(bytes(range(32)))
WANG = b"w" * 16


def test_a_residents_number_is_taken_with_blanks_and_a_small_x() -> None:
    assert parse_id_number(" 11010519491231002x ", today=TODAY) == "11010519491231002X"


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("110105194912310021", "check_digit"),
        ("11010519491331002X", "check_digit"),
        ("01010519491231002X", "shape"),
        ("", "shape"),
        ("12", "shape"),
        ("ABCDEFGH", "shape"),
        ("420502800101123", "shape"),
        ("4205021980010112", "shape"),
        ("42050219800101123", "shape"),
    ],
)
def test_a_mistyped_number_is_told(number: str, fault: str) -> None:
    assert parse_id_number(number, today=TODAY) == NotAnIdNumber(fault)


def test_full_width_digits_of_a_chinese_keyboard_are_digits() -> None:
    assert parse_id_number("１１０１０５19491231002Ｘ", today=TODAY) == "11010519491231002X"


def test_nobody_is_born_in_the_future() -> None:
    assert parse_id_number("11010519491231002X", today=date(1949, 12, 30)) == NotAnIdNumber("birth_date")


@given(place=st.integers(0, 16), digit=st.integers(0, 9))
def test_one_wrong_digit_never_passes(place: int, digit: int) -> None:
    right = "11010519491231002X"
    wrong = right[:place] + str(digit) + right[place + 1 :]
    assert (parse_id_number(wrong, today=TODAY) == right) == (wrong == right)


def test_a_passport_has_no_check_digit() -> None:
    assert parse_id_number("e12345678", today=TODAY) == "E12345678"


def test_a_sealed_number_opens_for_its_person_only() -> None:
    sealed = KEYS.seal("11010519491231002X", WANG)
    assert KEYS.open(sealed, WANG) == "11010519491231002X"
    with pytest.raises(CannotOpen):
        KEYS.open(sealed, b"l" * 16)
    with pytest.raises(CannotOpen):
        IdentityKeys(bytes(32)).open(sealed, WANG)


def test_the_same_number_is_sealed_differently_and_found_all_the_same() -> None:
    assert KEYS.seal("E12345678", WANG) != KEYS.seal("E12345678", WANG)
    assert KEYS.index("E12345678") == KEYS.index("E12345678")
    assert KEYS.index("E12345678") != IdentityKeys(bytes(32)).index("E12345678")


def test_a_screen_shows_three_characters_and_the_last() -> None:
    assert masked("11010519491231002X") == "110**************X"


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        IdentityKeys(b"short")
