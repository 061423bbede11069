"""Dates that no page can show are refused where they are written, by the API, by a form and by the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from starlette.testclient import TestClient

from registry.auth.permissions import Role
from registry.pages import routers
from registry.store import Store
from registry.web.app import create_app
from tests.fakes.clock import NOON
from tests.makers.registry import a_card, a_deny_entry, a_keyring, a_person, a_qr_pass, a_site
from tests.makers.web import a_browser, a_session, a_token, a_user, some_parts

FOREVER = "9999-12-31T23:59:59Z"
PAGES = {"Accept": "text/html"}


@dataclass(frozen=True, slots=True)
class Desk:
    """A clerk at work on one person."""

    client: TestClient
    holder: str


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    parts = some_parts(tmp_path)
    parts.rooms["registry"] = a_keyring()
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        holder = str(a_person(work.session).id)
    clerk = {"Authorization": f"Bearer {a_token(parts, Role.CLERK)}"}
    with TestClient(create_app(parts, routers()), headers=clerk) as client:
        yield Desk(client, holder)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[TestClient]:
    """Who answers for all compounds, at work on the pages."""
    parts = some_parts(tmp_path)
    parts.rooms["registry"] = a_keyring()
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        a_site(work.session)
    officer = a_session(parts, a_user(parts, "chen", Role.SECURITY_OFFICER, site=None))
    with a_browser(parts, *routers(), signed_in=officer) as client:
        yield client


@pytest.mark.parametrize("ends", [FOREVER, "9999-12-31T23:59:59-08:00", "2200-01-01T00:00:00Z"])
def test_the_api_refuses_a_card_a_pass_and_a_denial_for_ever(desk: Desk, ends: str) -> None:
    period = {"holder": desk.holder, "sites": ["oc1"], "valid_from": "2026-01-01T00:00:00Z", "valid_until": ends}
    denial = {"kind": "plate", "key": "鄂E66666", "sites": ["oc1"], "words": "套牌车", "valid_until": ends}
    for path, body in (("cards", period | {"number": "AAAA"}), ("passes", period), ("denylist", denial)):
        answer = desk.client.post(f"/api/registry/{path}", json=body)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:dayuan:problem:moment-too-far"), path


def test_a_pass_that_outlasts_its_code_is_refused(desk: Desk) -> None:
    body = {"holder": desk.holder, "sites": ["oc1"], "valid_from": "2026-01-01T00:00:00Z"}
    answer = desk.client.post("/api/registry/passes", json=body | {"valid_until": "2106-06-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:dayuan:problem:moment-too-far")


@pytest.mark.parametrize(("first", "last"), [("2026-01-01", "9999-12-31"), ("0001-01-01", "2026-12-31")])
def test_a_form_with_a_mistyped_year_says_so(desk: Desk, first: str, last: str) -> None:
    days = {"first_day": first, "last_day": last, "sites": "oc1"}
    for kind in ("cards", "passes"):
        answer = desk.client.post(
            f"/registry/people/{desk.holder}/{kind}", data={**days, "number": "BBBB"}, headers=PAGES
        )
        assert (answer.status_code, "年份" in answer.text) == (422, True), kind
    denial = {"kind": "plate", "key": "鄂E66666", "sites": "oc1", "words": "x", "last_day": "9999-12-31"}
    assert desk.client.post("/registry/denylist", data=denial, headers=PAGES).status_code == 422


@pytest.mark.parametrize("maker", [a_card, a_qr_pass, a_deny_entry])
def test_the_database_itself_refuses_an_end_beyond_all_pages(registry_store: Store, maker: type) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)check"), registry_store.begin(NOON) as work:
        maker(work.session, valid_until=datetime(2200, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("calendar/oc1/9999-12-31", {"kind": "holiday", "name_zh": "停电"}),
        ("calendar/oc1/0001-01-01/undo", {"revision": "1"}),
        ("series/99999/prepare", {}),
        ("series/0/activate", {"when": "day", "sure": "yes"}),
        ("batches", {"year": "9" * 5000}),
        ("batches", {"year": "２０２６"}),
    ],
)
def test_a_day_or_year_that_no_page_can_show_is_refused(office: TestClient, path: str, fields: dict[str, str]) -> None:
    assert office.post(f"/registry/{path}", data=fields).status_code == 422


@pytest.mark.parametrize("path", ["calendar", "levels/new"])
def test_a_page_of_a_compound_says_that_there_is_none_yet(tmp_path: Path, path: str) -> None:
    parts = some_parts(tmp_path)
    parts.rooms["registry"] = a_keyring()
    officer = a_session(parts, a_user(parts, "chen", Role.SECURITY_OFFICER, site=None))
    with a_browser(parts, *routers(), signed_in=officer) as client:
        assert client.get(f"/registry/{path}").status_code == 404
