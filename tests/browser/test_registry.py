"""The registry's pages, as a clerk works with them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from registry.access.facts import CredentialStatus
from registry.auth.permissions import Role
from registry.pages import routers
from registry.passes.models import Card
from registry.people.models import Person
from registry.web.parts import Parts
from tests.browser.conftest import PHONE
from tests.makers.pictures import a_picture
from tests.makers.registry import a_card, a_device, a_gate, a_keyring, a_permit, a_person, a_unit, a_zone
from tests.makers.web import SignedInBrowser, a_session, a_user, some_parts

pytestmark = pytest.mark.browser


@dataclass(frozen=True, slots=True)
class Office:
    """A running registry with one person in it, and a clerk's session."""

    url: str
    parts: Parts
    clerk: SignedInBrowser
    person: Person


@pytest.fixture
def office(tmp_path: Path, serve: Callable[..., str]) -> Office:
    parts = some_parts(tmp_path)
    parts.rooms["registry"] = a_keyring()
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        a_gate(work.session)
        person = a_person(work.session, "王建国", unit=a_unit(work.session))
        a_person(work.session, "李秀英", phone="13800138000")
        a_permit(work.session, "鄂E12345", person=person)
        a_permit(work.session, "鄂E12345", person=person, year=2025)
        a_card(work.session, "04A1B2C3", person=person)
        a_device(work.session, "oc1/camera/north-01")
        a_zone(work.session)
    clerk = a_user(parts, "chen", Role.CLERK, Role.ADMIN, Role.SECURITY_OFFICER)
    return Office(serve(parts, *routers()), parts, a_session(parts, clerk), person)


def test_a_clerk_finds_somebody_with_the_keyboard_alone(office: Office, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{office.url}/registry/people", signed_in=office.clerk)
    expect(page.locator("tbody tr")).to_have_count(2)

    page.keyboard.press("/")
    page.keyboard.type("档案")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(f"{office.url}/registry/people?q=%E6%A1%A3%E6%A1%88")

    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="王建国")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("", ["/", "j", "k", "Enter"]),
        ("/permits?q=0000", ["/"]),
        ("/denylist", ["/"]),
        ("/zones", []),
        ("/people/new", []),
    ],
)
def test_a_page_names_only_keys_that_do_something_on_it(
    office: Office, open_page: Callable[..., Page], path: str, keys: list[str]
) -> None:
    page = open_page(f"{office.url}/registry{path}", signed_in=office.clerk)
    assert page.locator(".keys kbd:visible").all_inner_texts() == keys


def test_a_telephone_number_stands_under_its_heading(office: Office, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{office.url}/registry/people", signed_in=office.clerk)
    heading = page.get_by_role("columnheader", name="电话")
    number = page.get_by_role("cell", name="13800138000")
    side = "cell => getComputedStyle(cell).textAlign"
    assert heading.evaluate(side) == number.evaluate(side)


def test_a_plate_typed_on_the_first_page_finds_its_permits(office: Office, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{office.url}/registry", signed_in=office.clerk)
    page.keyboard.press("/")
    page.keyboard.type("鄂E·12345")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="车辆通行证")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page).to_have_url(f"{office.url}/registry/permits?q=%E9%84%82E12345")


