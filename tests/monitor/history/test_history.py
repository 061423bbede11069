"""A device's day is drawn from midnight to midnight at its site, with when it had no connection."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import monitor.history.pages
from monitor.history import rules
from monitor.history.rules import COLUMNS, Zoom
from monitor.signals.absences import Absence
from registry.auth.permissions import Role
from registry.messages.topics import Channel
from registry.web.parts import Parts
from tests.fakes.clock import NOON
from tests.makers.judging import catch_up
from tests.makers.monitor import BEAM, a_signal, hear
from tests.makers.signals import a_message, take_in
from tests.makers.web import a_browser, a_session, a_user

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = rules.span(Zoom.DAY, date(2026, 11, 23), SHANGHAI)


def test_a_day_begins_at_midnight_there_and_noon_lies_in_the_middle() -> None:
    assert (TODAY.start, TODAY.end) == (NOON - timedelta(hours=12), NOON + timedelta(hours=12))
    assert TODAY.column(NOON) == COLUMNS / 2


def test_a_day_on_which_clocks_are_set_back_has_twenty_five_hours() -> None:
    berlin = rules.span(Zoom.DAY, date(2026, 10, 25), ZoneInfo("Europe/Berlin"))
    assert berlin.end - berlin.start == timedelta(hours=25)


def test_each_type_has_a_lane_and_the_busiest_comes_first() -> None:
    said = [
        ("a", NOON),
        *(("b", NOON + timedelta(seconds=n)) for n in range(20)),
        ("b", TODAY.end - timedelta(seconds=1)),
    ]
    first, second = rules.lanes(said, TODAY)
    assert [(first.type, first.count), (second.type, second.count)] == [("b", 21), ("a", 1)]
    assert [(bar.x, bar.count) for bar in first.bars] == [(84, 20), (167, 1)]
    assert second.bars[0].height < first.bars[0].height


def test_an_absence_that_lasts_is_drawn_until_now_and_the_longest_pause_is_found() -> None:
    [gone] = rules.offline([Absence(since=NOON - timedelta(days=2), until=None)], TODAY, NOON)
    assert (gone.x, gone.width) == (0, COLUMNS / 2)
    pause = rules.longest_pause([NOON - timedelta(hours=2)], TODAY, NOON)
    assert pause is not None
    assert pause.until is not None
    assert pause.until - pause.since == timedelta(hours=10)
    assert rules.longest_pause([], TODAY, TODAY.start) is None


def test_the_page_draws_a_day_and_a_week_and_tells_of_an_absence(heard: Parts) -> None:
    online = f"dayuan/v1/oc1/beam/north-01/{Channel.ONLINE}"
    for minutes, word in ((10, b"0"), (20, b"0"), (30, b"1"), (40, b"1")):
        take_in(heard.stores["monitor"], a_message(word, topic=online, received_at=NOON + timedelta(minutes=minutes)))
    session = a_session(heard, a_user(heard, "operator", Role.OPERATOR))
    with a_browser(heard, monitor.history.pages.router, signed_in=session) as operator:
        day = operator.get("/control-room/devices/oc1/beam/north-01").text
        assert day.count('class="bar"') == 1
        assert day.count('class="offline"') == 1
        assert "12:10</time>" in day
        assert "12:30</time>" in day
        week = operator.get("/control-room/devices/oc1/beam/north-01?zoom=week&day=2026-11-25").text
        assert "2026-11-19" in week
        assert operator.get("/control-room/devices/oc2/beam/north-01").status_code in (403, 404)


def test_the_page_tells_what_a_device_says_of_itself_until_it_takes_it_back(heard: Parts) -> None:
    store, session = heard.stores["monitor"], a_session(heard, a_user(heard, "operator", Role.OPERATOR))
    with a_browser(heard, monitor.history.pages.router, signed_in=session) as operator:
        for state, is_told in (("start", True), ("end", False)):
            at = NOON + timedelta(minutes=1 + (not is_told))
            hear(store, [a_signal(BEAM, "dayuan.beam.low_battery", at, state=state)])
            catch_up(store, at + timedelta(seconds=1))
            assert ("电池电量低" in operator.get("/control-room/devices/oc1/beam/north-01").text) is is_told
