"""The guard's field tells by form what it holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.checks.answers import CredentialShown
from gateway.checks.snapshot import Snapshot
from gateway.guard.recognition import WhichPlate, recognise
from registry.access.facts import CredentialKind
from registry.plates.grammar import DIGITS, LETTERS, PROVINCES, SERIAL
from tests.fakes.clock import NOON
from tests.makers.gateway import OC1, OC2, a_card, a_deny_entry, a_permit, access_facts

NOTHING = Snapshot.of(access_facts())
ARMY_OR_CARD = "AB12345"


def kind_of(value: str, snapshot: Snapshot = NOTHING) -> CredentialKind:
    shown = recognise(value, snapshot, OC1, NOON)
    assert isinstance(shown, CredentialShown)
    return shown.kind


def plates_asked(value: str, snapshot: Snapshot) -> list[str]:
    asked = recognise(value, snapshot, OC1, NOON)
    assert isinstance(asked, WhichPlate)
    return [plate.display for plate in asked.plates]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("鄂E·12345", CredentialKind.PLATE),
        (" 鄂ED12345\n", CredentialKind.PLATE),
        ("使123456", CredentialKind.PLATE),
        ("WJ12345", CredentialKind.PLATE),
        ("VA12345", CredentialKind.PLATE),
        ("鄂E1", CredentialKind.PLATE),
        ("04:A1:B2:C3", CredentialKind.CARD),
        ("0012345678", CredentialKind.CARD),
        ("DY1:ABCDEF", CredentialKind.QR),
    ],
)
def test_a_plate_a_card_and_a_pass_are_told_apart(value: str, kind: CredentialKind) -> None:
    assert kind_of(value) is kind


def test_a_number_that_may_be_a_card_or_an_army_plate_is_the_one_that_is_known() -> None:
    assert kind_of("ab-12345", Snapshot.of(access_facts(a_card(ARMY_OR_CARD)))) is CredentialKind.CARD
    assert kind_of("ab-12345", Snapshot.of(access_facts(a_permit(ARMY_OR_CARD)))) is CredentialKind.PLATE
    assert kind_of("ab-12345") is CredentialKind.PLATE


@pytest.mark.parametrize("kind", [CredentialKind.CARD, CredentialKind.PLATE])
def test_a_number_that_may_be_a_card_or_an_army_plate_is_first_the_one_on_the_deny_list(kind: CredentialKind) -> None:
    listed = a_deny_entry(ARMY_OR_CARD, kind=kind)
    both_known = access_facts(a_card(ARMY_OR_CARD), a_permit(ARMY_OR_CARD), denied=(listed,))
    assert kind_of(ARMY_OR_CARD, Snapshot.of(both_known)) is kind


def test_a_line_of_the_deny_list_that_is_over_or_another_compounds_does_not_say_what_a_number_is() -> None:
    over = a_deny_entry(ARMY_OR_CARD, valid_until=NOON)
    elsewhere = a_deny_entry(ARMY_OR_CARD, sites=[OC2])
    for line in (over, elsewhere):
        known = Snapshot.of(access_facts(a_card(ARMY_OR_CARD), denied=(line,)))
        assert kind_of(ARMY_OR_CARD, known) is CredentialKind.CARD


@given(
    province=st.sampled_from(PROVINCES),
    letter=st.sampled_from(LETTERS),
    serial=st.text(st.sampled_from(SERIAL), min_size=5, max_size=5),
)
def test_every_civil_plate_is_taken_for_a_plate(province: str, letter: str, serial: str) -> None:
    assert kind_of(f"{province}{letter}{serial}") is CredentialKind.PLATE


@given(number=st.text(st.sampled_from(DIGITS), min_size=4, max_size=20))
def test_every_number_of_digits_is_taken_for_a_card(number: str) -> None:
    assert kind_of(number) is CredentialKind.CARD


@pytest.mark.parametrize("typed", ["E31440", "e·31440", "31440"])
def test_a_plate_without_its_province_is_asked_for_by_the_vehicle_that_is_known(typed: str) -> None:
    assert plates_asked(typed, Snapshot.of(access_facts(a_permit("鄂E31440"), a_permit("川A12345")))) == ["鄂E·31440"]


def test_a_vehicle_that_is_only_on_the_deny_list_is_asked_for_too() -> None:
    assert plates_asked("E31440", Snapshot.of(access_facts(denied=(a_deny_entry("鄂E31440"),)))) == ["鄂E·31440"]


def test_a_plate_without_its_province_that_nobody_knows_is_taken_for_one_from_home() -> None:
    here = Snapshot.of(access_facts(a_permit("鄂E12345"), a_permit("鄂A12345"), a_permit("川A12345")))
    assert plates_asked("EK9482", here) == ["鄂E·K9482"]


def test_an_electric_vehicle_without_its_province_is_asked_for_beside_the_army_plate_that_it_looks_like() -> None:
    assert plates_asked("ED12345", Snapshot.of(access_facts(a_permit("鄂ED12345")))) == ["鄂E·D12345", "ED·12345"]


def test_a_card_that_is_known_is_no_plate_without_a_province() -> None:
    assert kind_of("E31440", Snapshot.of(access_facts(a_card("E31440"), a_permit("鄂E31440")))) is CredentialKind.CARD
