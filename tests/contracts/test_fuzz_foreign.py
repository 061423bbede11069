"""Foreign messages that no honest device sends: every adapter answers each, and every one of them is counted once."""

import random

import orjson
import pytest

from monitor.adapters.catalogue import ADAPTERS
from monitor.signals import service
from monitor.signals.messages import Message
from monitor.signals.queries import Totals, totals
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.register import a_device, a_register

IN_SHORT, IN_FULL = 2_000, 100_000
BATCH = 500
REGISTER = a_register(
    *(
        a_device(f"oc1/gw/g{number}", foreign_prefixes=(f"foreign/{name}",), adapter=name)
        for number, name in enumerate(sorted(ADAPTERS))
    )
)
WORDS = [
    "", "\x00", "😀" * 16_000, "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "+1", "../" * 9, "on", "off", "events",
    "reviews", "onvif-ej", "RuleEngine", "CellMotionDetector", "Motion", "SENSOR", "tele", "STATE", "availability",
    "available", "motion", "type", "before", "after", "id", "camera", "label", "Source", "Data", "UtcTime", "message",
    "contact", "battery", "tamper", "occupancy", "2026-11-23T04:00:00Z", "9999-12-31T23:59:59-23:59", "true",
]  # fmt: skip
BODIES = [
    b"", b"\x00", b"null", b"1", b'"', b"[]", b"{}", b"NaN", b"\xff\xfe", b"<", b"<a/>", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    b"{" * 10_000, b"[" * 10_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b"<a>" * 10_000, "😀".encode() * 16_384, b"a" * 65_537,
    b"--x\r\nContent-Type: application/json\r\n\r\n{}\r\n--x--",
]  # fmt: skip


def _value(chance: random.Random, depth: int = 0) -> object:
    match chance.randrange(9 if depth < 4 else 6):
        case 0:
            return chance.choice([None, True, False, 0, -1, 2**63, 1e308, 1e-320])
        case 1:
            return chance.random() * 10**10
        case 6:
            return [_value(chance, depth + 1) for _ in range(chance.randrange(4))]
        case 7 | 8:
            return {chance.choice(WORDS): _value(chance, depth + 1) for _ in range(chance.randrange(6))}
        case _:
            return chance.choice(WORDS)


def _message(chance: random.Random) -> Message:
    topic = "/".join([f"foreign/{chance.choice(sorted(ADAPTERS))}", *chance.choices(WORDS, k=chance.randrange(5))])
    payload = chance.choice(BODIES) if chance.random() < 0.3 else orjson.dumps(_value(chance))
    if payload and chance.random() < 0.1:
        payload = payload[: chance.randrange(len(payload))]
    return Message(topic=topic[:60_000], payload=payload, received_at=NOON, retained=chance.random() < 0.2)


@pytest.mark.parametrize("count", [IN_SHORT, pytest.param(IN_FULL, marks=pytest.mark.soak)])
def test_nothing_foreign_is_dropped(monitor_store: Store, count: int) -> None:
    chance = random.Random(count)
    for _ in range(count // BATCH):
        with monitor_store.begin(NOON) as work:
            service.take_in(work.session, [_message(chance) for _ in range(BATCH)], REGISTER)
    with monitor_store.read() as session:
        counted = totals(session)
    assert counted.received == count
    assert counted == Totals(
        received=count, stored=counted.stored, duplicate=counted.duplicate, dead_letter=counted.dead_letter
    )
    assert counted.received == counted.stored + counted.duplicate + counted.dead_letter
