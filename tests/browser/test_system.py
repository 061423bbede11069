"""The page of the system in a browser: it follows what happens, on a desk and on a phone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from deploy.system.facts import Ending
from deploy.system.pages import router
from deploy.system.parts import SystemParts
from registry.auth.permissions import Role
from registry.web.readiness import PartState
from tests.browser.conftest import DESKTOP, PHONE
from tests.fakes.clock import NOON
from tests.makers.processes import a_house_of, a_process
from tests.makers.web import a_session, a_user, some_parts

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_page_follows_a_reader_that_ends_and_comes_back(
    serve: Callable[..., str], open_page: Callable[..., Page], tmp_path: Path, size: tuple[int, int]
) -> None:
    parts = some_parts(tmp_path)
    parts.rooms["deploy"] = SystemParts(tmp_path)
    facts = tmp_path / "processes-up.json"
    state = PartState(ready=True, vital=False)
    parts.readiness.register("plate-reader", lambda: state)
    a_house_of(a_process("plates")).write(facts)
    admin = a_session(parts, a_user(parts, "admin", Role.ADMIN))
    page = open_page(f"{serve(parts, router)}/system", size=size, signed_in=admin)
    reader, part = page.locator("#process-plates"), page.locator("#part-plate-reader")
    expect(reader).to_contain_text("运行中")
    expect(part).to_contain_text("正常")
    state = PartState(ready=False, vital=False)
    ending = Ending(at=NOON, code=-9)
    a_house_of(a_process("plates", pid=None, ending=ending)).write(facts)
    expect(reader).to_contain_text("未运行")
    expect(reader).to_contain_text("被信号 SIGKILL 终止")
    expect(part).to_contain_text("门岗先手工输入车牌")
    state = PartState(ready=True, vital=False)
    a_house_of(a_process("plates", pid=4712, restarts=1, ending=ending)).write(facts)
    expect(reader).to_contain_text("4712")
    expect(part).not_to_contain_text("门岗先手工输入车牌")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
