"""UHPPOTE door controllers over `uhppoted-mqtt`: replies to get-event and get-status, and the events that it listens to."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from monitor.adapters.reading import flat, instant_of, object_of, short, text_of
from monitor.adapters.told import Foreign, Occurred, Scalar, Stated, Told, Unreadable
from registry.clock import Instant

_TEMPLATE = re.compile(r"\{\{.*?\}\}")
_ZONES = {"PST": "-08:00", "PDT": "-07:00", "UTC": "+00:00", "GMT": "+00:00", "CST": "+08:00"}
"""What the service writes behind a time. CST is China's here."""
_TIME = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?: ([A-Z]{3,4}|[+-]\d{4}))?$")
_REFUSED = "gate.auth_failed"
_OF_A_CARD = re.compile(r"card|\bPIN\b", re.IGNORECASE)


def read(foreign: Foreign) -> Told:
    """Read one message; the controller's number is the child. A status is a state, whatever last event it repeats."""
    body = object_of(foreign.payload)
    if isinstance(body, Unreadable):
        examples = list(_examples(text_of(foreign.payload)))
        if not examples:
            return body
        body = examples[-1]
    message = body.get("message")
    inner = message if isinstance(message, dict) else body
    reply = inner.get("reply")
    answer = reply if isinstance(reply, dict) else inner
    response = answer.get("response")
    answer = response if isinstance(response, dict) else answer
    device = answer.get("device-id")
    child = None if device is None else short(device)[:200]
    event = answer.get("event")
    if foreign.retained or "status" in answer or not isinstance(event, dict):
        return Stated(_without_cards(answer), child=child)
    return _event(event, child or short(event.get("device-id", ""))[:200] or None, foreign)


def _examples(text: str) -> Iterator[dict[str, Any]]:
    """The objects of a handbook's page: templates left out, several one after the other."""
    for piece in re.split(r"\n(?=\{)", _TEMPLATE.sub("", text)):
        try:
            body = orjson.loads(piece[piece.find("{") :])
        except orjson.JSONDecodeError:
            continue
        if isinstance(body, dict):
            yield body


def _event(event: Mapping[str, Any], child: str | None, foreign: Foreign) -> Told:
    text = f"{event.get('event-type-text', '')} {event.get('event-reason-text', '')}".lower()
    door = event.get("door-id")
    kind = (
        "door.forced"
        if "forced" in text
        else "door.held"
        if "too long" in text or "open too" in text
        else "door.device_tamper"
        if "tamper" in text
        else "panic.pressed"
        if "threat" in text or "duress" in text
        else "fire.alarm"
        if "fire" in text
        else "gate.passage"
        if event.get("access-granted") is True
        else _REFUSED
        if event.get("access-granted") is False and event.get("card-number")
        else None
    )
    if kind is None:
        return Stated(_without_cards(event), child=child)
    data: dict[str, Any] = {"controller": _without_cards(event)}
    if kind == "gate.passage":
        data["lane"] = None if door is None else short(door)[:40]
    number = event.get("event-id")
    name = None if number is None else short(f"{child}:{number}")[:200]
    return Occurred(f"dayuan.{kind}", data, _time(event.get("timestamp"), foreign), name, child)


def _without_cards(answer: Mapping[str, Any]) -> dict[str, Scalar]:
    """What a controller says, without the numbers and codes of people's cards."""
    said = flat(dict(answer))
    return {name: value for name, value in said.items() if not _OF_A_CARD.search(name)}


def _time(value: object, foreign: Foreign) -> Instant | None:
    found = _TIME.match(value) if isinstance(value, str) else None
    if found is None:
        return instant_of(value, foreign.timezone)
    zone = found[2] or ""
    return instant_of(found[1] + _ZONES.get(zone, zone if zone[:1] in {"+", "-"} else ""), foreign.timezone)
