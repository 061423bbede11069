"""Two offices that share people's credentials: what one may do to what the other answers for."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.auth.service import add_token
from registry.ids import SiteId
from registry.pages import routers
from registry.people.models import Person
from registry.store import Work
from registry.web.app import create_app
from registry.web.parts import Parts
from tests.makers.registry import a_card, a_keyring, a_permit, a_person, a_qr_pass, a_site
from tests.makers.web import some_parts

BOTH = ("oc1", "oc2")


@dataclass(frozen=True, slots=True)
class Offices:
    """The clerks of two compounds, and what opens both; its holder's file is kept at the first."""

    client: TestClient
    holder: Person
    guest: Person
    paths: dict[str, str]
    first: dict[str, str]
    second: dict[str, str]
    both: dict[str, str]
    chief: dict[str, str]

    def change(self, kind: str, step: str, clerk: dict[str, str]) -> Response:
        return self.client.post(f"{self.paths[kind]}/{step}", json={"reason": "x"}, headers=clerk)


@pytest.fixture
def offices(tmp_path: Path) -> Iterator[Offices]:
    parts = some_parts(tmp_path)
    parts.rooms["registry"] = a_keyring()
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        holder = a_person(work.session, "王建国")
        guest = a_person(work.session, "赵敏", site="oc2")
        a_site(work.session, "oc3")
        paths = _credentials(work, holder)
    scopes = {"first": ("oc1",), "second": ("oc2",), "both": BOTH, "chief": (None,)}
    tokens = {name: {"Authorization": f"Bearer {_token(parts, name, sites)}"} for name, sites in scopes.items()}
    with TestClient(create_app(parts, routers())) as client:
        yield Offices(client, holder, guest, paths, **tokens)


def _token(parts: Parts, name: str, sites: tuple[str | None, ...]) -> str:
    grants = [Grant(Role.CLERK, SiteId(site) if site else None) for site in sites]
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        return add_token(work.session, name=name, grants=grants, now=work.now)


def _credentials(work: Work, holder: Person) -> dict[str, str]:
    permit = a_permit(work.session, "鄂E12345", person=holder, sites=BOTH)
    card = a_card(work.session, "04A1B2C3", person=holder, sites=BOTH)
    a_permit(work.session, "鄂E67890", person=holder, sites=BOTH, year=2025)
    qr_pass = a_qr_pass(work.session, person=holder, sites=BOTH)
    ids = {"permits": permit.id, "cards": card.id, "passes": qr_pass.id}
    return {kind: f"/api/registry/{kind}/{id_}" for kind, id_ in ids.items()}


@pytest.mark.parametrize("kind", ["permits", "cards", "passes"])
def test_whoever_answers_for_one_of_its_sites_stops_it_and_only_who_answers_for_all_lets_it_in_again(
    offices: Offices, kind: str
) -> None:
    assert offices.change(kind, "revocation", offices.first).json()["status"] == "revoked"
    refused = offices.change(kind, "reinstatement", offices.second)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:dayuan:problem:opens-further")
    assert offices.change(kind, "reinstatement", offices.first).status_code == 403
    assert offices.change(kind, "reinstatement", offices.chief).json()["status"] == "active"


def test_what_another_office_has_registered_is_refused_without_telling_what_it_is(offices: Offices) -> None:
    period = {"valid_from": "2026-01-01T00:00:00Z", "valid_until": "2027-01-01T00:00:00Z"}
    ours = {"holder": str(offices.holder.id), "sites": ["oc1"]}
    theirs = {"holder": str(offices.guest.id), "sites": ["oc2"]}
    number = {"id_number": "11010519491231002X", "name": "王"}
    for path, body, first, second in (
        ("people", number, {"site": "oc1"}, {"site": "oc2"}),
        ("permits", {"plate": "鄂E54321", "year": 2026}, ours, theirs),
        ("cards", {"number": "04FFFFFF", **period}, ours, theirs),
    ):
        post = partial(offices.client.post, f"/api/registry/{path}")
        assert post(json={**body, **first}, headers=offices.first).status_code == 201, path
        known = post(json={**body, **first}, headers=offices.first).json()
        elsewhere = post(json={**body, **second}, headers=offices.second)
        assert (elsewhere.status_code, elsewhere.json()["type"]) == (409, "urn:dayuan:problem:held-elsewhere"), path
        assert known["type"] != elsewhere.json()["type"]
        assert set(elsewhere.json()) == {"type", "title", "status", "detail"}
        assert "2026-0002" not in elsewhere.text


def test_a_card_that_another_office_gave_out_anew_is_not_reinstated(offices: Offices) -> None:
    offices.change("cards", "revocation", offices.chief)
    body = {"holder": str(offices.guest.id), "number": "04A1B2C3", "sites": ["oc3"]}
    period = {"valid_from": "2026-01-01T00:00:00Z", "valid_until": "2027-01-01T00:00:00Z"}
    assert offices.client.post("/api/registry/cards", json={**body, **period}, headers=offices.chief).status_code == 201
    refused = offices.change("cards", "reinstatement", offices.both)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:dayuan:problem:held-elsewhere")


def test_a_pass_is_shown_where_it_opens_also_when_its_holders_file_is_elsewhere(offices: Offices) -> None:
    page = offices.paths["passes"].removeprefix("/api")
    there = offices.client.get(page, headers=offices.second)
    assert there.status_code == 200
    assert "王建国" in there.text
    assert str(offices.holder.id) not in there.text
    assert str(offices.holder.id) in offices.client.get(page, headers=offices.first).text


def test_a_credential_is_changed_on_its_holders_page_only(offices: Offices) -> None:
    credential = offices.paths["cards"].rpartition("/")[2]
    for person, status in ((offices.guest, 404), (offices.holder, 200)):
        page = f"/registry/people/{person.id}/cards/{credential}/suspend"
        answer = offices.client.post(page, data={"reason": "x"}, headers=offices.chief)
        assert answer.status_code == status


def test_a_permit_is_renewed_with_one_button_by_who_answers_for_all_that_it_opens(offices: Offices) -> None:
    page = f"/registry/people/{offices.holder.id}"
    assert "换发" not in offices.client.get(page, headers=offices.first).text
    assert "换发" in offices.client.get(page, headers=offices.both).text


def test_a_clerks_page_offers_only_what_the_clerk_may_do(offices: Offices) -> None:
    offices.change("cards", "suspension", offices.chief)
    page = f"/registry/people/{offices.holder.id}"
    assert "reinstate" not in offices.client.get(page, headers=offices.first).text
    assert "reinstate" in offices.client.get(page, headers=offices.chief).text
