"""What an adapter is given, and what it may answer: one message, one outcome."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from monitor.signals.reasons import DeadReason
from registry.clock import Instant

Scalar = str | int | float | bool | None


class Foreign(NamedTuple):
    """A message of a device that does not speak as we do."""

    below: str
    """The topic below the prefix that the device owns, "" for the prefix itself; of HTTP push the path below the endpoint."""
    payload: bytes
    retained: bool
    received_at: Instant
    timezone: ZoneInfo
    """The site's: a time without an offset is in it."""
    content_type: str = ""


class Occurred(NamedTuple):
    """Something happened. `data` fits the model of `type` in `EVENT_DATA`."""

    type: str
    data: dict[str, Any]
    time: Instant | None = None
    """None: not told, so it is the moment of receipt, and of that quality."""
    id: str | None = None
    """None: it is made of the adapter, topic, time and data."""
    child: str | None = None
    """What a gateway calls the device that it speaks for."""


class Stated(NamedTuple):
    """How something is: a property or whether it can be reached. Never an event."""

    properties: Mapping[str, Scalar]
    online: bool | None = None
    child: str | None = None


class Unreadable(NamedTuple):
    """What cannot be understood; `detail` is for whoever mends it."""

    reason: DeadReason
    detail: str


Told = Occurred | Stated | Unreadable
Read = Callable[[Foreign], Told]
"""An adapter; it never raises, whatever the bytes are."""
