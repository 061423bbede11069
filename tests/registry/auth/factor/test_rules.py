"""One-time codes as RFC 6238 has them, and how people type them."""

from base64 import b32encode
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.auth.factor.rules import (
    STEP_SECONDS,
    app_address,
    grouped,
    is_recovery_code,
    recovery_code,
    right_step,
    typed_code,
)
from tests.fakes.clock import NOON

SECRET = b32encode(b"12345678901234567890").decode()
STEP = timedelta(seconds=STEP_SECONDS)


def code_at(moment: datetime) -> str:
    return pyotp.TOTP(SECRET).at(moment)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """RFC 6238, appendix B, the last six digits."""
    now = datetime.fromtimestamp(seconds, UTC)
    assert right_step(SECRET, code, after=None, now=now) == seconds // STEP_SECONDS


def test_a_clock_may_be_half_a_minute_off_and_no_more() -> None:
    offsets = [
        offset for offset in range(-5, 6) if right_step(SECRET, code_at(NOON + offset * STEP), after=None, now=NOON)
    ]
    assert offsets == [-1, 0, 1]


def test_a_code_is_taken_once_and_none_before_it() -> None:
    step = right_step(SECRET, code_at(NOON), after=None, now=NOON)
    assert step is not None
    assert right_step(SECRET, code_at(NOON), after=step, now=NOON) is None
    assert right_step(SECRET, code_at(NOON - STEP), after=step, now=NOON) is None
    assert right_step(SECRET, code_at(NOON + STEP), after=step, now=NOON) == step + 1


@given(st.text(max_size=30))
def test_whatever_else_is_typed_is_wrong(text: str) -> None:
    if typed_code(text) not in {code_at(NOON + offset * STEP) for offset in (-1, 0, 1)}:
        assert right_step(SECRET, text, after=None, now=NOON) is None


@pytest.mark.parametrize("shape", ["{} {}", "{}-{}", " {}{} ", "{}\t{}"])
def test_a_code_may_be_typed_as_the_app_shows_it(shape: str) -> None:
    code = code_at(NOON)
    assert right_step(SECRET, shape.format(code[:3], code[3:]), after=None, now=NOON) is not None


def test_full_width_digits_are_digits() -> None:
    wide = code_at(NOON).translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    assert right_step(SECRET, wide, after=None, now=NOON) is not None


def test_the_app_is_told_who_and_where() -> None:
    address = app_address(SECRET, name="chen wei")
    assert address.startswith("otpauth://totp/Dayuan:chen%20wei?")
    assert pyotp.parse_uri(address).secret == SECRET
    assert grouped(SECRET).replace(" ", "") == SECRET


@given(st.binary(min_size=12, max_size=12))
def test_a_recovery_code_is_known_as_one_however_it_is_typed(signs: bytes) -> None:
    code = recovery_code(signs)
    assert is_recovery_code(code)
    assert is_recovery_code(f" {code.lower().replace('-', ' ')} ")
    assert typed_code(code.lower()) == code.replace("-", "")
    assert right_step(SECRET, code, after=None, now=NOON) is None
