"""Every message that comes in is understood or set aside with its reason, whatever its bytes are."""

import json
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.signals.messages import DeadLetter, Heard, Message, Said, SignOfLife
from monitor.signals.reasons import DeadReason
from monitor.signals.rules import read
from registry.devices.facts import Register
from registry.ids import DeviceAddress
from registry.messages.envelope import MAX_BYTES
from tests.fakes.clock import NOON
from tests.makers.events import an_event, event_topic, on_the_wire
from tests.makers.register import a_device, a_register

REGISTER = a_register(
    a_device(),
    a_device("oc1/beam/south-01", enabled=False),
    a_device("oc1/gw/frigate", foreign_prefixes=("frigate/a",)),
)


def said(
    payload: bytes, topic: str = event_topic(), register: Register = REGISTER
) -> Heard | Said | DeadLetter | SignOfLife:
    return read(Message(topic=topic, payload=payload, received_at=NOON), register)


def reason_of(payload: bytes, topic: str = event_topic()) -> DeadReason:
    letter = said(payload, topic)
    assert isinstance(letter, DeadLetter)
    return letter.reason


def test_an_interrupted_beam_is_heard_with_what_it_said() -> None:
    heard = said(
        on_the_wire(an_event("e-7", data={"beam_ids": ["a"], "level_db": -18.5, "own": {"x": 1}}, seq=9, bootid="b7"))
    )
    assert isinstance(heard, Heard)
    assert (heard.id, heard.source, str(heard.device)) == ("e-7", "//oc1/beam/north-01", "oc1/beam/north-01")
    assert (heard.type, heard.occurred_at, heard.seq, heard.bootid) == ("dayuan.beam.interrupted", NOON, 9, "b7")
    assert orjson.loads(heard.data) == {"beam_ids": ["a"], "level_db": -18.5, "own": {"x": 1}}


@pytest.mark.parametrize(("gate", "heard"), [("oc1-north", True), ("oc1-south", False), ("nowhere", False)])
def test_a_gate_alarms_in_silence_as_the_panic_button_of_its_name(gate: str, heard: bool) -> None:  # noqa: FBT001
    register = a_register(a_device("oc1/gate/oc1-north"), a_device("oc1/gate/oc1-south", enabled=False))
    event = an_event(device=f"oc1/panic/{gate}", type="dayuan.panic.pressed", data={"duress": True})
    told = said(on_the_wire(event), event_topic(f"oc1/panic/{gate}"), register)
    assert isinstance(told, Heard) is heard
    if isinstance(told, Heard):
        assert str(told.device) == "oc1/panic/oc1-north"


def test_the_order_of_fields_makes_no_other_event() -> None:
    event = an_event()
    one, other = said(on_the_wire(event)), said(on_the_wire(dict(reversed(event.items()))))
    assert isinstance(one, Heard)
    assert isinstance(other, Heard)
    assert one.digest == other.digest


def test_a_late_event_is_heard() -> None:
    assert isinstance(said(on_the_wire(an_event(occurred_at=NOON - timedelta(days=30)))), Heard)


