"""The users' pages, as an administrator works with them; 200 users are as easy as three."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from registry.auth.models import GrantRow, UserRow
from registry.auth.permissions import Role
from registry.auth.secrets import hash_password
from registry.ids import SiteId, UserId, new_id
from registry.pages import routers
from registry.web.parts import Parts
from tests.browser.conftest import PHONE
from tests.makers.registry import a_gate, a_keyring, a_site
from tests.makers.web import PASSWORD, SignedInBrowser, a_session, a_user, some_parts

pytestmark = pytest.mark.browser


@dataclass(frozen=True, slots=True)
class House:
    """A running house with an administrator of all compounds, and one user for each number."""

    url: str
    parts: Parts
    admin: SignedInBrowser
    guard: UserId


def many_users(parts: Parts, count: int) -> None:
    """Guards and patrols, all with one hash: each of its own would take a tenth of a second."""
    hashed = hash_password(PASSWORD)
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        for number in range(count):
            role = Role.PATROL if number % 10 == 0 else Role.GUARD
            user = UserRow(id=new_id(), name=f"{role}-{number:03}", password=hashed, created_at=work.now)
            work.session.add(user)
            work.session.flush()
            work.session.add(GrantRow(user_id=user.id, role=role, site="oc1"))


@pytest.fixture
def house(tmp_path: Path, serve: Callable[..., str]) -> House:
    parts = some_parts(tmp_path)
    parts.rooms["registry"] = a_keyring()
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        a_gate(work.session)
        a_site(work.session, "oc2", name_zh="北苑小区", name_en="North Court")
    many_users(parts, 200)
    admin = a_session(parts, a_user(parts, "admin", site=None))
    guard = a_user(parts, "chen", Role.GUARD, site=SiteId("oc1"))
    return House(serve(parts, *routers()), parts, admin, guard)


def test_one_of_two_hundred_is_found_with_the_keyboard_alone(house: House, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{house.url}/registry/users", lang="en", signed_in=house.admin)
    expect(page.locator("tbody tr")).to_have_count(40)
    page.keyboard.press("/")
    page.keyboard.type("che")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="chen")).to_be_visible()


def test_a_role_narrows_the_list_and_its_pages_follow_one_another(house: House, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{house.url}/registry/users", lang="en", signed_in=house.admin)
    page.get_by_label("Role").select_option("patrol")
    expect(page.locator("tbody tr")).to_have_count(20)
    page.get_by_label("Role").select_option("")
    expect(page.locator("tbody tr")).to_have_count(40)
    names: list[str] = []
    while True:
        expect(page.locator("tbody tr").first).to_be_visible()
        names += page.locator("tbody th a").all_inner_texts()
        following = page.get_by_role("link", name="Next page")
        if following.count() == 0:
            break
        first = page.locator("tbody th a").first.inner_text()
        following.click()
        expect(page.locator("tbody th a").first).not_to_have_text(first)
    assert len(names) == 202
    assert names == sorted(names)


def test_somebody_is_added_and_the_password_stands_there_once(house: House, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{house.url}/registry/users/new", lang="en", signed_in=house.admin)
    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type("chen")
    page.keyboard.press("Enter")
    expect(page.locator(".field-problem")).to_have_text("This user name is taken.")
    page.get_by_label("User name").fill("wang")
    page.get_by_label("Role").select_option("clerk")
    page.get_by_label("Compound").select_option("oc2")
    page.get_by_role("button", name="Add").click()
    expect(page.locator(".once .secret")).to_have_text(re.compile(r"^([a-z2-9]{4}-){3}[a-z2-9]{4}$"))
    expect(page).to_have_url(re.compile(r"/registry/users/[0-9a-f-]{36}$"))
    page.reload()
    expect(page.get_by_role("heading", name="wang")).to_be_visible()
    expect(page.locator(".once")).to_have_count(0)


def test_what_one_would_regret_is_undone_with_one_button(house: House, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{house.url}/registry/users/{house.guard}", lang="en", signed_in=house.admin)
    page.get_by_role("button", name="Shut out").click()
    expect(page.locator(".done")).to_contain_text("chen is shut out")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".done")).to_contain_text("chen is let in again")
    page.get_by_role("button", name="Take away").click()
    expect(page.get_by_text("No role yet")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#roles-title ~ ul li")).to_have_text(re.compile("Guard"))


def test_a_token_is_made_shown_once_and_revoked(house: House, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{house.url}/registry/users/{house.guard}", lang="en", signed_in=house.admin)
    page.locator("summary").filter(has_text="Make a token").click()
    page.get_by_label("What it is for").fill("monthly report")
    page.get_by_label("read entries").check()
    page.get_by_role("button", name="Make it").click()
    token = page.locator(".once .secret").inner_text()
    assert house.parts.directory.of_bearer(token) is not None
    page.reload()
    expect(page.locator(".once")).to_have_count(0)
    expect(page.get_by_text("monthly report")).to_be_visible()
    page.get_by_role("button", name="Revoke").click()
    expect(page.locator(".done")).to_contain_text("The token is revoked")
    assert house.parts.directory.of_bearer(token) is None


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", ["", "/new", "/{guard}"])
def test_it_fits_on_a_phone(house: House, open_page: Callable[..., Page], path: str, lang: str) -> None:
    url = f"{house.url}/registry/users{path.format(guard=house.guard)}"
    page = open_page(url, size=PHONE, lang=lang, signed_in=house.admin)
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
