"""Between the password and the session, over HTTP: what is asked, and that nothing opens before."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from registry.auth import changing_password, queries, service
from registry.auth.entry.rules import LONGEST
from registry.auth.permissions import Role
from registry.auth.requires import SESSION_COOKIE
from registry.auth.secrets import is_hash_old
from registry.ids import UserId
from registry.settings import Settings
from registry.web.doorway import PENDING_COOKIE
from registry.web.parts import Parts
from tests.fakes.clock import FixedClock
from tests.makers.second_factors import STEP, a_factor, shown
from tests.makers.sign_in_pages import send, sign_in, word_of
from tests.makers.signing_in import actions
from tests.makers.web import PASSWORD, a_browser, a_session, a_user, some_parts

OWN = "tea at the north gate"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def parts(tmp_path: Path, clock: FixedClock) -> Parts:
    made = some_parts(tmp_path, clock=clock)
    a_user(made, "guard")
    return made


@pytest.fixture
def browser(parts: Parts) -> Iterator[TestClient]:
    with a_browser(parts) as opened:
        yield opened


def make_temporary(parts: Parts, name: str = "guard") -> None:
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        changing_password.make_temporary(work.session, name, now=work.now)


def test_with_a_second_factor_the_password_alone_opens_nothing(
    parts: Parts, browser: TestClient, clock: FixedClock
) -> None:
    secret, _ = a_factor(parts.stores["registry"], clock)
    assert sign_in(browser) == "/sign-in/code?to=%2Fgate"
    assert SESSION_COOKIE not in browser.cookies
    assert browser.get("/").headers["Location"] == "/sign-in", "a sign-in under way is no session"
    assert send(browser, "/sign-in/code?to=/gate", code=shown(secret, clock.now())) == (303, "/gate")
    assert browser.cookies.get(SESSION_COOKIE)
    assert PENDING_COOKIE not in browser.cookies
    assert browser.get("/").status_code == 200
    assert actions(parts.stores["registry"])[-1] == "signed-in"


def test_the_pending_cookie_is_no_session_whatever_it_is_called(
    parts: Parts, browser: TestClient, clock: FixedClock
) -> None:
    a_factor(parts.stores["registry"], clock)
    sign_in(browser)
    pending = browser.cookies.get(PENDING_COOKIE)
    assert pending
    with a_browser(parts) as other:
        other.cookies.set(SESSION_COOKIE, pending)
        assert other.get("/").status_code == 303
    with a_browser(parts, bearer=pending) as program:
        assert program.get("/").status_code == 401


def test_a_code_that_was_seen_over_a_shoulder_is_worth_nothing_any_more(
    parts: Parts, browser: TestClient, clock: FixedClock
) -> None:
    secret, _ = a_factor(parts.stores["registry"], clock)
    code = shown(secret, clock.now())
    sign_in(browser)
    assert send(browser, "/sign-in/code", code=code)[0] == 303
    with a_browser(parts) as thief:
        sign_in(thief)
        status, page = send(thief, "/sign-in/code", code=code)
        assert status == 401
        assert "已经用过" in page
        assert SESSION_COOKIE not in thief.cookies


def test_a_recovery_code_serves_where_the_phone_is_not(parts: Parts, browser: TestClient, clock: FixedClock) -> None:
    _, recovery = a_factor(parts.stores["registry"], clock)
    sign_in(browser)
    assert send(browser, "/sign-in/code", code=recovery[0]) == (303, "/gate")


def test_wrong_codes_are_wrong_tries_that_a_right_password_does_not_forgive(
    parts: Parts, browser: TestClient, clock: FixedClock
) -> None:
    secret, _ = a_factor(parts.stores["registry"], clock)
    for _ in range(4):
        sign_in(browser)
        assert send(browser, "/sign-in/code", code="000000")[0] == 401
    sign_in(browser)
    assert send(browser, "/sign-in/code", code="000000")[0] == 401
    status, page = send(browser, "/sign-in/code", code=shown(secret, clock.now()))
    assert status == 429
    assert "请等 2 秒后再试" in page
    clock.advance(STEP)
    assert send(browser, "/sign-in/code", code=shown(secret, clock.now()))[0] == 303
    told = actions(parts.stores["registry"])
    assert told.count("sign-in-failed") + told.count("sign-in-slowed") == 5


def test_a_sign_in_that_takes_too_long_is_over(parts: Parts, browser: TestClient, clock: FixedClock) -> None:
    secret, _ = a_factor(parts.stores["registry"], clock)
    sign_in(browser)
    word = word_of(browser.get("/sign-in/code").text)
    clock.advance(LONGEST)
    answer = browser.post("/sign-in/code", data={"code": shown(secret, clock.now()), "csrf": word})
    assert answer.status_code == 403
    assert "请从头再来" in answer.text
    assert browser.get("/sign-in/code?to=/gate").headers["Location"] == "/sign-in?to=%2Fgate"


def test_who_is_shut_out_in_the_middle_stays_out(parts: Parts, browser: TestClient, clock: FixedClock) -> None:
    secret, _ = a_factor(parts.stores["registry"], clock)
    sign_in(browser)
    word = word_of(browser.get("/sign-in/code").text)
    with parts.stores["registry"].begin(clock.now()) as work:
        service.disable_user(work.session, name="guard", now=work.now)
    answer = browser.post("/sign-in/code", data={"code": shown(secret, clock.now()), "csrf": word})
    assert answer.status_code == 403
    assert SESSION_COOKIE not in browser.cookies


@pytest.mark.parametrize("path", ["/sign-in/code", "/sign-in/password", "/sign-in/second-factor"])
def test_a_step_that_is_not_asked_is_not_there(parts: Parts, browser: TestClient, clock: FixedClock, path: str) -> None:
    assert browser.get(path).headers["Location"] == "/sign-in?to=%2F", "nobody is signing in"
    assert browser.post(path, data={"csrf": "x" * 64}).status_code == 403
    a_factor(parts.stores["registry"], clock)
    sign_in(browser)
    if path != "/sign-in/code":
        assert browser.get(path).status_code == 303, "the code comes first"
        assert browser.post(path, data={"password": OWN, "again": OWN, "code": "000000"}).status_code == 403


def test_a_form_of_another_site_goes_nowhere(parts: Parts, browser: TestClient, clock: FixedClock) -> None:
    secret, _ = a_factor(parts.stores["registry"], clock)
    sign_in(browser)
    assert browser.post("/sign-in/code", data={"code": shown(secret, clock.now())}).status_code == 403
    assert send(browser, "/sign-in/code", code=shown(secret, clock.now()), to="//evil.example") == (303, "/")


def test_who_was_given_a_password_chooses_their_own_before_anything_else(parts: Parts, browser: TestClient) -> None:
    make_temporary(parts)
    assert sign_in(browser) == "/sign-in/password?to=%2Fgate"
    assert browser.get("/").status_code == 303
    path = "/sign-in/password?to=/gate"
    for password, again, words in (
        ("short", "short", "至少 12 个字符"),
        ("Guard-2026-guard", "Guard-2026-guard", "一猜就中"),
        (PASSWORD, PASSWORD, "和原来的一样"),
        (OWN, OWN + "!", "不一样"),
    ):
        status, page = send(browser, path, password=password, again=again)
        assert status == 422
        assert words in page
    assert send(browser, path, password=OWN, again=OWN) == (303, "/gate")
    assert browser.get("/").status_code == 200
    assert actions(parts.stores["registry"])[-2:] == ["password-changed", "signed-in"]
    with a_browser(parts) as later:
        assert sign_in(later, password=OWN) == "/gate"


def test_choosing_a_password_ends_what_others_began_with_the_old_one(parts: Parts, browser: TestClient) -> None:
    make_temporary(parts)
    with a_browser(parts) as admin:
        sign_in(admin)
        sign_in(browser)
        send(browser, "/sign-in/password", password=OWN, again=OWN)
        assert admin.get("/sign-in/password").status_code == 303


@pytest.fixture
def strict(tmp_path: Path, clock: FixedClock) -> Parts:
    """A house where administrators need a second factor."""
    folder = tmp_path / "strict"
    folder.mkdir()
    made = some_parts(folder, clock=clock, settings=Settings(data_dir=folder, second_factor_roles=(Role.ADMIN,)))
    a_user(made, "admin")
    a_user(made, "guard")
    return made


def test_a_role_that_needs_a_second_factor_sets_it_up_at_the_next_sign_in(strict: Parts, clock: FixedClock) -> None:
    with a_browser(strict) as guard:
        assert sign_in(guard, "guard") == "/gate"
    with a_browser(strict) as admin:
        assert sign_in(admin, "admin") == "/sign-in/second-factor?to=%2Fgate"
        page = admin.get("/sign-in/second-factor?to=/gate").text
        secret = re.search(r'class="typed-secret">([A-Z2-7 ]+)<', page)
        assert secret is not None
        assert "<svg" in page
        assert secret[1] in admin.get("/sign-in/second-factor").text, "the app may have it already"
        assert send(admin, "/sign-in/second-factor", code="000000")[0] == 422
        assert admin.get("/").status_code == 303
        status, codes = send(admin, "/sign-in/second-factor?to=/gate", code=shown(secret[1], clock.now()))
        assert status == 200
        assert len(re.findall(r"<li>[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}</li>", codes)) == 10
        assert 'href="/gate"' in codes
        assert admin.get("/").status_code == 200
    with a_browser(strict) as admin:
        assert sign_in(admin, "admin") == "/sign-in/code?to=%2Fgate"


def test_a_session_that_is_there_goes_on(strict: Parts) -> None:
    """The rule holds from the next sign-in on."""
    with strict.stores["registry"].read() as session:
        admin = queries.user_named(session, "admin")
    assert admin is not None
    with a_browser(strict, signed_in=a_session(strict, UserId(admin.id))) as browser:
        assert browser.get("/").status_code == 200


def test_a_hash_of_older_parameters_is_made_anew_when_the_password_is_known(parts: Parts, browser: TestClient) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        user = queries.user_named(work.session, "guard")
        assert user is not None
        user.password = weak
    assert sign_in(browser) == "/gate"
    with parts.stores["registry"].read() as session:
        user = queries.user_named(session, "guard")
        assert user is not None
        assert user.password != weak
        assert not is_hash_old(user.password)
