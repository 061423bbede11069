"""For which days a room is let."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from registry.housing.rules import Days, share_a_day

BEGIN = date(2026, 1, 1).toordinal()
DAYS = st.builds(
    lambda first, length: Days(
        date.fromordinal(BEGIN + first), None if length is None else date.fromordinal(BEGIN + first + length)
    ),
    st.integers(0, 20),
    st.integers(1, 10) | st.none(),
)


def days_of(days: Days) -> set[int]:
    end = BEGIN + 60 if days.end is None else days.end.toordinal()
    return set(range(days.first.toordinal(), end))


def test_the_last_day_belongs_to_the_tenancy_and_the_next_one_may_begin_after_it() -> None:
    first = Days.through(date(2026, 1, 1), date(2026, 1, 31))
    assert first.last == date(2026, 1, 31)
    assert first.meets(Days.through(date(2026, 1, 31), None))
    assert not first.meets(Days.through(date(2026, 2, 1), None))


@given(DAYS, DAYS)
def test_two_tenancies_meet_when_a_day_belongs_to_both(one: Days, other: Days) -> None:
    assert one.meets(other) == other.meets(one) == bool(days_of(one) & days_of(other))


@given(st.lists(DAYS, max_size=4))
def test_of_many_it_is_seen_when_any_two_meet(many: list[Days]) -> None:
    pairs = [(one, other) for place, one in enumerate(many) for other in many[:place]]
    assert share_a_day(many) == any(one.meets(other) for one, other in pairs)
