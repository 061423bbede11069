"""From arrival to leaving, as a clerk and a guard see it: a tenancy, its passes, its end, and the gate that refuses."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from gateway.web import routers as gate_routers
from registry.access.facts import CredentialStatus
from registry.auth.permissions import Role
from registry.housing.models import RoomRow
from registry.pages import routers
from registry.people.models import Person
from registry.people.search import keep_tokens
from registry.web.parts import Parts
from tests.makers.gate_page import scan
from tests.makers.gateway import a_gate_house
from tests.makers.housing import a_room
from tests.makers.registry import IDENTITY, a_gate, a_keyring, a_person
from tests.makers.registry_feed import RegistryFeed
from tests.makers.web import a_session, a_user

pytestmark = pytest.mark.browser
CARD = "04A1B2C3"


def furnish(parts: Parts) -> RoomRow:
    """An empty flat, and two people who want to live in it."""
    parts.rooms["registry"] = a_keyring()
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        a_gate(work.session)
        a_person(work.session, "李娜", phone="13800000001")
        a_person(work.session, "王强", phone="13800000002")
        work.session.flush()
        keep_tokens(work.session, IDENTITY, work.session.scalars(select(Person)).all())
        return a_room(work.session)


def test_a_tenancy_with_two_occupants_is_registered_passed_ended_and_refused_at_the_gate(
    tmp_path: Path,
    serve: Callable[..., str],
    open_page: Callable[..., Page],
    eventually: Callable[[Callable[[], bool]], None],
) -> None:
    feed = RegistryFeed()
    with a_gate_house(tmp_path, feed, {}) as house:
        room = furnish(house.parts)
        feed.store = house.parts.stores["registry"]
        url = serve(house.parts, *routers(), *gate_routers())
        clerk = a_session(house.parts, a_user(house.parts, "chen", Role.CLERK))
        guard = a_session(house.parts, a_user(house.parts, "wang", Role.GUARD), "w" * 43)

        page = open_page(f"{url}/registry/rooms/{room.id}", signed_in=clerk)
        page.get_by_role("link", name="登记租住").click()
        page.get_by_label("承租人", exact=True).fill("李娜")
        page.get_by_label("居住人员").fill("李娜\n王强")
        page.get_by_role("button", name="登记租住").click()
        living = {name: page.locator("article", has_text=name) for name in ("李娜", "王强")}
        expect(living["王强"]).to_be_visible()

        for name, article in living.items():
            article.get_by_text("人来登记").click()
            article.get_by_label("户籍地").fill("湖北省秭归县")
            article.get_by_role("button", name="建立档案").click()
            expect(article).to_contain_text("2026-11-23 登记")
            article.get_by_text("发证").first.click()
            article.get_by_label("卡号").fill(CARD if name == "李娜" else "")
            article.get_by_role("button", name="发证").click()
            expect(article.locator(".badge")).to_have_text("有效")

        living["王强"].get_by_role("link", name="Q-").click()
        expect(page.locator(".code svg")).to_be_visible()
        printed = page.request.get(f"{url}{page.get_by_role('link', name='PDF').get_attribute('href')}")
        assert printed.body().startswith(b"%PDF")
        page.go_back()

        def is_known(status: CredentialStatus) -> bool:
            known = house.desk.keeper.snapshot.credentials.values()
            return len(known) == 2 and {one.status for one in known} == {status}

        gate = open_page(f"{url}/gate?gate=oc1-north", signed_in=guard)
        eventually(lambda: is_known(CredentialStatus.ACTIVE))
        scan(gate, CARD)
        expect(gate.locator("#verdict .verdict-word")).to_have_text("放行")

        page.get_by_role("link", name="办理退租").click()
        expect(page.get_by_text("现在退租：2 张证件立即失效，2 份暂住档案随之注销。")).to_be_visible()
        page.get_by_label("原因").fill("搬走")
        page.get_by_role("button", name="办理退租").click()
        expect(page.get_by_text("已退租，最后一天 2026-11-23")).to_be_visible()

        eventually(lambda: is_known(CredentialStatus.ENDED))
        scan(gate, CARD)
        expect(gate.locator("#verdict .verdict-word")).to_have_text("不放行")
        expect(gate.locator("#verdict")).to_contain_text("租约已终止，此证随之失效。")
