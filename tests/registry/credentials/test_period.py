"""Periods lie in the years that a page can show and a code can hold."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from registry.credentials.period import EARLIEST, LATEST, LATEST_OF_PASS, MomentTooFar, PeriodEmpty, require_period
from tests.fakes.clock import NOON

WEST = timezone(-timedelta(hours=8))


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        (NOON, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (NOON, datetime(9999, 12, 31, 23, 59, 59, tzinfo=WEST)),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8))), NOON),
        (NOON, LATEST),
        (EARLIEST - timedelta(microseconds=1), NOON),
    ],
)
def test_a_moment_that_nobody_will_see_is_refused(begins: datetime, ends: datetime) -> None:
    with pytest.raises(MomentTooFar):
        require_period(begins, ends)


def test_a_period_has_a_length() -> None:
    with pytest.raises(PeriodEmpty):
        require_period(NOON, NOON)
    require_period(EARLIEST, LATEST - timedelta(microseconds=1))


def test_a_pass_ends_while_its_code_can_still_say_so() -> None:
    require_period(NOON, LATEST_OF_PASS)
    require_period(NOON, LATEST_OF_PASS - timedelta(seconds=1), latest=LATEST_OF_PASS)
    with pytest.raises(MomentTooFar, match="2105"):
        require_period(NOON, LATEST_OF_PASS, latest=LATEST_OF_PASS)
