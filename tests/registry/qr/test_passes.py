from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.ids import CredentialId, SiteId
from registry.plates.pictures import decode_picture
from registry.qr.codes import read_qr
from registry.qr.passes import (
    LONGEST_TEXT,
    PREFIX,
    BadSignature,
    NotOurs,
    PassClaims,
    load_key,
    new_signing_key,
    sign_pass,
    verify_pass,
    verifying_keys,
)
from tests.makers.codes import a_picture_of_code

KEY = load_key(new_signing_key())
KEYS = verifying_keys(KEY)
MORNING = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
CLAIMS = PassClaims(
    credential=CredentialId(UUID("0193570e-0000-7000-8000-000000000001")),
    sites=frozenset({SiteId("oc1")}),
    not_before=MORNING,
    not_after=MORNING + timedelta(hours=8),
)

sites = st.frozensets(st.from_regex(r"[a-z0-9-]{1,5}", fullmatch=True).map(SiteId), min_size=1, max_size=5)
moments = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)).map(lambda t: t.replace(microsecond=0, tzinfo=UTC))  # noqa: DTZ001  # made aware at once


@given(credential=st.uuids(), sites=sites, begins=moments, hours=st.integers(1, 10_000))
def test_a_pass_says_at_the_gate_what_was_signed(
    credential: UUID, sites: frozenset[SiteId], begins: datetime, hours: int
) -> None:
    ends = begins + timedelta(hours=hours)
    claims = PassClaims(credential=CredentialId(credential), sites=sites, not_before=begins, not_after=ends)
    text = sign_pass(KEY, claims)
    assert text.startswith(PREFIX)
    assert len(text) <= LONGEST_TEXT
    assert verify_pass(KEYS, text) == claims


def test_every_single_flipped_bit_is_refused() -> None:
    text = sign_pass(KEY, CLAIMS)
    for place in range(len(text)):
        for bit in range(8):
            flipped = text[:place] + chr(ord(text[place]) ^ 1 << bit) + text[place + 1 :]
            assert isinstance(verify_pass(KEYS, flipped), BadSignature | NotOurs), (place, bit)


@settings(max_examples=50)
@given(extra=st.text(min_size=1, max_size=10))
def test_a_pass_with_something_added_is_refused(extra: str) -> None:
    text = sign_pass(KEY, CLAIMS)
    assert verify_pass(KEYS, text + extra) == BadSignature()


def test_a_pass_that_is_cut_off_is_refused() -> None:
    text = sign_pass(KEY, CLAIMS)
    assert all(verify_pass(KEYS, text[:length]) == BadSignature() for length in range(len(PREFIX), len(text)))


def test_a_pass_of_a_key_we_do_not_know_is_refused() -> None:
    assert verify_pass(KEYS, sign_pass(load_key(new_signing_key()), CLAIMS)) == BadSignature()


def test_a_stranger_who_names_our_key_is_refused() -> None:
    stranger = load_key(new_signing_key())
    mislabelled = dict(zip(verifying_keys(stranger), KEYS.values(), strict=True))
    assert verify_pass(mislabelled, sign_pass(stranger, CLAIMS)) == BadSignature()


def test_passes_of_the_key_before_still_open_the_gate() -> None:
    fresh = load_key(new_signing_key())
    assert verify_pass(verifying_keys(fresh, KEY), sign_pass(KEY, CLAIMS)) == CLAIMS


@given(text=st.text(max_size=300).filter(lambda text: not text.startswith(PREFIX)))
def test_a_text_of_another_kind_is_not_ours(text: str) -> None:
    assert verify_pass(KEYS, text) == NotOurs()


@given(text=st.text(max_size=300))
def test_no_text_breaks_the_check(text: str) -> None:
    assert verify_pass(KEYS, PREFIX + text) == BadSignature()


def test_a_pass_that_names_too_many_sites_is_not_signed() -> None:
    many = replace(CLAIMS, sites=frozenset(SiteId(f"compound-{number}") for number in range(20)))
    with pytest.raises(ValueError, match="does not fit"):
        sign_pass(KEY, many)


@pytest.mark.parametrize(
    "wrong",
    [
        {"not_after": MORNING},
        {"sites": frozenset()},
        {"sites": frozenset({SiteId("Oc1,oc2")})},
        {"not_before": MORNING.replace(microsecond=1)},
        {"not_before": MORNING.replace(tzinfo=None)},
        {"not_after": datetime(2200, 1, 1, tzinfo=UTC)},
    ],
)
def test_a_pass_that_makes_no_sense_cannot_be_built(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="pass"):
        replace(CLAIMS, **wrong)


def test_a_pass_survives_its_way_through_a_picture() -> None:
    text = sign_pass(KEY, CLAIMS)
    (read,) = read_qr(decode_picture(a_picture_of_code(text)))
    assert verify_pass(KEYS, read) == CLAIMS


def test_a_key_that_cannot_sign_passes_is_refused() -> None:
    with pytest.raises(ValueError, match=r"PEM|Unable|deserialize"):
        load_key(b"no key")
