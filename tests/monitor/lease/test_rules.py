"""When a lease may be taken."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.lease.rules import LASTS, SHARED, Lease, are_held, is_free, told
from tests.fakes.clock import NOON
from tests.makers.leases import a_holder
from tests.makers.monitor import OC1

HELD = Lease(site=OC1, token=3, holder=a_holder(), renewals=8, taken_at=NOON, expires_at=NOON + LASTS)


@pytest.mark.parametrize(
    ("lease", "silent", "is_gone", "free"),
    [
        (HELD, timedelta(), False, False),
        (HELD, LASTS - timedelta(microseconds=1), False, False),
        (HELD, LASTS, False, True),
        (HELD, timedelta(), True, True),
        (replace(HELD, expires_at=None), timedelta(), False, True),
    ],
)
def test_a_lease_is_free_when_it_was_given_back_or_its_holder_is_gone_or_silent(
    lease: Lease, silent: timedelta, *, is_gone: bool, free: bool
) -> None:
    assert is_free(lease, silent=silent, is_gone=is_gone) is free


@given(ours=st.integers(1, 5), theirs=st.integers(1, 5))
def test_an_older_token_is_never_good_enough(ours: int, theirs: int) -> None:
    assert are_held({OC1: ours}, {OC1: theirs, SHARED: 3}) is (ours == theirs)


def test_a_lease_that_does_not_stand_is_not_held() -> None:
    assert not are_held({OC1: 3, SHARED: 3}, {SHARED: 3})


def test_it_is_said_who_holds_a_lease_and_since_when() -> None:
    assert told(HELD) == "process 1001 on server-a since 2026-11-23 04:00:00 UTC"
