"""The hours of a level as they are drawn, and those that get in each other's way."""

from registry.levels.rules import Window, bars, overlapping, week_of


def test_a_night_is_drawn_on_both_of_its_days_and_a_day_on_its_own() -> None:
    week = bars(week_of([Window(0, 480, 1440), Window(5, 0, 1440), Window(6, 1320, 360)]))
    assert week == [[(0, 360), (480, 1440)], [], [], [], [], [(0, 1440)], [(1320, 1440)]]


def test_no_hours_overlap_where_there_are_none_and_where_one_begins_when_the_other_ends() -> None:
    assert overlapping([]) is None
    assert overlapping([Window(6, 1320, 360), Window(0, 360, 720)]) is None
    assert overlapping([Window(6, 1320, 360), Window(0, 359, 720)]) == Window(0, 359, 720)
