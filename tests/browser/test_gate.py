"""The guard's page, with the keyboard alone, in a real browser."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.makers.gate_page import CARD, TYPING_MS, hold_to_reader, scan
from tests.makers.plates import a_plate_reader

pytestmark = pytest.mark.browser


def test_a_guard_checks_card_after_card_and_never_touches_the_mouse(at_the_gate: Callable[..., Page]) -> None:
    page = at_the_gate()
    verdict = page.locator("#verdict .verdict-word")
    scan(page, CARD)
    expect(verdict).to_have_text("放行")
    expect(page.locator("#verdict")).to_contain_text("王建国")
    expect(page.locator("#inside .counts")).to_contain_text("人员 1人")
    scan(page, CARD)
    expect(verdict).to_have_text("不放行")
    expect(page.locator("#verdict")).to_contain_text("记录显示已在院内")
    page.keyboard.press("F3")
    scan(page, CARD)
    expect(verdict).to_have_text("放行")
    expect(page.locator("#inside .counts")).to_contain_text("人员 0人")
    expect(page.locator("#recent li")).to_have_count(3)
    expect(page.locator("#field")).to_be_focused()


@pytest.fixture
def a_refer(at_the_gate: Callable[..., Page]) -> Page:
    """The page with a vehicle that nobody knows, which waits for the guard."""
    page = at_the_gate()
    scan(page, "鄂E00000")
    expect(page.locator("form.decision")).to_be_visible()
    return page


def test_a_refer_is_granted_with_a_reason_by_three_keys(a_refer: Page) -> None:
    for key in ("F8", "2", "Enter"):
        a_refer.keyboard.press(key, delay=TYPING_MS)
    expect(a_refer.locator("#verdict .verdict-word")).to_have_text("放行")
    expect(a_refer.locator("#verdict")).to_contain_text("处置：被访单位同意")
    expect(a_refer.locator("#field")).to_be_focused()
    expect(a_refer.locator("#inside .counts")).to_contain_text("车辆 1辆")


def test_without_a_reason_a_refer_stays_undecided(a_refer: Page) -> None:
    a_refer.keyboard.press("F9")
    expect(a_refer.locator("[name=reason]:checked")).to_have_count(0)
    a_refer.keyboard.press("Enter")
    expect(a_refer.get_by_role("button", name="确认")).to_be_disabled()
    a_refer.keyboard.press("1")
    a_refer.keyboard.press("Enter")
    expect(a_refer.locator("#verdict .verdict-word")).to_have_text("不放行")
    expect(a_refer.locator("#verdict")).to_contain_text("处置：来意不清")


def test_what_no_reason_fits_is_said_in_words(a_refer: Page) -> None:
    a_refer.keyboard.press("F8")
    expect(a_refer.locator("[name=words]")).to_be_hidden()
    a_refer.keyboard.press("5", delay=TYPING_MS)
    expect(a_refer.locator("[name=words]")).to_be_focused()
    expect(a_refer.get_by_role("button", name="确认")).to_be_disabled()
    a_refer.keyboard.type("财政局来电确认", delay=TYPING_MS)
    a_refer.keyboard.press("Enter")
    expect(a_refer.locator("#verdict")).to_contain_text("处置：其他：财政局来电确认")


def test_a_reason_of_the_other_decision_is_not_kept(a_refer: Page) -> None:
    a_refer.keyboard.press("F8")
    a_refer.keyboard.press("1")
    a_refer.keyboard.press("F9")
    expect(a_refer.locator("[name=reason]:checked")).to_have_count(0)
    expect(a_refer.get_by_role("button", name="确认")).to_be_disabled()


def test_a_decision_is_made_with_the_mouse_alone(a_refer: Page) -> None:
    a_refer.get_by_role("button", name="拒绝").click()
    a_refer.get_by_text("身份不明").click()
    a_refer.get_by_role("button", name="确认").click()
    expect(a_refer.locator("#verdict .verdict-word")).to_have_text("不放行")


@pytest.mark.parametrize("number", [CARD, "14A1B2C3", "54A1B2C3"])
def test_a_card_held_to_the_reader_while_a_reason_is_chosen_decides_nothing(a_refer: Page, number: str) -> None:
    a_refer.keyboard.press("F8")
    hold_to_reader(a_refer, number)
    expect(a_refer.locator("#verdict")).to_contain_text(number)
    expect(a_refer.locator("#recent")).to_contain_text("待处置")


@pytest.mark.parametrize("read", [hold_to_reader, scan], ids=["key by key", "at once"])
def test_a_card_held_to_the_reader_in_the_middle_of_the_words_is_taken_out_of_them(
    a_refer: Page, read: Callable[[Page, str], None]
) -> None:
    a_refer.keyboard.press("F8")
    a_refer.keyboard.press("5")
    a_refer.keyboard.type("财政局 ", delay=TYPING_MS)
    read(a_refer, CARD)
    expect(a_refer.locator("#verdict")).to_contain_text("王建国")
    expect(a_refer.locator("#recent")).to_contain_text("待处置")


@pytest.mark.parametrize("said", ["13812345678", "1203", '"外卖"\\'], ids=["phone", "room", "signs"])
def test_what_the_guard_types_is_what_the_guard_says(a_refer: Page, said: str) -> None:
    a_refer.keyboard.press("F8")
    a_refer.keyboard.press("5", delay=TYPING_MS)
    a_refer.keyboard.type(said, delay=TYPING_MS)
    a_refer.keyboard.press("Enter")
    expect(a_refer.locator("#verdict .verdict-word")).to_have_text("放行")
    expect(a_refer.locator("#verdict")).to_contain_text(said)


def test_a_refer_that_was_passed_over_is_opened_from_the_last_checks(at_the_gate: Callable[..., Page]) -> None:
    page = at_the_gate()
    scan(page, "鄂E00000")
    expect(page.locator("form.decision")).to_be_visible()
    scan(page, CARD)
    expect(page.locator("#verdict .verdict-word")).to_have_text("放行")
    page.locator("#recent").get_by_role("button", name="鄂E·00000").press("Enter")
    expect(page.locator("form.decision")).to_be_visible()


def test_what_is_no_plate_is_said_and_nothing_is_recorded(at_the_gate: Callable[..., Page]) -> None:
    page = at_the_gate()
    scan(page, "鄂E1")
    expect(page.locator("#verdict")).to_contain_text("车牌写法不对")
    expect(page.locator("#recent")).to_contain_text("还没有核验记录")


def test_a_plate_without_its_province_is_asked_for_and_enter_accepts_it(at_the_gate: Callable[..., Page]) -> None:
    page = at_the_gate()
    page.keyboard.press("F3")
    scan(page, "E12345")
    expect(page.locator("#verdict .verdict-word")).to_have_text("是哪辆车？")
    expect(page.get_by_role("button", name="鄂E·12345")).to_be_focused()
    expect(page.locator("#recent")).to_contain_text("还没有核验记录")
    page.keyboard.press("Enter")
    expect(page.locator("#verdict .verdict-word")).to_have_text("放行")
    expect(page.locator("#verdict .verdict-direction")).to_have_text("出")


def test_what_looks_like_a_plate_without_its_province_may_be_a_card(at_the_gate: Callable[..., Page]) -> None:
    page = at_the_gate()
    scan(page, "E12345")
    page.get_by_role("button", name="这是卡号").click()
    expect(page.locator("#verdict .card-number")).to_have_text("E12345")
    expect(page.locator("form.decision")).to_be_visible()


def test_a_card_held_to_the_reader_while_a_plate_is_asked_for_is_checked(at_the_gate: Callable[..., Page]) -> None:
    page = at_the_gate()
    scan(page, "E12345")
    expect(page.get_by_role("button", name="鄂E·12345")).to_be_focused()
    hold_to_reader(page, CARD)
    expect(page.locator("#verdict")).to_contain_text("王建国")


def test_what_was_not_checked_stays_in_the_field_to_be_mended(at_the_gate: Callable[..., Page]) -> None:
    page = at_the_gate()
    page.keyboard.press("F3")
    scan(page, "鄂E1")
    expect(page.locator("#verdict .verdict-word")).to_have_text("未核验")
    expect(page.locator("#verdict .said-value")).to_have_text("鄂E1")
    expect(page.locator("#field")).to_have_value("鄂E1")
    expect(page.locator('[name="direction"][value="out"]')).to_be_checked()
    scan(page, "鄂E12345")
    expect(page.locator("#verdict .verdict-word")).to_have_text("放行")
    expect(page.locator("#verdict .verdict-direction")).to_have_text("出")


def test_after_a_check_the_lane_has_its_own_direction_again(at_the_gate: Callable[..., Page]) -> None:
    page = at_the_gate()
    page.keyboard.press("F3")
    expect(page.locator('[name="direction"][value="out"]')).to_be_checked()
    scan(page, CARD)
    expect(page.locator("#verdict .verdict-direction")).to_have_text("出")
    expect(page.locator('[name="direction"][value="in"]')).to_be_checked()


@pytest.mark.parametrize("opened", ["#recent .check-line", "#verdict summary"], ids=["list", "why"])
def test_after_something_was_opened_the_next_card_is_checked(at_the_gate: Callable[..., Page], opened: str) -> None:
    page = at_the_gate()
    scan(page, "鄂E12345")
    expect(page.locator("#recent li")).to_have_count(1)
    page.locator(opened).press("Enter")
    expect(page.locator("#field")).to_be_focused()
    page.locator("#recent .check-line").focus()
    hold_to_reader(page, CARD)
    expect(page.locator("#verdict")).to_contain_text("王建国")
    expect(page.locator("#recent li")).to_have_count(2)


def test_an_earlier_entry_is_shown_as_one_and_escape_leads_back(at_the_gate: Callable[..., Page]) -> None:
    page = at_the_gate()
    scan(page, "鄂E12345")
    expect(page.locator("#verdict")).to_contain_text("鄂E·12345")
    scan(page, CARD)
    expect(page.locator("#recent li")).to_have_count(2)
    page.locator("#recent").get_by_role("button", name="鄂E·12345").click()
    expect(page.locator("#verdict .record")).to_contain_text("查看记录")
    expect(page.locator("#verdict article")).to_have_attribute("data-tone", "calm")
    page.keyboard.press("Escape")
    expect(page.locator("#verdict")).to_contain_text("王建国")
    expect(page.locator("#verdict .record")).to_have_count(0)


@pytest.mark.parametrize("size", [DESKTOP, (1024, 768)])
def test_with_ten_checks_the_booth_still_sees_all_on_one_screen(
    at_the_gate: Callable[..., Page], size: tuple[int, int]
) -> None:
    page = at_the_gate(size=size)
    for number in range(10):
        scan(page, f"鄂E0000{number}")
        expect(page.locator("#verdict")).to_contain_text(f"鄂E·0000{number}")
    expect(page.locator("#recent li")).to_have_count(10)
    assert page.evaluate("document.documentElement.scrollHeight") <= size[1]
    expect(page.locator("#field")).to_be_in_viewport(ratio=1)
    expect(page.locator("#inside .counts")).to_be_in_viewport(ratio=1)
    expect(page.locator("form.decision")).to_be_in_viewport(ratio=1)


def test_a_picture_without_a_reader_or_its_weights_is_told_in_words(
    at_the_gate: Callable[..., Page], tmp_path: Path
) -> None:
    page = at_the_gate()
    picture = tmp_path / "car.jpg"
    picture.write_bytes(bytes(cv2.imencode(".jpg", np.full((120, 160, 3), 128, np.uint8))[1]))
    page.locator("#picture").set_input_files(picture)
    expect(page.locator("#plates")).to_contain_text("车牌识别正在重新启动")
    with a_plate_reader(tmp_path / "plates.sock", tmp_path / "no-models"):
        page.locator("#picture").set_input_files(picture)
        expect(page.locator("#plates")).to_contain_text("没有安装车牌识别模型")


def test_a_guard_sees_which_page_is_the_current_one(at_the_gate: Callable[..., Page]) -> None:
    page = at_the_gate()
    expect(page.locator("#field")).to_be_focused()
    expect(page.locator('nav.pages a[aria-current="page"]')).to_have_attribute("href", "/gate")


def test_of_a_vehicle_that_nobody_knows_the_list_says_why_it_was_let_in(a_refer: Page) -> None:
    for key in ("F8", "4", "Enter"):
        a_refer.keyboard.press(key, delay=TYPING_MS)
    expect(a_refer.locator(".inside-line")).to_contain_text("送货、接送")


def test_a_plate_read_from_a_picture_is_chosen_and_checked(at_the_gate: Callable[..., Page], tmp_path: Path) -> None:
    page = at_the_gate()
    read = {"plates": [{"text": "鄂E12345", "score": 0.98, "box": [[0, 0], [1, 0], [1, 1], [0, 1]], "color": "blue"}]}
    page.route("**/plates/readings", lambda route: route.fulfill(json=read))
    picture = tmp_path / "car.jpg"
    picture.write_bytes(bytes(cv2.imencode(".jpg", np.full((120, 160, 3), 128, np.uint8))[1]))
    page.locator("#picture").set_input_files(picture)
    expect(page.locator("#plates button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#verdict .verdict-word")).to_have_text("放行")
    expect(page.locator("#plates")).to_be_hidden()


def test_a_guard_of_two_gates_chooses_one_and_it_stands_in_the_address(at_the_gate: Callable[..., Page]) -> None:
    page = at_the_gate(path="/gate")
    expect(page.get_by_role("heading", name="今天在哪个门值勤？")).to_be_visible()
    expect(page.locator(".gate-choice a").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#field")).to_be_focused()
    assert page.url.endswith("/gate?gate=oc1-north")


def test_the_page_fits_a_phone_in_width(at_the_gate: Callable[..., Page]) -> None:
    page = at_the_gate(size=PHONE)
    scan(page, "鄂E00000")
    expect(page.locator("form.decision")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
