"""An operator watches what comes in, and reads what was set aside."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import monitor.web
from monitor.dependencies import MonitorParts
from monitor.room import ROOM
from registry.auth.permissions import Role
from tests.browser.conftest import PHONE
from tests.fakes.clock import NOON
from tests.makers.events import an_event, on_the_wire
from tests.makers.signals import REGISTER, a_message, take_in
from tests.makers.web import a_session, a_user, some_parts

pytestmark = pytest.mark.browser
HOSTILE = '<img src="/x" onerror="alert(1)"><script>alert(2)</script>'


@pytest.mark.parametrize(
    "words", [("zh", "异常报文", "查看内容"), ("en", "Dead letters", "Show its bytes")], ids=["zh", "en"]
)
def test_a_signal_appears_by_itself_and_a_dead_letters_bytes_are_read(
    tmp_path: Path, serve: Callable[..., str], open_page: Callable[..., Page], words: tuple[str, str, str]
) -> None:
    lang, dead_letters, open_it = words
    parts = some_parts(tmp_path, rooms=(ROOM,))
    parts.rooms["monitor"] = MonitorParts(register=lambda: REGISTER)
    session = a_session(parts, a_user(parts, "operator", Role.OPERATOR))
    store = parts.stores["monitor"]
    take_in(store, *(a_message(on_the_wire(an_event(f"e-{n}"))) for n in range(5)), a_message(b'{"\xe5\x8c\x97": <b>'))
    page = open_page(f"{serve(parts, *monitor.web.routers())}/control-room/signals", lang=lang, signed_in=session)
    expect(page.locator("tbody tr")).to_have_count(5)

    expect(page.locator("#link")).to_have_attribute("data-state", "live")
    late = NOON + timedelta(seconds=30)
    page.on("dialog", lambda _: pytest.fail("what a device wrote was run"))
    take_in(store, a_message(on_the_wire(an_event("e-9", data={"note": f"新{HOSTILE}"})), received_at=late))
    parts.hub.nudge("signals-changed")
    expect(page.locator("tbody tr")).to_have_count(6)
    expect(page.locator("tbody tr").first).to_contain_text("新<img")
    expect(page.locator("img[onerror], main script")).to_have_count(0)

    page.get_by_role("link", name=dead_letters).first.click()
    page.get_by_role("link", name=open_it).click()
    expect(page.locator("pre").first).to_have_text('{"北": <b>')
    expect(page.locator("pre").last).to_contain_text("7b 22 e5 8c 97")


def test_what_is_folded_out_stays_so_and_the_list_fits_a_phone(
    tmp_path: Path, serve: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    parts = some_parts(tmp_path, rooms=(ROOM,))
    parts.rooms["monitor"] = MonitorParts(register=lambda: REGISTER)
    session = a_session(parts, a_user(parts, "operator", Role.OPERATOR))
    store = parts.stores["monitor"]
    take_in(store, a_message(on_the_wire(an_event("e-1", data={"note": "字" * 200}))))
    page = open_page(f"{serve(parts, *monitor.web.routers())}/control-room/signals", size=PHONE, signed_in=session)
    page.get_by_text("原始内容").click()
    expect(page.locator(".lines .data")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]

    expect(page.locator("#link")).to_have_attribute("data-state", "live")
    page.locator("#pause").click()
    take_in(store, a_message(on_the_wire(an_event("e-2"))))
    parts.hub.nudge("signals-changed")
    expect(page.locator("#link")).to_have_attribute("data-state", "paused")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.keyboard.press("p")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator(".lines .data").last).to_be_visible()
    expect(page.locator(".lines .data").first).to_be_hidden()
