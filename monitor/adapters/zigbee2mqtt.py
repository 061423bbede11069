"""Zigbee2MQTT: one topic for each device, its whole state each time. `contact` true means closed."""

from typing import Any

from monitor.adapters.reading import flat, instant_of, is_on, number_of, object_of, short, text_of
from monitor.adapters.told import Foreign, Occurred, Scalar, Stated, Told, Unreadable

_PANIC = frozenset({"panic", "emergency", "sos"})


def read(foreign: Foreign) -> Told:
    """Read one message. The gravest thing that it says is the event; all it says goes with it."""
    levels = foreign.below.strip("/").split("/")
    if levels[0] == "bridge":
        return _bridge(levels[1:], foreign)
    text = text_of(foreign.payload).strip()
    if levels[-1] == "availability":
        return Stated({}, online=_online(foreign), child="/".join(levels[:-1]) or None)
    child = "/".join(levels) or None
    if not text.startswith("{"):
        return Stated({"value": short(text) or None}, child=child)
    body = object_of(foreign.payload)
    if isinstance(body, Unreadable):
        return body
    found = None if foreign.retained else _event(body)
    if found is None:
        return Stated(flat(body), child=child)
    kind, data = found
    what = data.pop("what")
    data |= {"activity": short(f"{child}:{what}")[:200], "properties": flat(body)}
    return Occurred(f"dayuan.{kind}", data, instant_of(body.get("last_seen"), foreign.timezone), child=child)


def _event(body: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    is_true = {name: is_on(value) for name, value in body.items()}
    kind = "door" if "contact" in body else "env"
    for name in ("sos", "panic", "emergency"):
        if is_true.get(name) or (name in _PANIC and body.get("action") == name):
            return "panic.pressed", {"what": name}
    for name in ("smoke", "fire"):
        if is_true.get(name):
            return "fire.alarm", {"what": name, "state": "start", "loop": name}
    if is_true.get("tamper"):
        return f"{kind}.device_tamper", {"what": "tamper", "state": "start"}
    for name in ("gas", "carbon_monoxide", "water_leak", "vibration"):
        if is_true.get(name):
            return "env.limit", {"what": name, "name": name, "value": 1.0, "limit": 1.0, "state": "start"}
    closed = is_true.get("contact")
    if closed is not None:
        return "gate.barrier", {"what": "contact", "barrier": "closed" if closed else "open"}
    for name in ("occupancy", "presence", "motion"):
        present = is_true.get(name)
        if present is not None:
            return "camera.motion", {"what": name, "state": "start" if present else "end"}
    if is_true.get("battery_low"):
        return f"{kind}.low_battery", {"what": "battery_low", "state": "start", "detail": _percent(body.get("battery"))}
    return None


def _percent(value: object) -> str | None:
    number = number_of(value)
    return None if number is None else f"{number:g} %"


def _bridge(levels: list[str], foreign: Foreign) -> Told:
    if levels == ["state"]:
        return Stated({}, online=_online(foreign))
    name = "bridge." + "/".join(levels)
    if not text_of(foreign.payload).strip().startswith("{"):
        return Stated({name[:120]: short(text_of(foreign.payload))[:200]})
    body = object_of(foreign.payload)
    if isinstance(body, Unreadable):
        return body
    properties: dict[str, Scalar] = {f"{name}.{key}"[:120]: value for key, value in flat(body).items()}
    data = body.get("data")
    child = data.get("friendly_name") if levels == ["event"] and isinstance(data, dict) else None
    return Stated(properties, child=short(child)[:200] if isinstance(child, str) else None)


def _online(foreign: Foreign) -> bool | None:
    text = text_of(foreign.payload).strip()
    if text.startswith("{"):
        body = object_of(foreign.payload)
        text = str(body.get("state")) if isinstance(body, dict) else ""
    return {"online": True, "offline": False}.get(text)
