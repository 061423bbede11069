"""Rooms in the API and on the clerk's pages."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from registry.auth.permissions import Role
from registry.housing.models import RoomRow
from registry.ids import new_id
from registry.pages import routers
from registry.people.models import Person
from registry.room import Audit
from registry.web.app import create_app
from registry.web.parts import Parts
from tests.makers.housing import a_room, a_tenancy
from tests.makers.registry import a_keyring, a_person, a_unit
from tests.makers.web import a_token, some_parts


@dataclass(frozen=True, slots=True)
class Office:
    """A clerk of oc1 with a dwelling that was let twice, an office, and a room of oc2."""

    client: TestClient
    parts: Parts
    flat: RoomRow
    elsewhere: RoomRow
    tenant: Person
    landlord: Person

    def readings(self) -> list[tuple[str, str, dict[str, object]]]:
        with self.parts.stores["registry"].read() as session:
            acts = session.scalars(select(Audit).where(Audit.actor.endswith("chen")).order_by(Audit.position)).all()
        return [(act.action, act.subject, json.loads(act.facts)) for act in acts]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    parts = some_parts(tmp_path)
    parts.rooms["registry"] = a_keyring()
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        session = work.session
        flat, elsewhere = a_room(session, "201"), a_room(session, "201", site="oc2")
        a_room(session, "301", office_of=a_unit(session, name_zh="档案局", name_en="Archives Office"))
        tenant, landlord = a_person(session, "李娜"), a_person(session, "赵敏", site="oc2")
        session.flush()
        a_tenancy(session, flat, a_person(session, "钱七"), last_day=date(2026, 3, 31))
        a_tenancy(
            session,
            flat,
            tenant,
            landlord=landlord,
            living=[a_person(session, "李明")],
            first_day=date(2026, 4, 1),
            last_day=date(2027, 3, 31),
        )
        a_tenancy(session, elsewhere, landlord)
    clerk = {"Authorization": f"Bearer {a_token(parts, Role.CLERK, name='chen')}"}
    with TestClient(create_app(parts, routers()), headers=clerk) as client:
        yield Office(client, parts, flat, elsewhere, tenant, landlord)


def test_a_list_tells_who_has_each_room_of_ones_compound_today(office: Office) -> None:
    first = office.client.get("/api/registry/rooms?limit=1").json()
    rest = office.client.get(f"/api/registry/rooms?limit=1&cursor={first['next']}").json()
    flat, unit = first["items"][0], rest["items"][0]
    assert rest["next"] is None
    assert (flat["building"]["short"], flat["number"], flat["use"], flat["unit"]) == ("3", "201", "dwelling", None)
    assert (flat["tenant"], flat["occupants"]) == ({"id": str(office.tenant.id), "name": "李娜"}, 2)
    assert (unit["unit"]["name_en"], unit["tenant"], unit["occupants"]) == ("Archives Office", None, 0)
    for words, found in (("李娜", ["201"]), ("3-3", ["301"]), ("钱七", [])):
        items = office.client.get("/api/registry/rooms", params={"q": words}).json()["items"]
        assert [room["number"] for room in items] == found
    here = {"site": "oc1", "building": flat["building"]["id"]}
    assert len(office.client.get("/api/registry/rooms", params=here).json()["items"]) == 2
    assert office.client.get("/api/registry/rooms", params={"building": str(new_id())}).json()["items"] == []


def test_a_room_tells_its_tenancies_with_their_people_the_last_day_included(office: Office) -> None:
    room = office.client.get(f"/api/registry/rooms/{office.flat.id}").json()
    now, before = room["tenancies"]
    assert (now["first_day"], now["last_day"]) == ("2026-04-01", "2027-03-31")
    assert (before["first_day"], before["last_day"], before["landlord"]) == ("2026-01-01", "2026-03-31", None)
    assert now["landlord"]["name"] == "赵敏"
    assert [one["name"] for one in now["occupants"]] == ["李娜", "李明"]


def test_rooms_are_asked_for_by_their_use_and_the_list_of_people_says_who_lives_in_which(office: Office) -> None:
    offices, dwellings = (office.client.get(f"/registry/rooms?use={use}").text for use in ("office", "dwelling"))
    assert ("3-301" in offices, "3-201" in offices) == (True, False)
    assert ("3-301" in dwellings, "3-201" in dwellings) == (False, True)
    rows = office.client.get("/registry/people").text.split("<tr>")
    assert ["3-201" in row for row in rows if "李娜" in row or "李明" in row] == [True, True]
    assert ["3-201" in row for row in rows if "钱七" in row] == [False]


def test_a_room_of_another_compound_is_not_there(office: Office) -> None:
    for path in (f"/rooms/{office.elsewhere.id}", "/rooms?site=oc2", f"/rooms/{new_id()}"):
        assert office.client.get(f"/api/registry{path}").status_code == 404
        assert office.client.get(f"/registry{path}").status_code == 404
    after = office.client.get("/api/registry/rooms", params={"cursor": str(office.elsewhere.id)}).json()["items"]
    assert after == []


def test_the_pages_show_the_same_and_link_only_to_files_that_the_clerk_may_open(office: Office) -> None:
    rooms = office.client.get("/registry/rooms", params={"q": "李娜"}).text
    assert f'href="/registry/rooms/{office.flat.id}"' in rooms
    assert "3-201" in rooms
    assert "3-301" not in rooms
    room = office.client.get(f"/registry/rooms/{office.flat.id}").text
    assert f'href="/registry/people/{office.tenant.id}"' in room
    assert "赵敏" in room
    assert f'href="/registry/people/{office.landlord.id}"' not in room


def test_who_read_rooms_is_in_the_audit(office: Office) -> None:
    office.client.get("/registry/rooms", params={"q": "李娜"})
    office.client.get(f"/registry/rooms/{office.flat.id}")
    assert office.readings() == [
        ("rooms-listed", "rooms", {"query": "words", "rows": 1}),
        ("room-read", f"room:{office.flat.id}", {}),
    ]
