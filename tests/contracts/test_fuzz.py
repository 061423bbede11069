"""Thousands of messages that no honest device sends: none raises, none is lost in silence, and the rules go on after them."""

import random
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from monitor.anomalies.models import EngineProgress
from monitor.engine import Engine
from monitor.signals import queries
from monitor.signals.inbox import BATCH
from monitor.signals.keeping import keep
from monitor.signals.messages import Message, SignOfLife
from monitor.signals.models import SignalRow
from monitor.signals.rules import read
from registry.clock import format_instant
from registry.devices.facts import Register
from registry.store import Store
from tests.fakes.clock import NOON, FixedClock
from tests.makers.events import event_topic
from tests.makers.monitor import the_compound

pytestmark = pytest.mark.both_stores

IN_SHORT, IN_FULL = 5_000, 50_000
REPEATS = 0.05
STRANGE_TEXTS = [
    "",
    "\x00",
    "😀" * 40,
    "<script>",
    "=cmd|' /C calc'!A0",
    "\N{RIGHT-TO-LEFT OVERRIDE}",
    "%s%n",
    "../" * 9,
    "a" * 5000,
    "\ud7ff",
    "鄂E·12345",
]
STRANGE_VALUES: list[Any] = [
    None, True, 0, -1, 2**63, -(2**70), 1e308, 1e-320, [], {}, [[]], "0", *STRANGE_TEXTS,
]  # fmt: skip
STRANGE_TIMES = [
    "2026-13-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "12:00",
    "2026-11-23",
]
STRANGE_TOPICS = [
    "", "/", "//", "dayuan", "dayuan/v1", "dayuan/v1/", "dayuan/v1/oc1/beam/north-01/evt/", "dayuan/v2/oc1/beam/north-01/evt",
    "dayuan/v1/+/#", "$SYS/broker", "frigate/front/events", "dayuan/v1/oc1/beam/north-01/\N{FULLWIDTH DIGIT ONE}", "a" * 65_535,
]  # fmt: skip
SAID = {
    "beam": ["dayuan.beam.interrupted", "dayuan.beam.degraded"],
    "camera": ["dayuan.camera.intrusion", "dayuan.camera.motion"],
    "gate": ["dayuan.gate.entry_decided", "dayuan.gate.passage"],
    "patrol": ["dayuan.patrol.scan", "dayuan.patrol.sos"],
}
CHANNELS = ["evt", "evt", "evt", "evt", "evt", "evt", "state", "hb", "online", "cmd"]


class Mischief:
    """Messages drawn from a seed: honest ones, then with something wrong in their fields, bytes or topics."""

    def __init__(self, seed: int, register: Register) -> None:
        self._chance = random.Random(seed)
        self._devices = sorted(map(str, register.devices))

    def messages(self, count: int) -> Iterator[Message]:
        sent: list[Message] = []
        for number in range(count):
            if sent and self._chance.random() < REPEATS:
                yield self._chance.choice(sent)
                continue
            device = self._chance.choice(self._devices)
            message = Message(topic=self._topic(device), payload=self._payload(number, device), received_at=NOON)
            sent.append(message)
            yield message

    def _topic(self, device: str) -> str:
        chance = self._chance
        topic = event_topic(device).removesuffix("evt") + chance.choice(CHANNELS)
        match chance.randrange(12):
            case 0:
                return chance.choice(STRANGE_TOPICS)
            case 1:
                place = chance.randrange(len(topic))
                return topic[:place] + chance.choice(["/", "+", "#", " ", "\x00", "é", "", "*"]) + topic[place + 1 :]
            case _:
                return topic

    def _payload(self, number: int, device: str) -> bytes:
        chance = self._chance
        event: dict[str, Any] = {
            "specversion": "1.0",
            "id": f"fuzz-{number}",
            "source": f"//{device}",
            "type": chance.choice(SAID[device.split("/")[1]]),
            "time": format_instant(NOON),
            "data": {"state": "start", "activity": f"a-{number}", "region": "lawn", "tag": "T-1", "dur_ms": 220},
        }
        for _ in range(chance.randrange(3)):
            self._spoil(chance.choice([event, event.get("data")]))
        payload = orjson.dumps(event, option=orjson.OPT_PASSTHROUGH_SUBCLASS, default=str)
        match chance.randrange(10):
            case 0:
                return payload[: chance.randrange(len(payload))]
            case 1:
                spoiled = bytearray(payload)
                for _ in range(chance.randrange(1, 6)):
                    spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
                return bytes(spoiled)
            case 2:
                return chance.randbytes(chance.randrange(80))
            case 3:
                depth = chance.randrange(1, 2000)
                return b'{"a":' * depth + b"1" + b"}" * depth
            case _:
                return payload

    def _spoil(self, part: object) -> None:
        if not isinstance(part, dict) or not part:
            return
        name = self._chance.choice(list(part))
        match self._chance.randrange(4):
            case 0:
                del part[name]
            case 1:
                part[self._chance.choice(STRANGE_TEXTS)] = part.pop(name)
            case 2 if name == "time":
                part[name] = self._chance.choice(STRANGE_TIMES)
            case _:
                value = self._chance.choice(STRANGE_VALUES)
                part[name] = value if not isinstance(value, int) or abs(value) < 2**64 else float(value)


@pytest.mark.parametrize("count", [IN_SHORT, pytest.param(IN_FULL, marks=pytest.mark.soak)])
def test_every_message_is_counted_where_it_belongs_and_the_rules_go_on(
    monitor_store: Store, clock: FixedClock, count: int
) -> None:
    register = the_compound()
    messages = list(Mischief(20261123, register).messages(count))
    for begin in range(0, count, BATCH):
        keep(monitor_store, clock, messages[begin : begin + BATCH], register)
    signs = sum(isinstance(read(message, register), SignOfLife) for message in messages)
    with monitor_store.read() as session:
        totals = queries.totals(session)
    assert totals.received == totals.stored + totals.duplicate + totals.dead_letter == count - signs
    assert totals.heartbeat + totals.state + totals.online == signs
    assert min(totals.stored, totals.duplicate, totals.dead_letter, signs) > count // 500  # each way was gone often
    engine = Engine(monitor_store, lambda: register, clock)
    while engine.step(clock.now()):
        pass
    with monitor_store.read() as session:
        last = session.scalar(select(EngineProgress.position))
        assert last == session.scalar(select(func.max(SignalRow.position)))
        assert session.scalar(select(func.count()).select_from(SignalRow)) == totals.stored
