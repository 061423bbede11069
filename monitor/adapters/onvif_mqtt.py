"""ONVIF over MQTT: `<prefix>/onvif-ej/<topic>[/&<source values>]`, the payload `{"UtcTime", "Source", "Data"}` (Core, 14).

The prefix may hold slashes, so the topic is split at `onvif-ej`. What the broker keeps is sent again at each connection:
a retained message says how it is, and never that it happened now.
"""

from monitor.adapters.onvif_topics import plain, said, stated
from monitor.adapters.reading import instant_of, object_of
from monitor.adapters.told import Foreign, Stated, Told, Unreadable
from monitor.signals.reasons import DeadReason

_MARK = "onvif-ej"


def read(foreign: Foreign) -> Told:
    """Read one message of an ONVIF device."""
    levels = foreign.below.strip("/").split("/")
    if _MARK in levels:
        levels = levels[levels.index(_MARK) + 1 :]
    topic, _, values_named = "/".join(levels).partition("/&")
    if not topic:
        return Unreadable(DeadReason.BAD_TOPIC, "no topic after onvif-ej")
    if not foreign.payload:
        return Stated({plain(topic)[:120]: None})
    body = object_of(foreign.payload)
    if isinstance(body, Unreadable):
        return body
    source, data = body.get("Source") or {}, body.get("Data") or {}
    if not isinstance(source, dict) or not isinstance(data, dict):
        return Unreadable(DeadReason.BAD_DATA, "Source or Data is no object")
    named = source or {"Source": values_named.lstrip("&")} if values_named else source
    if foreign.retained:
        return stated(topic, {**named, **data})
    return said(topic, named, data, instant_of(body.get("UtcTime"), foreign.timezone))
