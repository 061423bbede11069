"""Signing in by the house's provider, over HTTP: there, back, and in."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from registry.auth import queries, service
from registry.auth.outside import service as outside
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.auth.requires import SESSION_COOKIE
from registry.ids import SiteId
from registry.room import ROOM
from registry.settings import Settings
from registry.web.parts import Parts
from registry.web.sign_in_outside import AWAY_COOKIE
from tests.fakes.clock import FixedClock
from tests.fakes.identity_provider import FakeIdentityProvider, running_identity_provider
from tests.makers.providers import RETURN_URL, a_provider, go_there
from tests.makers.second_factors import a_factor, shown
from tests.makers.sign_in_pages import send, sign_in
from tests.makers.signing_in import actions
from tests.makers.web import PASSWORD, a_browser, a_user, some_parts

GROUPS: dict[str, tuple[str, ...]] = {"guards": ("guard@oc1",), "auditors": ("auditor@*",)}
RETURN = "/sign-in/provider/return"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def fake(clock: FixedClock) -> Iterator[FakeIdentityProvider]:
    with running_identity_provider(clock, RETURN_URL) as running:
        yield running


@pytest.fixture
def parts(tmp_path: Path, clock: FixedClock, fake: FakeIdentityProvider) -> Parts:
    made = some_parts(tmp_path, clock=clock, provider=a_provider(fake, clock))
    a_user(made, "guard")
    return made


@pytest.fixture
def new_browser(parts: Parts) -> Iterator[Callable[[], TestClient]]:
    with ExitStack() as opened:
        yield lambda: opened.enter_context(a_browser(parts))


@pytest.fixture
def browser(new_browser: Callable[[], TestClient]) -> TestClient:
    return new_browser()


def by_provider(browser: TestClient, to: str = "/gate") -> tuple[int, str]:
    """Go to the provider and come back; gives the status and where it leads, or the page."""
    departure = browser.get("/sign-in/provider", params={"to": to})
    assert departure.status_code == 303
    answer = browser.get(RETURN, params=go_there(departure.headers["Location"]))
    return answer.status_code, answer.headers.get("Location", answer.text)


def grants_of(parts: Parts, name: str) -> frozenset[Grant]:
    with parts.stores["registry"].read() as session:
        user = queries.user_named(session, name)
        assert user is not None
        return queries.grants_of(session, user.id)


def test_whom_the_provider_names_is_signed_in_and_linked_once(parts: Parts, browser: TestClient) -> None:
    assert "市局统一认证" in browser.get("/sign-in").text
    assert by_provider(browser) == (303, "/gate")
    assert browser.cookies.get(SESSION_COOKIE)
    assert AWAY_COOKIE not in browser.cookies
    assert browser.get("/").status_code == 200
    assert actions(parts.stores["registry"])[-2:] == ["provider-account-linked", "signed-in"]
    with a_browser(parts) as later:
        assert by_provider(later) == (303, "/gate")
    assert actions(parts.stores["registry"]).count("provider-account-linked") == 1


def test_the_account_stays_linked_whatever_it_is_called_later(
    parts: Parts, new_browser: Callable[[], TestClient], fake: FakeIdentityProvider
) -> None:
    a_user(parts, "admin")
    by_provider(new_browser())
    fake.account = {"sub": "s-1", "preferred_username": "admin"}
    assert by_provider(browser := new_browser()) == (303, "/gate")
    assert "guard" in browser.get("/").text


def test_another_account_of_the_same_name_is_somebody_else(
    parts: Parts, new_browser: Callable[[], TestClient], fake: FakeIdentityProvider
) -> None:
    by_provider(new_browser())
    fake.account = {"sub": "s-2", "preferred_username": "guard"}
    status, page = by_provider(browser := new_browser())
    assert status == 403
    assert "没有对应的用户" in page
    assert SESSION_COOKIE not in browser.cookies
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        user = queries.user_named(work.session, "guard")
        assert user is not None
        outside.unlink(work.session, user, by="admin", now=work.now)
    assert by_provider(new_browser()) == (303, "/gate")


@pytest.mark.parametrize("name", ["nobody", "", None, 7, ["guard"]])
def test_the_provider_makes_no_users(
    parts: Parts, browser: TestClient, fake: FakeIdentityProvider, name: object
) -> None:
    fake.account = {"sub": "s-9", "preferred_username": name}
    assert by_provider(browser)[0] == 403
    assert actions(parts.stores["registry"])[-1] == "sign-in-failed"
    with parts.stores["registry"].read() as session:
        assert "s-9" not in session.scalars(select(ROOM.audit.facts)).all()[-1], "whose account it is can be erased"


def test_who_is_shut_out_stays_out(parts: Parts, new_browser: Callable[[], TestClient]) -> None:
    by_provider(new_browser())
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        service.disable_user(work.session, name="guard", now=work.now)
    assert by_provider(new_browser())[0] == 403


def test_a_second_factor_of_ours_is_asked_all_the_same(parts: Parts, browser: TestClient, clock: FixedClock) -> None:
    secret, _ = a_factor(parts.stores["registry"], clock)
    assert by_provider(browser) == (303, "/sign-in/code?to=%2Fgate")
    assert SESSION_COOKIE not in browser.cookies
    assert send(browser, "/sign-in/code", code=shown(secret, clock.now())) == (303, "/gate")


def test_an_answer_that_another_browser_brings_is_refused(new_browser: Callable[[], TestClient]) -> None:
    """The attacker's own sign-in, put into somebody else's browser."""
    attacker, victim = new_browser(), new_browser()
    departure = attacker.get("/sign-in/provider")
    answer = go_there(departure.headers["Location"])
    assert victim.get(RETURN, params=answer).status_code == 403
    assert SESSION_COOKIE not in victim.cookies
    assert attacker.get(RETURN, params=answer).status_code == 303


@pytest.mark.parametrize("query", [{}, {"state": "x", "code": "y"}, {"error": "access_denied", "state": "x"}])
def test_an_answer_to_no_question_leads_to_the_form(browser: TestClient, query: dict[str, str]) -> None:
    answer = browser.get(RETURN, params=query)
    assert answer.status_code == 403
    assert "没有通过这次登录" in answer.text


def test_a_wish_to_go_elsewhere_ends_at_home(browser: TestClient) -> None:
    assert by_provider(browser, to="//evil.example") == (303, "/")


def test_passwords_work_while_the_provider_is_down(browser: TestClient, fake: FakeIdentityProvider) -> None:
    fake.is_down = True
    answer = browser.get("/sign-in/provider?to=/gate")
    assert answer.status_code == 503
    assert "请用密码登录" in answer.text
    assert 'name="to" value="/gate"' in answer.text
    assert sign_in(browser, password=PASSWORD) == "/gate"


def test_without_a_provider_there_is_no_such_way(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with a_browser(some_parts(tmp_path / "plain")) as browser:
        assert "/sign-in/provider" not in browser.get("/sign-in").text
        assert browser.get("/sign-in/provider").status_code == 404
        assert browser.get(RETURN).status_code == 404


@pytest.fixture
def mapped(tmp_path: Path, clock: FixedClock, fake: FakeIdentityProvider) -> Parts:
    """A house where the provider's groups give the roles."""
    folder = tmp_path / "mapped"
    folder.mkdir()
    settings = Settings(data_dir=folder, oidc_grants=GROUPS)
    made = some_parts(folder, clock=clock, settings=settings, provider=a_provider(fake, clock))
    a_user(made, "guard", Role.CLERK)
    return made


