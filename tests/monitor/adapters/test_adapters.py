"""What foreign devices say. The payloads here are our own, written after the makers' documents."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters.catalogue import ADAPTERS
from monitor.adapters.told import Foreign, Occurred, Stated, Told, Unreadable
from monitor.signals.reasons import DeadReason
from registry.messages.events import EVENT_DATA
from tests.fakes.clock import NOON

GB28181_ALARM_OF_OUR_OWN = """<?xml version="1.0" encoding="{encoding}"?>
<Notify><CmdType>Alarm</CmdType><SN>9</SN><DeviceID>34020000001320000001</DeviceID><AlarmPriority>1</AlarmPriority>
<AlarmMethod>5</AlarmMethod><AlarmTime>2026-09-19T10:20:30</AlarmTime><AlarmDescription>设备报警：视频遮挡</AlarmDescription></Notify>"""
ZIGBEE_CONTACT_OF_OUR_OWN = b'{"contact":false,"tamper":false,"battery_low":false,"battery":87,"linkquality":120}'
LILIN_LINE_OF_OUR_OWN = b"""{"AiEngine": [{"created_at": "2026-09-19T02:20:30.000000Z", "camera_name": "yard", "confidence": 88,
"label_name": "person", "x": 1, "y": 2, "w": 3, "h": 4, "behavior_id": "Line crossing", "base64_img": "AAAA"}]}"""
LINE_CROSSED = b'{"UtcTime":"2026-09-19T02:20:30Z","Source":{"Rule":"fence"},"Data":{"ObjectId":"15"}}'
REVIEW = {
    "type": "new",
    "before": {},
    "after": {
        "id": "1.5-abc",
        "camera": "yard",
        "start_time": 1789784430.5,
        "end_time": None,
        "severity": "alert",
        "data": {"objects": ["person"], "zones": ["lawn"]},
    },
}


def tell(adapter: str, payload: bytes | str, below: str = "", *, retained: bool = False) -> Told:
    raw = payload.encode() if isinstance(payload, str) else payload
    return ADAPTERS[adapter].read(Foreign(below, raw, retained, NOON, ZoneInfo("Asia/Shanghai")))


def happened(told: Told) -> Occurred:
    assert isinstance(told, Occurred), told
    EVENT_DATA[told.type].model_validate(told.data)
    return told


def state(told: Told) -> Stated:
    assert isinstance(told, Stated), told
    return told


@given(
    adapter=st.sampled_from(sorted(ADAPTERS)),
    payload=st.binary(max_size=300),
    below=st.text(max_size=40),
    retained=st.booleans(),
)
def test_whatever_the_bytes_are_an_adapter_answers(adapter: str, payload: bytes, below: str, *, retained: bool) -> None:
    told = tell(adapter, payload, below, retained=retained)
    if isinstance(told, Occurred):
        happened(told)


_NAMES = st.sampled_from(
    [
        "type",
        "after",
        "before",
        "id",
        "camera",
        "data",
        "plate",
        "results",
        "box",
        "message",
        "source",
        "topic",
        "timestamp",
        "list",
        "class",
        "event",
        "Code",
        "action",
        "state",
        "contact",
        "frame_time",
        "severity",
        "objects",
        "zones",
        "reply",
        "response",
        "event-id",
        "status",
        "timestamp",
        "AiEngine",
        "created_at",
        "UtcTime",
        "Source",
        "Data",
    ]
)
_ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=6)
    | st.sampled_from(["new", "lpr", "alert"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=6),
    max_leaves=12,
)


@given(
    adapter=st.sampled_from(sorted(ADAPTERS)),
    body=st.dictionaries(_NAMES, _ANY, max_size=8),
    below=st.sampled_from(["events", "reviews", "tracked_object_update", "triggers", "bridge/event", "event/x/y", "x"]),
)
def test_the_right_names_with_wrong_values_are_answered_too(adapter: str, body: dict[str, object], below: str) -> None:
    told = tell(adapter, json.dumps(body), below)
    if isinstance(told, Occurred):
        happened(told)


@pytest.mark.parametrize("adapter", sorted(ADAPTERS))
@pytest.mark.parametrize(
    "payload", [b"[" * 10_000, b'{"a":' * 10_000, b"<a>" * 10_000], ids=["lists", "objects", "elements"]
)
def test_what_is_ten_thousand_levels_deep_is_answered(adapter: str, payload: bytes) -> None:
    assert isinstance(tell(adapter, payload), Stated | Unreadable)


def test_a_handbook_writes_comments_and_a_comma_too_many() -> None:
    told = state(tell("tasmota", '{"a": "x // y,}", // why\n "b": [1, 2,], }'))
    assert told.properties == {"a": "x // y,}", "b.0": 1, "b.1": 2}


def test_an_alarm_of_dahua_whose_details_are_broken_is_an_alarm() -> None:
    assert happened(tell("dahua", "Code=VideoBlind;action=Start;index=0;data={broken}")).type == "dayuan.camera.tamper"


def test_xml_with_entities_of_its_own_is_set_aside() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "cc">]><EventNotificationAlert><eventType>&b;</eventType></EventNotificationAlert>'
    assert tell("hikvision", bomb) == Unreadable(DeadReason.BAD_DATA, "XML: a document type")


def test_onvif_over_mqtt_says_that_a_line_was_crossed_below_a_prefix_with_slashes() -> None:
    told = happened(tell("onvif_mqtt", LINE_CROSSED, "bay 1/onvif-ej/RuleEngine/LineDetector/Crossed/&1/2/My fence"))
    assert (told.type, told.data["line"], told.time) == (
        "dayuan.camera.line_crossed",
        "fence",
        datetime(2026, 9, 19, 2, 20, 30, tzinfo=UTC),
    )


def test_what_the_broker_kept_is_a_state_and_never_an_event() -> None:
    topic = "onvif-ej/RuleEngine/LineDetector/Crossed/&1/2/fence"
    state(tell("onvif_mqtt", LINE_CROSSED, topic, retained=True))
    state(tell("zigbee2mqtt", ZIGBEE_CONTACT_OF_OUR_OWN, "north-gate", retained=True))
    assert state(tell("onvif_mqtt", b"", topic)).properties == {"RuleEngine/LineDetector/Crossed": None}


@pytest.mark.parametrize(("value", "phase"), [('"true"', "start"), ("true", "start"), ('"0"', "end"), ("0", "end")])
def test_values_may_be_quoted_or_bare(value: str, phase: str) -> None:
    payload = f'{{"UtcTime":"2026-09-19T02:20:30Z","Source":{{"Source":"1"}},"Data":{{"State":{value}}}}}'
    assert happened(tell("onvif_mqtt", payload, "onvif-ej/VideoSource/MotionAlarm/&1")).data["state"] == phase


@pytest.mark.parametrize("encoding", ["utf-8", "gb2312"])
def test_an_alarm_of_gbt_28181_is_at_the_time_of_the_site(encoding: str) -> None:
    payload = GB28181_ALARM_OF_OUR_OWN.format(encoding=encoding.upper()).encode(encoding)
    told = happened(tell("gbt28181", payload))
    assert (told.type, told.data["kind"], told.child) == ("dayuan.camera.tamper", "covered", "34020000001320000001")
    assert told.time == datetime(2026, 9, 19, 2, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("method", "numbered", "kind", "told"),
    [
        ("5", "6", "camera.intrusion", {"direction": "out"}),
        ("5", "1", "panic.pressed", {"detail": "seen by a person"}),
        ("5", "13", "camera.tamper", {"kind": "covered"}),
        ("2", "1", "camera.signal_lost", {}),
        ("6", "2", "camera.line_fault", {"detail": "storage fan"}),
    ],
)
def test_the_numbers_of_gbt_28181_are_those_of_the_standard(
    method: str, numbered: str, kind: str, told: dict[str, str]
) -> None:
    body = f"""<Notify><CmdType>Alarm</CmdType><DeviceID>340</DeviceID><AlarmMethod>{method}</AlarmMethod><Info>
    <AlarmType>{numbered}</AlarmType><AlarmTypeParam><EventType>2</EventType></AlarmTypeParam></Info></Notify>"""
    found = happened(tell("gbt28181", body))
    assert (found.type, found.data["state"]) == (f"dayuan.{kind}", "instant")
    assert told.items() <= found.data.items()


def test_a_keepalive_of_gbt_28181_says_that_the_device_is_there() -> None:
    body = "<Notify><CmdType>Keepalive</CmdType><SN>1</SN><DeviceID>340</DeviceID><Status>OK</Status></Notify>"
    assert state(tell("gbt28181", body)).online is True


@pytest.mark.parametrize(("contact", "stands"), [(False, "open"), (True, "closed")])
def test_a_contact_that_is_true_is_closed(*, contact: bool, stands: str) -> None:
    payload = json.dumps(json.loads(ZIGBEE_CONTACT_OF_OUR_OWN) | {"contact": contact})
    told = happened(tell("zigbee2mqtt", payload, "north-gate"))
    assert (told.type, told.data["barrier"], told.child, told.time) == (
        "dayuan.gate.barrier",
        stands,
        "north-gate",
        None,
    )


def test_a_zigbee_device_tells_tamper_before_all_else_and_whether_it_is_there() -> None:
    tampered = ZIGBEE_CONTACT_OF_OUR_OWN.replace(b'"tamper":false', b'"tamper":true')
    assert happened(tell("zigbee2mqtt", tampered, "north-gate")).type == "dayuan.door.device_tamper"
    gone = state(tell("zigbee2mqtt", b'{"state":"offline"}', "north-gate/availability"))
    assert (gone.online, gone.child) == (False, "north-gate")


def test_lilin_says_what_its_analysis_saw_without_the_picture() -> None:
    told = happened(tell("lilin", LILIN_LINE_OF_OUR_OWN))
    assert (told.type, told.data["objects"][0]["kind"], told.child) == ("dayuan.camera.line_crossed", "person", "yard")
    assert "AAAA" not in json.dumps(told.data)


def test_a_review_of_frigate_that_is_an_alert_is_an_intrusion() -> None:
    told = happened(tell("frigate", json.dumps(REVIEW), "reviews"))
    assert (told.type, told.data["region"], told.child) == ("dayuan.camera.intrusion", "lawn", "yard")


def test_frigate_says_motion_in_words_and_whether_a_camera_is_there() -> None:
    assert happened(tell("frigate", b"ON", "yard/motion")).data["state"] == "start"
    assert state(tell("frigate", b"offline", "yard/status/detect")).online is False
    assert state(tell("frigate", b"2", "yard/person")).properties == {"person": 2.0}
    assert state(tell("frigate", b"stopped", "available")).online is False


def test_tasmota_says_by_its_last_will_that_it_is_gone() -> None:
    assert state(tell("tasmota", b"Offline", "tele/gate/LWT")).online is False


def test_hikvision_says_that_it_lives_by_a_loss_that_is_none() -> None:
    body = (
        "<EventNotificationAlert><eventType>videoloss</eventType><eventState>{}</eventState></EventNotificationAlert>"
    )
    state(tell("hikvision", body.format("inactive")))
    assert happened(tell("hikvision", body.format("active"))).type == "dayuan.camera.signal_lost"


def test_a_card_that_a_controller_refused_is_told_without_its_number() -> None:
    event = {
        "device-id": 4,
        "event": {"access-granted": False, "card-number": 8165, "event-id": 7, "timestamp": "2026-09-19 10:20:30 CST"},
    }
    told = happened(tell("uhppoted", json.dumps(event)))
    assert (told.type, told.id, told.time) == (
        "dayuan.gate.auth_failed",
        "4:7",
        datetime(2026, 9, 19, 2, 20, 30, tzinfo=UTC),
    )
    assert "8165" not in json.dumps(told.data)


def test_names_of_faces_and_numbers_of_cards_are_left_out_of_states_too() -> None:
    face = {"type": "face", "id": "1.2-x", "name": "Zhang", "score": 0.9, "camera": "yard", "timestamp": 1758248430.0}
    seen = {"type": "new", "after": {"id": "1.2-x", "camera": "yard", "label": "person", "sub_label": ["Zhang", 0.8]}}
    found = {"sub_labels": ["Zhang"], "objects": ["person"]}
    review = {"type": "new", "after": {"id": "2-y", "severity": "alert", "data": found}}
    cards = {"device-id": 4, "status": {"event": {"card-number": 8165537, "door-id": 1}}}
    told = [
        tell("frigate", json.dumps(face), "tracked_object_update"),
        tell("frigate", json.dumps(seen), "events"),
        tell("frigate", json.dumps(seen), "events", retained=True),
        tell("frigate", json.dumps(review), "reviews"),
        tell("uhppoted", json.dumps(cards)),
    ]
    assert not [one for one in told if "Zhang" in str(one) or "8165537" in str(one)]
    assert state(told[0]).properties["tracked_object.score"] == 0.9
    assert state(told[4]).properties["status.event.door-id"] == 1
