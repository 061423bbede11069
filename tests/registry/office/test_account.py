"""One's own account, over HTTP: the password, the second factor, sessions and tokens."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

import registry.office.account
from registry.auth import service
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.ids import SiteId
from registry.web.parts import Parts
from tests.fakes.clock import FixedClock
from tests.makers.second_factors import STEP, a_factor, shown
from tests.makers.sign_in_pages import send, sign_in
from tests.makers.signing_in import actions, reset_password
from tests.makers.web import PASSWORD, a_browser, a_user, some_parts

OWN = "tea at the north gate"
DRAWN = "k7qm-2f9a-xw4d-hp3e"
CODES = re.compile(r"<li>([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})</li>")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def parts(tmp_path: Path, clock: FixedClock) -> Parts:
    made = some_parts(tmp_path, clock=clock)
    a_user(made, "guard")
    a_user(made, "clerk")
    return made


@pytest.fixture
def open_browser(parts: Parts) -> Iterator[Callable[..., TestClient]]:
    """`open_browser(name="guard")`: signed in by the form, as the pages are used."""
    with ExitStack() as opened:

        def new(name: str = "guard", password: str = PASSWORD) -> TestClient:
            browser = opened.enter_context(a_browser(parts, registry.office.account.router))
            assert sign_in(browser, name, password) == "/gate"
            word = re.search(r'name="csrf" content="([0-9a-f]{64})"', browser.get("/account").text)
            assert word is not None
            browser.headers["X-CSRF-Token"] = word[1]
            return browser

        yield new


@pytest.fixture
def browser(open_browser: Callable[..., TestClient]) -> TestClient:
    return open_browser()


def change_password(browser: TestClient, old: str = PASSWORD, new: str = OWN, again: str | None = None) -> int:
    form = {"old": old, "password": new, "again": new if again is None else again}
    return browser.post("/account/password", data=form).status_code


def test_another_password_signs_out_everywhere_else(
    parts: Parts, browser: TestClient, open_browser: Callable[..., TestClient]
) -> None:
    elsewhere = open_browser()
    assert change_password(browser) == 303
    assert "密码已修改" in browser.get("/account?done=password_changed").text
    assert elsewhere.get("/account").status_code == 303
    assert actions(parts.stores["registry"])[-1] == "password-changed"
    assert open_browser(password=OWN).get("/account").status_code == 200


def test_nobody_changes_a_password_without_knowing_it(parts: Parts, browser: TestClient) -> None:
    for _ in range(5):
        assert change_password(browser, old="wrong") == 422
    assert change_password(browser) == 429, "a session that was left open is no way to guess"
    assert actions(parts.stores["registry"]).count("password-changed") == 0


def test_a_password_reset_meanwhile_is_not_changed_with_the_old_one(tmp_path: Path) -> None:
    made = some_parts(tmp_path)
    a_user(made, "guard")
    begun: list[str] = []

    def reset_meanwhile(_session: Session) -> Iterable[str]:
        """Asked between the proof and the change."""
        begun.append("change")
        reset_password(made.stores["registry"], "guard", DRAWN)
        return ()

    with a_browser(replace(made, password_words=reset_meanwhile), registry.office.account.router) as browser:
        assert sign_in(browser) == "/gate"
        word = re.search(r'name="csrf" content="([0-9a-f]{64})"', browser.get("/account").text)
        assert word is not None
        browser.headers["X-CSRF-Token"] = word[1]
        assert change_password(browser) == 422
    assert begun == ["change"]
    assert actions(made.stores["registry"])[-1] == "password-reset"


@pytest.mark.parametrize("new", ["short", "Guard-2026-guard", PASSWORD, "qwertyuiop12"])
def test_a_new_password_is_one(browser: TestClient, new: str) -> None:
    assert change_password(browser, new=new) == 422
    assert change_password(browser, again="typed otherwise") == 422
    assert change_password(browser) == 303


def test_what_is_wrong_is_told_at_its_field(browser: TestClient) -> None:
    headers = {"HX-Request": "true"}
    answer = browser.post("/account/password", data={"old": "x", "password": OWN, "again": OWN}, headers=headers)
    assert (answer.headers["X-Problem"], answer.text) == ("wrong-password", "现在的密码不对。")
    assert 'data-problems="wrong-password' in browser.get("/account").text


def test_a_second_factor_is_set_up_with_the_password_and_a_first_code(
    parts: Parts, browser: TestClient, clock: FixedClock
) -> None:
    assert browser.get("/account/second-factor").status_code == 404
    assert browser.post("/account/second-factor/beginning", data={"password": "wrong"}).status_code == 422
    begun = browser.post("/account/second-factor/beginning", data={"password": PASSWORD})
    assert begun.headers["Location"] == "/account/second-factor"
    page = browser.get("/account/second-factor").text
    secret = re.search(r'class="typed-secret">([A-Z2-7 ]+)<', page)
    assert secret is not None
    assert browser.post("/account/second-factor", data={"code": "000000"}).status_code == 422
    answer = browser.post("/account/second-factor", data={"code": shown(secret[1], clock.now())})
    assert len(CODES.findall(answer.text)) == 10
    assert answer.headers["HX-Push-Url"] == "/account"
    assert "还剩 10 个恢复码" in browser.get("/account").text
    assert browser.get("/account/second-factor").status_code == 404, "the secret is shown no more"
    with a_browser(parts) as later:
        assert sign_in(later) == "/sign-in/code?to=%2Fgate"


def test_a_second_factor_is_removed_with_password_and_code(
    parts: Parts, browser: TestClient, clock: FixedClock
) -> None:
    secret, recovery = a_factor(parts.stores["registry"], clock)
    path = "/account/second-factor/removal"
    assert browser.post(path, data={"password": PASSWORD, "code": "000000"}).status_code == 422
    assert browser.post(path, data={"password": "wrong", "code": recovery[0]}).status_code == 422
    assert browser.post(path, data={"password": PASSWORD}).status_code == 422
    assert browser.post(path, data={"password": PASSWORD, "code": shown(secret, clock.now())}).status_code == 303
    assert actions(parts.stores["registry"])[-1] == "second-factor-removed"
    assert "未启用" in browser.get("/account").text


def test_new_recovery_codes_are_shown_once_and_end_the_old(
    parts: Parts, browser: TestClient, clock: FixedClock
) -> None:
    secret, old = a_factor(parts.stores["registry"], clock)
    form = {"password": PASSWORD, "code": shown(secret, clock.now())}
    new = CODES.findall(browser.post("/account/recovery-codes", data=form).text)
    assert len(new) == 10
    assert not set(new) & set(old)
    clock.advance(STEP)
    with a_browser(parts) as later:
        sign_in(later)
        assert send(later, "/sign-in/code", code=old[0])[0] == 401
        assert send(later, "/sign-in/code", code=new[0])[0] == 303


def test_ones_own_sessions_are_listed_and_ended(
    parts: Parts, browser: TestClient, open_browser: Callable[..., TestClient]
) -> None:
    elsewhere, third = open_browser(), open_browser()
    page = browser.get("/account").text
    found = re.findall(r'action="/account/sessions/([0-9a-f-]{36})/end"', page)
    assert len(found) == 2, "this browser is not among those to be ended"
    assert browser.post(f"/account/sessions/{found[0]}/end").status_code == 303
    assert browser.post(f"/account/sessions/{found[0]}/end").status_code == 404
    assert sorted(one.get("/account").status_code for one in (elsewhere, third)) == [200, 303]
    assert browser.post("/account/sessions/others/end").status_code == 303
    assert [one.get("/account").status_code for one in (elsewhere, third, browser)] == [303, 303, 200]
    assert actions(parts.stores["registry"])[-1] == "sessions-ended"


def test_nobody_ends_anothers_session_or_token(
    parts: Parts, browser: TestClient, open_browser: Callable[..., TestClient]
) -> None:
    clerk = open_browser("clerk")
    open_browser("clerk")
    own = re.findall(r'action="(/account/sessions/[0-9a-f-]{36}/end)"', clerk.get("/account").text)
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        grants = [Grant(Role.CLERK, SiteId("oc1"))]
        service.add_token(work.session, name="report", grants=grants, owner="clerk", now=work.now)
    page = clerk.get("/account").text
    token = re.findall(r'action="(/account/tokens/[0-9a-f-]{36}/revocation)"', page)
    assert "report" in page
    assert "report" not in browser.get("/account").text
    for path in (*own, *token):
        assert browser.post(path).status_code == 404
        assert clerk.post(path).status_code == 303
    assert "没有令牌" in clerk.get("/account").text


def test_a_token_does_not_change_the_account_of_its_owner(parts: Parts) -> None:
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        grants = [Grant(Role.GUARD, SiteId("oc1"))]
        token = service.add_token(work.session, name="x", grants=grants, owner="guard", now=work.now)
    with a_browser(parts, registry.office.account.router, bearer=token) as program:
        assert program.get("/account").status_code == 403
        assert program.post("/account/sessions/others/end").status_code == 403
        form = {"old": PASSWORD, "password": OWN, "again": OWN}
        assert program.post("/account/password", data=form).status_code == 403


def test_a_form_of_another_site_changes_nothing(browser: TestClient) -> None:
    browser.headers["X-CSRF-Token"] = "0" * 64
    assert change_password(browser) == 403
    assert browser.post("/account/sessions/others/end").status_code == 403
