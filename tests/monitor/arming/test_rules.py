"""The plan of a group of zones, and what becomes of the group as time goes on."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from monitor.arming.rules import (
    HOLIDAY,
    Changed,
    Group,
    GroupZone,
    KeptUnarmed,
    Mode,
    Rearmed,
    SiteTime,
    Span,
    Standing,
    advance,
    default_group_id,
    next_change,
    overlapping,
    set_by_hand,
    wanted,
    with_defaults,
)
from registry.access.facts import DayKind
from registry.calendar.rules import site_calendar
from registry.clock import Instant
from registry.devices.facts import ZoneKind
from registry.ids import ZoneId
from tests.makers.monitor import NORTH, OC1, a_zone

SHANGHAI = ZoneInfo("Asia/Shanghai")
_DAYS = {date(2026, 10, 1): DayKind.HOLIDAY, date(2026, 10, 2): DayKind.HOLIDAY, date(2026, 10, 10): DayKind.WORKDAY}
SITE = SiteTime(timezone=SHANGHAI, calendar=site_calendar(_DAYS, frozenset({2026}), {}))
NIGHTS = tuple(Span(day=day, begins_minute=19 * 60, ends_minute=31 * 60, mode=Mode.NIGHT) for day in range(5))
WEEKENDS = tuple(Span(day=day, begins_minute=0, ends_minute=31 * 60, mode=Mode.AWAY) for day in (5, 6))
HOLIDAYS = (Span(day=HOLIDAY, begins_minute=0, ends_minute=1440, mode=Mode.HOLIDAY),)
PLAN = (*NIGHTS, *WEEKENDS, *HOLIDAYS)


def at(day: int, hour: int, minute: int = 0, *, month: int = 9) -> Instant:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


def a_group(*, plan: tuple[Span, ...] = PLAN, settled: Instant, mode: Mode = Mode.DISARMED) -> Group:
    return Group(
        id=default_group_id(OC1, ZoneKind.PERIMETER),
        site=OC1,
        kind=ZoneKind.PERIMETER,
        name_zh="周界",
        name_en="Perimeter",
        zones=(GroupZone(zone=NORTH, modes=frozenset(Mode) - {Mode.DISARMED}),),
        plan=plan,
        standing=Standing(mode=mode, planned=wanted(plan, SITE, settled)),
        settled_until=settled,
    )


def test_hours_are_the_sites_own_and_half_open() -> None:
    assert wanted(PLAN, SITE, at(1, 18, 59)) is Mode.DISARMED
    assert wanted(PLAN, SITE, at(1, 19)) is Mode.NIGHT
    assert wanted(PLAN, SITE, at(2, 6, 59)) is Mode.NIGHT
    assert wanted(PLAN, SITE, at(2, 7)) is Mode.DISARMED


def test_a_holiday_has_hours_of_its_own_that_end_at_24() -> None:
    assert wanted(PLAN, SITE, at(30, 23, 59)) is Mode.NIGHT
    assert wanted(PLAN, SITE, at(1, 0, month=10)) is Mode.HOLIDAY
    assert wanted(PLAN, SITE, at(2, 23, 59, month=10)) is Mode.HOLIDAY
    assert wanted(HOLIDAYS, SITE, at(3, 0, month=10)) is Mode.DISARMED


def test_a_worked_saturday_has_the_hours_of_the_friday() -> None:
    assert wanted(PLAN, SITE, at(10, 12, month=10)) is Mode.DISARMED
    assert wanted(PLAN, SITE, at(10, 19, month=10)) is Mode.NIGHT
    assert wanted(PLAN, SITE, at(17, 12, month=10)) is Mode.AWAY


def test_the_next_change_is_told_and_what_changes_nothing_is_none() -> None:
    assert next_change(PLAN, SITE, at(1, 12)) == Changed(at=at(1, 19), mode=Mode.NIGHT)
    always = tuple(Span(day=day, begins_minute=0, ends_minute=1440, mode=Mode.AWAY) for day in range(8))
    assert next_change(always, SITE, at(1, 12)) is None
    assert wanted((), SITE, at(1, 12)) is None


def test_hours_of_one_day_must_not_overlap() -> None:
    late = Span(day=0, begins_minute=20 * 60, ends_minute=1440, mode=Mode.AWAY)
    assert overlapping((*NIGHTS, late)) == late
    assert overlapping(PLAN) is None


def test_the_plan_arms_and_disarms_at_its_hours() -> None:
    events, standing = advance(a_group(settled=at(1, 12)), SITE, at(2, 12))
    assert events == [Changed(at=at(1, 19), mode=Mode.NIGHT), Changed(at=at(2, 7), mode=Mode.DISARMED)]
    assert not standing.by_hand


def test_what_is_set_by_hand_holds_until_the_plan_changes() -> None:
    group = a_group(settled=at(1, 12))
    _, standing = set_by_hand(group, Mode.AWAY, now=at(1, 12), until=None)
    events, standing = advance(replace(group, standing=standing), SITE, at(1, 18))
    assert (events, standing.mode) == ([], Mode.AWAY)
    events, standing = advance(replace(group, standing=standing), SITE, at(1, 20))
    assert (events, standing.by_hand) == ([Changed(at=at(1, 19), mode=Mode.NIGHT)], False)


def test_what_is_set_until_a_moment_gives_way_to_the_plan_then() -> None:
    group = a_group(settled=at(1, 12))
    _, standing = set_by_hand(group, Mode.AWAY, now=at(1, 12), until=at(2, 9))
    events, _ = advance(replace(group, standing=standing), SITE, at(2, 10))
    assert events == [Changed(at=at(2, 9), mode=Mode.DISARMED)]


def test_without_a_plan_the_mode_before_comes_back() -> None:
    group = a_group(plan=(), settled=at(1, 12), mode=Mode.AWAY)
    _, standing = set_by_hand(group, Mode.DISARMED, now=at(1, 12), until=at(1, 13))
    events, standing = advance(replace(group, standing=standing), SITE, at(1, 14))
    assert events == [Changed(at=at(1, 13), mode=Mode.AWAY)]
    assert standing == Standing(mode=Mode.AWAY)


def test_since_when_a_group_is_kept_disarmed_against_its_plan_is_told_once_and_when_it_is_over() -> None:
    group = a_group(settled=at(1, 18))
    _, standing = set_by_hand(group, Mode.DISARMED, now=at(1, 18), until=None)
    assert not standing.by_hand  # that is what the plan wants; at seven it arms
    _, standing = set_by_hand(group, Mode.HOME, now=at(1, 18), until=at(2, 1))
    group = replace(group, standing=standing)
    group = replace(group, standing=replace(standing, mode=Mode.DISARMED))  # disarmed by hand until one at night
    events, standing = advance(group, SITE, at(1, 23))
    assert (events, standing.unarmed_since) == ([KeptUnarmed(at=at(1, 19))], at(1, 19))
    group = replace(group, standing=standing, settled_until=at(1, 23))
    assert set_by_hand(group, Mode.NIGHT, now=at(1, 23), until=None)[0] == [Rearmed(at=at(1, 23), since=at(1, 19))]


_MOMENTS = st.integers(0, 10 * 24 * 4).map(lambda quarter: at(28, 0) + timedelta(minutes=15 * quarter))


@given(cuts=st.lists(_MOMENTS, max_size=6), by_hand=st.sampled_from(Mode), hours=st.none() | st.integers(1, 100))
def test_however_time_is_cut_the_same_comes_of_it(cuts: list[Instant], by_hand: Mode, hours: int | None) -> None:
    begin, end = at(28, 0), at(8, 0, month=10)
    group = a_group(settled=begin)
    until = None if hours is None else begin + timedelta(hours=hours)
    group = replace(group, standing=set_by_hand(group, by_hand, now=begin, until=until)[1])
    whole = advance(group, SITE, end)
    events = []
    for cut in [*sorted(cuts), end]:
        found, standing = advance(group, SITE, cut)
        events += found
        group = replace(group, standing=standing, settled_until=cut)
    assert (events, group.standing) == whole


def test_each_zone_is_in_the_group_of_its_kind_until_somebody_says_otherwise() -> None:
    hall, vault = a_zone("hall", kind=ZoneKind.INTERIOR), a_zone("vault", kind=ZoneKind.ALWAYS)
    perimeter, interior = sorted(with_defaults([a_zone(), hall, vault], []), key=lambda group: group.name_zh)
    assert [zone.zone for zone in perimeter.zones] == [NORTH]
    assert [zone.zone for zone in interior.zones] == ["hall"]
    assert interior.armed_by(Mode.HOME) == frozenset()
    assert perimeter.armed_by(Mode.HOME) == {ZoneId(NORTH)}
