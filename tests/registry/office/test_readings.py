"""Who read whose data is in the audit, and what they searched for is neither there nor in an address."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pytest
from httpx2 import Response
from sqlalchemy import select
from starlette.testclient import TestClient

from registry.auth.permissions import Role
from registry.pages import routers
from registry.people.models import Person
from registry.people.service import NewPerson, register_person
from registry.room import Audit
from registry.web.app import create_app
from registry.web.parts import Parts
from tests.makers.registry import IDENTITY, OC1, a_card, a_keyring, a_permit, a_person, a_qr_pass, a_site
from tests.makers.web import a_token, some_parts

NUMBER = "11010519491231002X"


@dataclass(frozen=True, slots=True)
class Office:
    """A clerk's client, one person with all that one can carry, and what the audit says of readings."""

    client: TestClient
    parts: Parts
    person: Person
    ids: dict[str, str]

    def readings(self) -> list[tuple[str, str, str, dict[str, object]]]:
        with self.parts.stores["registry"].read() as session:
            acts = session.scalars(select(Audit).where(Audit.actor.endswith("chen")).order_by(Audit.position)).all()
        return [(act.site, act.action, act.subject, json.loads(act.facts)) for act in acts]

    def search(self, words: str, **headers: str) -> Response:
        return self.client.post("/registry/people", data={"q": words}, headers=headers)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    parts = some_parts(tmp_path)
    parts.rooms["registry"] = a_keyring()
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        a_site(work.session)
        new = NewPerson(site=OC1, name="王建国", id_number=NUMBER, phone="13800138000")
        person = register_person(work.session, IDENTITY, new, within={OC1}, by="somebody", now=work.now)
        permit, card = a_permit(work.session, person=person), a_card(work.session, person=person)
        qr_pass = a_qr_pass(work.session, person=person)
        ids = {"permits": str(permit.id), "cards": str(card.id), "passes": str(qr_pass.id)}
    clerk = {"Authorization": f"Bearer {a_token(parts, Role.CLERK, name='chen')}"}
    with TestClient(create_app(parts, routers()), headers=clerk) as client:
        yield Office(client, parts, person, ids)


@pytest.mark.parametrize("path", ["/registry/people/{}", "/registry/people/{}/edit", "/api/registry/people/{}"])
def test_opening_somebodys_file_is_recorded(office: Office, path: str) -> None:
    assert office.client.get(path.format(office.person.id)).status_code == 200
    ((site, action, subject, _),) = office.readings()
    assert (site, action, subject) == ("oc1", "person-read", f"person:{office.person.id}")


def test_two_files_that_are_looked_at_side_by_side_are_recorded(office: Office) -> None:
    with office.parts.stores["registry"].begin(office.parts.clock.now()) as work:
        other = a_person(work.session, "王建国").id
    sides = {"kept": str(office.person.id), "gone": str(other)}
    assert office.client.get("/registry/people/duplicates/merge", params=sides).status_code == 200
    assert [reading[1:3] for reading in office.readings()] == [
        ("person-read", f"person:{one}") for one in (office.person.id, other)
    ]


@pytest.mark.parametrize("path", ["/registry/passes/{}", "/api/registry/passes/{}"])
def test_showing_a_code_is_recorded(office: Office, path: str) -> None:
    assert office.client.get(path.format(office.ids["passes"])).status_code == 200
    ((site, action, subject, _),) = office.readings()
    assert (site, action, subject) == ("oc1", "qr-shown", f"qr:{office.ids['passes']}")


@pytest.mark.parametrize("kind", ["permits", "cards"])
def test_reading_one_credential_is_recorded(office: Office, kind: str) -> None:
    assert office.client.get(f"/api/registry/{kind}/{office.ids[kind]}").status_code == 200
    ((_, action, subject, _),) = office.readings()
    assert (action, subject) == (f"{kind[:-1]}-read", f"{kind[:-1]}:{office.ids[kind]}")


@pytest.mark.parametrize("path", ["/registry", "/api/registry"])
def test_a_list_is_recorded_by_the_kind_of_question_and_the_number_of_answers(office: Office, path: str) -> None:
    for what in ("people", "permits", "cards", "denylist"):
        office.client.get(f"{path}/{what}")
        office.client.get(f"{path}/{what}", params={"q": "王建"})
    found = {"people": 1, "permits": 1, "cards": 1, "denylist": 0}
    assert [reading[1:] for reading in office.readings()] == [
        (f"{what}-listed", what, {"query": query, "rows": rows})
        for what, rows in found.items()
        for query in ("all", "words")
    ]


def test_a_whole_number_finds_its_person_and_stands_in_no_address_nor_in_the_audit(office: Office) -> None:
    for answer in (
        office.search(NUMBER.lower()),
        office.client.post("/api/registry/people/lookup", json={"id_number": NUMBER}),
    ):
        assert answer.status_code == 200
        assert "王建国" in answer.text
        assert NUMBER not in str(answer.headers).upper()
    assert [reading[1:] for reading in office.readings()] == [
        ("people-listed", f"person:{office.person.id}", {"query": "id_number", "rows": 1}),
        ("people-listed", f"person:{office.person.id}", {"query": "id_number", "rows": 1}),
    ]
    for path in ("/registry/people", "/api/registry/people"):
        assert "王建国" not in office.client.get(path, params={"q": NUMBER}).text
    assert office.client.post("/api/registry/people/lookup", json={"id_number": "E12345678"}).status_code == 404


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("王建", "/registry/people?q=王建"),
        (NUMBER[:17], "/registry/people"),
        ("１３８００１３８", "/registry/people"),
        ("", "/registry/people"),
    ],
)
def test_words_stand_in_the_address_and_long_numbers_do_not(office: Office, words: str, address: str) -> None:
    assert unquote(office.search(words, **{"HX-Request": "true"}).headers["HX-Replace-Url"]) == address
    boosted = office.search(words, **{"HX-Request": "true", "HX-Boosted": "true"})
    assert unquote(boosted.headers["HX-Push-Url"]) == address


def test_a_search_with_many_answers_goes_on_without_its_words_in_the_address(office: Office) -> None:
    with office.parts.stores["registry"].begin(office.parts.clock.now()) as work:
        for number in range(41):
            new = NewPerson(site=OC1, name=f"李{number}", phone="13900139000")
            register_person(work.session, IDENTITY, new, within={OC1}, by="somebody", now=work.now)
    first = office.search("13900139000")
    assert "?q=1390" not in first.text
    cursor = first.text.split('name="cursor" value="')[1].split('"')[0]
    rest = office.client.post("/registry/people", data={"q": "13900139000", "cursor": cursor})
    assert (first.text.count("data-open"), rest.text.count("data-open")) == (40, 1)


def test_a_plate_is_looked_for_among_the_permits_once_it_is_sent_off(office: Office) -> None:
    sent = office.client.post("/registry/people", data={"q": "鄂E·12345"}, follow_redirects=False)
    assert (sent.status_code, unquote(sent.headers["Location"])) == (303, "/registry/permits?q=鄂E12345")
    typing = office.client.post(
        "/registry/people", data={"q": "鄂E·12345"}, headers={"HX-Request": "true"}, follow_redirects=False
    )
    assert typing.status_code == 200
