"""The walk through the guard's page: every verdict and every act, with the keyboard alone; and a day of a scanner alone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from gateway.barriers.driver import NotOpened, Why
from gateway.checks.shown import PinShown
from gateway.circumstances.service import ClosedBecause, set_area_state
from gateway.journal.surroundings import WRONG_TRIES
from gateway.web import routers
from registry.auth.permissions import Role
from tests.browser.conftest import DESKTOP
from tests.makers.gate_page import TYPING_MS, hold_to_reader, scan
from tests.makers.gate_walk import (
    AIRLOCK,
    LENT,
    OTHER_CAR,
    PERMIT,
    PIN_KEY,
    REFUSED,
    SECOND,
    TWO,
    UNKNOWN,
    WALKER,
    a_barrier_of,
    walk_facts,
)
from tests.makers.gateway import INSIDE, OC1, GateHouse, RegistryByHand, a_gate_house, an_attempt
from tests.makers.journal import answer
from tests.makers.web import a_session, a_user

pytestmark = pytest.mark.browser

SMALL = (1024, 768)
WORDS = {
    "zh": {"granted": "放行", "denied": "不放行", "refer": "请人工核实"},
    "en": {"granted": "Let through", "denied": "Stop", "refer": "You decide"},
}
COUNT_NOTES = """() => {
  const begin = AudioContext.prototype.createOscillator;
  window.notes = 0;
  AudioContext.prototype.createOscillator = function () { window.notes += 1; return begin.call(this); };
}"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[GateHouse]:
    with a_gate_house(tmp_path, RegistryByHand(walk_facts()), {}) as house:
        house.desk.barriers.board.follow([a_barrier_of()])
        yield house


@pytest.fixture
def at_a_gate(house: GateHouse, serve: Callable[..., str], open_page: Callable[..., Page]) -> Callable[..., Page]:
    """`at_a_gate(lang, size, gate="oc1-north")`: its page."""
    guard = a_session(house.parts, a_user(house.parts, "guard", Role.GUARD, site=OC1))
    url = serve(house.parts, *routers())

    def opened(lang: str, size: tuple[int, int], gate: str = "oc1-north") -> Page:
        page = open_page(f"{url}/gate?gate={gate}", lang=lang, size=size, signed_in=guard)
        expect(page.locator("#field")).to_be_focused()
        return page

    return opened


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key, delay=TYPING_MS)


def explain_an_opening(page: Page) -> None:
    """Ask for the form, which the server sends, and answer it."""
    press(page, "Alt+R")
    expect(page.locator("#verdict form[data-asks]")).to_be_visible()
    press(page, "5", "Enter")


def shown(page: Page, value: str) -> Locator:
    """Check something and wait for its verdict."""
    with page.expect_response("**/gate/checks"):
        scan(page, value)
    return page.locator("#verdict article")


def assert_all_in_sight(page: Page, size: tuple[int, int]) -> None:
    """Nothing of the page lies beside or below the screen, and what a guard answers with is seen whole."""
    reach = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert reach[0] <= size[0]
    assert reach[1] <= size[1]
    expect(page.locator("#field")).to_be_in_viewport(ratio=1)
    expect(page.locator("#verdict .verdict-word")).to_be_in_viewport(ratio=1)
    for form in page.locator("form.decision").all():
        expect(form).to_be_in_viewport(ratio=1)


def close_and_break(house: GateHouse) -> None:
    """The compound is in lockdown, and the barrier does not answer."""
    now, because = house.parts.clock.now(), ClosedBecause.CROWD
    house.desk.barriers.board.failed(a_barrier_of(), NotOpened(Why.NO_ANSWER), now)
    with house.parts.stores["gateway"].begin(now) as work:
        set_area_state(
            work.session, OC1, INSIDE, lockdown=True, threat_level=0, because=because, words="", by="liu", now=now
        )


