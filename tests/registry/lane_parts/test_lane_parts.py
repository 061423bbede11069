"""What lanes have, on the gate's page and in the API: who may say so, what is refused, and what the gates learn of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from registry.access.parts import MqttSettings, OsdpSettings, PartRole
from registry.access.reading import load_access
from registry.auth.permissions import Role
from registry.devices.service import NewDevice, add_device
from registry.feed.service import versions
from registry.ids import DeviceAddress, GateId, LaneId
from registry.lane_parts.keys import channel_key
from registry.pages import routers
from registry.web.parts import Parts
from tests.makers.registry import a_gate, a_keyring
from tests.makers.web import OC1, a_browser, a_session, a_user, some_parts

API = "/api/registry/sites/oc1/lanes/oc1-north-1"
PAGE = "/registry/sites/oc1/gates/oc1-north"
LINE = "serial:///dev/ttyUSB0?baud=9600"
OSDP = {"driver": "osdp", "line": LINE, "pd": 1}


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    made = some_parts(tmp_path)
    made.rooms["registry"] = a_keyring()
    with made.stores["registry"].begin(made.clock.now()) as work:
        a_gate(work.session)
        device = NewDevice(address=DeviceAddress(OC1, "gate", "oc1-north"), name_zh="北门", name_en="North gate")
        add_device(work.session, b"k" * 32, device, by="test", now=work.now)
    return made


@pytest.fixture
def admin(parts: Parts) -> Iterator[TestClient]:
    signed_in = a_session(parts, a_user(parts, "root", Role.ADMIN))
    with a_browser(parts, *routers(), signed_in=signed_in) as client:
        yield client


def _revision(client: TestClient) -> int:
    return int(client.get(f"{API}/parts").json()["revision"])


def _set(client: TestClient, role: str, position: int, settings: dict[str, Any]) -> Any:
    body = {"settings": settings, "revision": _revision(client)}
    return client.put(f"{API}/parts/{role}/{position}", json=body)


def test_the_parts_of_a_lane_reach_the_gates(admin: TestClient, parts: Parts) -> None:
    with parts.stores["registry"].read() as session:
        before = versions(session)[OC1]
    assert _set(admin, "reader", 1, OSDP).status_code == 200
    assert _set(admin, "barrier", 1, {"driver": "mqtt", "device": "oc1/gate/oc1-north"}).status_code == 200
    on_fire = {"opens_on_fire": True, "revision": _revision(admin)}
    assert admin.put(f"{API}/on-fire", json=on_fire).json()["opens_on_fire"]
    with parts.stores["registry"].read() as session:
        gate = load_access(session).gates[GateId("oc1-north")]
        assert versions(session)[OC1] == before + 3
    assert {part.role: part.settings for part in gate.parts} == {
        PartRole.READER: OsdpSettings(line=LINE, pd=1),
        PartRole.BARRIER: MqttSettings(device="oc1/gate/oc1-north"),
    }
    assert gate.escape_lanes == {LaneId("oc1-north-1")}
    gone = admin.post(f"{API}/parts/reader/1/removal", json={"revision": _revision(admin)})
    assert [part["role"] for part in gone.json()["parts"]] == ["barrier"]


@pytest.mark.parametrize(
    ("role", "settings"),
    [
        ("reader", {"driver": "mqtt", "device": "oc1/gate/oc1-north"}),
        ("sensor", OSDP),
        ("barrier", {"driver": "mqtt", "device": "oc1/gate/nobody"}),
        ("barrier", {"driver": "mqtt", "device": "oc1/beam/north-01"}),
        ("barrier", {**OSDP, "line": "serial:///etc/passwd"}),
        ("barrier", {**OSDP, "pd": 127}),
        ("barrier", {"driver": "uhppote", "controller": 405419896, "address": "gate.example", "door": 1}),
        ("barrier", {"driver": "uhppote", "controller": 405419896, "address": "192.168.1.100", "door": 5}),
    ],
)
def test_what_no_driver_can_be_told_is_refused(admin: TestClient, role: str, settings: dict[str, Any]) -> None:
    assert _set(admin, role, 1, settings).status_code == 422
    assert admin.get(f"{API}/parts").json()["parts"] == []


def test_who_read_an_older_state_is_told(admin: TestClient) -> None:
    read = _revision(admin)
    _set(admin, "reader", 1, OSDP)
    late = admin.put(f"{API}/parts/reader/2", json={"settings": {**OSDP, "pd": 2}, "revision": read})
    assert late.status_code == 409


def test_the_key_of_a_reader_is_shown_to_whoever_installs_it_and_a_new_number_makes_a_new_one(
    admin: TestClient,
) -> None:
    _set(admin, "reader", 1, OSDP)
    shown = admin.post(f"{API}/parts/reader/1/key").json()["key"]
    assert shown == channel_key(a_keyring().device_key, OsdpSettings(line=LINE, pd=1)).hex()
    _set(admin, "reader", 1, {**OSDP, "key": 2})
    assert admin.post(f"{API}/parts/reader/1/key").json()["key"] != shown


def test_a_clerk_sees_the_parts_and_changes_none(parts: Parts, admin: TestClient) -> None:
    _set(admin, "reader", 1, OSDP)
    signed_in = a_session(parts, a_user(parts, "chen", Role.CLERK), "1" * 43)
    with a_browser(parts, *routers(), signed_in=signed_in) as clerk:
        shown = clerk.get(PAGE).text
        assert "读卡器 1" in shown
        assert "登记设备" not in shown
        assert _set(clerk, "reader", 1, OSDP).status_code == 403
        assert clerk.post(f"{API}/parts/reader/1/key").status_code == 403


def test_the_page_sets_and_removes_a_part_and_says_what_is_wrong(admin: TestClient) -> None:
    form = {"role": "barrier", "position": "1", "driver": "uhppote", "controller": "405419896", "door": "1"}
    wrong = admin.post(f"{PAGE}/lanes/oc1-north-1/parts", data=form)
    assert wrong.status_code == 422
    assert "接入参数不完整" in wrong.text
    right = admin.post(f"{PAGE}/lanes/oc1-north-1/parts", data={**form, "address": "192.168.1.100"})
    assert right.headers["Location"] == PAGE
    assert "405419896" in admin.get(PAGE).text
    opened = admin.post(f"{PAGE}/lanes/oc1-north-1/on-fire", data={"opens": "true", "revision": _revision(admin)})
    assert opened.headers["Location"] == PAGE
    assert "火警时不再开启" in admin.get(PAGE).text
    gone = admin.post(f"{PAGE}/lanes/oc1-north-1/parts/barrier/1/removal", data={"revision": _revision(admin)})
    assert gone.headers["Location"] == PAGE
    assert "未登记读卡器" in admin.get(PAGE).text
