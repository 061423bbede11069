"""What a message is and becomes: an event, a state, a sign of life, or a dead letter. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from pydantic import ValidationError

from monitor.signals.reasons import DeadReason
from registry.clock import Instant, format_instant
from registry.ids import DeviceAddress, SiteId
from registry.messages.envelope import MAX_BYTES, TimeQuality
from registry.messages.topics import PREFIX, Channel, parse_device_topic

FUTURE_TOLERANCE = timedelta(minutes=5)
"""An event further ahead than this is not believed (reference: monitor 3.2)."""
_SITE_LEVEL = len(PREFIX.split("/"))


class Message(NamedTuple):
    """What came in, and when. A named tuple, as `Heard`: thousands are made a second, at a third of a data class's time."""

    topic: str
    payload: bytes
    received_at: Instant
    retained: bool = False
    """Whether the broker says that it had kept it; to adapters alone it says something."""
    content_type: str = ""
    """What was said over HTTP of what it is."""


class Heard(NamedTuple):
    """An event that is understood. `data` is JSON; `digest` tells a repeat from another event under the same id."""

    id: str
    source: str
    digest: bytes
    device: DeviceAddress
    type: str
    subject: str | None
    occurred_at: Instant
    received_at: Instant
    time_quality: TimeQuality
    seq: int | None
    bootid: str | None
    data: str
    ahead_seconds: float | None = None
    """How far its clock was ahead, where it was not believed; then the time is that of arrival."""


class Said(NamedTuple):
    """How a foreign device is: properties, as JSON each, and whether it is connected. A state, never an event."""

    device: DeviceAddress
    values: Mapping[str, str]
    online: bool | None
    received_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that is set aside. `raw` is its beginning, 64 KiB at most; `size` is what it was."""

    reason: DeadReason
    detail: str
    site: SiteId | None
    device: DeviceAddress | None
    topic: str
    raw: bytes
    size: int
    received_at: Instant
    retained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOfLife:
    """A heartbeat, a state or a word on being connected. `device` None: it is none of ours and is only counted."""

    channel: Channel
    device: DeviceAddress | None
    online: bool | None
    received_at: Instant


class Settled(NamedTuple):
    """When something happened as we take it, and what it said."""

    at: Instant
    quality: TimeQuality
    data: dict[str, Any]
    ahead_seconds: float | None


def settled_time(at: Instant, quality: TimeQuality, data: dict[str, Any], received_at: Instant) -> Settled:
    """Believe a time that is not in the future; else it is the time of arrival, and what was told is kept as `time_told`."""
    if at <= received_at + FUTURE_TOLERANCE:
        return Settled(at, quality, data, None)
    told = {**data, "time_told": format_instant(at)}
    return Settled(received_at, TimeQuality.RECEIVED, told, (at - received_at).total_seconds())


def dead(message: Message, reason: DeadReason, detail: str = "") -> DeadLetter:
    """Set a message aside."""
    topic = parse_device_topic(message.topic)
    return DeadLetter(
        reason=reason,
        detail=_storable(detail)[:300],
        site=topic.device.site if topic is not None else _site_named(message.topic),
        device=topic.device if topic is not None else None,
        topic=_storable(message.topic)[:300],
        raw=message.payload[:MAX_BYTES],
        size=len(message.payload),
        received_at=message.received_at,
        retained=message.retained,
    )


def _storable(text: str) -> str:
    """PostgreSQL keeps no NUL in a text."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _site_named(topic: str) -> SiteId | None:
    levels = topic.split("/")
    if topic.startswith(f"{PREFIX}/") and 0 < len(levels[_SITE_LEVEL]) <= 40:  # noqa: PLR2004 - a site's name
        return SiteId(_storable(levels[_SITE_LEVEL]))
    return None


def first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in fault['loc']) or 'message'}: {fault['msg']}"