def test_five_minutes_ahead_is_still_believed_and_later_the_time_of_arrival_is_taken() -> None:
    ahead = NOON + timedelta(minutes=5)
    believed = said(on_the_wire(an_event(occurred_at=ahead)))
    assert isinstance(believed, Heard)
    assert (believed.occurred_at, believed.time_quality, believed.ahead_seconds) == (ahead, "device", None)
    not_believed = said(on_the_wire(an_event(occurred_at=ahead + timedelta(seconds=1), data={"dur_ms": 9})))
    assert isinstance(not_believed, Heard)
    assert (not_believed.occurred_at, not_believed.time_quality) == (NOON, "received")
    assert not_believed.ahead_seconds == 301
    assert orjson.loads(not_believed.data) == {"dur_ms": 9, "time_told": "2026-11-23T04:05:01.000Z"}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"source": "//oc1/beam/north-02"}, DeadReason.WRONG_SOURCE),
        ({"source": "//oc1/camera/north-01"}, DeadReason.WRONG_SOURCE),
        ({"source": "oc1/beam/north-01"}, DeadReason.NOT_AN_ENVELOPE),
        ({"type": "dayuan.beam.sang"}, DeadReason.UNKNOWN_TYPE),
        ({"type": "dayuan.camera.motion"}, DeadReason.WRONG_CLASS),
        ({"data": {"dur_ms": -1}}, DeadReason.BAD_DATA),
        ({"data": {"state": "perhaps"}}, DeadReason.BAD_DATA),
        ({"data": [1]}, DeadReason.NOT_AN_ENVELOPE),
        ({"id": ""}, DeadReason.NOT_AN_ENVELOPE),
        ({"id": "x" * 201}, DeadReason.NOT_AN_ENVELOPE),
        ({"id": "a\x00b"}, DeadReason.NOT_AN_ENVELOPE),
        ({"bootid": "\x00"}, DeadReason.NOT_AN_ENVELOPE),
        ({"seq": 1e30}, DeadReason.NOT_AN_ENVELOPE),
        ({"seq": 2**63}, DeadReason.NOT_AN_ENVELOPE),
        ({"seq": -1}, DeadReason.NOT_AN_ENVELOPE),
        ({"time": "2026-11-23T12:00:00"}, DeadReason.NOT_AN_ENVELOPE),
        ({"time": "0001-01-01T00:00:00+14:00"}, DeadReason.NOT_AN_ENVELOPE),
        ({"specversion": "0.3"}, DeadReason.NOT_AN_ENVELOPE),
    ],
)
def test_what_is_wrong_with_an_event_is_its_reason(changed: dict[str, Any], reason: DeadReason) -> None:
    assert reason_of(orjson.dumps(an_event() | changed)) is reason


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", DeadReason.BAD_JSON),
        (b"{", DeadReason.BAD_JSON),
        (b"\xff\xfe", DeadReason.BAD_JSON),
        (b"\x00" * 20, DeadReason.BAD_JSON),
        (b'{"id": NaN}', DeadReason.BAD_JSON),
        (b'{"id": "\\ud800"}', DeadReason.BAD_JSON),
        (b"null", DeadReason.NOT_AN_ENVELOPE),
        (b"[1, 2]", DeadReason.NOT_AN_ENVELOPE),
        (b'{"seq": 1' + b"0" * 5000 + b"}", DeadReason.BAD_JSON),
        (b"[" * 10_000 + b"]" * 10_000, DeadReason.TOO_DEEP),
        (b'{"data":' * 200 + b"1" + b"}" * 200, DeadReason.TOO_DEEP),
        (b" " * (MAX_BYTES + 1), DeadReason.TOO_LARGE),
    ],
)
def test_bytes_that_are_no_event_are_set_aside(payload: bytes, reason: DeadReason) -> None:
    assert reason_of(payload) is reason


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        (event_topic("oc1/beam/nobody"), DeadReason.UNKNOWN_DEVICE),
        (event_topic("oc1/beam/south-01"), DeadReason.DISABLED_DEVICE),
        ("dayuan/v1/oc1/toaster/north-01/evt", DeadReason.BAD_TOPIC),
        ("dayuan/v1/oc1/beam/North_01/evt", DeadReason.BAD_TOPIC),
        ("frigate/a/events", DeadReason.NO_ADAPTER),
        ("frigate/a", DeadReason.NO_ADAPTER),
        ("frigate/ab", DeadReason.UNKNOWN_DEVICE),
        ("\N{REPLACEMENT CHARACTER}", DeadReason.UNKNOWN_DEVICE),
    ],
)
def test_a_message_on_a_topic_of_nobody_is_set_aside(topic: str, reason: DeadReason) -> None:
    assert reason_of(on_the_wire(an_event()), topic) is reason


def test_64_kib_are_heard_and_one_byte_more_is_not() -> None:
    full = on_the_wire(an_event()).ljust(MAX_BYTES)
    assert isinstance(said(full), Heard)
    assert reason_of(full + b" ") is DeadReason.TOO_LARGE


def test_a_dead_letter_keeps_the_first_64_kib_and_the_real_size() -> None:
    letter = said(b"x" * (MAX_BYTES + 10))
    assert isinstance(letter, DeadLetter)
    assert (len(letter.raw), letter.size, letter.site) == (MAX_BYTES, MAX_BYTES + 10, "oc1")


def test_a_heartbeat_of_a_stranger_is_only_counted() -> None:
    known, stranger = said(b"{}", "dayuan/v1/oc1/beam/north-01/hb"), said(b"{}", "dayuan/v1/oc1/beam/nobody/hb")
    assert isinstance(known, SignOfLife)
    assert known.device == DeviceAddress.parse("oc1/beam/north-01")
    assert isinstance(stranger, SignOfLife)
    assert stranger.device is None


@given(payload=st.binary(max_size=400), topic=st.one_of(st.text(max_size=60), st.just(event_topic())))
def test_no_bytes_and_no_topic_make_it_raise(payload: bytes, topic: str) -> None:
    said(payload, topic)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(changed=st.dictionaries(st.sampled_from([*an_event(), "seq", "bootid", "subject", "timequality"]), _JSON))
def test_an_envelope_with_any_values_is_heard_or_set_aside(changed: dict[str, Any]) -> None:
    assert isinstance(said(json.dumps(an_event() | changed).encode()), Heard | DeadLetter)


@pytest.mark.parametrize("topic", ["dayuan/v1/oc1\x00/beam/north-01/evt", "strange\x00topic"])
def test_what_is_set_aside_holds_no_nul_that_a_database_would_refuse(topic: str) -> None:
    letter = said(on_the_wire(an_event(source="a\x00b")), topic)
    assert isinstance(letter, DeadLetter)
    assert not any("\x00" in text for text in (letter.topic, letter.detail, letter.site or ""))
