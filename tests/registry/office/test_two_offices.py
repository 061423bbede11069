"""Two offices that share people's credentials: what one may do to what the other answers for."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from registry.auth.permissions import Role
from registry.ids import SiteId
from registry.pages import routers
from registry.people.models import Person
from registry.store import Work
from registry.web.app import create_app
from tests.makers.registry import a_card, a_keyring, a_permit, a_person, a_qr_pass
from tests.makers.web import a_token, some_parts

BOTH = ("oc1", "oc2")


@dataclass(frozen=True, slots=True)
class Offices:
    """The clerks of two compounds, and what opens both; its holder's file is kept at the first."""

    client: TestClient
    holder: Person
    paths: dict[str, str]
    first: dict[str, str]
    second: dict[str, str]
    chief: dict[str, str]

    def change(self, kind: str, step: str, clerk: dict[str, str]) -> Response:
        return self.client.post(f"{self.paths[kind]}/{step}", json={"reason": "x"}, headers=clerk)


@pytest.fixture
def offices(tmp_path: Path) -> Iterator[Offices]:
    parts = some_parts(tmp_path)
    parts.rooms["registry"] = a_keyring()
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        holder = a_person(work.session, "王建国")
        paths = _credentials(work, holder)
    tokens = {
        name: {"Authorization": f"Bearer {a_token(parts, Role.CLERK, site=site, name=name)}"}
        for name, site in (("first", SiteId("oc1")), ("second", SiteId("oc2")), ("chief", None))
    }
    with TestClient(create_app(parts, routers())) as client:
        yield Offices(client, holder, paths, **tokens)


def _credentials(work: Work, holder: Person) -> dict[str, str]:
    permit = a_permit(work.session, "鄂E12345", person=holder, sites=BOTH)
    card = a_card(work.session, "04A1B2C3", person=holder, sites=BOTH)
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


def test_a_clerks_page_offers_only_what_the_clerk_may_do(offices: Offices) -> None:
    offices.change("cards", "suspension", offices.chief)
    page = f"/registry/people/{offices.holder.id}"
    assert "reinstate" not in offices.client.get(page, headers=offices.first).text
    assert "reinstate" in offices.client.get(page, headers=offices.chief).text
