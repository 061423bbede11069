"""What Wiegand readers send and what is printed on cards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.passes.rules import parse_card_number
from registry.passes.wiegand import Wiegand, of_uid, parse_frame, parse_printed

frames = st.one_of(
    st.builds(Wiegand, st.just(26), st.integers(0, 0xFF), st.integers(0, 0xFFFF)),
    st.builds(Wiegand, st.just(34), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF)),
)


def test_a_known_card() -> None:
    """Facility 123 and number 45678, worked out by hand: even parity over 0111 1011 1011, odd over 0010 0110 1110."""
    card = Wiegand(26, 123, 45678)
    assert (card.key, card.printed) == ("7BB26E", "123,45678")
    assert card.frame == "1" + "01111011" + "1011001001101110" + "1"
    assert of_uid("047BB26E", 26) == card


@given(frames)
def test_a_frame_has_even_parity_in_its_first_half_and_odd_in_its_second(card: Wiegand) -> None:
    half = len(card.frame) // 2
    assert len(card.frame) == card.bits
    assert card.frame[:half].count("1") % 2 == 0
    assert card.frame[half:].count("1") % 2 == 1
    assert parse_frame(card.frame) == card


@given(frames, st.data())
def test_one_wrong_bit_is_seen(card: Wiegand, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, card.bits - 1))
    flipped = "10"[int(card.frame[at])]
    assert parse_frame(card.frame[:at] + flipped + card.frame[at + 1 :]) is None


@given(frames)
def test_what_is_printed_sent_and_kept_are_one_number(card: Wiegand) -> None:
    assert parse_card_number(card.frame) == card.key
    assert of_uid(card.key, card.bits) == card
    read = parse_printed(card.printed)
    assert read is not None
    assert int(read.key, 16) == int(card.key, 16)


@pytest.mark.parametrize("text", ["123,70000", "70000,1", "123,", "12", "0" * 25, "1" * 26])
def test_what_is_no_card(text: str) -> None:
    assert parse_printed(text) is None
    assert parse_frame(text) is None


def test_full_width_and_blanks_are_read() -> None:
    assert parse_card_number(" 123，45678 ") == "7BB26E"
    assert parse_card_number("04:a1:b2:c3") == "04A1B2C3"
    assert parse_card_number("1" * 26) is None
