"""DataQ, an application on Axis cameras: detections, paths, occupancy, events and whether the camera is there."""

from typing import Any

from monitor.adapters.onvif_topics import kind_of_object, said, stated
from monitor.adapters.reading import flat, instant_of, number_of, object_of, short
from monitor.adapters.told import Foreign, Occurred, Stated, Told, Unreadable


def read(foreign: Foreign) -> Told:
    """Read one message; the camera's serial number is the child."""
    body = object_of(foreign.payload)
    if isinstance(body, Unreadable):
        return body
    child = short(body["serial"])[:200] if isinstance(body.get("serial"), str) else None
    levels = foreign.below.strip("/").split("/")
    time = instant_of(body.get("timestamp"), foreign.timezone)
    if isinstance(body.get("connected"), bool):
        return Stated(flat(body), online=body["connected"], child=child)
    if "event" in levels:
        after = levels[levels.index("event") + 1 :]
        topic = "/".join(after[1:]) or "event"
        values = {
            name: value for name, value in body.items() if name not in {"serial", "name", "location", "timestamp"}
        }
        told = stated(topic, values) if foreign.retained else said(topic, {}, values, time)
        return told._replace(child=child)
    if foreign.retained:
        return Stated(flat(body), child=child)
    if isinstance(body.get("list"), list):
        seen = [_seen(one) for one in body["list"][:200] if isinstance(one, dict)]
        times = [one.get("timestamp") for one in body["list"] if isinstance(one, dict)]
        time = instant_of(times[0], foreign.timezone) if times else time
        if not seen:
            return Stated({"detections": 0}, child=child)
        return Occurred("dayuan.camera.motion", {"objects": seen, "detections": flat(body["list"])}, time, child=child)
    if "occupancy" in body or "class" not in body:
        return Stated(flat(body), child=child)
    data = {"objects": [_seen(body)], "score": number_of(body.get("confidence")), "path": flat(body)}
    return Occurred("dayuan.camera.motion", data, time, child=child)


def _seen(one: dict[str, Any]) -> dict[str, Any]:
    box = [number_of(one.get(name)) for name in ("x", "y", "w", "h")]
    return {
        "kind": kind_of_object(one.get("class")),
        "track": short(one["id"])[:200] if "id" in one else None,
        "box": None if None in box else box,
    }
