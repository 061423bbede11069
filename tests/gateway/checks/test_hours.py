"""Levels at the gate, against an oracle that steps through windows as a person reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.checks.rules import decide, explain
from gateway.checks.standing import Moment, choose, schedules_at
from registry.access.facts import CredentialFacts, DayKind, HolidayRule, LevelFacts, SiteCalendar
from registry.calendar.public import PUBLIC, PUBLIC_DAYS
from registry.clock import Instant
from registry.ids import GateId, LevelId
from registry.levels.rules import Window
from registry.messages.reasons import Reason
from tests.makers.gateway import NORTH, a_card, a_question
from tests.makers.levels import a_calendar, a_level_fact

ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "Asia/Urumqi", "UTC", "America/New_York", "Pacific/Apia")]
SHANGHAI = ZONES[0]
SOUTH = GateId("oc1-south")
Level = tuple[LevelFacts, Sequence[Window]]


def oracle(levels: Sequence[Level], days: Mapping[date, DayKind], clock: datetime) -> Reason:
    """What a stranger would say, from the windows as they are written and the clock on the wall."""
    here = [(level.holidays, windows) for level, windows in levels if NORTH in level.gates]
    if not here:
        return Reason.NO_LEVEL
    blocked = False
    for rule, windows in here:
        for day in (clock.date(), clock.date() - timedelta(days=1)):
            weekday = day.weekday()
            if days.get(day) is DayKind.WORKDAY and weekday >= 5:
                weekday = 4 if weekday == 5 else 0
            is_off = days.get(day) is DayKind.HOLIDAY
            for window in windows:
                begins = datetime.combine(day, time()) + timedelta(minutes=window.begins_minute)
                ends = datetime.combine(day, time()) + timedelta(minutes=window.ends_minute)
                if ends <= begins:
                    ends += timedelta(days=1)
                if window.weekday == weekday and begins <= clock < ends:
                    if rule is HolidayRule.AS_USUAL or is_off == (rule is HolidayRule.ONLY):
                        return Reason.OK
                    blocked = blocked or is_off
    closed_today = days.get(clock.date()) is DayKind.HOLIDAY and all(rule is HolidayRule.CLOSED for rule, _ in here)
    return Reason.HOLIDAY if blocked or closed_today else Reason.OUTSIDE_HOURS


def told(
    levels: Sequence[LevelFacts],
    calendar: SiteCalendar,
    now: Instant,
    zone: ZoneInfo,
    card: CredentialFacts | None = None,
) -> Reason:
    """What the gate says."""
    card = card or a_card()
    card = replace(
        card,
        levels=tuple(level.id for level in levels),
        valid_from=datetime(2000, 1, 1, tzinfo=UTC),
        valid_until=datetime(2100, 1, 1, tzinfo=UTC),
    )
    known = {level.id: level for level in levels}
    schedules = schedules_at([card], NORTH, now.astimezone(zone), levels=known, calendar=calendar)
    question = replace(a_question(credential=card, now=now), timezone=zone, schedule=schedules[card.id])
    moment = Moment(site=question.site, gate=NORTH, now=now, timezone=zone, schedules=schedules)
    assert choose((card,), moment) is card
    return decide(question).reason


minutes = st.one_of(st.sampled_from([0, 1, 480, 1439]), st.integers(0, 1439))
windows = st.builds(Window, st.integers(0, 6), minutes, st.one_of(st.just(1440), minutes.map(lambda one: one or 1440)))
gates = st.sampled_from([(NORTH,), (SOUTH,), (NORTH, SOUTH)])
levels = st.lists(st.tuples(st.lists(windows, max_size=8), gates, st.sampled_from(HolidayRule)), min_size=1, max_size=3)
near_a_special_day = st.builds(
    lambda day, off: day + timedelta(days=off), st.sampled_from(sorted(PUBLIC_DAYS)), st.integers(-1, 1)
)
days = st.one_of(
    near_a_special_day,
    st.sampled_from([date(2024, 2, 29), date(2028, 2, 29)]),
    st.dates(date(2023, 1, 1), date(2028, 12, 31)),
)
own_days = st.dictionaries(st.sampled_from([-1, 0, 1]), st.sampled_from(DayKind), max_size=2)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Level], dict[date, DayKind], Instant, ZoneInfo]:
    made: list[Level] = [
        (a_level_fact(*those, name=str(n), gates=where, holidays=rule), those)
        for n, (those, where, rule) in enumerate(draw(levels))
    ]
    made = [(replace(level, week=level.week if those else ((),) * 7), those) for level, those in made]
    day, zone = draw(days), draw(st.sampled_from(ZONES))
    public = {each: known.kind for each, known in PUBLIC_DAYS.items()}
    known: dict[date, DayKind] = public | {day + timedelta(days=off): kind for off, kind in draw(own_days).items()}
    edges = [minute for _, those in made for each in those for minute in (each.begins_minute, each.ends_minute % 1440)]
    at_an_edge = bool(edges) and draw(st.booleans())
    minute = draw(st.sampled_from(edges) if at_an_edge else minutes)
    moment = datetime.combine(day, time(), zone) + timedelta(minutes=minute, seconds=draw(st.sampled_from([0, 59])))
    return made, known, moment.astimezone(UTC), zone


def agree(case: tuple[list[Level], dict[date, DayKind], Instant, ZoneInfo]) -> None:
    made, known, now, zone = case
    calendar = a_calendar(known, years_known=range(2004, 2027))
    clock = now.astimezone(zone).replace(tzinfo=None)
    assert told([level for level, _ in made], calendar, now, zone) == oracle(made, known, clock)


@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_the_gate_agrees_with_whoever_reads_the_hours(
    case: tuple[list[Level], dict[date, DayKind], Instant, ZoneInfo],
) -> None:
    agree(case)


def drawn(draw: Random) -> tuple[list[Level], dict[date, DayKind], Instant, ZoneInfo]:
    """A case like those of Hypothesis, at a hundredth of its price."""
    made: list[Level] = []
    for n in range(draw.randint(1, 3)):
        those = [
            Window(
                draw.randrange(7),
                draw.choice([0, 480, 1439, draw.randrange(1440)]),
                draw.choice([1440, draw.randint(1, 1440)]),
            )
            for _ in range(draw.randint(1, 8))
        ]
        where = draw.choice([(NORTH,), (SOUTH,), (NORTH, SOUTH)])
        made.append((a_level_fact(*those, name=str(n), gates=where, holidays=draw.choice(list(HolidayRule))), those))
    around = draw.choice(
        [*PUBLIC_DAYS, date(2024, 2, 29), date(2028, 2, 29), date(2023, 1, 1) + timedelta(draw.randrange(2000))]
    )
    day, zone = around + timedelta(days=draw.randint(-1, 1)), draw.choice(ZONES)
    known: dict[date, DayKind] = {each: public.kind for each, public in PUBLIC_DAYS.items()}
    for _ in range(draw.randint(0, 2)):
        known[day + timedelta(days=draw.randint(-1, 1))] = draw.choice(list(DayKind))
    edges = [minute for _, those in made for each in those for minute in (each.begins_minute, each.ends_minute)]
    minute = (draw.choice(edges) + draw.randint(-1, 1)) % 1440 if draw.random() < 0.5 else draw.randrange(1440)
    moment = datetime.combine(day, time(), zone) + timedelta(minutes=minute, seconds=draw.choice([0, 59]))
    return made, known, moment.astimezone(UTC), zone


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_the_gate_agrees_with_whoever_reads_the_hours_a_hundred_thousand_times() -> None:
    draw = Random(4)
    for _ in range(100_000):
        agree(drawn(draw))


def at(text: str) -> Instant:
    """A moment on the clocks of Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "rule", "reason"),
    [
        ("2026-10-10 09:00", HolidayRule.CLOSED, Reason.OK),  # a worked Saturday has Friday's hours
        ("2026-10-10 18:00", HolidayRule.CLOSED, Reason.OUTSIDE_HOURS),
        ("2026-10-17 09:00", HolidayRule.AS_USUAL, Reason.OUTSIDE_HOURS),  # any other Saturday
        ("2026-10-05 09:00", HolidayRule.CLOSED, Reason.HOLIDAY),  # a Monday off
        ("2026-10-05 22:00", HolidayRule.CLOSED, Reason.HOLIDAY),
        ("2026-10-05 09:00", HolidayRule.AS_USUAL, Reason.OK),
        ("2026-10-05 09:00", HolidayRule.ONLY, Reason.OK),
        ("2026-10-05 22:00", HolidayRule.ONLY, Reason.OUTSIDE_HOURS),
        ("2026-10-12 09:00", HolidayRule.ONLY, Reason.OUTSIDE_HOURS),
        ("2027-10-01 09:00", HolidayRule.CLOSED, Reason.OK),  # nobody has announced them: an ordinary Friday
    ],
)
def test_office_hours_on_days_off_and_worked_days(moment: str, rule: HolidayRule, reason: Reason) -> None:
    assert told([a_level_fact(holidays=rule)], PUBLIC, at(moment), SHANGHAI) == reason


