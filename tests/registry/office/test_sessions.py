"""Sessions over the API: one's own, and those of users whom one manages."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from registry.auth import queries, service
from registry.auth.permissions import Permission, Role
from registry.auth.principal import Grant
from registry.ids import SiteId, UserId
from registry.pages import routers
from registry.web.parts import Parts
from tests.makers.registry import a_keyring
from tests.makers.web import OC1, a_browser, a_session, a_token, a_user, some_parts

PATH = "/api/registry/sessions"


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    made = some_parts(tmp_path)
    made.rooms["registry"] = a_keyring()
    return made


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def somebody(opened: ExitStack, parts: Parts, name: str, *roles: Role, site: SiteId | None = OC1) -> TestClient:
    """A browser of a new user who has just signed in."""
    user = a_user(parts, name, *roles, site=site)
    return opened.enter_context(a_browser(parts, *routers(), signed_in=a_session(parts, user, name.ljust(43, "0"))))


def again(opened: ExitStack, parts: Parts, name: str, number: int) -> TestClient:
    """One more browser of a user."""
    with parts.stores["registry"].read() as session:
        user = queries.user_named(session, name)
    assert user is not None
    signed_in = a_session(parts, UserId(user.id), f"{name}-{number}".ljust(43, "0"))
    return opened.enter_context(a_browser(parts, *routers(), signed_in=signed_in))


def test_everybody_sees_their_own_and_which_is_this(opened: ExitStack, parts: Parts) -> None:
    host = somebody(opened, parts, "host", Role.HOST)
    again(opened, parts, "host", 2)
    somebody(opened, parts, "other", Role.GUARD)
    items = host.get(PATH).json()["items"]
    assert [item["user"] for item in items] == ["host", "host"]
    assert sorted(item["is_this"] for item in items) == [False, True]
    assert host.get(PATH, params={"user": "HOST"}).json()["items"] == items


def test_one_is_ended_and_the_browser_is_out_at_once(opened: ExitStack, parts: Parts) -> None:
    host = somebody(opened, parts, "host", Role.HOST)
    lost = again(opened, parts, "host", 2)
    (there,) = [item for item in host.get(PATH).json()["items"] if not item["is_this"]]
    assert lost.get(PATH).status_code == 200
    assert host.delete(f"{PATH}/{there['id']}").status_code == 204
    assert lost.get(PATH).status_code == 401
    assert host.delete(f"{PATH}/{there['id']}").status_code == 404


def test_all_others_are_ended(opened: ExitStack, parts: Parts) -> None:
    host = somebody(opened, parts, "host", Role.HOST)
    others = [again(opened, parts, "host", number) for number in (2, 3)]
    assert host.post(f"{PATH}/end-others").json() == {"ended": 2}
    assert [other.get(PATH).status_code for other in others] == [401, 401]
    assert host.get(PATH).status_code == 200


def test_another_s_session_is_not_there_for_who_manages_nobody(opened: ExitStack, parts: Parts) -> None:
    host, officer = (
        somebody(opened, parts, "host", Role.HOST),
        somebody(opened, parts, "officer", Role.SECURITY_OFFICER),
    )
    session_id = host.get(PATH).json()["items"][0]["id"]
    assert officer.delete(f"{PATH}/{session_id}").status_code == 404
    assert officer.get(PATH, params={"user": "host"}).json() == officer.get(PATH, params={"user": "nobody"}).json() | {
        "detail": "There is no user 'host' here."
    }
    assert host.get(PATH).status_code == 200


@pytest.mark.parametrize(("site", "status"), [(None, 204), (OC1, 204), (SiteId("oc2"), 404)])
def test_an_administrator_ends_the_sessions_of_the_own_compounds(
    opened: ExitStack, parts: Parts, site: SiteId | None, status: int
) -> None:
    guard = somebody(opened, parts, "guard", Role.GUARD)
    admin = somebody(opened, parts, "boss", Role.ADMIN, site=site)
    session_id = guard.get(PATH).json()["items"][0]["id"]
    assert admin.get(PATH, params={"user": "guard"}).status_code == (200 if status == 204 else 404)
    assert admin.delete(f"{PATH}/{session_id}").status_code == status
    assert guard.get(PATH).status_code == (401 if status == 204 else 200)


def test_a_token_signs_nobody_out_whose_it_is(opened: ExitStack, parts: Parts) -> None:
    host = somebody(opened, parts, "host", Role.HOST)
    session_id = host.get(PATH).json()["items"][0]["id"]
    grants = [Grant(Role.HOST, OC1)]
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        token = service.add_token(work.session, name="x", grants=grants, owner="host", now=work.now)
        only = frozenset({Permission.GATE_CHECK})
        narrow = service.add_token(work.session, name="y", grants=grants, owner="host", only=only, now=work.now)
    with a_browser(parts, *routers(), bearer=token) as program:
        assert len(program.get(PATH).json()["items"]) == 1
        assert program.delete(f"{PATH}/{session_id}").status_code == 403
        assert program.post(f"{PATH}/end-others").status_code == 403
    with a_browser(parts, *routers(), bearer=narrow) as program:
        assert program.get(PATH).status_code == 403, "its scope does not hold what is everybody's"
    with a_browser(parts, *routers(), bearer=a_token(parts, Role.READER)) as reader:
        assert reader.get(PATH).json()["items"] == []


def test_what_is_no_session_is_none(opened: ExitStack, parts: Parts) -> None:
    host = somebody(opened, parts, "host", Role.HOST)
    assert host.delete(f"{PATH}/{'0' * 32}").status_code == 404
    assert host.delete(f"{PATH}/x").status_code == 422
    assert host.delete(f"{PATH}/{'0' * 32}", headers={"X-CSRF-Token": ""}).status_code == 403
