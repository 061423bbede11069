"""When somebody must be where, and whether they were."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.patrols.rules import Judgement, asked_for, judge, judge_all, rounds_between, rounds_of
from tests.fakes.clock import NOON
from tests.makers.patrols import a_tour, minutes, scanned, the_noon_round

SHANGHAI = ZoneInfo("Asia/Shanghai")


def _judgement(*scan_minutes: float, now: float = 600, next_start: float | None = None) -> Judgement:
    """How the boiler house of the noon round stands; its window is 12:00 to 12:10."""
    judged = judge(
        the_noon_round(),
        [scanned(0, minutes(at)) for at in scan_minutes],
        minutes(now),
        next_start=None if next_start is None else minutes(next_start),
    )
    return judged.visits[0].judgement


@pytest.mark.parametrize(
    ("scanned_at", "judgement"),
    [
        (-5.1, Judgement.MISSED),
        (-5, Judgement.ON_TIME),
        (0, Judgement.ON_TIME),
        (10, Judgement.ON_TIME),
        (14.9, Judgement.ON_TIME),
        (15, Judgement.LATE),
        (74.9, Judgement.LATE),
        (75, Judgement.MISSED),
    ],
)
def test_five_minutes_before_and_after_the_window_are_on_time(scanned_at: float, judgement: Judgement) -> None:
    assert _judgement(scanned_at) is judgement


@pytest.mark.parametrize(("now", "judgement"), [(16.9, Judgement.PENDING), (17, Judgement.MISSED)])
def test_a_checkpoint_is_missed_after_window_tolerance_and_grace(now: float, judgement: Judgement) -> None:
    assert _judgement(now=now) is judgement


def test_a_scan_that_is_early_for_the_next_round_is_not_late_for_this_one() -> None:
    assert _judgement(56, next_start=60) is Judgement.MISSED
    assert _judgement(54, next_start=60) is Judgement.LATE


def test_the_first_scan_counts_and_another_takes_nothing_away() -> None:
    assert _judgement(20, 5) is Judgement.ON_TIME


@given(st.lists(st.floats(-30, 120), max_size=8), st.floats(0, 200))
def test_more_scans_never_make_a_round_worse(scan_minutes: list[float], now: float) -> None:
    order = [Judgement.MISSED, Judgement.PENDING, Judgement.LATE, Judgement.ON_TIME]
    ranks = [order.index(_judgement(*scan_minutes[:count], now=now)) for count in range(len(scan_minutes) + 1)]
    assert ranks == sorted(ranks)


def test_a_round_counts_what_is_left() -> None:
    judged = judge(the_noon_round(), [scanned(1, minutes(12))], minutes(12), next_start=None)
    assert [visit.judgement for visit in judged.visits] == [Judgement.PENDING, Judgement.ON_TIME]
    assert judged.left == 1


def test_rounds_start_at_the_times_of_the_site() -> None:
    starts = [each.starts_at for each in rounds_of(a_tour(), date(2026, 11, 23), SHANGHAI)]
    assert starts == [NOON, NOON + timedelta(hours=2)]


def test_a_round_that_starts_before_the_tour_was_made_or_after_it_ended_is_asked_of_nobody() -> None:
    tour = a_tour(valid_from=minutes(1), valid_until=minutes(60 * 24 + 1))
    days = rounds_between(tour, minutes(-5000), minutes(5000), SHANGHAI)
    assert [each.starts_at for each in days] == [minutes(120), minutes(60 * 24)]


def test_rounds_of_a_night_that_the_clocks_change_start_at_the_time_on_the_wall() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    tour = a_tour(valid_from=datetime(2026, 1, 1, tzinfo=UTC))
    before, after = (rounds_of(tour, date(2026, 10, day), berlin)[0] for day in (24, 25))
    assert after.starts_at - before.starts_at == timedelta(hours=25)
    assert after.starts_at.astimezone(berlin).time() == time(12)


def test_a_scan_is_asked_for_by_the_round_in_whose_window_it_is() -> None:
    tour = a_tour()
    scan = scanned(0, minutes(125))
    judged = judge_all(rounds_of(tour, date(2026, 11, 23), SHANGHAI), [scan], minutes(126))
    found = asked_for(judged, scan)
    assert found is not None
    assert found[0].round.starts_at == minutes(120)


def test_nobody_asks_for_a_scan_in_the_middle_of_the_night() -> None:
    judged = judge_all(rounds_of(a_tour(), date(2026, 11, 23), SHANGHAI), [], minutes(900))
    assert asked_for(judged, scanned(0, minutes(800))) is None
