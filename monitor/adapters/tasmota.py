"""Tasmota: `tele` and `stat` topics. Its switches, buttons and sensors are properties: it does not say what they are for.

The handbook writes `topic = payload`, a line each; a message of such lines is read line by line, and the last word counts.
"""

import re

from monitor.adapters.reading import MAX_PROPERTIES, flat, object_of, short, text_of
from monitor.adapters.told import Foreign, Scalar, Stated, Told, Unreadable

_LINE = re.compile(r"^(?:.*?\s)?((?:tele|stat)/\S+)\s*=\s*(.+)$", re.MULTILINE)
_END = re.compile(r"`.*", re.DOTALL)


def read(foreign: Foreign) -> Told:
    """Read one message."""
    text = text_of(foreign.payload).strip()
    if foreign.below.strip("/").rsplit("/", 1)[-1] == "LWT":
        return Stated({}, online={"Online": True, "Offline": False}.get(text))
    if text.startswith("{"):
        body = object_of(foreign.payload)
        return body if isinstance(body, Unreadable) else Stated(flat(body))
    lines = _LINE.findall(text)
    if not lines:
        return Stated({foreign.below[:120] or "value": short(text)})
    properties: dict[str, Scalar] = {}
    for topic, payload in lines:
        body = object_of(_END.sub("", payload).strip().encode())
        if isinstance(body, Unreadable):
            properties[short(topic)[:120]] = short(payload)
        else:
            properties |= {short(f"{topic}.{name}")[:120]: value for name, value in flat(body).items()}
    return Stated(dict(list(properties.items())[:MAX_PROPERTIES]))
