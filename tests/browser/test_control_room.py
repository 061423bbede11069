"""The control room as an operator works in it: the list, the plan, the incident; by keyboard alone, and live."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import monitor.web
from registry.auth.permissions import Role
from registry.ids import SiteId
from registry.messages.alarms import AlarmState
from registry.web.parts import Parts
from tests.browser.conftest import DESKTOP, PHONE
from tests.makers.control_room import a_picture, an_alarm, monitoring_parts, tell_of
from tests.makers.web import SignedInBrowser, a_session, a_user

pytestmark = pytest.mark.browser

Serve = Callable[..., str]
Open = Callable[..., Page]


def _signed_in(parts: Parts, name: str = "operator", role: Role = Role.OPERATOR, number: int = 0) -> SignedInBrowser:
    return a_session(parts, a_user(parts, name, role), token=str(number) * 43)


def test_an_alarm_arrives_live_and_is_acknowledged_and_closed_by_keyboard_alone(
    tmp_path: Path, serve: Serve, open_page: Open
) -> None:
    parts = monitoring_parts(tmp_path)
    page = open_page(serve(parts, *monitor.web.routers()) + "/control-room", signed_in=_signed_in(parts))
    expect(page.get_by_text("目前没有警情")).to_be_visible()
    expect(page.locator("#link")).to_contain_text("实时")

    tell_of(parts, an_alarm(parts, code="A-7K3X", priority=2, picture=a_picture(parts)))
    row = page.locator(".row", has_text="A-7K3X")
    expect(row).to_contain_text("越界确认：红外与视频相互印证")
    expect(row).to_contain_text("严重")
    expect(row).to_contain_text("未接警")
    picture = page.locator("#incident img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 640

    page.keyboard.press("a")
    expect(row).to_contain_text("已接警")
    expect(page.locator("#incident")).to_contain_text("operator")

    page.keyboard.press("c")
    expect(page.locator("#closing")).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.type("野猫翻墙，已到场查看")
    page.keyboard.press("Enter")
    expect(page.locator("#list-notice")).to_have_text("A-7K3X 已结警：误报")
    expect(page.get_by_text("目前没有警情")).to_be_visible()


def test_the_cursor_moves_with_j_and_k_and_stays_when_the_list_changes(
    tmp_path: Path, serve: Serve, open_page: Open
) -> None:
    parts = monitoring_parts(tmp_path)
    an_alarm(parts, code="A-2222", priority=2)
    an_alarm(parts, code="A-3333", priority=3)
    page = open_page(serve(parts, *monitor.web.routers()) + "/control-room", lang="en", signed_in=_signed_in(parts))
    expect(page.locator(".row[aria-current]")).to_contain_text("A-2222")

    page.keyboard.press("j")
    expect(page.locator("#incident")).to_contain_text("A-3333")
    expect(page.locator(".row", has_text="A-3333").locator(".open")).to_be_focused()

    tell_of(parts, an_alarm(parts, code="A-1111", priority=1))
    expect(page.locator(".row").first).to_contain_text("A-1111")
    expect(page.locator(".row[aria-current]")).to_contain_text("A-3333")
    expect(page.locator(".row", has_text="A-3333").locator(".open")).to_be_focused()

    page.keyboard.press("k")
    page.keyboard.press("k")
    expect(page.locator("#incident")).to_contain_text("A-1111")
    page.keyboard.press("Enter")
    expect(page.locator("#incident")).to_be_focused()


def test_a_key_meets_the_alarm_that_was_under_the_cursor_and_not_the_one_that_has_just_come(
    tmp_path: Path, serve: Serve, open_page: Open
) -> None:
    parts = monitoring_parts(tmp_path)
    an_alarm(parts, code="A-3333", priority=3)
    page = open_page(serve(parts, *monitor.web.routers()) + "/control-room", signed_in=_signed_in(parts))
    expect(page.locator("#link")).to_contain_text("实时")
    for code in ("A-1111", "A-2222"):
        tell_of(parts, an_alarm(parts, code=code, priority=1))
        expect(page.locator(".row", has_text=code)).to_be_visible()
        expect(page.locator(".row[aria-current]")).to_contain_text("A-3333")

    page.keyboard.press("a")
    expect(page.locator(".row", has_text="A-3333")).to_contain_text("已接警")
    page.keyboard.press("Home")
    expect(page.locator("#incident")).to_contain_text("A-2222")


def test_whoever_acknowledges_too_late_is_told_who_was_faster(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    parts = monitoring_parts(tmp_path)
    an_alarm(parts, code="A-7K3X")
    url = serve(parts, *monitor.web.routers()) + "/control-room"
    first = open_page(url, signed_in=_signed_in(parts, "李建国", number=1))
    second = open_page(url, signed_in=_signed_in(parts, "王敏", number=2))
    button = second.locator(".row", has_text="A-7K3X").get_by_role("button", name="接警")
    expect(button).to_be_visible()

    first.keyboard.press("a")
    expect(first.locator(".row", has_text="A-7K3X")).to_contain_text("已接警")
    button.click()
    row = second.locator(".row", has_text="A-7K3X")
    expect(row.locator(".notice")).to_contain_text("您慢了一步，A-7K3X 已由 李建国 处理：12:00:")
    expect(row).to_contain_text("已接警")


def test_a_half_written_verdict_survives_the_news_of_another_alarm(
    tmp_path: Path, serve: Serve, open_page: Open
) -> None:
    parts = monitoring_parts(tmp_path)
    alarm = an_alarm(parts, code="A-7K3X", state=AlarmState.ACKNOWLEDGED)
    page = open_page(
        serve(parts, *monitor.web.routers()) + f"/control-room?alarm={alarm}&close=1", signed_in=_signed_in(parts)
    )
    page.keyboard.press("2")
    page.keyboard.type("树枝")
    tell_of(parts, an_alarm(parts, code="A-1111", priority=1))
    expect(page.locator(".row").first).to_contain_text("A-1111")
    expect(page.locator("#cause")).to_have_value("树枝")
    expect(page.locator("#cause")).to_be_focused()
    expect(page.locator("input[value=nuisance]")).to_be_checked()


def test_an_operator_who_may_not_close_an_urgent_alarm_sees_who_may(
    tmp_path: Path, serve: Serve, open_page: Open
) -> None:
    parts = monitoring_parts(tmp_path)
    an_alarm(parts, code="A-1111", priority=1, state=AlarmState.ACKNOWLEDGED)
    url = serve(parts, *monitor.web.routers()) + "/control-room"
    operator = open_page(url, lang="en", signed_in=_signed_in(parts))
    expect(operator.locator("#who-closes")).to_contain_text("closed by the security office")
    operator.keyboard.press("c")
    expect(operator.locator("#closing")).to_have_count(0)

    officer = open_page(url, lang="en", signed_in=_signed_in(parts, "officer", Role.SECURITY_OFFICER, number=3))
    officer.keyboard.press("c")
    expect(officer.locator("#closing")).to_be_visible()


def test_alarms_of_another_site_are_not_there(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    parts = monitoring_parts(tmp_path)
    an_alarm(parts, code="A-2222", site=SiteId("oc2"), zone=None, signals=())
    an_alarm(parts, code="A-1111")
    page = open_page(serve(parts, *monitor.web.routers()) + "/control-room", signed_in=_signed_in(parts))
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".row")).to_contain_text("A-1111")


def test_the_filter_says_how_many_alarms_it_hides(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    parts = monitoring_parts(tmp_path)
    an_alarm(parts, code="A-1111")
    an_alarm(parts, code="A-2222", rule="T01", priority=3)
    page = open_page(serve(parts, *monitor.web.routers()) + "/control-room", lang="en", signed_in=_signed_in(parts))
    page.keyboard.press("/")
    page.keyboard.type("missed")
    expect(page.locator(".row:visible")).to_have_count(1)
    expect(page.locator("#filtered")).to_have_text(
        "The filter hides 1 alarms. Esc leaves the box, Esc again shows all."
    )
    page.keyboard.press("Escape")
    expect(page.locator(".row:visible")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".row:visible")).to_have_count(2)


@pytest.mark.parametrize("key", ["Enter", "ArrowDown"])
def test_from_the_filter_one_key_leads_to_the_rows_that_are_left(
    tmp_path: Path, serve: Serve, open_page: Open, key: str
) -> None:
    parts = monitoring_parts(tmp_path)
    hidden = an_alarm(parts, code="A-1111")
    an_alarm(parts, code="A-2222", rule="T01", priority=3)
    page = open_page(serve(parts, *monitor.web.routers()) + "/control-room", lang="en", signed_in=_signed_in(parts))
    expect(page.locator(".row[aria-current]")).to_contain_text("A-1111")
    page.keyboard.press("/")
    page.keyboard.type("missed")
    expect(page.locator("#incident")).to_contain_text("A-2222")
    expect(page.locator("#filter")).to_be_focused()

    page.keyboard.press(key)
    expect(page.locator(".row", has_text="A-2222").locator(".open")).to_be_focused()
    page.keyboard.press("a")
    expect(page.locator(".row", has_text="A-2222")).to_have_attribute("data-state", "acknowledged")
    expect(page.locator(f"#row-{hidden}")).to_have_attribute("data-state", "unacknowledged")


def test_no_key_acts_on_an_alarm_that_the_filter_hides(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    parts = monitoring_parts(tmp_path)
    alarm = an_alarm(parts, code="A-1111")
    page = open_page(serve(parts, *monitor.web.routers()) + "/control-room", signed_in=_signed_in(parts))
    page.keyboard.press("/")
    page.keyboard.type("没有这样的")
    expect(page.locator(".row:visible")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    tell_of(parts, an_alarm(parts, code="A-2222", rule="T01"))
    expect(page.locator("#filtered")).to_contain_text("隐藏了 2 起")
    expect(page.locator(f"#row-{alarm}")).to_have_attribute("data-state", "unacknowledged")


def test_n_leads_to_the_next_alarm_that_nobody_has_acknowledged(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    parts = monitoring_parts(tmp_path)
    an_alarm(parts, code="A-1111")
    an_alarm(parts, code="A-2222", priority=3)
    held = an_alarm(parts, code="A-3333", state=AlarmState.ACKNOWLEDGED)
    page = open_page(serve(parts, *monitor.web.routers()) + f"/control-room?alarm={held}", signed_in=_signed_in(parts))
    for code in ("A-1111", "A-2222", "A-1111"):
        page.keyboard.press("n")
        expect(page.locator("#incident")).to_contain_text(code)


def test_the_list_of_keys_opens_with_a_question_mark_and_closes_with_escape(
    tmp_path: Path, serve: Serve, open_page: Open
) -> None:
    parts = monitoring_parts(tmp_path)
    an_alarm(parts, code="A-1111")
    page = open_page(serve(parts, *monitor.web.routers()) + "/control-room", signed_in=_signed_in(parts))
    page.keyboard.press("?")
    expect(page.get_by_text("下一起未接警")).to_be_visible()
    tell_of(parts, an_alarm(parts, code="A-2222"))
    expect(page.locator(".row", has_text="A-2222")).to_be_visible()
    expect(page.get_by_text("下一起未接警")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("下一起未接警")).to_be_hidden()


def test_words_that_somebody_else_was_faster_than_are_kept_to_be_read(
    tmp_path: Path, serve: Serve, open_page: Open
) -> None:
    parts = monitoring_parts(tmp_path)
    alarm = an_alarm(parts, code="A-7K3X", state=AlarmState.ACKNOWLEDGED)
    other = an_alarm(parts, code="A-9999", priority=3)
    url = serve(parts, *monitor.web.routers()) + f"/control-room?alarm={alarm}&close=1"
    slow = open_page(url, signed_in=_signed_in(parts, "王敏", number=1))
    fast = open_page(url, signed_in=_signed_in(parts, "李建国", number=2))
    slow.keyboard.press("1")
    slow.keyboard.type("有人翻墙")
    fast.keyboard.press("2")
    fast.keyboard.type("野猫")
    fast.keyboard.press("Enter")
    expect(fast.locator("#list-notice")).to_have_text("A-7K3X 已结警：误报")

    tell_of(parts, alarm)
    expect(slow.locator("#incident .verdict")).to_have_text("李建国 已于 12:00:00 结警：误报")
    expect(slow.get_by_label("您写的没有提交")).to_have_value("有人翻墙")
    expect(slow.get_by_label("您写的没有提交")).to_be_focused()
    slow.keyboard.type("a")
    expect(slow.locator(f"#row-{other}")).to_have_attribute("data-state", "unacknowledged")


def test_who_leaves_the_closing_form_is_not_told_that_nothing_was_sent(
    tmp_path: Path, serve: Serve, open_page: Open
) -> None:
    parts = monitoring_parts(tmp_path)
    alarm = an_alarm(parts, code="A-7K3X", state=AlarmState.ACKNOWLEDGED)
    page = open_page(
        serve(parts, *monitor.web.routers()) + f"/control-room?alarm={alarm}&close=1", signed_in=_signed_in(parts)
    )
    page.keyboard.press("1")
    page.keyboard.type("有人翻墙")
    page.keyboard.press("Escape")
    expect(page.locator("#closing")).to_have_count(0)
    expect(page.get_by_label("您写的没有提交")).to_be_hidden()


def test_what_was_closed_today_stands_below_the_list_and_opens(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    parts = monitoring_parts(tmp_path)
    an_alarm(parts, code="A-7K3X", state=AlarmState.ACKNOWLEDGED)
    page = open_page(serve(parts, *monitor.web.routers()) + "/control-room", signed_in=_signed_in(parts))
    expect(page.locator("#closed-today")).to_have_count(0)
    page.keyboard.press("c")
    expect(page.locator("#closing")).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.type("野猫")
    page.keyboard.press("Enter")
    page.get_by_text("今日已结 1 起").click()
    page.locator("#closed-today a").click()
    expect(page.locator("#incident .verdict")).to_have_text("operator 已于 12:00:00 结警：误报")
    tell_of(parts, an_alarm(parts, code="A-1111"))
    expect(page.locator(".row", has_text="A-1111")).to_be_visible()
    expect(page.locator("#closed-today a")).to_be_visible()


def test_nothing_pulses_for_who_asks_for_reduced_motion_nor_once_acknowledged(
    tmp_path: Path, serve: Serve, open_page: Open
) -> None:
    parts = monitoring_parts(tmp_path)
    an_alarm(parts, code="A-1111")
    an_alarm(parts, code="A-2222", state=AlarmState.ACKNOWLEDGED)
    page = open_page(serve(parts, *monitor.web.routers()) + "/control-room", signed_in=_signed_in(parts))
    style = "shape => [getComputedStyle(shape).animationName, parseFloat(getComputedStyle(shape).animationDuration)]"
    name, seconds = page.locator(".row", has_text="A-1111").locator(".shape").evaluate(style)
    assert name == "call"
    assert seconds > 1
    assert page.locator(".row", has_text="A-2222").locator(".shape").evaluate(style)[0] == "none"
    page.emulate_media(reduced_motion="reduce")
    assert page.locator(".row", has_text="A-1111").locator(".shape").evaluate(style)[0] == "none"


@pytest.mark.parametrize("size", [DESKTOP, (1024, 768), PHONE])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_is_as_wide_as_the_screen_and_the_plan_beside_the_list_where_there_is_room(
    tmp_path: Path, serve: Serve, open_page: Open, size: tuple[int, int], lang: str
) -> None:
    parts = monitoring_parts(tmp_path)
    an_alarm(parts, code="A-1111", priority=1, picture=a_picture(parts))
    page = open_page(
        serve(parts, *monitor.web.routers()) + "/control-room", size=size, lang=lang, signed_in=_signed_in(parts)
    )
    expect(page.locator("#incident img")).to_be_visible()
    expect(page.locator("#armed")).to_have_text("撤防 1：东围墙" if lang == "zh" else "Disarmed 1: East perimeter")
    expect(page.locator("#link")).to_have_attribute("data-state", "live")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    plan, alarms = page.locator("#plan").bounding_box(), page.locator("#alarms").bounding_box()
    assert plan is not None
    assert alarms is not None
    if size == PHONE:
        assert plan["y"] >= alarms["y"] + alarms["height"]
    else:
        assert plan["x"] >= alarms["x"] + alarms["width"]
        assert page.evaluate("document.documentElement.scrollHeight") <= size[1]
        assert plan["y"] + plan["height"] < size[1]


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_word_on_the_plan_is_cut_and_the_zone_of_the_alarm_is_told(
    tmp_path: Path, serve: Serve, open_page: Open, size: tuple[int, int], lang: str
) -> None:
    parts = monitoring_parts(tmp_path)
    an_alarm(parts, code="A-7K3X", priority=2)
    url = serve(parts, *monitor.web.routers()) + "/control-room"
    page = open_page(url, size=size, lang=lang, signed_in=_signed_in(parts))
    expect(page.locator("#plan .told:visible")).to_contain_text({"zh": " · 布防", "en": " · armed"}[lang])
    outside = """plan => {
      const all = plan.getBoundingClientRect();
      return [...plan.querySelectorAll("text")].filter((word) => {
        const box = word.getBoundingClientRect();
        return box.width && (box.left < all.left || box.right > all.right || box.top < all.top || box.bottom > all.bottom);
      }).map((word) => word.textContent);
    }"""
    assert page.locator("#plan .drawing").evaluate(outside) == []