@pytest.mark.parametrize(("lang", "size"), [("zh", DESKTOP), ("en", SMALL)], ids=["zh-1440", "en-1024"])
def test_every_verdict_is_seen_and_answered_with_the_keyboard_alone(
    at_a_gate: Callable[..., Page], house: GateHouse, lang: str, size: tuple[int, int]
) -> None:
    page, words = at_a_gate(lang, size), WORDS[lang]
    word, state = page.locator("#verdict .verdict-word"), page.locator("#state")
    expect(shown(page, WALKER)).to_have_attribute("data-tone", "good")
    expect(word).to_have_text(words["granted"])
    expect(state.locator('.line[data-tone="bad"]')).to_be_visible()  # the barrier that nobody drives stays shut
    for refused in REFUSED:
        shown(page, refused)
        expect(word).to_have_text(words["denied"])
        expect(page.locator("#verdict .verdict-sentence")).to_be_in_viewport(ratio=1)
    assert_all_in_sight(page, size)

    shown(page, WALKER)
    expect(word).to_have_text(words["denied"])
    press(page, "F8", "2")
    assert_all_in_sight(page, size)
    press(page, "Enter")
    expect(word).to_have_text(words["granted"])

    for key, told in (("F8", "granted"), ("F9", "denied")):
        shown(page, UNKNOWN)
        expect(word).to_have_text(words["refer"])
        assert_all_in_sight(page, size)
        press(page, key, "1", "Enter")
        expect(word).to_have_text(words[told])
        expect(page.locator("#field")).to_be_focused()

    press(page, "F6")
    assert_all_in_sight(page, size)
    press(page, "7")
    page.keyboard.type("piano", delay=TYPING_MS)
    press(page, "Enter")
    expect(page.locator("#verdict [data-opening]")).to_contain_text("piano")
    press(page, "F10")
    expect(page.locator("#verdict form[data-asks]")).to_be_visible()
    assert_all_in_sight(page, size)
    shown(page, PERMIT)
    expect(state.get_by_role("button")).to_be_visible()
    explain_an_opening(page)
    expect(state.get_by_role("button")).to_have_count(0)
    press(page, "F7")
    expect(page.locator("#called .line")).to_be_visible()

    close_and_break(house)
    shown(page, LENT)
    expect(word).to_have_text(words["denied"])
    expect(state.locator(".line")).to_have_count(2)
    assert_all_in_sight(page, size)

    page.locator("#inside .inside-line").first.press("Enter")
    expect(page.locator("#verdict .record")).to_be_visible()
    press(page, "Escape")
    page.locator("#inside").get_by_role("link").press("Enter")
    page.wait_for_url("**/gate/muster?site=oc1")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_a_scanner_alone_is_heard_and_the_second_person_is_counted_down(at_a_gate: Callable[..., Page]) -> None:
    page = at_a_gate("zh", DESKTOP, TWO)
    page.evaluate(COUNT_NOTES)
    word = page.locator("#verdict .verdict-word")
    hold_to_reader(page, SECOND)
    expect(page.locator("#verdict .countdown")).to_have_text("等第二人刷证，还剩 19 秒")
    assert page.evaluate("window.notes") == 3
    hold_to_reader(page, WALKER)
    expect(word).to_have_text("放行")
    assert page.evaluate("window.notes") == 5
    hold_to_reader(page, "0A000002")
    expect(word).to_have_text("不放行")
    assert page.evaluate("window.notes") == 6
    press(page, "Alt+M")
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
    hold_to_reader(page, "0A000003")
    expect(page.locator("#verdict")).to_contain_text("周强")
    assert page.evaluate("window.notes") == 6
    page.reload()
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")


def test_who_comes_into_a_lock_too_soon_and_a_reader_that_takes_no_pin_are_told(
    at_a_gate: Callable[..., Page], house: GateHouse
) -> None:
    for key in (*("cd" * 32 for _ in range(WRONG_TRIES)), PIN_KEY):
        answer(house.desk, an_attempt(PinShown(raw=key, key=key), gate=AIRLOCK))
    page = at_a_gate("zh", SMALL, AIRLOCK)
    page.locator(".check-line").first.press("Enter")
    expect(page.locator("#verdict .verdict-sentence")).to_contain_text("密码连续输错")
    press(page, "Escape")
    for card, told in ((WALKER, "放行"), (SECOND, "不放行")):
        shown(page, card)
        expect(page.locator("#verdict .verdict-word")).to_have_text(told)
    expect(page.locator("#verdict .verdict-sentence")).to_contain_text("另一道闸")
    assert_all_in_sight(page, SMALL)


def test_a_plate_is_touched_sign_by_sign(at_a_gate: Callable[..., Page]) -> None:
    page = at_a_gate("zh", SMALL)
    press(page, "F1")
    for sign in PERMIT:
        key = page.locator(f'#keypad [data-sign="{sign}"]')
        box = key.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
        key.click()
    expect(page.locator("#field")).to_have_value(PERMIT)
    page.locator('#keypad [data-does="back"]').click()
    expect(page.locator("#field")).to_have_value(PERMIT[:-1])
    page.locator(f'#keypad [data-sign="{PERMIT[-1]}"]').click()
    expect(page.locator("#keypad")).to_be_in_viewport(ratio=1)
    page.locator('#keypad [data-does="check"]').click()
    expect(page.locator("#verdict .verdict-word")).to_have_text("放行")
    expect(page.locator('#keypad [data-sign="鄂"]')).to_be_visible()
    expect(page.locator("#field")).to_be_focused()
    shown(page, OTHER_CAR)
    expect(page.locator("#verdict .verdict-sentence")).to_contain_text("一证只进一车")
