"""LILIN's HTTP post: `{"AiEngine": [{"created_at", "label_name", "confidence", "x", "y", "w", "h", "behavior_id"}]}`."""

from typing import Any

from monitor.adapters.onvif_topics import kind_of_object
from monitor.adapters.reading import flat, instant_of, number_of, object_of, short
from monitor.adapters.told import Foreign, Occurred, Stated, Told, Unreadable

_BEHAVIOURS = (
    ("line", "camera.line_crossed"),
    ("tripwire", "camera.line_crossed"),
    ("loiter", "camera.loitering"),
    ("intrusion", "camera.intrusion"),
    ("zone", "camera.intrusion"),
    ("abandon", "camera.object_left"),
    ("remov", "camera.object_removed"),
    ("park", "vehicle.parked"),
)
"""Parts of `behavior_id`. The fields are of LILIN's HTTP-Post-for-NCC-VMS; it says that the behaviour is a name and lists none,
so an unknown one is motion."""


def read(foreign: Foreign) -> Told:
    """Read one post. Pictures in it are not kept here."""
    body = object_of(foreign.payload)
    if isinstance(body, Unreadable):
        return body
    seen = body.get("AiEngine", body.get("aiEngine", [body]))
    things = [one for one in seen if isinstance(one, dict)] if isinstance(seen, list) else []
    known = [{name: value for name, value in one.items() if name != "base64_img"} for one in things]
    if not known or not any("label_name" in one or "behavior_id" in one for one in known):
        return Stated(flat({name: value for name, value in body.items() if name != "base64_img"}))
    first = known[0]
    behaviour = str(first.get("behavior_id", "")).lower()
    kind = next((ours for part, ours in _BEHAVIOURS if part in behaviour), "camera.motion")
    data: dict[str, Any] = {
        "score": number_of(first.get("confidence")),
        "objects": [_seen(one) for one in known[:200]],
        "read": flat(known),
    }
    name = first.get("camera_name")
    return Occurred(
        f"dayuan.{kind}",
        data,
        instant_of(first.get("created_at"), foreign.timezone),
        child=short(name)[:200] if name else None,
    )


def _seen(one: dict[str, Any]) -> dict[str, Any]:
    box = [number_of(one.get(name)) for name in ("x", "y", "w", "h")]
    return {
        "kind": kind_of_object(one.get("label_name")),
        "track": short(one["obj_tracking_id"])[:200] if "obj_tracking_id" in one else None,
        "box": None if None in box else box,
    }
