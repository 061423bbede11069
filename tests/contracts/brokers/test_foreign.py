"""A device that does not speak as we do is heard on its own topics, through either broker, and stored as what happened."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.enums import MQTTErrorCode

from monitor.room import ROOM
from monitor.signals import health, queries
from monitor.signals.inbox import Inbox
from monitor.signals.queries import Totals
from registry.bus import Bus
from registry.clock import Instant
from registry.settings import BrokerKind
from registry.store import Store
from tests.brokers import RealBroker, a_broker
from tests.contracts.brokers.conftest import NewCaller
from tests.fakes.caller import Caller
from tests.fakes.clock import FixedClock
from tests.makers.register import a_device, a_register
from tests.makers.web import a_store
from tests.ports import free_port

pytestmark = pytest.mark.broker

ZIGBEE = a_device("oc1/gw/zigbee", foreign_prefixes=("zigbee2mqtt",), adapter="zigbee2mqtt")
WEST = a_device("oc1/door/west", foreign_id="west-gate", gateway="zigbee")
FRIGATE = a_device("oc1/camera/frigate", foreign_prefixes=("video",), adapter="frigate")
YARD = a_device("oc1/camera/yard", foreign_prefixes=("video/bay-1/yard/",), adapter="onvif_mqtt")
AXIS = a_device("oc1/camera/axis", foreign_prefixes=("axis/0123",), adapter="axis_mqtt")
DOORS = a_device("oc1/gw/doors", foreign_prefixes=("uhppoted/gateway",), adapter="uhppoted")
DEVICES = (ZIGBEE, WEST, FRIGATE, YARD, AXIS, DOORS)

CONTACT: dict[str, Any] = {"contact": False, "battery": 87}
CROSSED: dict[str, Any] = {"UtcTime": "2026-11-23T04:00:00Z", "Source": {"Rule": "fence"}, "Data": {"ObjectId": "15"}}
REVIEW: dict[str, Any] = {
    "type": "new",
    "after": {"id": "1.5-abc", "severity": "alert", "camera": "hall", "data": {"zones": ["lawn"]}},
}
MOVED: dict[str, Any] = {
    "topic": "tns1:VideoSource/MotionAlarm",
    "timestamp": 1795406400000,
    "message": {"source": {"Source": "1"}, "key": {}, "data": {"State": "1"}},
}
FORCED: dict[str, Any] = {
    "event": {"event-id": 7, "event-reason-text": "door forced open", "timestamp": "2026-11-23 12:00:00 CST"}
}
SAID = (
    (ZIGBEE, "zigbee2mqtt/west-gate", CONTACT, "oc1/door/west", "gate.barrier"),
    (ZIGBEE, "zigbee2mqtt/shed", {"tamper": True}, "oc1/gw/zigbee", "env.device_tamper"),
    (FRIGATE, "video/reviews", REVIEW, "oc1/camera/frigate", "camera.intrusion"),
    (YARD, "video/bay-1/yard/onvif-ej/RuleEngine/LineDetector/Crossed/&1/2/f", CROSSED, "oc1/camera/yard", "camera.line_crossed"),
    (AXIS, "axis/0123/event/x", MOVED, "oc1/camera/axis", "camera.motion"),
    (DOORS, "uhppoted/gateway/events", FORCED, "oc1/gw/doors", "door.forced"),
)  # fmt: skip
"""Who says it, where, what; whose it is and what."""
KEPT = (
    (ZIGBEE, "zigbee2mqtt/west-gate", CONTACT | {"battery": 12}),
    (YARD, "video/bay-1/yard/onvif-ej/RuleEngine/LineDetector/Crossed/&1/2/f", CROSSED),
)


@pytest.fixture
def house(kind: BrokerKind, tmp_path: Path) -> Iterator[RealBroker]:
    """A broker that knows these devices."""
    running = a_broker(kind, tmp_path / "broker", free_port())
    running.start(*DEVICES)
    yield running
    running.child.stop()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = a_store(tmp_path, ROOM)
    yield store
    store.close()


def test_each_is_heard_as_what_it_is_and_what_the_broker_kept_is_no_event(
    house: RealBroker, call: NewCaller, store: Store, eventually: Callable[..., None]
) -> None:
    callers = {device.address: call(device.address.username) for device in DEVICES if device.foreign_prefixes}
    for kept in KEPT:
        eventually(lambda kept=kept: is_kept(callers[kept[0].address], kept[1], kept[2]))
    inbox = Inbox(
        store=store,
        bus=Bus(house.address("monitor")),
        register=lambda: a_register(*DEVICES),
        clock=Ticking(),
    )
    inbox.start()
    try:
        eventually(lambda: inbox.hears and inbox.unheard == 0)
        eventually(lambda: counted(store).received >= len(KEPT))
        for said in SAID:
            callers[said[0].address].say(said[1], json.dumps(said[2]).encode())
        eventually(
            lambda: {line[:2] for line in heard(store)} == {(whose, f"dayuan.{what}") for *_, whose, what in SAID}
        )
    finally:
        inbox.stop()
    assert len(heard(store)) == len(SAID), "of two prefixes one in the other, each event once"
    assert {whose: child for whose, _, child in heard(store) if child} == {
        "oc1/gw/zigbee": "shed",
        "oc1/camera/frigate": "hall",
    }
    with store.read() as session:
        door = health.health_of(session, WEST.address)
    assert (door.battery, [name for name, *_ in door.states]) == (12, ["battery", "contact"])
    assert counted(store).dead_letter == 0


class Ticking(FixedClock):
    """Later each time it is asked: what comes twice has not the same moment."""

    def now(self) -> Instant:
        self.moment += timedelta(milliseconds=1)
        return self.moment


def is_kept(caller: Caller, topic: str, body: dict[str, Any]) -> bool:
    """Say it so that the broker keeps it; False: there was just no connection."""
    told = caller.say(topic, json.dumps(body).encode(), retain=True)
    if told.rc is not MQTTErrorCode.MQTT_ERR_SUCCESS:
        return False
    told.wait_for_publish(10)
    return told.is_published()


def heard(store: Store) -> list[tuple[str, str, str | None]]:
    """Device, type and child of each signal."""
    with store.read() as session:
        signals = queries.signals_after(session, 0)
    return [(str(signal.device), signal.type, signal.data.get("child")) for signal in signals]


def counted(store: Store) -> Totals:
    with store.read() as session:
        return queries.totals(session)
