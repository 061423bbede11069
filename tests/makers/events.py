"""Makers of what devices send."""

from datetime import datetime
from typing import Any

import orjson

from registry.clock import format_instant
from registry.ids import DeviceAddress
from tests.fakes.clock import NOON

BEAM = "oc1/beam/north-01"


def event_topic(device: str = BEAM) -> str:
    return f"dayuan/v1/{device}/evt"


def an_event(
    event_id: str = "e-1",
    *,
    device: str = BEAM,
    kind: str | None = None,
    occurred_at: datetime = NOON,
    data: dict[str, Any] | None = None,
    **envelope: Any,
) -> dict[str, Any]:
    """An event of a device as a dictionary; by default a beam that was interrupted."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": DeviceAddress.parse(device).source,
        "type": kind or f"dayuan.{DeviceAddress.parse(device).kind}.interrupted",
        "time": format_instant(occurred_at),
        "data": {"beam_ids": ["a"], "dur_ms": 220} if data is None else data,
        **envelope,
    }


def on_the_wire(event: dict[str, Any]) -> bytes:
    return orjson.dumps(event)
