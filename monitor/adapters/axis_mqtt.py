"""The MQTT event bridge of Axis cameras: `{"topic", "timestamp" (ms), "serial", "message": {"source", "key", "data"}}`."""

from monitor.adapters.onvif_topics import said, stated
from monitor.adapters.reading import instant_of, object_of, short
from monitor.adapters.told import Foreign, Stated, Told, Unreadable
from monitor.signals.reasons import DeadReason


def read(foreign: Foreign) -> Told:
    """Read one message of an Axis camera; its serial number names it beside its bridge."""
    if not foreign.payload:
        return Stated({foreign.below[:120] or "event": None})
    body = object_of(foreign.payload)
    if isinstance(body, Unreadable):
        return body
    if isinstance(body.get("connected"), bool) or body.get("state") in ("online", "offline"):
        return Stated({}, online=body.get("connected", body.get("state") == "online"))
    message = body.get("message")
    topic = body.get("topic") or foreign.below.split("event/", 1)[-1]
    if not isinstance(message, dict) or not isinstance(topic, str):
        return Unreadable(DeadReason.BAD_DATA, "no message, or one that is no object")
    source, key, data = (message.get(part) or {} for part in ("source", "key", "data"))
    if not (isinstance(source, dict) and isinstance(key, dict) and isinstance(data, dict)):
        return Unreadable(DeadReason.BAD_DATA, "source, key or data is no object")
    serial = body.get("serial")
    child = short(serial)[:200] if isinstance(serial, str) else None
    if foreign.retained:
        return stated(topic, {**source, **key, **data}, child=child)
    return said(topic, {**source, **key}, data, instant_of(body.get("timestamp"), foreign.timezone), child=child)
