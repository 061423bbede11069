"""Levels and days on both stores: what is made is read again as it was written, and a change is taken back whole."""

from datetime import date

import pytest

from registry.access.facts import DayKind, HolidayRule
from registry.access.reading import load_access
from registry.calendar import service as calendar
from registry.calendar.public import PUBLIC, YEARS_KNOWN
from registry.calendar.reading import year_of
from registry.calendar.rules import day_at
from registry.ids import GateId
from registry.levels import queries
from registry.levels.rules import Window, bars, hours_text, overlapping, parse_hours, week_of
from registry.levels.service import (
    HoursOverlap,
    LevelFields,
    LevelNameTaken,
    NewLevel,
    add_level,
    add_levels,
    change_level,
    undo_level,
)
from registry.revisions.service import ChangedMeanwhile
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.registry import OC1, a_gate, a_site

pytestmark = pytest.mark.both_stores
HERE = frozenset({OC1})
NIGHT = (Window(0, 22 * 60, 6 * 60), Window(5, 0, 1440))


def fields(name: str = "夜班", windows: tuple[Window, ...] = NIGHT) -> LevelFields:
    gates = frozenset({GateId("oc1-north")})
    return LevelFields(name_zh=name, name_en="", gates=gates, windows=windows, holidays=HolidayRule.AS_USUAL)


def test_a_level_is_read_as_it_was_written_and_a_change_is_taken_back(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_gate(work.session)
        made = NewLevel(site=OC1, fields=fields())
        add_level(work.session, made, within=HERE, by="chen", now=NOON)
    with registry_store.begin(NOON) as work:
        with pytest.raises(LevelNameTaken):
            add_level(work.session, NewLevel(site=OC1, fields=fields()), within=HERE, by="chen", now=NOON)
        with pytest.raises(HoursOverlap):
            wrong = fields(windows=(*NIGHT, Window(1, 5 * 60, 7 * 60)))
            change_level(work.session, made.id, wrong, within=HERE, by="chen", now=NOON)
        day = fields(windows=(Window(0, 22 * 60, 1440),))
        change_level(work.session, made.id, day, revision=1, within=HERE, by="chen", now=NOON)
        with pytest.raises(ChangedMeanwhile):
            change_level(work.session, made.id, fields(), revision=1, within=HERE, by="wu", now=NOON)
        undo_level(work.session, made.id, revision=2, within=HERE, by="chen", now=NOON)
    with registry_store.read() as session:
        row = queries.level(session, made.id, HERE)
        assert queries.windows_of(row) == list(NIGHT)
        assert load_access(session).levels[made.id].week == (((1320, 1800),), (), (), (), (), ((0, 1440),), ())


def test_many_are_listed_by_name_page_after_page(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_gate(work.session)
        add_levels(work.session, [NewLevel(site=OC1, fields=fields(f"{n}号岗")) for n in range(5)])
    with registry_store.read() as session:
        first = queries.levels(session, HERE, limit=2)
        rest = queries.levels(session, HERE, after=first[-1].id)
        assert [row.name_zh for row in (*first, *rest)] == [f"{n}号岗" for n in range(5)]
        assert [row.name_zh for row in queries.levels(session, HERE, words="3")] == ["3号岗"]


def test_a_compounds_own_day_goes_before_the_public_one(registry_store: Store) -> None:
    day, holiday = date(2026, 11, 24), date(2026, 10, 1)
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        a_site(work.session, "oc2")
        for each, kind in ((day, DayKind.HOLIDAY), (holiday, DayKind.WORKDAY)):
            calendar.set_day(work.session, OC1, each, kind, name_zh="院庆", within=HERE, by="chen", now=NOON)
    with registry_store.read() as session:
        calendars = load_access(session).calendars
        year = year_of(session, OC1, 2026)
    assert [day_at(calendars[OC1], each).kind for each in (day, holiday)] == [DayKind.HOLIDAY, DayKind.WORKDAY]
    assert {site for site, known in calendars.items() if known is PUBLIC} == {"oc2"}
    assert (year.is_known, year.days[day].set_by, year.days[date(2026, 10, 2)].set_by) == (True, "chen", None)


def test_a_worked_saturday_has_fridays_hours_and_what_is_not_announced_says_so() -> None:
    saturday, later = day_at(PUBLIC, date(2026, 10, 10)), day_at(PUBLIC, date(max(YEARS_KNOWN) + 1, 10, 1))
    assert (saturday.kind, saturday.hours_of, saturday.is_known) == (DayKind.WORKDAY, 4, True)
    assert (later.kind, later.is_known) == (None, False)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("08:00-12:00 14:00-18:00", "08:00-12:00 14:00-18:00"),
        ("8-18", "08:00-18:00"),
        ("８：３０至１８：００，19:00~24:00", "08:30-18:00 19:00-24:00"),
        ("22:00 - 6:00", "22:00-06:00"),
        ("全天", "00:00-24:00"),
        ("All day", "00:00-24:00"),
        ("", ""),
        ("8点——18点30分", "08:00-18:30"),
        ("8时30分至12时，14点到18点", "08:30-12:00 14:00-18:00"),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, read: str) -> None:
    windows = parse_hours(3, text)
    assert windows is not None
    assert hours_text(windows) == read
    assert parse_hours(3, read) == windows


@pytest.mark.parametrize("text", ["早上", "8", "25:00-26:00", "24:00-08:00", "08:60-09:00", "08:00-24:30"])
def test_what_are_no_hours(text: str) -> None:
    assert parse_hours(0, text) is None


def test_a_night_shows_on_both_days_and_overlaps_over_sundays_midnight() -> None:
    sunday = Window(6, 22 * 60, 6 * 60)
    assert bars(week_of([sunday]))[6] == [(1320, 1440)]
    assert bars(week_of([sunday]))[0] == [(0, 360)]
    assert overlapping([sunday, Window(0, 5 * 60, 7 * 60)]) == Window(0, 5 * 60, 7 * 60)
    assert overlapping([sunday, Window(0, 6 * 60, 7 * 60)]) is None
