"""A person's photo: taken by the clerk, shown to the guard."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from registry.access.facts import AccessChanges
from registry.access.reading import access_changes
from registry.auth.permissions import Role
from registry.feed.service import versions
from registry.ids import SiteId
from registry.pages import routers
from registry.people.models import Person
from registry.room import Audit
from registry.web.app import create_app
from registry.web.parts import Parts
from tests.makers.pictures import a_picture
from tests.makers.registry import OC1, a_card, a_keyring, a_person, a_site
from tests.makers.web import a_token, some_parts


@dataclass(frozen=True, slots=True)
class Office:
    """The application, one person who holds a card, and clients by role."""

    client: TestClient
    parts: Parts
    person: Person

    def as_(self, role: Role, site: SiteId = OC1) -> dict[str, str]:
        return {"Authorization": f"Bearer {a_token(self.parts, role, site=site, name=f'{role}-{site}')}"}

    @property
    def path(self) -> str:
        return f"/api/registry/people/{self.person.id}/photo"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    parts = some_parts(tmp_path)
    parts.rooms["registry"] = a_keyring()
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        person = a_person(work.session, "王建国")
        a_card(work.session, person=person)
        a_site(work.session, "oc2")
    with TestClient(create_app(parts, routers())) as client:
        yield Office(client, parts, person)


def _changes(office: Office, since: dict[SiteId, int]) -> AccessChanges:
    with office.parts.stores["registry"].read() as session:
        return access_changes(session, since)


def test_a_photo_reaches_the_gate_with_all_that_its_person_carries(office: Office) -> None:
    with office.parts.stores["registry"].read() as session:
        before = versions(session)
    jpeg = {"Content-Type": "image/jpeg"}
    put = office.client.put(office.path, content=a_picture(), headers=office.as_(Role.CLERK) | jpeg)
    assert put.status_code == 200
    photo = put.json()["photo_url"]
    (card,) = _changes(office, before).credentials
    assert card.holder is not None
    assert photo == f"/api/media/{card.holder.photo}"
    assert office.client.get(photo, headers=office.as_(Role.GUARD)).content == a_picture()
    with office.parts.stores["registry"].read() as session:
        acts = session.execute(select(Audit.site, Audit.action, Audit.subject)).all()
    assert ("oc1", "person-photo-set", f"person:{office.person.id}") in [tuple(act) for act in acts]


def test_a_clerk_sets_it_on_the_persons_page(office: Office) -> None:
    page = f"/registry/people/{office.person.id}"
    files = {"photo": ("me.jpg", a_picture(), "image/jpeg")}
    assert office.client.post(f"{page}/photo", files=files, headers=office.as_(Role.CLERK)).status_code == 200
    assert 'src="/api/media/' in office.client.get(page, headers=office.as_(Role.CLERK)).text
    assert 'src="/api/media/' not in office.client.get(page, headers=office.as_(Role.ADMIN)).text


def test_what_is_no_photo_and_whose_file_is_elsewhere_is_refused(office: Office) -> None:
    jpeg = {"Content-Type": "image/jpeg"}
    refused = office.client.put(office.path, content=b"no picture", headers=office.as_(Role.CLERK) | jpeg)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:dayuan:problem:unreadable-picture")
    elsewhere = office.as_(Role.CLERK, SiteId("oc2")) | jpeg
    assert office.client.put(office.path, content=a_picture(), headers=elsewhere).status_code == 404
    assert office.client.put(office.path, content=a_picture(), headers=office.as_(Role.ADMIN) | jpeg).status_code == 403
    with office.parts.stores["registry"].read() as session:
        assert session.get_one(Person, office.person.id).photo is None


def test_a_photo_of_more_bytes_than_a_form_may_have_is_told_in_words(office: Office) -> None:
    """The photo of a telephone with 40 million pixels has 15 MB or so."""
    path = f"/registry/people/{office.person.id}/photo"
    sent = {"photo": ("photo.jpg", b"\xff\xd8\xff" + bytes(15 * 1024 * 1024), "image/jpeg")}
    clerk = office.as_(Role.CLERK)
    page = office.client.post(path, files=sent, headers={**clerk, "Accept": "text/html"})
    assert (page.status_code, page.headers["Content-Type"]) == (413, "text/html; charset=utf-8")
    assert "10 MB" in page.text
    part = office.client.post(path, files=sent, headers={**clerk, "HX-Request": "true"})
    assert (part.status_code, part.headers["X-Problem"]) == (413, "too-large")
    assert "10 MB" in part.text
