"""How long a session lasts, and how long one waits after wrong tries."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from registry.auth.rules import (
    ABSOLUTE_END,
    FORGET_AFTER,
    IDLE_END,
    LONGEST_PAUSE,
    REFUSE_AFTER,
    REFUSE_FOR,
    SLOW_AFTER,
    WrongTries,
    is_over,
    is_told,
    one_less,
    one_more,
    pause_before,
    wait_before,
)
from tests.fakes.clock import NOON

SECOND = timedelta(seconds=1)


def test_the_first_five_wrong_tries_cost_nothing() -> None:
    for count in range(SLOW_AFTER):
        assert wait_before(WrongTries(count=count, last_at=NOON), NOON) == timedelta(0)


def test_from_then_on_each_wait_is_twice_the_last() -> None:
    waits = [wait_before(WrongTries(count=count, last_at=NOON), NOON) for count in range(SLOW_AFTER, REFUSE_AFTER)]
    assert waits == [timedelta(seconds=seconds) for seconds in (2, 4, 8, 16, 32)]


def test_after_ten_nothing_is_tried_for_a_quarter_of_an_hour() -> None:
    ten = WrongTries(count=REFUSE_AFTER, last_at=NOON)
    assert wait_before(ten, NOON + SECOND) == REFUSE_FOR - SECOND
    assert wait_before(ten, NOON + REFUSE_FOR) == timedelta(0)


def test_a_name_alone_is_slowed_but_never_refused() -> None:
    waits = {pause_before(WrongTries(count=count, last_at=NOON), NOON) for count in range(SLOW_AFTER, 10_000)}
    assert max(waits) == LONGEST_PAUSE == 32 * SECOND


@given(count=st.integers(0, 50), later=st.timedeltas(timedelta(0), timedelta(hours=2)))
def test_waiting_as_long_as_one_was_told_is_enough(count: int, later: timedelta) -> None:
    tries = WrongTries(count=count, last_at=NOON)
    now = NOON + later
    assert wait_before(tries, now + wait_before(tries, now)) == timedelta(0)


def test_wrong_tries_are_forgotten_after_a_quiet_while() -> None:
    old = WrongTries(count=9, last_at=NOON)
    assert one_more(old, NOON + FORGET_AFTER).count == 1
    assert one_more(old, NOON + FORGET_AFTER - SECOND).count == 10


@given(count=st.integers(1, 30), earlier=st.timedeltas(timedelta(0), timedelta(minutes=20)))
def test_a_try_that_was_right_leaves_no_trace(count: int, earlier: timedelta) -> None:
    for before in (None, WrongTries(count=count, last_at=NOON - earlier)):
        assert one_less(one_more(before, NOON), before=before, tried_at=NOON) == before


def test_taking_back_a_try_leaves_those_of_others() -> None:
    mine = one_more(None, NOON)
    others = one_more(mine, NOON + SECOND)
    assert one_less(others, before=None, tried_at=NOON) == WrongTries(count=1, last_at=NOON + SECOND)
    forgotten = WrongTries(count=1, last_at=NOON + FORGET_AFTER)
    assert one_less(forgotten, before=None, tried_at=NOON) is None


def test_of_many_refused_tries_the_first_the_tenth_the_hundredth_are_told() -> None:
    assert [refused for refused in range(1, 2000) if is_told(refused)] == [1, 10, 100, 1000]


def test_a_session_ends_when_idle_and_when_its_week_is_over() -> None:
    ends_at = NOON + ABSOLUTE_END
    assert not is_over(seen_at=NOON, ends_at=ends_at, now=NOON + IDLE_END - SECOND)
    assert is_over(seen_at=NOON, ends_at=ends_at, now=NOON + IDLE_END)
    assert is_over(seen_at=ends_at, ends_at=ends_at, now=ends_at)
