"""Milesight's plate cameras: a list `plate_0=…`, `time_0=…` or a JSON object for each plate."""

import re

from monitor.adapters.reading import flat, instant_of, number_of, object_of, short, text_of
from monitor.adapters.told import Foreign, Occurred, Stated, Told, Unreadable
from monitor.signals.reasons import DeadReason

_PAIR = re.compile(r"^\s*(\w+?)(?:_(\d+))?\s*=\s*(.*?)\s*$", re.MULTILINE)


def read(foreign: Foreign) -> Told:
    """Read one message. Of several plates the first is the event, and the others stand in its data."""
    text = text_of(foreign.payload)
    if text.lstrip().startswith("{"):
        body = object_of(foreign.payload)
        if isinstance(body, Unreadable):
            return body
        found = {0: {name.lower(): value for name, value in flat(body).items()}}
    else:
        found = {}
        for name, number, value in _PAIR.findall(text):
            found.setdefault(int(number[:6] or 0), {})[name.lower()] = short(value)
    if not found:
        return Unreadable(DeadReason.BAD_DATA, "no name=value")
    reads = [one for _, one in sorted(found.items()) if one.get("plate") or one.get("license plate")]
    if not reads:
        return Stated({name: value for one in found.values() for name, value in one.items()})
    first = reads[0]
    box = [number_of(first.get(f"plate_{side}")) for side in ("left", "top", "right", "bottom")]
    left, top, right, bottom = (side or 0.0 for side in box)
    data = {
        "text": short(first.get("plate") or first.get("license plate"))[:40],
        "color": short(first["plate_color"]) if first.get("plate_color") else None,
        "box": None if None in box else [left, top, right - left, bottom - top],
        "read": first,
        "others": reads[1:20],
    }
    return Occurred("dayuan.camera.plate_read", data, instant_of(first.get("time"), foreign.timezone))
