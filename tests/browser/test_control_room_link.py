"""The control room's link to the server: what it brings, and what is said when it is lost."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

import monitor.web
from registry.auth.permissions import Role
from registry.auth.requires import SESSION_COOKIE
from registry.web.parts import Parts
from registry.web.stream import Hub
from tests.makers.control_room import an_alarm, monitoring_parts, tell_of
from tests.makers.web import SignedInBrowser, a_session, a_user

pytestmark = pytest.mark.browser

Serve = Callable[..., str]
Open = Callable[..., Page]


def _signed_in(parts: Parts) -> SignedInBrowser:
    return a_session(parts, a_user(parts, "operator", Role.OPERATOR))


def test_an_alarm_that_comes_between_the_page_and_its_stream_is_in_the_list(
    tmp_path: Path, serve: Serve, open_page: Open
) -> None:
    parts = monitoring_parts(tmp_path)
    page = open_page(serve(parts, *monitor.web.routers()) + "/control-room", signed_in=_signed_in(parts))
    expect(page.locator("#link")).to_contain_text("实时")

    def open_late(route: Route) -> None:
        tell_of(parts, an_alarm(parts, code="A-7K3X"))
        route.continue_()

    page.route("**/control-room/stream?*", open_late)
    page.reload()
    expect(page.locator(".row")).to_contain_text("A-7K3X")


def test_a_lost_link_is_said_in_words_with_the_time_of_the_last_news(
    tmp_path: Path, serve: Serve, open_page: Open
) -> None:
    parts = monitoring_parts(tmp_path)
    page = open_page(serve(parts, *monitor.web.routers()) + "/control-room", lang="en", signed_in=_signed_in(parts))
    expect(page.locator("#link")).to_contain_text("Live")
    page.context.set_offline(True)
    parts.hub.close()
    expect(page.locator("#link")).to_contain_text("Link lost")
    expect(page.locator("#link")).to_contain_text("last news")


@pytest.mark.parametrize(
    ("lang", "words", "live"), [("zh", "监测主机无响应 · 自 12:00:00 起", "实时"), ("en", "since 12:00:00", "Live")]
)
def test_a_monitoring_core_that_is_silent_is_told_though_the_server_answers(
    tmp_path: Path, serve: Serve, open_page: Open, *, lang: str, words: str, live: str
) -> None:
    parts = replace(monitoring_parts(tmp_path), hub=Hub(heartbeat_seconds=0.2))
    parts.hub.say_stalled(parts.clock.now())
    page = open_page(serve(parts, *monitor.web.routers()) + "/control-room", lang=lang, signed_in=_signed_in(parts))
    expect(page.locator("#link")).to_contain_text(words)
    tell_of(parts, an_alarm(parts, code="A-1111"))
    expect(page.locator(".row")).to_contain_text("A-1111")
    expect(page.locator("#link")).to_contain_text(words)
    parts.hub.say_live()
    expect(page.locator("#link")).to_contain_text(live)


def test_whoever_is_signed_out_meanwhile_is_led_to_the_sign_in_and_back(
    tmp_path: Path, serve: Serve, open_page: Open
) -> None:
    parts = monitoring_parts(tmp_path)
    page = open_page(serve(parts, *monitor.web.routers()) + "/control-room", signed_in=_signed_in(parts))
    expect(page.locator("#link")).to_contain_text("实时")
    page.context.clear_cookies(name=SESSION_COOKIE)
    tell_of(parts, an_alarm(parts, code="A-1111"))
    page.wait_for_url("**/sign-in?to=%2Fcontrol-room")