def test_groups_give_roles_where_they_are_mapped_and_take_them(mapped: Parts, fake: FakeIdentityProvider) -> None:
    for groups, grants in (
        (["guards", "auditors", "golfers"], {Grant(Role.GUARD, SiteId("oc1")), Grant(Role.AUDITOR, None)}),
        (["guards"], {Grant(Role.GUARD, SiteId("oc1"))}),
        ("guards", {Grant(Role.GUARD, SiteId("oc1"))}),
        ([], set()),
    ):
        fake.account = {"sub": "s-1", "preferred_username": "guard", "groups": groups}
        with a_browser(mapped) as browser:
            assert by_provider(browser)[0] == 303
        assert grants_of(mapped, "guard") == grants
    assert actions(mapped.stores["registry"]).count("grants-set") == 3, "what stays the same is not written down"


def test_a_provider_that_sends_no_groups_takes_nobodys_roles(mapped: Parts, fake: FakeIdentityProvider) -> None:
    fake.account = {"sub": "s-1", "preferred_username": "guard"}
    with a_browser(mapped) as browser:
        assert by_provider(browser)[0] == 403
    assert grants_of(mapped, "guard") == {Grant(Role.CLERK, SiteId("oc1"))}


def test_without_a_mapping_groups_give_nothing(parts: Parts, browser: TestClient, fake: FakeIdentityProvider) -> None:
    fake.account = {"sub": "s-1", "preferred_username": "guard", "groups": ["admins"]}
    assert by_provider(browser)[0] == 303
    assert grants_of(parts, "guard") == {Grant(Role.GUARD, SiteId("oc1"))}
