"""The guard's page while the link to the server is lost, in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.makers.gate_page import CARD, scan

pytestmark = pytest.mark.browser


def test_a_check_without_a_link_is_repeated_under_its_number_and_entered_once(
    at_the_gate: Callable[..., Page],
) -> None:
    page = at_the_gate()
    expect(page.locator("#recent")).to_contain_text("还没有核验记录")
    numbers: list[str] = []

    def answer_is_lost(route: object, request: object) -> None:
        numbers.append(str(request.post_data).partition('name="attempt_id"')[2].split()[0])  # type: ignore[attr-defined]
        if len(numbers) == 1:
            route.fetch()  # type: ignore[attr-defined]  # the server has it, the answer does not come back
            route.abort()  # type: ignore[attr-defined]
        elif len(numbers) == 2:
            route.abort()  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    page.route("**/gate/checks", answer_is_lost)
    scan(page, CARD)
    expect(page.locator("#link")).to_contain_text("还有 1 次核验待发，恢复后自动补发")
    expect(page.locator("#verdict")).to_contain_text("断网，未核验")
    expect(page.locator("#verdict .verdict-word")).to_have_text("放行")
    expect(page.locator("#link")).to_be_hidden()
    expect(page.locator("#recent li")).to_have_count(1)
    assert len(numbers) == 3
    assert len(set(numbers)) == 1


def test_without_a_link_no_earlier_verdict_stands_for_the_next_card(at_the_gate: Callable[..., Page]) -> None:
    page = at_the_gate()
    scan(page, CARD)
    expect(page.locator("#verdict .verdict-word")).to_have_text("放行")
    page.route("**/gate/checks", lambda route: route.abort())
    scan(page, "鄂E12345")
    expect(page.locator("#verdict .verdict-word")).to_have_text("断网，未核验")
    expect(page.locator("#verdict")).to_contain_text("鄂E12345")
    expect(page.locator("#verdict")).to_contain_text("先不放行")
    expect(page.locator("#verdict")).not_to_contain_text("王建国")


def test_while_a_check_is_asked_the_page_says_so_and_of_what(at_the_gate: Callable[..., Page]) -> None:
    page = at_the_gate()
    page.route("**/gate/checks", lambda _route: None)
    scan(page, CARD)
    expect(page.locator("#verdict .verdict-word")).to_have_text("正在核验")
    expect(page.locator("#verdict")).to_contain_text(CARD)


def leave_unanswered(page: Page) -> None:
    """What the page asks by itself is not answered from now on, nor is it still waiting: an answer says that the link is back."""
    expect(page.locator("#recent")).to_contain_text("还没有核验记录")
    expect(page.locator("#inside")).to_contain_text("院内")
    asked = [f"**/gate/{part}*" for part in ("state", "recent", "inside")]
    for address in asked:
        page.route(address, lambda _route: None)
    # Each is asked anew once the one before has its answer.
    with page.expect_request(asked[0]), page.expect_request(asked[1]), page.expect_request(asked[2]):
        page.evaluate("document.body.dispatchEvent(new CustomEvent('checked'))")


def test_a_lost_link_with_nothing_to_send_says_only_that_nothing_can_be_checked(
    at_the_gate: Callable[..., Page],
) -> None:
    page = at_the_gate(size=PHONE)
    leave_unanswered(page)
    page.evaluate("document.body.dispatchEvent(new CustomEvent('htmx:sendError'))")
    expect(page.locator("#link")).to_contain_text("恢复前不能核验")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    expect(page.locator("#link")).to_be_in_viewport()
