"""Reading a message: a signal, a sign of life, or a dead letter with its reason. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

import orjson
from pydantic import ValidationError

from monitor.adapters.catalogue import ADAPTERS, Adapter
from monitor.signals.foreign import read_foreign
from monitor.signals.messages import DeadLetter, Heard, Message, Said, SignOfLife, dead, first_fault, settled_time
from monitor.signals.plain import MAX_SEQ, PlainEvent, plain_event
from monitor.signals.reasons import DeadReason
from registry.clock import Instant
from registry.devices.facts import DeviceFacts, Register
from registry.ids import DeviceAddress
from registry.messages.envelope import MAX_BYTES, Event
from registry.messages.events import EVENT_DATA
from registry.messages.topics import PREFIX, Channel, DeviceClass, DeviceTopic, parse_device_topic

LATE_LIMIT = timedelta(hours=72)
"""What arrives later after it happened is kept and never judged (reference: monitor 3.2)."""
MAX_DEPTH = 64
"""Levels of lists and objects; no device of ours needs ten."""


def is_for_the_archive(occurred_at: Instant, received_at: Instant) -> bool:
    """Whether something is too old to be judged: a clock that was never set, or a device that was away for days."""
    return received_at - occurred_at > LATE_LIMIT


def read(
    message: Message, register: Register, adapters: Mapping[str, Adapter] = ADAPTERS
) -> Heard | Said | DeadLetter | SignOfLife:
    """Read one message. It never raises, whatever the bytes are."""
    topic = parse_device_topic(message.topic)
    if topic is not None and topic.channel in (Channel.HEARTBEAT, Channel.STATE, Channel.ONLINE):
        return _sign_of_life(message, topic, register)
    if len(message.payload) > MAX_BYTES:
        return dead(message, DeadReason.TOO_LARGE, f"{len(message.payload)} bytes")
    if topic is None or topic.channel is not Channel.EVENT:
        if message.topic.startswith(f"{PREFIX}/"):
            return dead(message, DeadReason.BAD_TOPIC)
        return read_foreign(message, register, adapters)
    device = register.devices.get(topic.device) or _silent_alarm_of_a_gate(topic.device, register)
    if device is None:
        return dead(message, DeadReason.UNKNOWN_DEVICE)
    if not device.enabled:
        return dead(message, DeadReason.DISABLED_DEVICE)
    return _event(message, device)


def _silent_alarm_of_a_gate(address: DeviceAddress, register: Register) -> DeviceFacts | None:
    """A gate where somebody was forced to open says so as the panic button of its name, which stands in no register.

    The brokers let the gateway write there, and no device but one that is registered so.
    """
    if address.kind != DeviceClass.PANIC:
        return None
    gate = register.devices.get(replace(address, kind=DeviceClass.GATE))
    return None if gate is None else replace(gate, address=address)


def _sign_of_life(message: Message, topic: DeviceTopic, register: Register) -> SignOfLife:
    return SignOfLife(
        channel=topic.channel,
        device=topic.device if topic.device in register.devices else None,
        online={b"1": True, b"0": False}.get(message.payload) if topic.channel is Channel.ONLINE else None,
        received_at=message.received_at,
    )


def _event(message: Message, device: DeviceFacts) -> Heard | DeadLetter:
    try:
        body = orjson.loads(message.payload)
    except orjson.JSONDecodeError as error:
        deep = "depth" in str(error) or "recursion" in str(error).lower()  # orjson's words, newer and older
        return dead(message, DeadReason.TOO_DEEP if deep else DeadReason.BAD_JSON, str(error))
    if _openings(message.payload) > MAX_DEPTH and _is_deep(body):
        return dead(message, DeadReason.TOO_DEEP, f"more than {MAX_DEPTH} levels")
    event = plain_event(body, _source_on(message.topic)) or _by_the_model(message, device, body)
    if isinstance(event, DeadLetter):
        return event
    model = EVENT_DATA.get(event.type)
    if model is None:
        return dead(message, DeadReason.UNKNOWN_TYPE, event.type)
    if event.type.split(".")[1] != device.address.kind:
        return dead(message, DeadReason.WRONG_CLASS, event.type)
    try:
        model.model_validate(event.data)
    except ValidationError as error:
        return dead(message, DeadReason.BAD_DATA, first_fault(error))
    return _heard(message, device.address, event, body)


@lru_cache(maxsize=8192)
def _source_on(topic: str) -> str:
    """The source of the device whose topic it is."""
    known = parse_device_topic(topic)
    return known.device.source if known is not None else ""


def _by_the_model(message: Message, device: DeviceFacts, body: object) -> Event | DeadLetter:
    try:
        event = Event.model_validate(body)
    except ValidationError as error:
        return dead(message, DeadReason.NOT_AN_ENVELOPE, first_fault(error))
    except OverflowError:
        return dead(message, DeadReason.NOT_AN_ENVELOPE, "time: no moment that can be written in UTC")
    fault = _unstorable(event)
    if fault is not None:
        return dead(message, DeadReason.NOT_AN_ENVELOPE, fault)
    if event.source != device.address.source:
        return dead(message, DeadReason.WRONG_SOURCE, event.source)
    return event


def _heard(message: Message, device: DeviceAddress, event: Event | PlainEvent, body: dict[str, Any]) -> Heard:
    canonical = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    settled = settled_time(event.time, event.timequality, event.data, message.received_at)
    return Heard(
        id=event.id,
        source=event.source,
        digest=hashlib.blake2b(canonical, digest_size=16).digest(),
        device=device,
        type=event.type,
        subject=event.subject,
        occurred_at=settled.at,
        received_at=message.received_at,
        time_quality=settled.quality,
        seq=event.seq,
        bootid=event.bootid,
        data=orjson.dumps(settled.data).decode(),
        ahead_seconds=settled.ahead_seconds,
    )


def _openings(payload: bytes) -> int:
    return payload.count(b"{") + payload.count(b"[")


def _is_deep(body: object) -> bool:
    level = [body]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return False
    return True


def _unstorable(event: Event) -> str | None:
    """What no database takes, though it is valid JSON."""
    for name, text in (("id", event.id), ("subject", event.subject), ("bootid", event.bootid)):
        if text is not None and "\x00" in text:
            return f"{name}: holds a NUL"
    if event.seq is not None and event.seq > MAX_SEQ:
        return "seq: larger than 64 bits"
    return None
