"""The page of the beams and the walk test, from its beginning to its record."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import monitor.beams.pages
from registry.auth.permissions import Role
from registry.web.parts import Parts
from tests.fakes.clock import NOON, FixedClock
from tests.makers.events import an_event, on_the_wire
from tests.makers.monitor import BEAM, NORTH
from tests.makers.monitor_web import monitor_parts
from tests.makers.signals import a_message, take_in
from tests.makers.web import a_browser, a_session, a_user

PAGE = "/control-room/beams?site=oc1"


@pytest.fixture
def parts(tmp_path: Path, clock: FixedClock) -> Parts:
    return replace(monitor_parts(tmp_path), clock=clock)


@pytest.fixture
def operator(parts: Parts) -> Iterator[TestClient]:
    session = a_session(parts, a_user(parts, "operator", Role.OPERATOR))
    with a_browser(parts, monitor.beams.pages.router, signed_in=session) as client:
        yield client


def _says(parts: Parts, event: str, kind: str = "interrupted", *, minutes: float = 0, **data: Any) -> None:
    at = NOON + timedelta(minutes=minutes)
    told = an_event(event, kind=f"dayuan.beam.{kind}", occurred_at=at, data=data)
    take_in(parts.stores["monitor"], a_message(on_the_wire(told), received_at=at))


def _begin(operator: TestClient, zone: str = "", words: str = "") -> str:
    answer = operator.post(
        "/control-room/beams/tests", data={"site": "oc1", "zone": zone, "words": words}, follow_redirects=True
    )
    assert answer.status_code == 200
    return answer.text


def _end(operator: TestClient, shown: str) -> str:
    test = re.search(r"/control-room/beams/tests/([0-9a-f-]{36})/end", shown)
    assert test is not None
    answer = operator.post(test[0], follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def test_without_a_site_the_first_with_beams_is_shown(operator: TestClient) -> None:
    assert operator.get("/control-room/beams").headers["location"] == PAGE
    assert operator.get("/control-room/beams?site=oc2").status_code == 404


@pytest.mark.parametrize(("language", "words"), [("zh", "防拆报警"), ("en", "Opened (tamper)")])
def test_a_pair_that_was_opened_says_so_until_it_is_closed(
    parts: Parts, operator: TestClient, language: str, words: str
) -> None:
    operator.cookies.set("lang", language)
    assert words not in operator.get(PAGE).text
    _says(parts, "t-1", "device_tamper", minutes=-20, state="start", activity="t")
    assert words in operator.get(PAGE).text
    _says(parts, "t-2", "device_tamper", minutes=-10, state="end", activity="t")
    assert words not in operator.get(PAGE).text


def test_a_level_that_sinks_is_drawn_and_told(parts: Parts, operator: TestClient) -> None:
    for day, db in enumerate((-2.0, -3.0, -2.5)):
        _says(parts, f"d-{day}", "degraded", minutes=-60 * 24 * (2 + day), level_db=db)
    _says(parts, "d-now", "degraded", minutes=-5, level_db=-9.5)
    shown = operator.get(PAGE).text
    assert "电平偏低" in shown
    assert "近一日 -9.5 dB，平时 -2.5 dB" in shown
    assert "<polyline" in shown


def test_a_walk_test_ticks_off_what_is_heard_and_is_kept(parts: Parts, operator: TestClient, clock: FixedClock) -> None:
    _says(parts, "before", minutes=-1)
    shown = _begin(operator, zone=NORTH, words="<b>节前</b>")
    assert "1 对中已报 0 对" in shown
    clock.advance(timedelta(minutes=2))
    _says(parts, "walked", minutes=1)
    _says(parts, "walked-again", minutes=1.5)
    assert "1 对中已报 1 对" in operator.get(PAGE).text
    record = _end(operator, shown)
    assert "12:01:00 已报警" in record
    assert "&lt;b&gt;节前&lt;/b&gt;" in record
    assert str(BEAM) in record
    after = operator.get(PAGE).text
    assert "开始步行测试" in after
    assert "该测试了" not in after


def test_what_was_not_heard_is_told_with_what_to_do(operator: TestClient) -> None:
    record = _end(operator, _begin(operator))
    assert "未报警" in record
    assert "供电、对准" in record


def test_two_tests_of_a_site_do_not_run_at_once(operator: TestClient) -> None:
    _begin(operator)
    answer = operator.post("/control-room/beams/tests", data={"site": "oc1"})
    assert answer.status_code == 409


def test_a_test_that_nobody_finished_ends_with_its_hour(parts: Parts, operator: TestClient, clock: FixedClock) -> None:
    shown = _begin(operator)
    clock.advance(timedelta(minutes=90))
    _says(parts, "too-late", minutes=80)
    assert "测试已满一小时" in operator.get(PAGE).text
    assert "未报警" in _end(operator, shown)
    _begin(operator)
    clock.advance(timedelta(minutes=90))
    assert "1 对中已报 0 对" in _begin(operator)


def test_a_test_that_is_ended_twice_stays_as_it_was(parts: Parts, operator: TestClient, clock: FixedClock) -> None:
    shown = _begin(operator)
    _says(parts, "walked", minutes=0.5)
    clock.advance(timedelta(minutes=1))
    first = _end(operator, shown)
    clock.advance(timedelta(minutes=5))
    assert _end(operator, shown) == first


@pytest.mark.parametrize("zone", ["nowhere", "oc1-perimeter-south"])
def test_there_is_nothing_to_walk_in_a_zone_that_is_not_there(operator: TestClient, zone: str) -> None:
    assert operator.post("/control-room/beams/tests", data={"site": "oc1", "zone": zone}).status_code == 409


def test_who_only_reads_starts_none(parts: Parts) -> None:
    session = a_session(parts, a_user(parts, "admin", Role.ADMIN))
    with a_browser(parts, monitor.beams.pages.router, signed_in=session) as admin:
        assert "开始步行测试" not in admin.get(PAGE).text
        assert admin.post("/control-room/beams/tests", data={"site": "oc1"}).status_code == 403


def test_a_test_of_another_site_is_not_there(operator: TestClient) -> None:
    assert operator.get("/control-room/beams/tests/0190f5fe-7c00-7a00-8000-000000000009").status_code == 404
