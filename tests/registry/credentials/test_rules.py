"""How a credential's state changes, and how it stands at a moment."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.access.facts import CredentialStatus
from registry.clock import Instant
from registry.credentials.rules import Standing, Step, standing, status_after, steps_from
from tests.fakes.clock import NOON

ACTIVE, SUSPENDED = CredentialStatus.ACTIVE, CredentialStatus.SUSPENDED
LOST, REVOKED = CredentialStatus.REPORTED_LOST, CredentialStatus.REVOKED
DAY = timedelta(days=1)


@given(status=st.sampled_from(CredentialStatus), step=st.sampled_from(Step))
def test_what_a_page_offers_is_what_can_be_done(status: CredentialStatus, step: Step) -> None:
    assert (step in steps_from(status)) == (status_after(status, step) is not None)


@given(step=st.sampled_from(Step))
def test_no_step_leads_back_to_the_same_state(step: Step) -> None:
    for status in CredentialStatus:
        assert status_after(status, step) != status


@pytest.mark.parametrize("status", [SUSPENDED, LOST, REVOKED])
def test_everything_can_be_undone(status: CredentialStatus) -> None:
    assert status_after(status, Step.REINSTATE) is ACTIVE


def test_what_is_revoked_is_not_lost_any_more() -> None:
    assert status_after(REVOKED, Step.REPORT_LOST) is None


@pytest.mark.parametrize(
    ("status", "begins", "ends", "expected"),
    [
        (ACTIVE, NOON, NOON + DAY, Standing.VALID),
        (ACTIVE, NOON - DAY, NOON, Standing.OVER),
        (ACTIVE, NOON + DAY, NOON + 2 * DAY, Standing.NOT_YET),
        (REVOKED, NOON - DAY, NOON, Standing.REVOKED),
        (LOST, NOON - DAY, NOON + DAY, Standing.REPORTED_LOST),
    ],
)
def test_it_stands_as_its_state_says_and_then_its_dates(
    status: CredentialStatus, begins: Instant, ends: Instant, expected: Standing
) -> None:
    assert standing(status, begins, ends, NOON) is expected
