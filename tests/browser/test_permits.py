"""A vehicle permit from its unit's officer to the gate that refuses its old number by name."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from deploy.assembly import RegistryFeed
from gateway.desk import Desk
from gateway.plates.client import PlateClient
from gateway.room import ROOM as GATEWAY
from gateway.web import routers as gateway_routers
from registry.access.facts import CredentialKind
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.auth.service import add_user
from registry.ids import UnitId
from registry.pages import routers
from registry.web.parts import Parts
from tests.makers.gate_page import scan
from tests.makers.permits import a_batch
from tests.makers.registry import OC1, a_gate, a_keyring, a_person, a_unit
from tests.makers.web import PASSWORD, SignedInBrowser, a_session, some_parts

pytestmark = pytest.mark.browser

Open = Callable[..., Page]


class House:
    """A registry with one unit in it, and a gate that hears of its changes."""

    def __init__(self, parts: Parts, url: str, unit: UnitId) -> None:
        self.parts, self.url, self.unit = parts, url, unit

    def signed_in(self, role: Role) -> SignedInBrowser:
        unit = self.unit if role is Role.UNIT_OFFICER else None
        with self.parts.stores["registry"].begin(self.parts.clock.now()) as work:
            grants = [Grant(role, OC1, unit=unit)]
            user = add_user(work.session, name=f"the-{role}", password=PASSWORD, grants=grants, now=work.now)
        return a_session(self.parts, user, str(list(Role).index(role)) * 43)

    def gate_knows(self, number: str) -> bool:
        desk = self.parts.rooms["gateway"]
        return isinstance(desk, Desk) and bool(desk.snapshot.with_key(CredentialKind.PERMIT, number))


@pytest.fixture
def house(tmp_path: Path, serve: Callable[..., str]) -> Iterator[House]:
    parts = some_parts(tmp_path, rooms=(GATEWAY,))
    parts.rooms["registry"] = a_keyring()
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        a_gate(work.session)
        unit = a_unit(work.session)
        unit.permit_quota = 20
        a_batch(work.session, unit)
        a_person(work.session, "王建国", unit=unit)
    desk = Desk(
        store=parts.stores["gateway"],
        feed=RegistryFeed(parts.stores["registry"]),
        clock=parts.clock,
        pass_keys={},
        plates=PlateClient(tmp_path / "plates.sock"),
        attempt_key=b"k" * 32,
        pin_key=b"p" * 32,
    )
    desk.start()
    parts.rooms["gateway"] = desk
    yield House(parts, serve(parts, *routers(), *gateway_routers()), UnitId(unit.id))
    desk.stop()


def test_a_permit_is_applied_for_approved_issued_lost_and_replaced(
    house: House, open_page: Open, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    unit_s = open_page(f"{house.url}/registry/unit/applications", signed_in=house.signed_in(Role.UNIT_OFFICER))
    unit_s.get_by_role("link", name="填写申请").click()
    unit_s.locator("[name=holder]").select_option(label="王建国")
    unit_s.get_by_label("车牌号").fill("京A12")
    unit_s.get_by_label("车辆性质").select_option(label="公务车")
    unit_s.get_by_role("button", name="提交申请").click()
    expect(unit_s.get_by_label("车牌号")).to_have_accessible_description(re.compile("车牌写法不对"))
    unit_s.get_by_label("车牌号").fill("鄂E12345")
    unit_s.get_by_role("button", name="提交申请").click()
    expect(unit_s.locator("h1 .badge")).to_have_text("待初审")

    clerk_s = open_page(f"{house.url}/registry/applications", signed_in=house.signed_in(Role.CLERK))
    for key in ("j", "x", "r"):
        clerk_s.keyboard.press(key)
    expect(clerk_s.get_by_role("status")).to_have_text("已初审 1 件。")
    expect(clerk_s.get_by_role("button", name="核发")).to_have_count(0)

    officer_s = open_page(f"{house.url}/registry/applications", signed_in=house.signed_in(Role.SECURITY_OFFICER))
    for key in ("j", "x", "p"):
        officer_s.keyboard.press(key)
    expect(officer_s.get_by_role("status")).to_have_text("已审批 1 件。")

    clerk_s.goto(f"{house.url}/registry/applications")
    for key in ("j", "Enter"):
        clerk_s.keyboard.press(key)
    expect(clerk_s.locator(".history")).to_contain_text("审批同意")  # the list has a button of that name too
    clerk_s.get_by_role("button", name="核发").click()
    expect(clerk_s.locator(".history")).to_contain_text("核发")
    clerk_s.get_by_role("link", name="通行证 2026-0001").click()

    guard_s = open_page(f"{house.url}/gate?gate=oc1-north", signed_in=house.signed_in(Role.GUARD))
    shown = guard_s.locator("#verdict")
    eventually(lambda: house.gate_knows("2026-0001"))
    scan(guard_s, "2026-0001")
    expect(shown.locator(".verdict-word")).to_have_text("放行")
    expect(shown).to_contain_text("王建国")

    clerk_s.get_by_label("原因").fill("风挡卡丢失")
    clerk_s.get_by_role("button", name="挂失").click()
    expect(clerk_s.get_by_role("status")).to_contain_text("2026-0001 已挂失")
    clerk_s.get_by_role("button", name="补办，启用新证号").click()
    expect(clerk_s.get_by_role("status")).to_contain_text("已补办新证 2026-0002")
    expect(clerk_s.locator(".chain")).to_contain_text("2026-0001 → 2026-0002")

    eventually(lambda: house.gate_knows("2026-0002"))
    scan(guard_s, "2026-0001")
    expect(shown.locator(".verdict-word")).to_have_text("不放行")
    expect(shown.locator(".verdict-sentence")).to_contain_text("2026-0002")
