"""An operator at the page of the zones sees at once what another one does, and loses nothing of what they type."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import monitor.web
from monitor.arming import service
from monitor.arming.rules import Mode, default_group_id
from registry.auth.permissions import Role
from registry.devices.facts import ZoneKind
from tests.browser.conftest import PHONE
from tests.makers.monitor import OC1, a_principal, the_compound
from tests.makers.monitor_web import monitor_parts
from tests.makers.web import a_session, a_user

pytestmark = pytest.mark.browser

PERIMETER = default_group_id(OC1, ZoneKind.PERIMETER)


def test_what_another_operator_arms_appears_by_itself_and_what_is_typed_stays(
    tmp_path: Path, serve: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    register = the_compound()
    parts = monitor_parts(tmp_path, register)
    session = a_session(parts, a_user(parts, "operator", Role.OPERATOR))
    address = f"{serve(parts, *monitor.web.routers())}/control-room/zones?site=oc1"
    page = open_page(address, signed_in=session, size=PHONE)
    expect(page.locator("#link")).to_have_attribute("data-state", "live")
    reason = page.locator(f"#arm-{PERIMETER} input[name=reason]")
    reason.fill("送货车进院")
    with parts.stores["monitor"].begin(parts.clock.now()) as work:
        by = a_principal(Role.OPERATOR)
        service.arm(work, register, PERIMETER, Mode.NIGHT, version=0, until=None, reason="夜班", by=by)
    parts.hub.publish("arming-changed", {"site": OC1}, site=OC1)
    group = page.locator(f"#group-{PERIMETER}")
    expect(group.locator("h2")).to_contain_text("夜间布防")
    expect(reason).to_have_value("送货车进院")
    group.locator(".modes").get_by_role("button", name="撤防").click()  # by the version that is on the screen now
    expect(group.locator("h2")).to_contain_text("撤防")
    expect(group).to_contain_text("送货车进院")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
