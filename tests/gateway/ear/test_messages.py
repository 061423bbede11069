"""What a message on the bus says: of whom it may be, and what is none."""

from typing import Any
from uuid import uuid4

import orjson
import pytest

from gateway.ear.messages import (
    Answered,
    BarrierSeen,
    Heard,
    Online,
    PassageSeen,
    PlateSeen,
    Refused,
    Told,
    filters,
    read,
)
from gateway.passages.models import BarrierPosition
from registry.access.parts import MqttSettings, OsdpSettings, PartRole
from registry.messages.commands import Lockdown
from tests.makers.lane_parts import a_part

DEVICE = "oc1/gate/oc1-north"
SETTINGS = MqttSettings(device=DEVICE)
BARRIER, SECOND, SENSOR = a_part(SETTINGS), a_part(SETTINGS, position=2), a_part(SETTINGS, PartRole.SENSOR)
OTHER_LANE = a_part(SETTINGS, lane="oc1-north-2")
PARTS = (BARRIER, SECOND, SENSOR, OTHER_LANE)
EVENTS = f"dayuan/v1/{DEVICE}/evt"


def an_event(what: str, *, source: str = f"//{DEVICE}", **data: Any) -> bytes:
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": "e-1",
            "source": source,
            "type": f"dayuan.gate.{what}",
            "time": "2026-11-23T04:00:00Z",
            "data": data,
        }
    )


def barrier(heard: Heard | None) -> tuple[object, BarrierPosition]:
    assert isinstance(heard, BarrierSeen)
    return heard.part, heard.position


def test_a_barrier_is_the_one_that_the_device_names_or_its_first() -> None:
    def said(**data: Any) -> tuple[object, BarrierPosition]:
        return barrier(read(EVENTS, an_event("barrier", barrier="open", **data), PARTS))

    assert said() == (BARRIER, BarrierPosition.OPEN)
    assert said(number=2) == (SECOND, BarrierPosition.OPEN)
    assert said(lane="oc1-north-2") == (OTHER_LANE, BarrierPosition.OPEN)


def test_a_passage_names_its_entry_and_is_known_again_by_its_event() -> None:
    entry = uuid4()
    heard = read(EVENTS, an_event("passage", entry_id=str(entry)), PARTS)
    assert isinstance(heard, PassageSeen)
    assert (heard.part, heard.entry_id, heard.key) == (SENSOR, entry, (f"//{DEVICE}", "e-1"))


def test_answers_and_presence_are_of_the_device_on_whose_topic_they_come() -> None:
    answer = read(f"dayuan/v1/{DEVICE}/cmd/ack", orjson.dumps({"id": str(uuid4()), "ok": True}), PARTS)
    assert isinstance(answer, Answered)
    assert str(answer.device) == DEVICE
    online = read(f"dayuan/v1/{DEVICE}/online", b"0", PARTS)
    assert isinstance(online, Online)
    assert (online.parts, online.is_there) == (list(PARTS), False)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (EVENTS, b"no json"),
        (EVENTS, b"{" + b" " * 65_536 + b"}"),
        (EVENTS, an_event("barrier", source="//oc1/gate/oc1-south", barrier="open")),
        (EVENTS, an_event("barrier", barrier="ajar")),
        (EVENTS, an_event("barrier", barrier="open", lane="oc1-north-3")),
        (EVENTS, an_event("barrier")),
        (EVENTS, an_event("line_fault")),
        (f"dayuan/v1/{DEVICE}/state", b"{}"),
        (f"dayuan/v1/{DEVICE}/cmd/ack", b"[]"),
        ("dayuan/v1/oc1/_room/gateway/cmd", b'{"action": "lockdown", "on": true}'),
        ("dayuan/v1/oc1/_room/monitor/cmd", b"{}"),
        ("dayuan/v1/OC1/_room/gateway/cmd", b"{}"),
        ("zigbee2mqtt/gate", b"{}"),
    ],
)
def test_what_is_of_others_or_cannot_be_read_is_nothing(topic: str, payload: bytes) -> None:
    assert read(topic, payload, PARTS) is None


def test_an_order_is_of_the_site_of_its_topic() -> None:
    order = {
        "id": str(uuid4()),
        "action": "lockdown",
        "by": "monitor",
        "expires_at": "2026-11-23T04:00:00Z",
        "on": True,
    }
    heard = read("dayuan/v1/oc2/_room/gateway/cmd", orjson.dumps(order), PARTS)
    assert isinstance(heard, Told)
    assert (heard.site, type(heard.command)) == ("oc2", Lockdown)
    unknown = read("dayuan/v1/oc2/_room/gateway/cmd", orjson.dumps(order | {"action": "dance"}), PARTS)
    assert isinstance(unknown, Refused)


def test_only_the_devices_of_parts_are_heard_and_of_cameras_what_they_see() -> None:
    camera = a_part(MqttSettings(device="oc1/camera/gate-north-01"), PartRole.CAMERA)
    reader = a_part(OsdpSettings(line="tcp://10.0.0.2:4001", pd=1), PartRole.READER)
    assert filters([BARRIER, camera, reader]) == {
        "dayuan/v1/+/_room/gateway/cmd",
        *(f"dayuan/v1/{DEVICE}/{channel}" for channel in ("evt", "online", "cmd/ack")),
        "dayuan/v1/oc1/camera/gate-north-01/evt",
    }


CAMERA = MqttSettings(device="oc1/camera/lane")


def seen_by(*cameras: Any, **data: Any) -> Heard | None:
    event = orjson.loads(an_event("", source="//oc1/camera/lane", **data)) | {"type": "dayuan.camera.plate_read"}
    return read("dayuan/v1/oc1/camera/lane/evt", orjson.dumps(event), cameras)


def test_the_camera_of_one_lane_says_which_plate_stands_there() -> None:
    camera = a_part(CAMERA, PartRole.CAMERA)
    assert "dayuan/v1/oc1/camera/lane/evt" in filters([camera])
    heard = seen_by(camera, text="鄂E·12345", score=0.9)
    assert isinstance(heard, PlateSeen)
    assert (heard.part, heard.plate) == (camera, "鄂E12345")
    assert seen_by(camera, text="鄂E·12345", score=0.5) is None
    assert seen_by(camera, text="GOODS", score=0.9) is None
    assert seen_by(camera, a_part(CAMERA, PartRole.CAMERA, lane="oc1-north-2"), text="鄂E·12345") is None
