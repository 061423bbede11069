"""What a guard's phone shows of the rounds of a day."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from monitor.patrol_phone.view import Standing, current, sheet
from monitor.patrols.rules import (
    CheckpointFacts,
    CheckpointId,
    JudgedRound,
    Round,
    Scan,
    Stop,
    TourFacts,
    TourId,
    judge_all,
)
from registry.clock import Instant
from registry.devices.facts import SiteFacts
from registry.ids import DeviceAddress
from tests.fakes.clock import NOON
from tests.makers.web import OC1

SITE = SiteFacts(id=OC1, name_zh="一号院", name_en="Compound 1", timezone="Asia/Shanghai")


def _checkpoint(number: int) -> CheckpointFacts:
    return CheckpointFacts(
        id=CheckpointId(UUID(int=number)),
        site=OC1,
        tag=f"tag-{number}",
        short_code=str(1000 + number),
        name_zh=f"点{number}",
        name_en=f"Point {number}",
        place=None,
    )


TOUR = TourFacts(
    id=TourId(UUID(int=1)),
    site=OC1,
    name_zh="白班",
    name_en="Day round",
    start_times=(time(8), time(12)),
    stops=tuple(
        Stop(checkpoint=_checkpoint(number), opens_after=timedelta(minutes=10 * number), window=timedelta(minutes=10))
        for number in range(3)
    ),
    valid_from=NOON - timedelta(days=1),
    valid_until=None,
)


def _scan(number: int, at: Instant) -> Scan:
    return Scan(
        signal_id=f"{number}-{at}",
        device=DeviceAddress.parse("oc1/patrol/phones"),
        tag=f"tag-{number}",
        occurred_at=at,
        received_at=at,
        guard="patrol",
        offline=False,
    )


def the_rounds(now: Instant, *scans: Scan) -> Sequence[JudgedRound]:
    """The rounds of 08:00 and 12:00."""
    starts = (NOON - timedelta(hours=4), NOON)
    return judge_all([Round(tour=TOUR, starts_at=start) for start in starts], scans, now)


def test_the_round_that_is_walked_now_is_shown_else_the_next_else_the_last() -> None:
    morning, noon = the_rounds(NOON)
    for moment, shown in (
        (NOON - timedelta(hours=6), morning),
        (NOON - timedelta(hours=4), morning),
        (NOON - timedelta(hours=2), noon),
        (NOON + timedelta(minutes=20), noon),
        (NOON + timedelta(hours=6), noon),
    ):
        assert current((morning, noon), moment) is shown
    assert current((), NOON) is None


def test_a_checkpoint_is_due_as_soon_as_a_scan_would_be_on_time() -> None:
    now = NOON + timedelta(minutes=5)
    seen = sheet(SITE, [SITE], the_rounds(now), now, wanted=None, lang="en")
    assert [stop.standing for stop in seen.stops] == [Standing.DUE, Standing.DUE, Standing.PENDING]
    assert seen.following is not None
    assert (seen.following.name, seen.following.number) == ("Point 0", 1)


def test_the_window_that_is_shown_is_the_one_that_counts() -> None:
    opens = NOON + timedelta(minutes=5)
    for now, standing in ((opens - timedelta(seconds=1), Standing.PENDING), (opens, Standing.DUE)):
        stop = sheet(SITE, [SITE], the_rounds(now), now, wanted=NOON, lang="en").stops[1]
        assert (stop.opens, stop.closes, stop.standing) == (opens, NOON + timedelta(minutes=25), standing)


def test_what_was_missed_is_passed_over_by_the_next_checkpoint() -> None:
    now = NOON + timedelta(minutes=18)
    seen = sheet(SITE, [SITE], the_rounds(now, _scan(1, NOON + timedelta(minutes=12))), now, wanted=None, lang="zh")
    assert [stop.standing for stop in seen.stops] == [Standing.MISSED, Standing.ON_TIME, Standing.DUE]
    assert seen.following is not None
    assert seen.following.name == "点2"
    assert seen.shown is not None
    assert (seen.shown.done, seen.shown.total, seen.shown.missed) == (1, 3, 1)


def test_times_are_the_sites_own() -> None:
    seen = sheet(SITE, [SITE], the_rounds(NOON), NOON, wanted=NOON - timedelta(hours=4), lang="zh")
    assert seen.shown is not None
    assert seen.shown.starts == datetime(2026, 11, 23, 8, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert [line.shown for line in seen.rounds] == [True, False]


def test_after_the_last_checkpoint_there_is_none_to_go_to() -> None:
    now = NOON + timedelta(hours=2)
    seen = sheet(SITE, [SITE], the_rounds(now), now, wanted=None, lang="zh")
    assert seen.following is None
    assert seen.shown is not None
    assert seen.shown.missed == 3
