"""A real server on a free port and a real Chromium before it."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gateway.web import routers
from registry.auth.permissions import Role
from registry.auth.requires import SESSION_COOKIE
from registry.web.app import create_app
from registry.web.pages import LANGUAGE_COOKIE
from registry.web.parts import Parts
from registry.web.serving import server
from registry.web.static import VENDOR
from tests.makers.gate_page import CARD
from tests.makers.gateway import (
    OC1,
    SOUTH,
    GateHouse,
    RegistryByHand,
    a_card,
    a_deny_entry,
    a_gate,
    a_gate_house,
    a_holder,
    a_permit,
    access_facts,
)
from tests.makers.web import SignedInBrowser, a_session, a_user

DESKTOP = (1440, 900)
PHONE = (390, 844)
PATIENCE_MS = 30_000
"""How long a test waits for a page: longer than a busy machine ever takes, for it costs nothing but where something is wrong."""
SCREENSHOTS = Path(__file__).parent.parent.parent / "build" / "screenshots"
_NOT_OURS = (
    "Failed to load resource",
    "Response Status Error Code 4",
    "htmx:sendError",
    "htmx:timeout",
    "htmx:afterRequest",
)
_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
    call: pytest.CallInfo[None],  # noqa: ARG001 - pytest names it
) -> Iterator[None]:
    report: pytest.TestReport = yield  # type: ignore[assignment]
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report  # type: ignore[return-value]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, or the one that DAYUAN_TEST_CHROMIUM names.

    It ends with the file of tests: as long as it lives, Playwright's loop runs in this thread and no other can.
    """
    binary = os.environ.get("DAYUAN_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if binary is None:
        pytest.skip("there is no Chromium on this machine; install Debian's package chromium")
    if not (VENDOR / "htmx.min.js").is_file():
        pytest.skip("the front-end files are not there; run: python front_end.py")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def serve(eventually: Callable[[Callable[[], bool]], None]) -> Iterator[Callable[..., str]]:
    """`serve(parts, *routers) -> url`: the whole application on a free port, until the test ends."""
    stops: list[Callable[[], None]] = []

    def started(parts: Parts, *routers: APIRouter) -> str:
        running = server(create_app(parts, routers), host="127.0.0.1", port=0)
        thread = threading.Thread(target=running.run, name="web")
        thread.start()

        def stop() -> None:
            running.should_exit = True
            thread.join(60)
            assert not thread.is_alive(), "the server did not stop"

        stops.append(stop)
        eventually(lambda: running.started)
        port: int = running.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    yield started
    for stop in stops:
        stop()


@pytest.fixture
def open_page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """`open_page(url, size=DESKTOP, lang="zh", signed_in=None) -> Page`.

    A page that logs an error or breaks the content policy fails its test; a failed test leaves `build/screenshots/*.png`.
    """
    pages: list[Page] = []
    complaints: list[str] = []

    def opened(
        url: str, *, size: tuple[int, int] = DESKTOP, lang: str | None = "zh", signed_in: SignedInBrowser | None = None
    ) -> Page:
        base = "/".join(url.split("/", 3)[:3])
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="en-GB" if lang == "en" else "zh-CN"
        )
        cookies: list[Any] = []
        if lang is not None:
            cookies.append({"name": LANGUAGE_COOKIE, "value": lang, "url": base})
        if signed_in is not None:
            cookies.append({"name": SESSION_COOKIE, "value": signed_in.token, "url": base})
        context.add_cookies(cookies)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda word: complaints.append(word.text) if _is_ours(word.type, word.text) else None)
        pages.append(page)
        page.goto(url)
        return page

    yield opened
    if request.node.stash.get(_FAILED, False):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for number, page in enumerate(pages):
            page.screenshot(path=SCREENSHOTS / f"{request.node.name}-{number}.png")
    for page in pages:
        page.context.close()
    assert complaints == []


@pytest.fixture
def gate_house(tmp_path: Path) -> Iterator[GateHouse]:
    facts = access_facts(
        a_card(CARD, holder=a_holder("王建国")),
        a_permit("鄂E12345"),
        a_permit("鄂E99001", year=2025),
        denied=(a_deny_entry("鄂E66666", words="两次冲闯大门，报派出所"),),
        gates=(a_gate(), a_gate(SOUTH)),
    )
    with a_gate_house(tmp_path, RegistryByHand(facts), {}) as house:
        yield house


@pytest.fixture
def at_the_gate(
    gate_house: GateHouse, serve: Callable[..., str], open_page: Callable[..., Page]
) -> Callable[..., Page]:
    """`at_the_gate(lang=…, size=…, path=…) -> Page`: a guard of oc1 who has signed in."""
    guard = a_session(gate_house.parts, a_user(gate_house.parts, "guard", Role.GUARD, site=OC1))
    url = serve(gate_house.parts, *routers())

    def opened(*, lang: str = "zh", size: tuple[int, int] = DESKTOP, path: str = "/gate?gate=oc1-north") -> Page:
        return open_page(f"{url}{path}", lang=lang, size=size, signed_in=guard)

    return opened


def _is_ours(kind: str, text: str) -> bool:
    """An error of a page; what the server answered with 4xx and what did not reach it are tested as such."""
    return kind == "error" and not text.startswith(_NOT_OURS)
