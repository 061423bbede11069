"""Frigate: tracked objects and reviews as JSON, and a plain topic for each property of a camera."""

from collections.abc import Mapping
from typing import Any

from monitor.adapters.onvif_topics import kind_of_object
from monitor.adapters.reading import flat, instant_of, is_on, number_of, object_of, short, text_of
from monitor.adapters.told import Foreign, Occurred, Scalar, Stated, Told, Unreadable
from monitor.signals.reasons import DeadReason

_PHASES = {"new": "start", "update": "instant", "end": "end"}
_CORNERS = 4
_NAMES = frozenset({"sub_label", "sub_labels"})
"""Whose face it is, where a recorder was taught faces: that is nobody's business here."""


def read(foreign: Foreign) -> Told:
    """Read one message; the camera is the child."""
    levels = foreign.below.strip("/").split("/")
    name = levels[-1]
    if name == "available":
        return Stated(
            {"available": short(text_of(foreign.payload))}, online=text_of(foreign.payload).strip() == "online"
        )
    if levels[0] in {"events", "reviews", "tracked_object_update", "triggers"}:
        body = object_of(foreign.payload)
        if isinstance(body, Unreadable):
            return body
        if foreign.retained:
            return Stated(_without_names(body))
        return _object(levels[0], body, foreign)
    if name in {"snapshot", "jpg"}:
        return Stated({f"{foreign.below}.bytes"[:120]: len(foreign.payload)}, child=levels[0])
    return _plain(levels, text_of(foreign.payload).strip(), foreign)


def _plain(levels: list[str], text: str, foreign: Foreign) -> Told:
    name = "/".join(levels[1:]) or levels[0] or "frigate"
    child = levels[0] if len(levels) > 1 else None
    if name == "motion" and child and not foreign.retained and (on := is_on(text)) is not None:
        data = {"state": "start" if on else "end", "activity": f"{child}/motion"[:200], "camera": short(child)}
        return Occurred("dayuan.camera.motion", data, child=child)
    online = None
    if len(levels) > 2 and levels[1] == "status":  # noqa: PLR2004 - camera, "status", role
        online = text == "online" if text in {"online", "offline"} else None
    if text.startswith(("{", "[")):
        body = object_of(foreign.payload)
        return body if isinstance(body, Unreadable) else Stated(_without_names(body), child=child)
    number = number_of(text)
    return Stated({short(name)[:120]: short(text) if number is None else number}, online=online, child=child)


def _object(topic: str, body: Mapping[str, Any], foreign: Foreign) -> Told:
    if topic == "tracked_object_update":
        return _update(body, foreign)
    if topic == "triggers":
        data = {
            "trigger": _without_names(dict(body)),
            "score": number_of(body.get("score")),
            "track": _text(body.get("event_id")),
        }
        return Occurred("dayuan.camera.intrusion", data, child=_text(body.get("camera")))
    after = body.get("after")
    phase = _PHASES.get(str(body.get("type")))
    if not isinstance(after, dict) or phase is None or not isinstance(after.get("id"), str):
        return Unreadable(DeadReason.BAD_DATA, "no after.id, or a type that is none of new, update, end")
    return _review(body, after, phase, foreign) if topic == "reviews" else _tracked(body, after, phase, foreign)


def _tracked(body: Mapping[str, Any], after: Mapping[str, Any], phase: str, foreign: Foreign) -> Told:
    frame_time = after.get("frame_time")
    zones = after.get("current_zones")
    seen: dict[str, Any] = {
        "kind": kind_of_object(after.get("label")),
        "track": short(after["id"]),
        "label": _text(after.get("label")),
    }
    box = [number_of(corner) for corner in after["box"]] if isinstance(after.get("box"), list) else []
    if len(box) == _CORNERS and None not in box:
        left, top, right, bottom = (corner or 0.0 for corner in box)
        seen["box"] = [left, top, right - left, bottom - top]
    data = {
        "state": phase,
        "activity": short(after["id"])[:200],
        "region": short(zones[0]) if isinstance(zones, list) and zones else None,
        "score": number_of(after.get("score")),
        "objects": [seen],
        "frigate": _without_names(
            {name: value for name, value in after.items() if name not in {"box", "snapshot", "region"}}
        ),
    }
    return Occurred(
        "dayuan.camera.motion",
        data,
        instant_of(frame_time, foreign.timezone),
        short(f"{after['id']}:{body['type']}:{frame_time}")[:200],
        _text(after.get("camera")),
    )


def _review(body: Mapping[str, Any], after: Mapping[str, Any], phase: str, foreign: Foreign) -> Told:
    details = after.get("data")
    found = details if isinstance(details, dict) else {}
    objects, zones = _list(found.get("objects")), _list(found.get("zones"))
    moment = after.get("end_time") if phase == "end" else after.get("start_time") if phase == "start" else None
    data = {
        "state": phase,
        "activity": short(after["id"])[:200],
        "region": short(zones[0]) if zones else None,
        "objects": [{"kind": kind_of_object(name)} for name in objects[:200]],
        "severity": _text(after.get("severity")),
        "frigate": _without_names(dict(found)),
    }
    kind = "intrusion" if after.get("severity") == "alert" else "motion"
    marks = f"{after['id']}:{body['type']}:{moment or len(flat(dict(found)))}"
    time = instant_of(moment, foreign.timezone)
    # An update tells no time of its own: it is known by its content.
    return Occurred(
        f"dayuan.camera.{kind}", data, time, short(marks)[:200] if time else None, _text(after.get("camera"))
    )


def _update(body: Mapping[str, Any], foreign: Foreign) -> Told:
    time, camera = instant_of(body.get("timestamp"), foreign.timezone), _text(body.get("camera"))
    plate = body.get("plate")
    if body.get("type") == "lpr" and isinstance(plate, str) and plate:
        data = {"text": short(plate)[:40], "score": number_of(body.get("score")), "track": _text(body.get("id"))}
        return Occurred("dayuan.camera.plate_read", data, time, None, camera)
    return Stated(
        {f"tracked_object.{name}"[:120]: value for name, value in _without_names(dict(body)).items()}, child=camera
    )


def _without_names(value: object) -> dict[str, Scalar]:
    """Everything that is said but people's names."""
    if isinstance(value, dict) and value.get("type") == "face":
        value = {key: one for key, one in value.items() if key != "name"}
    return {key: one for key, one in flat(value).items() if _NAMES.isdisjoint(key.split("."))}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return short(value)[:200] if isinstance(value, str) and value else None
