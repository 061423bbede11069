"""Starts and ends of what lasts."""

from monitor.cameras.activities import Activity, ActivityType, Observation, SeenThing
from registry.messages.events import Phase

SOMEBODY = (SeenThing(box=(10, 20, 8, 20), track=1),)


def _told(shown: str, *, settle_pictures: int = 1, hold_seconds: float = 0.5) -> list[Observation]:
    """Feed pictures at ten a second: `x` with somebody, `.` without."""
    activity = Activity(
        type=ActivityType.INTRUSION, region="lawn", hold_seconds=hold_seconds, settle_pictures=settle_pictures
    )
    told = [
        activity.now(SOMEBODY if mark == "x" else (), frame=number, t=number / 10, score=1.0)
        for number, mark in enumerate(shown)
    ]
    return [one for one in [*told, activity.over()] if one is not None]


def _states(told: list[Observation]) -> list[tuple[Phase, int]]:
    return [(one.state, one.frame) for one in told]


def test_an_end_is_of_the_last_picture_with_it_not_of_the_one_where_it_was_noticed() -> None:
    assert _states(_told("..xxxxx.........")) == [(Phase.START, 2), (Phase.END, 6)]


def test_a_short_pause_is_part_of_it() -> None:
    assert _states(_told("xxx...xxx.......")) == [(Phase.START, 0), (Phase.END, 8)]


def test_a_long_pause_makes_two_of_it_with_activities_of_their_own() -> None:
    told = _told("xxx........xxx..")
    assert _states(told) == [(Phase.START, 0), (Phase.END, 2), (Phase.START, 11), (Phase.END, 13)]
    assert told[0].activity == told[1].activity
    assert told[2].activity == told[3].activity
    assert told[0].activity != told[2].activity


def test_a_brush_of_the_region_is_not_told() -> None:
    assert _told("..xxx....x..xx....", settle_pictures=4) == []


def test_what_is_still_going_on_when_the_pictures_end_is_over_with_the_last_of_them() -> None:
    assert _states(_told("...xxx")) == [(Phase.START, 3), (Phase.END, 5)]