def test_a_lost_card_is_reported_and_found_again(office: Office, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{office.url}/registry/people/{office.person.id}", signed_in=office.clerk)
    card = page.locator("article", has_text="04A1B2C3")
    expect(card.locator(".badge")).to_have_text("有效")

    card.get_by_text("处理…").click()
    card.get_by_label("原因").fill("食堂丢失")
    card.get_by_role("button", name="挂失").click()
    expect(card.locator(".badge")).to_have_text("已挂失")
    expect(card).to_contain_text("2026-11-23 起：食堂丢失")

    card.get_by_text("处理…").click()
    card.get_by_label("原因").fill("已找到")
    card.get_by_role("button", name="恢复使用").click()
    expect(card.locator(".badge")).to_have_text("有效")


def test_a_permit_is_issued_and_a_mistyped_plate_is_told_without_losing_the_form(
    office: Office, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{office.url}/registry/people/{office.person.id}", signed_in=office.clerk)
    page.locator("summary", has_text="核发车辆通行证").click()
    plate = page.get_by_label("车牌号")
    plate.fill("京A12")
    page.get_by_role("button", name="核发").first.click()
    expect(plate).to_have_accessible_description(re.compile("车牌写法不对"))
    expect(plate).to_have_attribute("aria-invalid", "true")
    expect(plate).to_be_focused()
    expect(plate).to_have_value("京A12")
    expect(page.locator("#notice")).to_be_hidden()

    plate.fill("鄂E·D54321")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="核发").first.click()
    expect(page.locator("article", has_text="鄂E·D54321")).to_contain_text("2026-0002")
    expect(page.get_by_role("status")).to_have_text("已核发 2026-0002 鄂E·D54321")


@pytest.mark.parametrize(("tab", "button"), [("permits", "核发通行证"), ("cards", "发门禁卡")])
def test_issuing_begins_with_the_holder(office: Office, open_page: Callable[..., Page], tab: str, button: str) -> None:
    page = open_page(f"{office.url}/registry/{tab}", signed_in=office.clerk)
    page.get_by_role("link", name=button).click()
    expect(page.get_by_role("heading", name="人员")).to_be_visible()


def test_who_may_not_disarm_reads_where_it_is_done(office: Office, open_page: Callable[..., Page]) -> None:
    clerk = a_session(office.parts, a_user(office.parts, "li", Role.CLERK), token="1" * 43)
    page = open_page(f"{office.url}/registry/zones", signed_in=clerk)
    expect(page.locator("main")).to_contain_text("布防、撤防和旁路在监控室操作")
    expect(page.get_by_role("link", name="当前布防状态")).to_have_count(0)
    page.goto(f"{office.url}/registry/permits")
    expect(page.get_by_role("link", name="核发通行证")).to_be_visible()


def test_a_lost_link_is_named_until_the_server_answers_again(office: Office, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{office.url}/registry/people", signed_in=office.clerk)
    page.context.set_offline(True)
    page.keyboard.press("/")
    page.keyboard.type("王建国")
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text(re.compile(r"与服务器断开（最后 \d\d:\d\d:\d\d）"))

    page.context.set_offline(False)
    page.keyboard.press("Backspace")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(notice).to_be_hidden()


def test_a_problem_of_no_field_stands_above_the_page_until_the_next_one(
    office: Office, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{office.url}/registry/people/{office.person.id}", signed_in=office.clerk)
    card = page.locator("article", has_text="04A1B2C3")
    card.get_by_text("处理…").click()
    card.get_by_label("原因").fill("食堂丢失")
    with office.parts.stores["registry"].begin(office.parts.clock.now()) as work:
        work.session.execute(update(Card).values(status=CredentialStatus.REPORTED_LOST))
    card.get_by_role("button", name="挂失").click()
    expect(page.get_by_role("alert")).to_contain_text("可能别人刚刚改过")
    page.get_by_role("link", name="总览").click()
    expect(page.get_by_role("heading", name="登记台账")).to_be_visible()
    expect(page.locator("#notice")).to_be_hidden()


def test_no_compound_chosen_is_told_at_the_choice(office: Office, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{office.url}/registry/people/{office.person.id}", signed_in=office.clerk)
    page.locator("summary", has_text="核发车辆通行证").click()
    page.get_by_label("车牌号").fill("鄂E·D54321")
    choice = page.get_by_role("group", name="通行院区").first
    choice.get_by_role("checkbox").uncheck()
    page.get_by_role("button", name="核发").first.click()
    expect(choice.get_by_role("alert")).to_contain_text("请至少选一个通行院区")


def test_a_slip_names_holder_unit_and_number_and_is_printed_without_the_frame(
    office: Office, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{office.url}/registry/people/{office.person.id}", signed_in=office.clerk)
    page.get_by_text("发二维码通行证").click()
    page.get_by_role("button", name="核发").last.click()
    slip = page.locator(".slip")
    expect(slip).to_contain_text("王建国")
    expect(slip).to_contain_text("档案局")
    number = slip.get_by_text(re.compile(r"^Q-[0-9A-F]{8}$")).inner_text()

    page.evaluate("window.print = () => document.body.dataset.printed = 'yes'")
    page.get_by_role("button", name="打印").click()
    expect(page.locator("body")).to_have_attribute("data-printed", "yes")
    page.emulate_media(media="print")
    expect(page.get_by_role("button")).to_have_count(0)
    expect(slip).to_be_visible()

    page.emulate_media(media="screen")
    page.get_by_role("link", name="← 王建国").click()
    expect(page.locator("article", has_text=number)).to_contain_text("有效")


def test_a_photo_is_added_to_a_file(office: Office, open_page: Callable[..., Page], tmp_path: Path) -> None:
    (tmp_path / "wang.jpg").write_bytes(a_picture(size=(300, 400)))
    page = open_page(f"{office.url}/registry/people/{office.person.id}", signed_in=office.clerk)
    page.get_by_text("添加照片").click()
    page.get_by_label("照片").set_input_files(tmp_path / "wang.jpg")
    page.get_by_role("button", name="保存").click()
    photo = page.get_by_role("img", name="王建国 的照片")
    expect(photo).to_be_visible()
    assert photo.evaluate("image => image.decode().then(() => image.naturalWidth)") == 300


def test_last_years_permit_stands_as_over(office: Office, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{office.url}/registry/permits?year=", lang="en", signed_in=office.clerk)
    expect(page.locator("tbody tr", has_text="2026-0001").locator(".badge")).to_have_text("Valid")
    expect(page.locator("tbody tr", has_text="2025-0001").locator(".badge")).to_have_text("Over")

    page.get_by_label("Year", exact=True).select_option("2025")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(f"{office.url}/registry/permits?q=&year=2025&status=")


def test_last_years_permit_is_renewed_with_one_button(office: Office, open_page: Callable[..., Page]) -> None:
    with office.parts.stores["registry"].begin(office.parts.clock.now()) as work:
        a_permit(work.session, "鄂E67890", person=office.person, year=2025)
    page = open_page(f"{office.url}/registry", signed_in=office.clerk)
    page.get_by_role("link", name="尚未换发").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="鄂E·67890").click()
    page.get_by_role("button", name="换发 2026 年度").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("2026-0002")
    expect(page.get_by_role("status")).to_contain_text("已换发")
    page.get_by_role("main").get_by_role("link", name=office.person.name).click()
    expect(page.get_by_role("button", name="换发 2026 年度")).to_have_count(0)


def test_a_plate_is_put_on_the_deny_list_and_taken_off(office: Office, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{office.url}/registry/denylist", signed_in=office.clerk)
    page.locator("summary", has_text="加入布控").click()
    page.get_by_label("车牌号或卡号").fill("鄂E99999")
    page.get_by_role("textbox", name="布控原因").fill("套牌车")
    page.get_by_role("button", name="加入布控名单").click()
    line = page.locator("article", has_text="鄂E·99999")
    expect(line).to_contain_text("套牌车")

    line.get_by_text("撤控").first.click()
    line.get_by_label("原因").fill("查清")
    line.get_by_role("button", name="撤控").click()
    expect(page.locator("#rows")).to_contain_text("名单为空")


def test_a_camera_gets_a_source(office: Office, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{office.url}/registry/devices/oc1/camera/north-01", lang="en", signed_in=office.clerk)
    page.get_by_label("New address").fill("rtsp://viewer:secret@10.0.0.7/main")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("rtsp://10.0.0.7/…", exact=True)).to_be_visible()
    expect(page.get_by_label("New address")).to_have_value("")


def test_a_new_device_secret_is_shown_once(office: Office, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{office.url}/registry/devices/oc1/beam/north-01", signed_in=office.clerk)
    page.get_by_role("button", name="更换密钥").click()
    expect(page.locator(".secret")).to_have_text(re.compile(r"^[0-9a-f]{32}$"))
    page.goto(f"{office.url}/registry/devices/oc1/beam/north-01")
    expect(page.locator(".secret")).to_have_count(0)
    expect(page.locator(".who dl")).to_contain_text("2")


@pytest.mark.parametrize("path", ["", "/people", "/permits", "/cards", "/devices", "/zones", "/denylist"])
def test_no_page_is_wider_than_a_phone(office: Office, open_page: Callable[..., Page], path: str) -> None:
    page = open_page(f"{office.url}/registry{path}", size=PHONE, signed_in=office.clerk)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    assert page.locator(".tabs [aria-current]").evaluate(
        "tab => tab.getBoundingClientRect().right <= innerWidth && tab.getBoundingClientRect().left >= 0"
    )
