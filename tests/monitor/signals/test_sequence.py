"""The numbers of a device's events: each that is missing is known, and each that came again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.signals.sequence import MOST_STRETCHES, followed


@pytest.mark.parametrize(
    ("numbers", "highest", "gap", "replays"),
    [
        ([7, 8, 9], 9, 0, 0),
        ([7, 9], 9, 1, 0),
        ([7, 9, 8], 9, 0, 0),
        ([7, 12, 9], 12, 3, 0),
        ([7, 8, 8], 8, 0, 1),
        ([7, 9, 8, 8, 7], 9, 0, 2),
        ([7, 3], 7, 0, 1),
    ],
)
def test_missing_numbers_and_repeated_ones_are_told_apart(
    numbers: list[int], highest: int, gap: int, replays: int
) -> None:
    known = followed(None, numbers)
    assert known is not None
    assert (known.highest, known.gap, known.replays) == (highest, gap, replays)


@given(st.permutations(range(1, 30)), st.sets(st.integers(1, 28)))
def test_the_order_in_which_they_come_changes_nothing(order: list[int], lost: set[int]) -> None:
    known = followed(None, [0, *(number for number in order if number not in lost)])
    assert known is not None
    assert (known.highest, known.gap, known.replays) == (29, len(lost), 0)


def test_a_device_that_loses_all_the_time_takes_no_more_room() -> None:
    known = followed(None, range(0, 1000, 2))
    assert known is not None
    assert len(known.missing) == MOST_STRETCHES
    assert known.gap == 499
