"""The guard's field tells by form what it holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.guard.recognition import recognise
from registry.access.facts import CredentialKind
from registry.plates.grammar import DIGITS, LETTERS, PROVINCES, SERIAL


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("鄂E·12345", CredentialKind.PLATE),
        (" 鄂ED12345\n", CredentialKind.PLATE),
        ("使123456", CredentialKind.PLATE),
        ("WJ12345", CredentialKind.PLATE),
        ("鄂E1", CredentialKind.PLATE),
        ("04:A1:B2:C3", CredentialKind.CARD),
        ("0012345678", CredentialKind.CARD),
        ("DY1:ABCDEF", CredentialKind.QR),
    ],
)
def test_a_plate_a_card_and_a_pass_are_told_apart(value: str, kind: CredentialKind) -> None:
    assert recognise(value).kind is kind


@given(
    province=st.sampled_from(PROVINCES),
    letter=st.sampled_from(LETTERS),
    serial=st.text(st.sampled_from(SERIAL), min_size=5, max_size=5),
)
def test_every_civil_plate_is_taken_for_a_plate(province: str, letter: str, serial: str) -> None:
    assert recognise(f"{province}{letter}{serial}").kind is CredentialKind.PLATE


@given(number=st.text(st.sampled_from(DIGITS), min_size=4, max_size=20))
def test_every_number_of_digits_is_taken_for_a_card(number: str) -> None:
    assert recognise(number).kind is CredentialKind.CARD
