"""Signing in, as a person at a keyboard does it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from registry.auth.permissions import Role
from tests.browser.conftest import PHONE
from tests.fakes.clock import FixedClock
from tests.fakes.identity_provider import running_identity_provider
from tests.makers.providers import RETURN_URL, a_provider
from tests.makers.web import PASSWORD, a_user, some_parts

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    "words", [("zh", "登录", "用户名或密码不对"), ("en", "Sign in", "Name or password is wrong")], ids=["zh", "en"]
)
def test_somebody_signs_in_with_the_keyboard_alone(
    tmp_path: Path, serve: Callable[..., str], open_page: Callable[..., Page], words: tuple[str, str, str]
) -> None:
    lang, button, wrong = words
    parts = some_parts(tmp_path)
    a_user(parts, "guard")
    page = open_page(serve(parts), lang=lang)
    expect(page.get_by_role("button", name=button)).to_be_visible()
    expect(page.locator("input[name='name']")).to_be_focused()

    page.keyboard.type("guard")
    page.keyboard.press("Tab")
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text=wrong)).to_be_visible()
    expect(page.locator("input[name='password']")).to_be_focused()

    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".user")).to_have_text("guard")


def test_the_language_is_switched_where_one_is_and_stays(
    tmp_path: Path, serve: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    parts = some_parts(tmp_path)
    url = serve(parts)
    page = open_page(f"{url}/sign-in?to=/gate", lang=None)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Dayuan")).to_be_visible()
    assert page.url == f"{url}/sign-in?to=/gate"
    page.reload()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "en"


def test_after_too_many_tries_the_page_says_how_long_to_wait(
    tmp_path: Path, serve: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    parts = some_parts(tmp_path)
    a_user(parts, "guard", Role.GUARD)
    page = open_page(serve(parts))
    for _ in range(6):
        page.get_by_label("用户名").fill("guard")
        page.get_by_label("密码").fill("wrong")
        with page.expect_navigation():
            page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="请等 2 秒后再试")).to_be_visible()


def test_the_form_fits_on_a_phone(tmp_path: Path, serve: Callable[..., str], open_page: Callable[..., Page]) -> None:
    page = open_page(serve(some_parts(tmp_path)), size=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    box = page.get_by_role("button", name="登录").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= PHONE[1]


def test_somebody_comes_in_by_the_houses_provider(
    tmp_path: Path, serve: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    """The provider is another site to the browser, as it is in life: `localhost` beside `127.0.0.1`."""
    clock = FixedClock()
    with running_identity_provider(clock, RETURN_URL) as fake:
        fake.url = fake.url.replace("127.0.0.1", "localhost")
        provider = a_provider(fake, clock)
        parts = some_parts(tmp_path, clock=clock, provider=provider)
        a_user(parts, "guard")
        url = serve(parts)
        fake.redirect_url = f"{url}/sign-in/provider/return"
        provider.client = replace(provider.client, redirect_url=fake.redirect_url)

        page = open_page(f"{url}/sign-in")
        page.get_by_role("link", name="用市局统一认证登录").click()
        expect(page.locator(".user")).to_have_text("guard")
        assert page.url == f"{url}/"

        fake.refuses = "access_denied"
        page = open_page(f"{url}/sign-in")
        page.get_by_role("link", name="用市局统一认证登录").click()
        expect(page.get_by_role("alert").filter(has_text="没有通过这次登录")).to_be_visible()
        page.get_by_label("用户名").fill("guard")
        page.get_by_label("密码").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator(".user")).to_have_text("guard")