def test_a_night_belongs_to_the_evening_on_which_it_begins() -> None:
    nights = a_level_fact(*(Window(day, 22 * 60, 6 * 60) for day in range(7)))
    assert told([nights], PUBLIC, at("2026-10-01 05:59"), SHANGHAI) == Reason.OK
    assert told([nights], PUBLIC, at("2026-10-01 22:00"), SHANGHAI) == Reason.HOLIDAY
    assert told([nights], PUBLIC, at("2026-10-08 05:59"), SHANGHAI) == Reason.HOLIDAY
    assert told([nights], PUBLIC, at("2026-10-08 22:00"), SHANGHAI) == Reason.OK


def test_the_trace_says_that_the_year_is_not_announced() -> None:
    level = a_level_fact()
    card = replace(a_card(), levels=(level.id,), valid_until=datetime(2100, 1, 1, tzinfo=UTC))
    now = at("2027-10-01 09:00")
    schedules = schedules_at([card], NORTH, now.astimezone(SHANGHAI), levels={level.id: level}, calendar=PUBLIC)
    trace = explain(replace(a_question(credential=card, now=now), schedule=schedules[card.id]))
    (facts,) = [tested.facts for tested in trace if tested.rule is Reason.OUTSIDE_HOURS]
    assert (facts["day"], facts["day_known"]) == (None, False)


def test_a_level_that_is_not_known_opens_nothing() -> None:
    card = replace(a_card(), levels=(LevelId(a_level_fact().id),))
    assert decide(a_question(credential=card)).reason == Reason.NO_LEVEL
