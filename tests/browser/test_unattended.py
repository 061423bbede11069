"""What a page asks by itself says so, so that it keeps nobody signed in."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

import monitor.web
from monitor.dependencies import MonitorParts
from monitor.room import ROOM
from registry.auth.permissions import Role
from registry.auth.requires import UNATTENDED_HEADER
from tests.makers.control_room import an_alarm, monitoring_parts, tell_of
from tests.makers.signals import REGISTER
from tests.makers.web import a_session, a_user, some_parts

pytestmark = pytest.mark.browser


def is_unattended(request: Request) -> bool:
    return UNATTENDED_HEADER.lower() in request.headers


def is_asked_of(path: str) -> Callable[[Request], bool]:
    return lambda request: path in request.url and "hx-request" in request.headers


def test_a_page_that_asks_by_its_own_clock_says_so(
    tmp_path: Path, serve: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    parts = some_parts(tmp_path, rooms=(ROOM,))
    parts.rooms["monitor"] = MonitorParts(register=lambda: REGISTER)
    session = a_session(parts, a_user(parts, "operator", Role.OPERATOR))
    page = open_page(f"{serve(parts, *monitor.web.routers())}/control-room/signals", signed_in=session)
    with page.expect_request(is_asked_of("/control-room/signals")) as asked:
        page.reload()  # it asks once its stream is open, which may be before the first load has been told of
    assert is_unattended(asked.value)


def test_what_the_stream_causes_is_told_from_what_somebody_does(
    tmp_path: Path, serve: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    parts = monitoring_parts(tmp_path)
    session = a_session(parts, a_user(parts, "operator", Role.OPERATOR))
    page = open_page(f"{serve(parts, *monitor.web.routers())}/control-room", signed_in=session)
    expect(page.locator("#link")).to_contain_text("实时")
    with page.expect_request(is_asked_of("/control-room")) as asked:
        tell_of(parts, an_alarm(parts, code="A-7K3X", priority=2))
    assert is_unattended(asked.value)
    with page.expect_request(is_asked_of("&alarm=")) as asked:
        page.locator(".row", has_text="A-7K3X").get_by_role("link").first.click()
    assert not is_unattended(asked.value)
