"""From a level to the gate, as a clerk and a guard see it: hours are written, a card gets them, and the gate keeps them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gateway.web import routers as gate_routers
from registry.auth.permissions import Role
from registry.pages import routers
from registry.people.models import Person
from registry.web.parts import Parts
from tests.browser.conftest import PHONE
from tests.makers.gate_page import scan
from tests.makers.gateway import a_gate_house
from tests.makers.registry import a_gate, a_keyring, a_person
from tests.makers.registry_feed import RegistryFeed
from tests.makers.web import a_session, a_user

pytestmark = pytest.mark.browser
PRINTED = "123,45678"


def furnish(parts: Parts) -> Person:
    parts.rooms["registry"] = a_keyring()
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        a_gate(work.session)
        return a_person(work.session, "王建国")


def test_a_card_opens_at_the_hours_of_its_level_and_at_no_other(
    tmp_path: Path,
    serve: Callable[..., str],
    open_page: Callable[..., Page],
    eventually: Callable[[Callable[[], bool]], None],
) -> None:
    feed = RegistryFeed()
    with a_gate_house(tmp_path, feed, {}) as house:
        person = furnish(house.parts)
        feed.store = house.parts.stores["registry"]
        url = serve(house.parts, *routers(), *gate_routers())
        clerk = a_session(house.parts, a_user(house.parts, "chen", Role.CLERK))
        guard = a_session(house.parts, a_user(house.parts, "wang", Role.GUARD), "w" * 43)

        page = open_page(f"{url}/registry/levels", signed_in=clerk)
        page.get_by_role("link", name="新建通行权限").click()
        page.get_by_label("名称", exact=True).fill("早班")
        page.get_by_label("北门").check()
        page.get_by_label("星期一").fill("早上")
        page.get_by_role("button", name="保存", exact=True).click()
        expect(page.get_by_text("读不出时段")).to_be_visible()
        page.get_by_label("星期一").fill("8:00至11:00")
        page.get_by_role("button", name="保存", exact=True).click()
        expect(page.get_by_text("已保存，各门几秒内生效。")).to_be_visible()
        expect(page.locator("svg.week .open")).to_have_count(5)
        level = page.url.split("?")[0]

        page.goto(f"{url}/registry/people/{person.id}/credentials?new=card")
        page.locator("#new-card").get_by_label("卡号").fill(PRINTED)
        page.locator("#new-card").get_by_label("截止日（含当天）").fill("2026-12-31")
        page.locator("#new-card").get_by_label("早班").check()
        page.locator("#new-card").get_by_role("button", name="核发").click()
        expect(page.locator("article", has_text="7BB26E")).to_be_visible()

        gate = open_page(f"{url}/gate?gate=oc1-north", signed_in=guard)
        eventually(lambda: len(house.desk.keeper.snapshot.credentials) == 1)
        scan(gate, PRINTED)
        expect(gate.locator("#verdict .verdict-word")).to_have_text("不放行")
        expect(gate.locator("#verdict")).to_contain_text("现在不是准入时段，今天准入：08:00-11:00。")

        page.goto(level)
        page.get_by_label("星期一").fill("08:00-18:00")
        page.get_by_role("button", name="保存", exact=True).click()
        expect(page.get_by_role("button", name="撤销")).to_be_visible()
        (known,) = house.desk.keeper.snapshot.facts.levels
        eventually(lambda: house.desk.keeper.snapshot.facts.levels[known].week[0] == ((480, 1080),))
        scan(gate, PRINTED)
        expect(gate.locator("#verdict .verdict-word")).to_have_text("放行")


@pytest.mark.parametrize("path", ["/levels", "/levels/new", "/calendar", "/calendar?year=2027&day=2027-01-01"])
def test_no_page_of_hours_is_wider_than_a_phone(
    tmp_path: Path, serve: Callable[..., str], open_page: Callable[..., Page], path: str
) -> None:
    with a_gate_house(tmp_path, RegistryFeed(), {}) as house:
        furnish(house.parts)
        clerk = a_session(house.parts, a_user(house.parts, "chen", Role.CLERK))
        page = open_page(f"{serve(house.parts, *routers())}/registry{path}", signed_in=clerk, size=PHONE)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
