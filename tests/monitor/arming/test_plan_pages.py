"""The officer's form of a group: shown as a week before it is saved, and taken back when one regrets."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

import monitor.arming.api
import monitor.arming.pages
import monitor.arming.plan_pages
from monitor.arming.rules import Mode, SiteTime, Span, default_group_id
from monitor.arming.week import week
from registry.access.facts import DayKind
from registry.auth.permissions import Role
from registry.calendar.rules import site_calendar
from registry.devices.facts import ZoneKind
from registry.web.parts import Parts
from tests.fakes.clock import NOON
from tests.makers.monitor import NORTH, OC1
from tests.makers.monitor_web import monitor_parts
from tests.makers.web import a_browser, a_session, a_user

GROUP = default_group_id(OC1, ZoneKind.PERIMETER)
PAGE = f"/control-room/zones/groups/{GROUP}"
ROUTERS = (monitor.arming.api.router, monitor.arming.pages.router, monitor.arming.plan_pages.router)
FORM = {
    "version": "0",
    "name_zh": "周界<b>",
    "name_en": "Perimeter",
    "exit_seconds": "45",
    "zone": NORTH,
    "entry": "30",
    "arms": [f"{NORTH}:night", f"{NORTH}:away"],
    "day": ["0", "0", "7"],
    "begins": ["19:00", "", "00:00"],
    "ends": ["07:00", "", "00:00"],
    "mode": ["night", "night", "away"],
}


def a_client(parts: Parts, role: Role) -> AbstractContextManager[TestClient]:
    session = a_session(parts, a_user(parts, str(role), role), token=str(role)[0] * 43)
    return a_browser(parts, *ROUTERS, signed_in=session)


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return monitor_parts(tmp_path)


@pytest.fixture
def officer(parts: Parts) -> Iterator[TestClient]:
    with a_client(parts, Role.SECURITY_OFFICER) as client:
        client.follow_redirects = True
        yield client


def kept(client: TestClient) -> dict[str, Any]:
    [group] = client.get("/api/monitor/arming?site=oc1").json()["groups"]
    zones = [{**zone, "modes": sorted(zone["modes"])} for zone in group["zones"]]
    return {**{name: group[name] for name in ("name_zh", "exit_seconds", "plan")}, "zones": zones}


def version(client: TestClient) -> str:
    [found] = set(re.findall(r'name="version" value="(\d+)"', client.get(PAGE).text))
    return str(found)


@pytest.mark.parametrize(
    ("language", "not_saved", "saved"), [("zh", "尚未保存", "已保存"), ("en", "Not saved", "Saved")]
)
def test_what_is_typed_is_shown_then_saved_then_taken_back(
    officer: TestClient, language: str, not_saved: str, saved: str
) -> None:
    officer.cookies.set("lang", language)
    before = kept(officer)
    shown = officer.post(f"{PAGE}/plan", data={**FORM, "act": "show"}).text
    assert not_saved in shown
    assert "周界&lt;b&gt;" in shown
    assert kept(officer) == before
    assert saved in officer.post(f"{PAGE}/plan", data={**FORM, "act": "save"}).text
    after = kept(officer)
    assert (after["name_zh"], after["exit_seconds"]) == ("周界<b>", 45)
    [zone] = after["zones"]
    assert (zone["modes"], zone["entry_seconds"]) == (["away", "night"], 30)
    assert after["plan"] == [
        {"day": 0, "begins_minute": 1140, "ends_minute": 1860, "mode": "night"},
        {"day": 7, "begins_minute": 0, "ends_minute": 1440, "mode": "away"},
    ]
    officer.post(f"{PAGE}/undo", data={"version": version(officer)})
    assert kept(officer) == before
    officer.post(f"{PAGE}/undo", data={"version": version(officer)})
    assert kept(officer) == after


def test_monday_is_copied_and_not_saved(officer: TestClient) -> None:
    copied = officer.post(f"{PAGE}/plan", data={**FORM, "act": "workdays"}).text
    assert copied.count('name="begins" value="19:00"') == 5
    assert officer.post(f"{PAGE}/plan", data={**FORM, "act": "all"}).text.count('name="begins" value="19:00"') == 8
    assert kept(officer)["plan"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"ends": ["", "", "00:00"]},
        {"begins": ["19:00", "20:00", ""], "ends": ["21:00", "23:00", ""]},
        {"name_en": " "},
        {"day": ["0"]},
    ],
)
def test_what_cannot_be_saved_comes_back_as_it_was_typed(officer: TestClient, wrong: dict[str, object]) -> None:
    answer = officer.post(f"{PAGE}/plan", data={**FORM, **wrong, "act": "save"}).text
    assert 'role="alert"' in answer
    assert 'value="45"' in answer
    assert kept(officer)["plan"] == []


def test_the_later_of_two_officers_is_told(officer: TestClient) -> None:
    officer.post(f"{PAGE}/plan", data={**FORM, "act": "save"})
    assert 'role="alert"' in officer.post(f"{PAGE}/plan", data={**FORM, "act": "save", "exit_seconds": "9"}).text
    assert kept(officer)["exit_seconds"] == 45


def test_who_only_arms_sets_no_plan(parts: Parts) -> None:
    with a_client(parts, Role.OPERATOR) as operator:
        assert operator.get(PAGE).status_code == 403
        assert operator.post(f"{PAGE}/plan", data=FORM).status_code == 403
        assert operator.post(f"{PAGE}/undo", data={"version": "0"}).status_code == 403
        assert f'href="{PAGE}"' not in operator.get("/control-room/zones?site=oc1").text


def test_the_week_ahead_goes_by_the_calendar() -> None:
    nights = [Span(day=day, begins_minute=19 * 60, ends_minute=31 * 60, mode=Mode.NIGHT) for day in range(7)]
    whole = Span(day=7, begins_minute=0, ends_minute=1440, mode=Mode.HOLIDAY)
    today = NOON.date()
    calendar = site_calendar({today + timedelta(days=1): DayKind.HOLIDAY}, frozenset({today.year}), {})
    days = week((*nights, whole), SiteTime(timezone=ZoneInfo("Asia/Shanghai"), calendar=calendar), NOON)
    told = [[(each.mode, round(each.begins * 24), round(each.ends * 24)) for each in day.stretches] for day in days]
    assert told[0] == [(Mode.NIGHT, 0, 7), (Mode.DISARMED, 7, 19), (Mode.NIGHT, 19, 24)]
    assert told[1] == [(Mode.HOLIDAY, 0, 24)]  # those that began last hold
    assert told[2] == [(Mode.DISARMED, 0, 19), (Mode.NIGHT, 19, 24)]
    assert [day.kind for day in days[:2]] == [None, DayKind.HOLIDAY]
