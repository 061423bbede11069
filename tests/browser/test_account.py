"""One's own account and the second step of signing in, as a person at a keyboard works with them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from registry.auth import changing_password
from registry.auth.permissions import Role
from registry.pages import routers
from registry.settings import Settings
from registry.web.parts import Parts
from tests.browser.conftest import PHONE
from tests.fakes.clock import FixedClock
from tests.makers.registry import a_gate, a_keyring
from tests.makers.second_factors import a_factor, shown
from tests.makers.web import PASSWORD, SignedInBrowser, a_session, a_user, some_parts

pytestmark = pytest.mark.browser

OWN = "tea at the north gate"


@dataclass(frozen=True, slots=True)
class House:
    """A running house with a guard and an administrator, who needs a second factor."""

    url: str
    parts: Parts
    guard: SignedInBrowser
    clock: FixedClock


@pytest.fixture
def house(tmp_path: Path, serve: Callable[..., str]) -> House:
    clock = FixedClock()
    settings = Settings(data_dir=tmp_path, second_factor_roles=(Role.ADMIN,))
    parts = some_parts(tmp_path, clock=clock, settings=settings)
    parts.rooms["registry"] = a_keyring()
    with parts.stores["registry"].begin(clock.now()) as work:
        a_gate(work.session)
    guard = a_session(parts, a_user(parts, "guard"))
    a_user(parts, "admin", site=None)
    return House(serve(parts, *routers()), parts, guard, clock)


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    expect(page.locator("input[name='name']")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def test_a_password_is_changed_with_the_keyboard_and_what_is_wrong_stands_at_its_field(
    house: House, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{house.url}/account", lang="en", signed_in=house.guard)
    page.locator("summary").filter(has_text="Change password").focus()
    page.keyboard.press("Enter")
    for old, new, told in (
        ("wrong", OWN, "The present password is wrong."),
        (PASSWORD, "guard-password-2026", "among the first passwords that others try"),
        (PASSWORD, OWN, None),
    ):
        for field, typed in (("old", old), ("password", new), ("again", new)):
            page.locator(f"form[action='/account/password'] input[name='{field}']").fill(typed)
        page.keyboard.press("Enter")
        if told is not None:
            expect(page.locator(".field-problem")).to_contain_text(told)
    expect(page.get_by_role("status")).to_have_text("The password is changed; you are signed out everywhere else.")
    expect(page).to_have_url(f"{house.url}/account?done=password_changed")


def test_a_second_factor_is_set_up_and_asked_at_the_next_sign_in(house: House, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{house.url}/account", lang="en", signed_in=house.guard)
    page.locator("summary").filter(has_text="Set up two-step sign-in").click()
    page.get_by_label("Present password").last.fill(PASSWORD)
    page.keyboard.press("Enter")
    secret = page.locator(".typed-secret").inner_text()
    expect(page.locator(".app-code svg")).to_be_visible()
    page.get_by_label("The 6 digits that the app shows").fill("000000")
    page.keyboard.press("Enter")
    expect(page.locator(".field-problem")).to_contain_text("The code is wrong")
    page.get_by_label("The 6 digits that the app shows").fill(shown(secret, house.clock.now()))
    page.keyboard.press("Enter")
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    recovery = page.locator(".recovery-codes li").first.inner_text()
    expect(page).to_have_url(f"{house.url}/account")
    page.get_by_role("link", name="I have kept them").click()
    expect(page.locator(".badge").filter(has_text="On")).to_be_visible()

    page.get_by_role("button", name="Sign out", exact=True).first.click()
    sign_in(page, "guard")
    expect(page.get_by_role("heading", name="Enter the code")).to_be_visible()
    expect(page.locator("input[name='code']")).to_be_focused()
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="was used already")).to_be_visible()
    expect(page.locator("input[name='code']")).to_be_focused()
    page.keyboard.type(recovery.lower())
    page.keyboard.press("Enter")
    expect(page.locator(".user")).to_have_text("guard")


def test_an_administrator_sets_up_what_the_post_asks_for_on_the_way_in(
    house: House, open_page: Callable[..., Page]
) -> None:
    with house.parts.stores["registry"].begin(house.clock.now()) as work:
        changing_password.make_temporary(work.session, "admin", now=work.now)
    page = open_page(f"{house.url}/sign-in?to=/account", lang="en")
    sign_in(page, "admin")
    expect(page.get_by_role("heading", name="Choose your own password")).to_be_visible()
    for again in ("something else", OWN):
        page.get_by_label("New password", exact=True).fill(OWN)
        page.get_by_label("New password again").fill(again)
        with page.expect_navigation():
            page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Set up two-step sign-in")).to_be_visible()
    page.get_by_label("The 6 digits").fill(shown(page.locator(".typed-secret").inner_text(), house.clock.now()))
    page.keyboard.press("Enter")
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    expect(page.get_by_role("link", name="I have kept them")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{house.url}/account")
    expect(page.locator(".badge").filter(has_text="On")).to_be_visible()


def test_sessions_elsewhere_are_signed_out(house: House, open_page: Callable[..., Page]) -> None:
    elsewhere = open_page(f"{house.url}/sign-in?to=/account", lang="en")
    sign_in(elsewhere, "guard")
    expect(elsewhere.get_by_text("this browser")).to_be_visible()
    page = open_page(f"{house.url}/account", lang="en", signed_in=house.guard)
    expect(page.locator(".sessions li").filter(has_text="Chrome")).to_have_count(1)
    page.get_by_role("button", name="Sign out everywhere else").click()
    expect(page.get_by_role("status")).to_have_text("Signed out there.")
    elsewhere.reload()
    expect(elsewhere).to_have_url(re.compile("/sign-in"))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", ["/account", "/sign-in/code"])
def test_it_fits_on_a_phone(house: House, open_page: Callable[..., Page], path: str, lang: str) -> None:
    a_factor(house.parts.stores["registry"], house.clock)
    page = open_page(f"{house.url}/sign-in?to=/account", size=PHONE, lang=lang)
    sign_in(page, "guard")
    expect(page).to_have_url(re.compile("/sign-in/code"))
    if path == "/account":
        page = open_page(f"{house.url}/account", size=PHONE, lang=lang, signed_in=house.guard)
        for summary in page.locator("summary").all():
            summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
