"""What is open, ill or moving in zones right now, by what their devices said last: to be looked at before one arms."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.arming.timeline import ALWAYS_HEARD_CLASSES
from monitor.signals.models import DevicePresenceRow, SignalRow
from registry.clock import Instant
from registry.devices.facts import Register, ZoneFacts
from registry.ids import DeviceAddress, ZoneId
from registry.messages.events import Phase

_LASTING = timedelta(days=7)
"""What began longer ago, and was never told again, is not believed any more. Ours: a fault lives that long at most."""
_MOVING = timedelta(minutes=30)
"""The same of what moves before a camera: an end may get lost (as B02 has it)."""
_MOST = 5_000
"""Signals that are looked through at most, the newest."""


class Openness(StrEnum):
    """How a device stands in the way of arming; what moves before a camera does not."""

    FAULT = "fault"
    OFFLINE = "offline"
    OPEN = "open"
    MOVING = "moving"


_BY_TYPE = {
    "dayuan.beam.interrupted": Openness.OPEN,
    "dayuan.door.forced": Openness.OPEN,
    "dayuan.door.held": Openness.OPEN,
    "dayuan.camera.tamper": Openness.FAULT,
    "dayuan.camera.signal_lost": Openness.FAULT,
    "dayuan.camera.motion": Openness.MOVING,
    "dayuan.camera.intrusion": Openness.MOVING,
}
_ILL = ("device_tamper", "line_fault", "power_lost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A device that is open, ill or sees something. `type` is empty where no event says so: it has no connection."""

    device: DeviceAddress
    openness: Openness
    type: str
    since: Instant | None

    @property
    def hinders(self) -> bool:
        """Whether who arms its zone must say that they mean it."""
        return self.openness is not Openness.MOVING


def openings(
    session: Session, register: Register, zones: Collection[ZoneFacts], now: Instant
) -> Mapping[ZoneId, Sequence[Opening]]:
    """Of each of these zones what is not at rest, the gravest first. Panic buttons and fire detectors are never in the way."""
    devices = {
        member.device
        for zone in zones
        for member in zone.members
        if member.device.kind not in ALWAYS_HEARD_CLASSES and member.device in register.devices
    }
    said: dict[DeviceAddress, dict[tuple[Openness, str | None], Opening]] = defaultdict(dict)
    for device, type_, at, data in _said(session, devices, now):
        openness = _BY_TYPE.get(type_, Openness.FAULT)
        region = data.get("region") if openness is Openness.MOVING else None
        said[device].pop((openness, region), None)
        if data.get("state") == Phase.START:
            said[device][openness, region] = Opening(device=device, openness=openness, type=type_, since=at)
    for device in _offline(session, devices):
        said[device][Openness.OFFLINE, None] = Opening(device=device, openness=Openness.OFFLINE, type="", since=None)
    return {zone.id: _in_zone(zone, said) for zone in zones}


_Said = Mapping[DeviceAddress, Mapping[tuple[Openness, str | None], Opening]]


def _in_zone(zone: ZoneFacts, said: _Said) -> Sequence[Opening]:
    """The gravest of each of its devices; of what moves, what moves in the region that belongs to the zone."""
    order = list(Openness)
    found: dict[DeviceAddress, Opening] = {}
    for member in zone.members:
        for (openness, region), opening in said.get(member.device, {}).items():
            before = found.get(member.device)
            is_here = openness is not Openness.MOVING or member.region in (None, region)
            if is_here and (before is None or order.index(openness) < order.index(before.openness)):
                found[member.device] = opening
    return sorted(found.values(), key=lambda opening: (order.index(opening.openness), opening.device))


def _said(
    session: Session, devices: Collection[DeviceAddress], now: Instant
) -> Iterable[tuple[DeviceAddress, str, Instant, dict[str, Any]]]:
    """The newest starts and ends of these devices, in order."""
    ill = [f"dayuan.{kind}.{what}" for kind in sorted({device.kind for device in devices}) for what in _ILL]
    moving = [type_ for type_, openness in _BY_TYPE.items() if openness is Openness.MOVING]
    lasting = [*ill, *(type_ for type_ in _BY_TYPE if type_ not in moving)]
    found: list[Any] = []
    for types, back in ((lasting, _LASTING), (moving, _MOVING)):
        rows = session.execute(
            select(SignalRow.device, SignalRow.type, SignalRow.occurred_at, SignalRow.position, SignalRow.data)
            .where(SignalRow.device.in_([str(device) for device in devices]), SignalRow.type.in_(types))
            .where(SignalRow.occurred_at > now - back)
            .order_by(SignalRow.occurred_at.desc(), SignalRow.position.desc())
            .limit(_MOST)
        )
        found += rows.all()
    for row in sorted(found, key=attrgetter("occurred_at", "position")):
        yield DeviceAddress.parse(row.device), row.type, row.occurred_at, orjson.loads(row.data)


def _offline(session: Session, devices: Collection[DeviceAddress]) -> Iterable[DeviceAddress]:
    rows = session.scalars(
        select(DevicePresenceRow.device).where(
            DevicePresenceRow.device.in_([str(device) for device in devices]), DevicePresenceRow.online.is_(False)
        )
    )
    return [DeviceAddress.parse(device) for device in rows]
