"""Users, over HTTP, as those who manage them work with them: and how far that reaches."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from registry.auth import queries, sessions
from registry.auth.outside.models import OutsideIdentityRow
from registry.auth.permissions import Permission, Role
from registry.auth.principal import Grant, Principal
from registry.ids import SiteId, UserId
from registry.pages import routers
from registry.web.parts import Parts
from tests.fakes.clock import FixedClock
from tests.makers.registry import a_gate, a_keyring, a_site, a_unit
from tests.makers.second_factors import a_factor
from tests.makers.sign_in_pages import send, sign_in
from tests.makers.signing_in import actions
from tests.makers.web import a_browser, a_session, a_user, some_parts

OC1, OC2 = SiteId("oc1"), SiteId("oc2")
OWN = "tea at the north gate"
SECRET = re.compile(r'class="secret mono">([^<]+)<')


@dataclass(frozen=True, slots=True)
class House:
    """A house of two compounds with a guard at the first, and an administrator of all at its pages."""

    parts: Parts
    admin: TestClient
    guard: UserId
    unit: str

    def page(self, user_id: UserId | None = None) -> str:
        return self.admin.get(f"/registry/users/{user_id or self.guard}").text

    def act(self, what: str, user_id: UserId | None = None, **fields: object) -> int:
        return self.admin.post(f"/registry/users/{user_id or self.guard}/{what}", data=fields).status_code

    def grants(self, user_id: UserId | None = None) -> frozenset[Grant]:
        with self.parts.stores["registry"].read() as session:
            return queries.grants_of(session, user_id or self.guard)

    def told(self) -> list[str]:
        return actions(self.parts.stores["registry"])


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def house(tmp_path: Path, clock: FixedClock) -> Iterator[House]:
    parts = some_parts(tmp_path, clock=clock)
    parts.rooms["registry"] = a_keyring()
    with parts.stores["registry"].begin(clock.now()) as work:
        a_gate(work.session)
        a_site(work.session, "oc2", name_zh="北苑小区", name_en="North Court")
        unit = a_unit(work.session)
    session = a_session(parts, a_user(parts, "admin", site=None))
    guard = a_user(parts, "guard")
    with a_browser(parts, *routers(), signed_in=session) as admin:
        yield House(parts, admin, guard, str(unit.id))


@pytest.fixture
def site_admin(house: House) -> Iterator[TestClient]:
    """An administrator of the first compound only."""
    session = a_session(house.parts, a_user(house.parts, "admin-oc1", Role.ADMIN), "1" * 43)
    with a_browser(house.parts, *routers(), signed_in=session) as browser:
        yield browser


def test_somebody_who_is_added_signs_in_with_a_password_shown_once_and_chooses_their_own(house: House) -> None:
    form = {"name": " Chen ", "role": "clerk", "site": "oc1", "unit": ""}
    answer = house.admin.post("/registry/users", data=form)
    password = SECRET.search(answer.text)
    assert password is not None
    assert password[1] not in house.admin.get(answer.headers["HX-Push-Url"]).text
    with a_browser(house.parts) as browser:
        assert sign_in(browser, "chen", password[1]) == "/sign-in/password?to=%2Fgate"
        assert send(browser, "/sign-in/password", password=OWN, again=OWN)[0] == 303
    assert house.told()[-3:] == ["user-added", "password-changed", "signed-in"]
    assert house.admin.post("/registry/users", data=form).status_code == 409


@pytest.mark.parametrize(
    "fault", [{"name": ""}, {"name": "token:x"}, {"role": "king"}, {"site": "oc9"}, {"unit": "x"}, {"name": "n" * 61}]
)
def test_who_cannot_be_added_is_told_why(house: House, fault: dict[str, str]) -> None:
    form = {"name": "chen", "role": "clerk", "site": "oc1", "unit": ""}
    assert house.admin.post("/registry/users", data=form | fault).status_code in {404, 422}


def test_roles_are_given_and_taken_and_either_is_undone(house: House) -> None:
    guard, clerk = Grant(Role.GUARD, OC1), Grant(Role.CLERK, OC2)
    assert house.act("grants/giving", role="clerk", site="oc2") == 303
    assert house.grants() == {guard, clerk}
    assert house.act("grants/taking", role="clerk", site="oc2") == 303
    assert house.grants() == {guard}
    answer = house.admin.post(f"/registry/users/{house.guard}/grants/taking", data={"role": "guard", "site": "oc1"})
    page = house.admin.get(answer.headers["Location"]).text
    assert "已收回岗位：门岗" in page
    assert "/grants/giving" in page
    assert house.grants() == frozenset()
    told = house.told().count("grants-set")
    assert house.act("grants/taking", role="guard", site="oc1") == 303
    assert house.told().count("grants-set") == told, "what is so already is not written down again"


def test_a_units_officer_is_one_of_a_unit(house: House) -> None:
    assert house.act("grants/giving", role="unit_officer", site="oc1", unit=house.unit) == 303
    assert any(str(grant.unit) == house.unit for grant in house.grants())
    assert "档案局" in house.page()
    assert house.act("grants/giving", role="clerk", site="oc1", unit=house.unit) == 303
    assert Grant(Role.CLERK, OC1) in house.grants(), "no other role is for a unit"


def test_who_is_shut_out_is_out_at_once_and_let_in_again_with_one_button(house: House) -> None:
    session = a_session(house.parts, house.guard, "2" * 43)
    with a_browser(house.parts, signed_in=session) as guard:
        assert guard.get("/").status_code == 200
        assert house.act("disabling") == 303
        assert guard.get("/").status_code == 303
    page = house.admin.get(f"/registry/users/{house.guard}?done=disabled").text
    assert "已停用 guard" in page
    assert "撤销" in page
    assert house.act("enabling") == 303
    assert house.told()[-2:] == ["user-disabled", "user-enabled"]
    with a_browser(house.parts) as browser:
        assert sign_in(browser) == "/gate"


def test_a_reset_password_serves_once(house: House) -> None:
    session = a_session(house.parts, house.guard, "2" * 43)
    answer = house.admin.post(f"/registry/users/{house.guard}/password/reset")
    password = SECRET.search(answer.text)
    assert password is not None
    assert "待改密码" in house.page()
    with a_browser(house.parts, signed_in=session) as guard:
        assert guard.get("/").status_code == 303, "every session ended"
    with a_browser(house.parts) as browser:
        assert sign_in(browser, password=password[1]).startswith("/sign-in/password")
    assert "password-reset" in house.told()


def test_a_lost_second_factor_is_removed_and_written_down(house: House, clock: FixedClock) -> None:
    a_factor(house.parts.stores["registry"], clock)
    assert "second-factor/removal" in house.page()
    assert house.act("second-factor/removal") == 303
    assert house.told()[-1] == "second-factor-removed"
    assert "second-factor/removal" not in house.page()


def test_a_provider_account_is_unlinked(house: House, clock: FixedClock) -> None:
    with house.parts.stores["registry"].begin(clock.now()) as work:
        row = OutsideIdentityRow(issuer="https://i", subject="s", user_id=house.guard, linked_at=clock.now())
        work.session.add(row)
    assert "provider/unlinking" in house.page()
    assert house.act("provider/unlinking") == 303
    assert house.told()[-1] == "provider-account-unlinked"
    assert "provider/unlinking" not in house.page()


def test_sessions_are_ended_one_by_one_and_all(house: House) -> None:
    for number in range(3):
        a_session(house.parts, house.guard, str(number + 4) * 43)
    found = re.findall(r"/sessions/([0-9a-f-]{36})/end", house.page())
    assert len(found) == 3
    assert house.act(f"sessions/{found[0]}/end") == 303
    assert house.act(f"sessions/{found[0]}/end") == 404
    assert house.act("sessions/all/end") == 303
    with house.parts.stores["registry"].read() as session:
        assert sessions.live_sessions(session, now=house.parts.clock.now(), of=house.guard) == []


def bearer(house: House, token: str) -> Principal | None:
    return house.parts.directory.of_bearer(token)


def test_a_token_has_a_scope_and_an_end_and_is_shown_once(house: House) -> None:
    form = {"name": "月报", "scope": ["entries.read", "media.read"], "last_day": "2026-12-31"}
    answer = house.admin.post(f"/registry/users/{house.guard}/tokens/new", data=form)
    token = SECRET.search(answer.text)
    assert token is not None
    page = house.page()
    assert token[1] not in page
    assert "月报" in page
    assert "查看出入记录" in page
    principal = bearer(house, token[1])
    assert principal is not None
    assert principal.may(Permission.ENTRIES_READ, OC1)
    assert not principal.may(Permission.GATE_DECIDE, OC1)
    revoke = re.search(r"/tokens/([0-9a-f-]{36})/revocation", page)
    assert revoke is not None
    assert house.act(f"tokens/{revoke[1]}/revocation") == 303
    assert bearer(house, token[1]) is None
    assert house.told()[-2:] == ["token-added", "token-revoked"]


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"last_day": "2020-01-01"}, 422),
        ({"last_day": "9999-12-31"}, 422),
        ({"gate": "oc2-south"}, 422),
        ({"name": ""}, 422),
        ({"scope": "everything"}, 422),
    ],
)
def test_a_token_that_cannot_be_is_told_why(house: House, fault: dict[str, str], status: int) -> None:
    assert house.act("tokens/new", None, **({"name": "x"} | fault)) == status


def test_a_machines_token_is_for_one_gate(house: House) -> None:
    reader = a_user(house.parts, "reader", site=None)
    assert house.act("tokens/new", reader, name="north") == 422
    answer = house.admin.post(f"/registry/users/{reader}/tokens/new", data={"name": "north", "gate": "oc1-north"})
    token = SECRET.search(answer.text)
    assert token is not None
    principal = bearer(house, token[1])
    assert principal is not None
    assert principal.gates(Permission.GATE_CHECK) == {"oc1-north"}
    assert not principal.may(Permission.GATE_CHECK, OC1)


def test_nobody_does_it_to_themselves(house: House) -> None:
    with house.parts.stores["registry"].read() as session:
        admin = queries.user_named(session, "admin")
    assert admin is not None
    own = UserId(admin.id)
    page = house.page(own)
    assert 'href="/account"' in page
    assert "disabling" not in page
    for what in ("disabling", "password/reset", "second-factor/removal", "sessions/all/end", "provider/unlinking"):
        assert house.act(what, own) == 409
    assert house.act("grants/giving", own, role="security_officer", site="oc1") == 409
    assert house.act("tokens/new", own, name="x") == 409


def test_who_manages_one_compound_reaches_no_further(house: House, site_admin: TestClient) -> None:
    elsewhere = a_user(house.parts, "guard-2", Role.GUARD, site=OC2)
    both = a_user(house.parts, "clerk-of-both", Role.CLERK)
    house.act("grants/giving", both, role="clerk", site="oc2")
    browser = site_admin
    listed = browser.get("/registry/users").text
    assert "guard" in listed
    assert "guard-2" not in listed
    assert browser.get(f"/registry/users/{elsewhere}").status_code == 404
    assert browser.post(f"/registry/users/{elsewhere}/disabling").status_code == 404
    assert "不负责的院区" in browser.get(f"/registry/users/{both}").text
    for what in ("disabling", "password/reset", "second-factor/removal", "sessions/all/end"):
        assert browser.post(f"/registry/users/{both}/{what}").status_code == 403
        assert browser.post(f"/registry/users/{house.guard}/{what}").status_code in {200, 303}
    base = f"/registry/users/{both}/grants"
    assert browser.post(f"{base}/taking", data={"role": "clerk", "site": "oc2"}).status_code == 403
    assert browser.post(f"{base}/giving", data={"role": "guard", "site": "*"}).status_code == 403
    assert browser.post(f"{base}/giving", data={"role": "guard", "site": "oc1"}).status_code == 303
    for role in ("clerk", "guard"):
        answer = browser.post(f"{base}/taking", data={"role": role, "site": "oc1"})
    assert answer.headers["Location"] == "/registry/users", "they work elsewhere only, now"
    assert house.grants(both) == {Grant(Role.CLERK, OC2)}
    form = {"name": "x", "role": "guard", "site": "oc2"}
    assert browser.post("/registry/users", data=form).status_code == 403
    assert browser.post("/registry/users", data=form | {"site": "oc1"}).status_code == 200


def test_the_list_finds_by_name_and_role_page_by_page(house: House) -> None:
    for number in range(45):
        a_user(house.parts, f"patrol-{number:02}", Role.PATROL)
    first = house.admin.get("/registry/users?role=patrol").text
    assert first.count("data-open") == 40
    following = re.search(r'href="(/registry/users\?[^"]*cursor=[^"]+)"', first)
    assert following is not None
    assert house.admin.get(following[1].replace("&amp;", "&")).text.count("data-open") == 5
    assert house.admin.get("/registry/users?q=PATROL-0").text.count("data-open") == 10
    assert house.admin.get("/registry/users?q=%25").text.count("data-open") == 0, "a sign of SQL is a sign"


@pytest.mark.parametrize("role", [Role.GUARD, Role.CLERK, Role.SECURITY_OFFICER, Role.AUDITOR])
def test_nobody_else_manages_users(house: House, role: Role) -> None:
    session = a_session(house.parts, a_user(house.parts, f"a-{role}", role, site=None), "3" * 43)
    with a_browser(house.parts, *routers(), signed_in=session) as browser:
        assert browser.get("/registry/users").status_code == 403
        assert browser.post(f"/registry/users/{house.guard}/disabling").status_code == 403
        assert "/registry/users" not in browser.get("/account").text


def test_a_form_of_another_site_changes_nothing(house: House) -> None:
    house.admin.headers["X-CSRF-Token"] = "0" * 64
    assert house.act("disabling") == 403
    assert house.admin.post(f"/registry/users/{house.guard}/password/reset").status_code == 403


@pytest.mark.parametrize("query", ["done=x", "done=given&role=king", "unit=x", "site=" + "s" * 41])
def test_an_address_that_says_strange_things_is_refused(house: House, query: str) -> None:
    assert house.admin.get(f"/registry/users/{house.guard}?{query}").status_code == 422
