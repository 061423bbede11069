"""The site plan: a clerk drags a gate, the control room's plan follows, and the last move is taken back."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import monitor.patrols.places
from monitor.room import ROOM as MONITOR
from registry.auth.permissions import Role
from registry.devices.facts import Place
from registry.devices.reading import load_register
from registry.ids import DeviceAddress
from registry.pages import routers
from registry.sites.models import Site
from registry.web.parts import Parts
from tests.browser.conftest import PHONE
from tests.makers.patrol import a_walk
from tests.makers.registry import a_device, a_gate, a_keyring
from tests.makers.web import OC1, a_session, a_user, some_parts

pytestmark = pytest.mark.browser
NORTH = DeviceAddress(OC1, "gate", "oc1-north")


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    parts = some_parts(tmp_path, rooms=(MONITOR,))
    parts.rooms["registry"] = a_keyring()
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        a_gate(work.session)
        a_device(work.session, str(NORTH), place=Place(x=0.5, y=0.1))
        a_device(work.session, "oc1/camera/hall-01")
        site = work.session.get(Site, OC1)
        assert site is not None
        site.outline = [[0.05, 0.08], [0.95, 0.08], [0.95, 0.92], [0.05, 0.92]]
        house = [[0.14, 0.2], [0.4, 0.2], [0.4, 0.38], [0.14, 0.38]]
        site.buildings = [{"name_zh": "1号楼", "name_en": "Building 1", "outline": house}]
    a_walk(parts, stops=[("配电房", "Power room")])
    return parts


def place_of(parts: Parts, address: DeviceAddress) -> Place | None:
    with parts.stores["registry"].read() as session:
        return load_register(session).devices[address].place


def test_a_gate_is_dragged_on_the_plan_and_the_move_is_taken_back(
    parts: Parts, serve: Callable[..., str], open_page: Callable[..., Page], eventually: Callable[..., None]
) -> None:
    clerk = a_session(parts, a_user(parts, "chen", Role.CLERK))
    url = f"{serve(parts, *routers(), monitor.patrols.places.router)}/registry/sites/oc1/plan"
    page = open_page(url, signed_in=clerk)
    plan, gate = page.locator("[data-plan]"), page.get_by_role("button", name="北门、大门")
    expect(page.locator("[data-unplaced] button")).to_have_count(2)

    box, sign = plan.bounding_box(), gate.bounding_box()
    assert box is not None
    assert sign is not None
    page.mouse.move(sign["x"] + sign["width"] / 2, sign["y"] + sign["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5, steps=4)
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.75, steps=4)
    page.mouse.up()
    expect(page.get_by_role("status")).to_contain_text("北门：位置已保存")
    moved = place_of(parts, NORTH)
    assert moved is not None
    assert (moved.x, moved.y) == pytest.approx((0.25, 0.75), abs=0.03)

    page.keyboard.press("Shift+ArrowRight")
    eventually(lambda: place_of(parts, NORTH) != moved)
    page.keyboard.press("u")
    expect(page.get_by_role("status")).to_contain_text("北门：已放回原处")
    assert place_of(parts, NORTH) == moved
    expect(page.locator(f'option[value="gate:oc1-north@{moved.x:.6f},{moved.y:.6f}"]')).to_have_count(1)

    camera = page.get_by_role("button", name="hall-01")
    camera.drag_to(plan, target_position={"x": box["width"] / 2, "y": box["height"] / 2})
    expect(page.get_by_role("status")).to_contain_text("hall-01：位置已保存")
    hall = place_of(parts, DeviceAddress(OC1, "camera", "hall-01"))
    assert hall is not None
    assert (hall.x, hall.y) == pytest.approx((0.5, 0.5), abs=0.01)

    page.get_by_role("button", name="配电房").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("配电房：位置已保存")
    expect(page.get_by_text("全部已定位")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="配电房、巡更点").locator(".sign + .name")).to_be_attached()
    phone = open_page(url, size=PHONE, lang="en", signed_in=clerk)
    expect(phone.get_by_role("heading", name="Site plan")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
