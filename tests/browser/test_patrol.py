"""The patrol page on a phone: three ways to scan, the answer large, and scans that wait while the link is gone."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

import monitor.web
from monitor.patrols.models import PhoneScan
from registry.auth.permissions import Role
from registry.auth.requires import SESSION_COOKIE
from registry.web.parts import Parts
from tests.browser.conftest import PHONE
from tests.fakes.clock import NOON, FixedClock
from tests.makers.control_room import monitoring_parts
from tests.makers.patrol import a_plate, a_walk
from tests.makers.web import PASSWORD, a_session, a_user

pytestmark = pytest.mark.browser

Serve = Callable[..., str]
Open = Callable[..., Page]


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return monitoring_parts(tmp_path, clock=FixedClock(NOON + timedelta(minutes=2)))


@pytest.fixture
def phone(parts: Parts, serve: Serve, open_page: Open) -> Callable[..., Page]:
    """The page in the hand of a guard who signed in."""

    def opened(*, lang: str = "zh") -> Page:
        url = serve(parts, *monitor.web.routers())
        signed_in = a_session(parts, a_user(parts, "patrol", Role.PATROL))
        return open_page(f"{url}/patrol", size=PHONE, lang=lang, signed_in=signed_in)

    return opened


def _scans(parts: Parts) -> list[PhoneScan]:
    with parts.stores["monitor"].read() as session:
        return list(session.query(PhoneScan).order_by(PhoneScan.scanned_at))


def lay_away(page: Page) -> str:
    """Leave the page while it reaches nobody, and give its address: a page that stays sends by itself once it is reached."""
    url = page.url
    page.goto("about:blank")
    page.unroute("**/api/monitor/patrols/scans")
    return url


def test_a_patrol_guard_who_signs_in_is_on_the_patrol_page(parts: Parts, serve: Serve, open_page: Open) -> None:
    a_walk(parts)
    a_user(parts, "patrol", Role.PATROL)
    page = open_page(serve(parts, *monitor.web.routers()), size=PHONE)
    page.get_by_label("用户名").fill("patrol")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#next")).to_contain_text("配电房")
    assert page.url.endswith("/patrol")


def test_a_typed_code_is_answered_with_the_checkpoint_and_what_is_left(
    parts: Parts, phone: Callable[..., Page]
) -> None:
    a_walk(parts)
    page = phone()
    expect(page.locator("#next")).to_contain_text("配电房")
    expect(page.locator("#next")).to_contain_text("现在打卡，12:15 前有效")
    page.locator("#code").fill("1001")
    page.keyboard.press("Enter")
    expect(page.locator("#answer .headline")).to_have_text("配电房")
    expect(page.locator("#answer .detail")).to_have_text("准时打卡 · 本轮还剩 5 个巡更点")
    expect(page.locator(".stops li").first).to_contain_text("准时")
    expect(page.locator("#next")).to_contain_text("锅炉房")
    expect(page.locator("#waiting")).to_be_hidden()
    assert [scan.offline for scan in _scans(parts)] == [False]


def test_a_picture_of_the_plate_is_a_scan(parts: Parts, phone: Callable[..., Page]) -> None:
    checkpoints = a_walk(parts)
    page = phone(lang="en")
    page.locator("#picture").set_input_files(
        {"name": "plate.png", "mimeType": "image/png", "buffer": a_plate(checkpoints[0])}
    )
    expect(page.locator("#answer .headline")).to_have_text("Power room")
    expect(page.locator("#answer .detail")).to_have_text("On time · 5 checkpoints left in this round")


def test_a_code_that_is_on_no_plate_is_refused_with_what_to_do(parts: Parts, phone: Callable[..., Page]) -> None:
    a_walk(parts)
    page = phone()
    page.locator("#code").fill("9999")
    page.locator("#typing-send").click()
    expect(page.locator("#answer")).to_contain_text("没有打上卡")
    expect(page.locator("#answer")).to_contain_text("请重新扫码或核对编号")
    expect(page.locator("#waiting")).to_be_hidden()
    assert _scans(parts) == []


def test_scans_made_without_a_link_wait_in_the_phone_and_are_sent_once_with_their_own_time(
    parts: Parts, phone: Callable[..., Page]
) -> None:
    a_walk(parts)
    page = phone()
    page.context.set_offline(True)
    for code in ("1001", "1002"):
        page.locator("#code").fill(code)
        page.locator("#typing-send").click()
        expect(page.locator("#answer")).to_contain_text("已存在手机里")
    expect(page.locator("#waiting")).to_contain_text("有 2 次打卡等待上传")

    page.context.set_offline(False)
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.locator("#answer .headline")).to_have_text("已补传 2 次打卡")
    expect(page.locator("#answer .each li")).to_have_text(["配电房 12:02 准时", "锅炉房 12:02 未到时间"])
    expect(page.locator("#answer")).to_have_attribute("data-tone", "warn")
    expect(page.locator(".stops li").first).to_contain_text("准时")
    sent = _scans(parts)
    assert [scan.offline for scan in sent] == [True, True]
    assert sent[0].scanned_at - parts.clock.now() < timedelta(minutes=1)


def test_whoever_scans_too_early_is_told_when_to_come_again(parts: Parts, phone: Callable[..., Page]) -> None:
    a_walk(parts)
    page = phone()
    page.locator("#code").fill("1003")
    page.keyboard.press("Enter")
    expect(page.locator("#answer .headline")).to_have_text("还没到时间")
    expect(page.locator("#answer .detail")).to_have_text("东围墙角：12:15 起再打一次")
    expect(page.locator("#answer")).to_have_attribute("data-tone", "warn")


def test_whoever_scans_again_is_told_that_it_was_scanned(parts: Parts, phone: Callable[..., Page]) -> None:
    a_walk(parts)
    page = phone()
    for said in ("准时打卡 · 本轮还剩 5 个巡更点", "12:02 已经打过，不用再打 · 本轮还剩 5 个巡更点"):
        page.locator("#code").fill("1001")
        page.keyboard.press("Enter")
        expect(page.locator("#answer .detail")).to_have_text(said)


def test_the_page_shows_the_time_of_the_site(parts: Parts, phone: Callable[..., Page]) -> None:
    a_walk(parts)
    expect(phone().locator("#clock")).to_contain_text("12:02:")


def test_a_scan_whose_page_died_while_it_was_sent_is_sent_by_the_next(parts: Parts, phone: Callable[..., Page]) -> None:
    a_walk(parts)
    page = phone()
    held: list[Route] = []
    page.route("**/api/monitor/patrols/scans", lambda route: route.continue_() if held else held.append(route))
    page.locator("#code").fill("1001")
    page.locator("#typing-send").click()
    expect(page.locator("#waiting")).to_contain_text("有 1 次打卡等待上传")
    page.reload()
    expect(page.locator("#answer .each li")).to_have_text(["配电房 12:02 准时"])
    assert [scan.offline for scan in _scans(parts)] == [True]


def test_what_another_guard_left_in_the_phone_waits_for_that_guard(parts: Parts, phone: Callable[..., Page]) -> None:
    a_walk(parts)
    page = phone()
    page.route("**/api/monitor/patrols/scans", lambda route: route.abort())
    page.locator("#code").fill("1001")
    page.locator("#typing-send").click()
    expect(page.locator("#waiting")).to_contain_text("有 1 次打卡等待上传")
    url = lay_away(page)

    other = a_session(parts, a_user(parts, "王勇", Role.PATROL), token="1" * 43)
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": other.token, "url": url}])
    page.goto(url)
    expect(page.locator("#others")).to_contain_text("还有别人的 1 次打卡")
    expect(page.locator("#waiting")).to_be_hidden()
    assert _scans(parts) == []
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": "0" * 43, "url": page.url}])
    page.reload()
    expect(page.locator("#answer .each li")).to_have_text(["配电房 12:02 准时"])


def test_a_guard_who_may_not_scan_any_more_is_told_so_and_loses_nothing(
    parts: Parts, phone: Callable[..., Page]
) -> None:
    a_walk(parts)
    page = phone()
    page.route("**/api/monitor/patrols/scans", lambda route: route.fulfill(status=403, body="您的岗位没有这项权限。"))
    page.locator("#code").fill("1001")
    page.locator("#typing-send").click()
    expect(page.locator("#answer")).to_contain_text("您的岗位没有这项权限。 打卡记录仍在手机里。")
    expect(page.locator("#waiting")).to_contain_text("有 1 次打卡等待上传")


def test_a_picture_whose_answer_was_lost_is_one_scan(parts: Parts, phone: Callable[..., Page]) -> None:
    checkpoints = a_walk(parts)
    page = phone()

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/api/monitor/patrols/scans/picture", lose_the_answer)
    page.locator("#picture").set_input_files(
        {"name": "plate.png", "mimeType": "image/png", "buffer": a_plate(checkpoints[0])}
    )
    expect(page.locator("#answer .detail")).to_have_text("准时打卡 · 本轮还剩 5 个巡更点")
    assert len(_scans(parts)) == 1


def test_what_waits_outlives_the_page(parts: Parts, phone: Callable[..., Page]) -> None:
    a_walk(parts)
    page = phone()
    page.route("**/api/monitor/patrols/scans", lambda route: route.abort())
    page.locator("#code").fill("1001")
    page.locator("#typing-send").click()
    expect(page.locator("#waiting")).to_contain_text("有 1 次打卡等待上传")
    page.goto(lay_away(page))
    expect(page.locator("#answer")).to_contain_text("已补传 1 次打卡")
    assert [scan.offline for scan in _scans(parts)] == [True]


def test_a_picture_taken_without_a_link_is_read_by_the_phone_itself(parts: Parts, phone: Callable[..., Page]) -> None:
    checkpoints = a_walk(parts)
    page = phone()
    page.route("**/api/monitor/patrols/scans/picture", lambda route: route.abort())
    page.locator("#picture").set_input_files(
        {"name": "plate.png", "mimeType": "image/png", "buffer": a_plate(checkpoints[0])}
    )
    expect(page.locator("#answer .headline")).to_have_text("配电房")


def test_the_page_fits_a_phone_and_its_targets_fit_a_thumb(parts: Parts, phone: Callable[..., Page]) -> None:
    a_walk(parts)
    page = phone(lang="en")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    for target in ("#code", "#typing-send", "label[for=picture]"):
        box = page.locator(target).bounding_box()
        assert box is not None
        assert box["height"] >= 48
        assert box["y"] + box["height"] <= PHONE[1]


def test_without_a_plan_the_guard_is_told_so(phone: Callable[..., Page]) -> None:
    page = phone(lang="en")
    expect(page.locator("#next")).to_contain_text("No round is planned today")
