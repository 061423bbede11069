"""The envelope of an event of the plainest shape, checked by hand in a third of the time that its model takes.

Whatever is said in another way that the model would take, or that it would refuse, is left to the model: it alone refuses.
"""

import re
from datetime import datetime
from typing import Any, NamedTuple

from registry.clock import Instant
from registry.messages.envelope import TimeQuality
from registry.messages.events import EVENT_DATA

MAX_SEQ = 2**63 - 1
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3}(?:[0-9]{3})?)?Z")
_VISIBLE = re.compile(r"[!-~]")
_ID, _SUBJECT, _BOOTID = 200, 200, 80
"""The most signs that each may have (`registry.messages.envelope.Event`)."""
_QUALITIES = {str(quality): quality for quality in TimeQuality}


class PlainEvent(NamedTuple):
    """What `Event` has, as far as the inbox needs it."""

    id: str
    source: str
    type: str
    time: Instant
    data: dict[str, Any]
    subject: str | None
    seq: int | None
    bootid: str | None
    timequality: TimeQuality


def plain_event(body: object, source: str) -> PlainEvent | None:
    """The event of `source` that `body` is, of a known type and with nothing that a store refuses; None: ask the model."""
    if type(body) is not dict:
        return None
    get = body.get
    id_, type_, time, data = get("id"), get("type"), get("time"), get("data")
    subject, seq, bootid, quality = get("subject"), get("seq"), get("bootid"), get("timequality", "device")
    if (
        get("source") != source
        or type(id_) is not str
        or not _is_text(id_, _ID)
        or not _VISIBLE.search(id_)
        or type(type_) is not str
        or type_ not in EVENT_DATA
        or type(time) is not str
        or not _MOMENT.fullmatch(time)
        or type(data) is not dict
        or not (subject is None or _is_text(subject, _SUBJECT))
        or not (seq is None or (type(seq) is int and 0 <= seq <= MAX_SEQ))
        or not (bootid is None or _is_text(bootid, _BOOTID))
        or type(quality) is not str
        or quality not in _QUALITIES
        or get("specversion", "1.0") != "1.0"
        or get("datacontenttype", "application/json") != "application/json"
    ):
        return None
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:  # no day or hour of the calendar
        return None
    return PlainEvent(id_, source, type_, moment, data, subject, seq, bootid, _QUALITIES[quality])


def _is_text(value: object, most: int) -> bool:
    return type(value) is str and len(value) <= most and "\x00" not in value
