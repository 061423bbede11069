"""The registry's API: who may do what where, and what it answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from registry.auth.permissions import Role
from registry.devices.models import Device
from registry.ids import SiteId, new_id
from registry.pages import routers
from registry.people.models import Person
from registry.web.app import create_app
from registry.web.parts import Parts
from tests.makers.registry import (
    a_card,
    a_device,
    a_gate,
    a_keyring,
    a_permit,
    a_person,
    a_site,
    a_zone,
)
from tests.makers.web import a_token, some_parts

OC1, OC2 = SiteId("oc1"), SiteId("oc2")


@dataclass(frozen=True, slots=True)
class Api:
    """The application, the people in it, and clients by role."""

    client: TestClient
    parts: Parts
    mine: Person
    theirs: Person

    def as_(self, *roles: Role, site: SiteId | None = OC1) -> dict[str, str]:
        name = "-".join((*roles, site or "all"))
        return {"Authorization": f"Bearer {a_token(self.parts, *roles, site=site, name=name)}"}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    parts = some_parts(tmp_path)
    parts.rooms["registry"] = a_keyring()
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        a_gate(work.session)
        a_site(work.session, "oc2")
        mine = a_person(work.session, "王建国")
        theirs = a_person(work.session, "赵敏", site="oc2")
        a_card(work.session, "04A1B2C3", person=theirs, sites=("oc2",))
        a_zone(work.session)
        a_device(work.session, "oc2/beam/north-01")
    with TestClient(create_app(parts, routers())) as client:
        yield Api(client, parts, mine, theirs)


def test_a_clerk_sees_own_sites_and_nothing_of_others(api: Api) -> None:
    clerk = api.as_(Role.CLERK)
    people = api.client.get("/api/registry/people", headers=clerk).json()
    assert [person["name"] for person in people["items"]] == ["王建国"]
    assert api.client.get(f"/api/registry/people/{api.theirs.id}", headers=clerk).status_code == 404
    assert api.client.get("/api/registry/cards", headers=clerk).json()["items"] == []
    assert api.client.get("/api/registry/devices/oc2/beam/north-01", headers=clerk).status_code == 404
    assert [site["id"] for site in api.client.get("/api/registry/sites", headers=clerk).json()["items"]] == ["oc1"]
    assert api.client.get("/api/registry/gates?site=oc2", headers=clerk).status_code == 404
    gates = api.client.get("/api/registry/gates", headers=clerk).json()["items"]
    assert [(gate["id"], gate["lanes"][0]["manned"]) for gate in gates] == [("oc1-north", True)]


def test_nobody_writes_for_a_site_that_is_not_theirs(api: Api) -> None:
    clerk = api.as_(Role.CLERK)
    permit = {"holder": str(api.mine.id), "plate": "鄂E12345", "year": 2026, "sites": ["oc1", "oc2"]}
    assert api.client.post("/api/registry/permits", json=permit, headers=clerk).status_code == 404
    permit |= {"holder": str(api.theirs.id), "sites": ["oc1"]}
    assert api.client.post("/api/registry/permits", json=permit, headers=clerk).status_code == 404


def test_a_guard_does_not_read_the_registry(api: Api) -> None:
    answer = api.client.get("/api/registry/people", headers=api.as_(Role.GUARD))
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert api.client.get("/api/registry/people").status_code == 401


def test_a_permit_is_issued_lost_and_found(api: Api) -> None:
    clerk = api.as_(Role.CLERK)
    body = {"holder": str(api.mine.id), "plate": "鄂E·12345", "further": ["鄂E54321"], "year": 2026, "sites": ["oc1"]}
    issued = api.client.post("/api/registry/permits", json=body, headers=clerk)
    assert issued.status_code == 201
    permit = issued.json()
    shared = api.client.get(f"/api/registry/permits/{permit['id']}/plates", headers=clerk).json()
    assert [each["plate"] for each in shared] == ["鄂E54321"]
    assert (permit["number"], permit["plate"], permit["status"]) == ("2026-0001", "鄂E12345", "active")
    path = f"/api/registry/permits/{permit['id']}"

    lost = api.client.post(f"{path}/loss", json={"reason": "遗失"}, headers=clerk).json()
    assert (lost["status"], lost["status_reason"]) == ("reported_lost", "遗失")
    again = api.client.post(f"{path}/loss", json={"reason": "遗失"}, headers=clerk)
    assert (again.status_code, again.json()["type"]) == (409, "urn:dayuan:problem:step-not-possible")
    found = api.client.post(f"{path}/reinstatement", json={"reason": "找到"}, headers=clerk)
    assert found.json()["status"] == "active"
    assert api.client.get(path, headers=clerk).json()["status"] == "active"


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"plate": "京A12"}, 422, "京A12 is no plate"),
        ({"year": 1899}, 422, "year"),
        ({"sites": []}, 422, "sites"),
        ({"holder": "nobody"}, 422, "holder"),
        ({"sites": ["oc9"]}, 404, ""),
    ],
)
def test_a_permit_that_cannot_be_says_why(api: Api, change: dict[str, object], status: int, words: str) -> None:
    body = {"holder": str(api.mine.id), "plate": "鄂E12345", "year": 2026, "sites": ["oc1"], **change}
    answer = api.client.post("/api/registry/permits", json=body, headers=api.as_(Role.CLERK))
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


def test_a_unit_that_is_none_of_ours_is_told(api: Api) -> None:
    clerk, nobody = api.as_(Role.CLERK), str(new_id())
    permit = {"holder": str(api.mine.id), "plate": "鄂E12345", "year": 2026, "sites": ["oc1"], "unit": nobody}
    person = {"site": "oc1", "name": "李秀英", "unit": nobody}
    for path, body in (("permits", permit), ("people", person)):
        answer = api.client.post(f"/api/registry/{path}", json=body, headers=clerk)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:dayuan:problem:no-such-unit"), path


def test_a_person_is_registered_with_a_number_that_no_answer_shows(api: Api) -> None:
    body = {"site": "oc1", "name": "李秀英", "id_number": "11010519491231002X"}
    clerk = api.as_(Role.CLERK)
    answer = api.client.post("/api/registry/people", json=body, headers=clerk)
    assert answer.status_code == 201
    assert answer.json()["id_number"] == "110**************X"
    number = {"id_number": "11010519491231002x"}
    found = api.client.post("/api/registry/people/lookup", json=number, headers=clerk)
    assert found.json()["name"] == "李秀英"


def test_a_qr_pass_comes_with_its_code_and_is_revoked(api: Api) -> None:
    clerk = api.as_(Role.CLERK)
    period = {"valid_from": "2026-11-23T00:00:00+08:00", "valid_until": "2026-11-24T00:00:00+08:00"}
    body = {"holder": str(api.mine.id), "sites": ["oc1"], **period}
    issued = api.client.post("/api/registry/passes", json=body, headers=clerk).json()
    assert issued["text"].startswith("DY1:")
    assert issued["svg"].startswith("<svg")
    path = f"/api/registry/passes/{issued['id']}"
    assert api.client.post(f"{path}/revocation", json={"reason": "x"}, headers=clerk).json()["status"] == "revoked"
    assert api.client.get(path, headers=clerk).json()["status"] == "revoked"
    assert api.client.get(path, headers=api.as_(Role.ADMIN)).status_code == 403


def test_a_card_is_issued_for_some_gates_and_suspended(api: Api) -> None:
    clerk = api.as_(Role.CLERK)
    period = {"valid_from": "2026-11-23T00:00:00+08:00", "valid_until": "2027-11-23T00:00:00+08:00"}
    body = {"holder": str(api.mine.id), "number": "04:ff:00:01", "sites": ["oc1"], "gates": ["oc1-north"], **period}
    card = api.client.post("/api/registry/cards", json=body, headers=clerk).json()
    assert (card["number"], card["gates"]) == ("04FF0001", ["oc1-north"])
    path = f"/api/registry/cards/{card['id']}"
    assert api.client.post(f"{path}/suspension", json={"reason": "x"}, headers=clerk).json()["status"] == "suspended"
    assert api.client.get(path, headers=clerk).json()["status_reason"] == "x"
    no_offset = body | {"valid_from": "2026-11-23T00:00:00"}
    assert api.client.post("/api/registry/cards", json=no_offset, headers=clerk).status_code == 422


def test_only_who_answers_for_every_site_denies_everywhere(api: Api) -> None:
    body = {"kind": "plate", "key": "鄂E99999", "words": "套牌车"}
    refused = api.client.post("/api/registry/denylist", json=body, headers=api.as_(Role.CLERK))
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:dayuan:problem:only-for-all-sites")
    chief = api.as_(Role.CLERK, site=None)
    line = api.client.post("/api/registry/denylist", json=body, headers=chief).json()
    removal = f"/api/registry/denylist/{line['id']}/removal"
    assert api.client.post(removal, json={"reason": "x"}, headers=api.as_(Role.SECURITY_OFFICER)).status_code == 403
    assert api.client.post(removal, json={"reason": "查清"}, headers=chief).json()["taken_off_at"] is not None
    assert api.client.get("/api/registry/denylist", headers=chief).json()["items"] == []


def test_a_device_is_added_changed_and_tells_its_secret_once(api: Api) -> None:
    admin = api.as_(Role.ADMIN)
    body = {"address": "oc1/camera/gate-02", "name_zh": "二号", "name_en": "Two"}
    added = api.client.post("/api/registry/devices", json=body, headers=admin).json()
    assert (added["username"], len(added["secret"])) == ("oc1.camera.gate-02", 32)
    path = "/api/registry/devices/oc1/camera/gate-02"
    polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]
    patch = {
        "source": "rtsp://viewer:secret@10.0.0.7/main",
        "regions": [{"id": "lawn", "polygon": polygon, "rules": ["intrusion"]}],
        "enabled": False,
        "name_zh": "二号摄像机",
        "place": {"x": 0.5, "y": 0.5},
    }
    assert api.client.patch(path, json=patch, headers=admin).status_code == 200
    device = api.client.get(path, headers=admin).json()
    assert device["source"] == "rtsp://10.0.0.7/…"
    assert device["regions"] == patch["regions"]
    assert (device["enabled"], device["name_zh"], device["name_en"]) == (False, "二号摄像机", "Two")
    assert "secret" not in str(device["source"])
    assert api.client.patch(path, json={"source": None}, headers=admin).json()["source"] is None
    renewed = api.client.post(f"{path}/secret", headers=admin).json()
    assert renewed["secret"] != added["secret"]
    assert api.client.post(f"{path}/secret", headers=api.as_(Role.CLERK)).status_code == 403


@pytest.mark.parametrize("address", ["oc1/camera", "oc1/fridge/a", "OC1/camera/a", "oc1/camera/a/b", "../../etc"])
def test_an_address_that_is_none_says_why(api: Api, address: str) -> None:
    body = {"address": address, "name_zh": "x", "name_en": "x"}
    answer = api.client.post("/api/registry/devices", json=body, headers=api.as_(Role.ADMIN, site=None))
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:dayuan:problem:no-device-address")


def test_the_cameras_page_neither_shows_a_password_nor_lets_it_be_saved_away(api: Api) -> None:
    admin = api.as_(Role.ADMIN)
    path, page = "/api/registry/devices/oc1/camera/north-01", "/registry/devices/oc1/camera/north-01"
    api.client.patch(path, json={"source": "rtsp://viewer:secret@10.0.0.7/main"}, headers=admin)
    text = api.client.get(page, headers=admin).text
    assert "rtsp://10.0.0.7/…" in text
    assert "secret@" not in text
    assert 'value="rtsp' not in text
    for shown in ("rtsp://10.0.0.7/…", ""):
        assert api.client.post(f"{page}/source", data={"source": shown}, headers=admin).status_code == 422
    with api.parts.stores["registry"].read() as session:
        assert session.scalars(
            select(Device.source).where(Device.name == "north-01", Device.kind == "camera")
        ).all() == ["rtsp://viewer:secret@10.0.0.7/main"]
    api.client.post(f"{page}/source/removal", headers=admin)
    assert api.client.get(path, headers=admin).json()["source"] is None


def test_how_a_device_is_heard_is_told_by_the_program_and_by_the_form(api: Api) -> None:
    admin = api.as_(Role.ADMIN)
    path, page = "/api/registry/devices/oc1/camera/north-01", "/registry/devices/oc1/camera/north-01"
    patch = {"adapter": "frigate", "foreign_prefixes": ["frigate/north"], "is_wireless": True}
    assert api.client.patch(path, json=patch, headers=admin).json()["adapter"] == "frigate"
    assert api.client.patch(path, json={"heartbeat_seconds": 30}, headers=admin).json()["is_wireless"] is True
    assert api.client.patch(path, json={"beams": 2}, headers=admin).status_code == 422
    typed = {"foreign_prefixes": "frigate/#", "foreign_id": "<b>1"}
    back = api.client.post(f"{page}/hearing", data=typed, headers=admin)
    assert back.status_code == 422
    assert 'id="wrong-foreign_prefixes"' in back.text
    assert "&lt;b&gt;1" in back.text
    sent = {"adapter": "axis_mqtt", "foreign_prefixes": "axis/a\r\n\r\naxis/b", "heartbeat_seconds": ""}
    assert api.client.post(f"{page}/hearing", data=sent, headers=admin).status_code == 200
    device = api.client.get(path, headers=admin).json()
    assert (device["adapter"], device["foreign_prefixes"]) == ("axis_mqtt", ["axis/a", "axis/b"])
    assert (device["heartbeat_seconds"], device["is_wireless"]) == (None, False)
    assert api.client.post(f"{page}/hearing", data=sent, headers=api.as_(Role.CLERK)).status_code == 403


@pytest.mark.parametrize("path", ["oc1/foo/bar", "oc1/OC/bar", "oc1/camera/none"])
def test_a_device_that_cannot_be_is_not_there(api: Api, path: str) -> None:
    answer = api.client.get(f"/api/registry/devices/{path}", headers=api.as_(Role.ADMIN))
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:dayuan:problem:no-such-device")
    page = api.client.get(f"/registry/devices/{path}", headers=api.as_(Role.SECURITY_OFFICER))
    assert page.status_code == 404


def test_a_cursor_that_names_no_device_says_so(api: Api) -> None:
    query = {"cursor": "oc1/foo/bar"}
    assert api.client.get("/api/registry/devices", params=query, headers=api.as_(Role.ADMIN)).status_code == 422


def test_a_zone_names_its_devices(api: Api) -> None:
    operator = api.as_(Role.OPERATOR)
    zones = api.client.get("/api/registry/zones", headers=operator).json()["items"]
    assert [member["device"] for member in zones[0]["members"]] == ["oc1/beam/north-01", "oc1/camera/north-01"]


def test_a_list_goes_on_where_its_cursor_stands(api: Api) -> None:
    with api.parts.stores["registry"].begin(api.parts.clock.now()) as work:
        for number in range(5):
            a_permit(work.session, f"鄂E1000{number}", person=api.mine)
    clerk = api.as_(Role.CLERK)
    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        answer = api.client.get("/api/registry/permits", params=query, headers=clerk).json()
        seen += [permit["number"] for permit in answer["items"]]
        cursor = answer["next"]
        if cursor is None:
            break
    assert seen == [f"2026-000{number}" for number in (5, 4, 3, 2, 1)]
    for bad in ({"cursor": "x"}, {"limit": "0"}, {"limit": "100000"}, {"q": "x" * 100}):
        assert api.client.get("/api/registry/permits", params=bad, headers=clerk).status_code == 422
