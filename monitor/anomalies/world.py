"""What the rules see beside the signals: the register, the plan of the patrols, and what is armed. Immutable, at one moment.

`monitor.anomalies.queries.world` reads it for each pass of the engine.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Protocol, Self

from monitor.arming.rules import UnarmedStretch
from monitor.arming.timeline import is_always_heard
from monitor.patrols.rules import TourFacts
from monitor.supervision.rules import NOTHING, Supervision
from registry.clock import Instant
from registry.devices.facts import Register, ZoneFacts, ZoneKind
from registry.ids import DeviceAddress, ZoneId


class Arming(Protocol):
    """Which zones were armed when. Not asked for zones that always are."""

    def is_armed(self, zone: ZoneFacts, at: Instant, device: DeviceAddress | None = None) -> bool:
        """Whether a zone was armed at this moment, by event time."""

    def pending_until(self, zone: ZoneFacts, at: Instant) -> Instant | None:
        """Until when whoever tripped it then may disarm it; None: it counts at once, or not at all."""

    def counts(
        self, zone: ZoneFacts, at: Instant, device: DeviceAddress | None = None, *, now: Instant | None = None
    ) -> bool:
        """Whether it was armed, and its entry delay is over by `now` (None: is over) without anybody disarming it."""


class AsRegistered:
    """What the register says of a zone has always been so."""

    def is_armed(self, zone: ZoneFacts, at: Instant, device: DeviceAddress | None = None) -> bool:
        return zone.armed

    def pending_until(self, zone: ZoneFacts, at: Instant) -> Instant | None:
        return None

    def counts(
        self, zone: ZoneFacts, at: Instant, device: DeviceAddress | None = None, *, now: Instant | None = None
    ) -> bool:
        return zone.armed


@dataclass(frozen=True, kw_only=True)
class World:
    """All that a rule may ask that no signal tells."""

    register: Register
    tours: Sequence[TourFacts] = ()
    """Of the sites of the register."""
    arming: Arming = field(default_factory=AsRegistered)
    unarmed: Sequence[UnarmedStretch] = ()
    """When groups of zones were kept disarmed against their plans."""
    supervision: Supervision = NOTHING
    """Which devices were lost, and what they say of themselves."""
    now: Instant | None = None
    """How far stored time has come; None: past everything that is asked about."""

    def at(self, now: Instant) -> Self:
        """The same, when stored time has come so far."""
        return replace(self, now=now)

    @property
    def zones_of(self) -> Mapping[DeviceAddress, tuple[ZoneFacts, ...]]:
        """The zones of which a device, or a region of it, is a member."""
        return _zones_by_device(self.register)

    def is_armed(self, zone: ZoneFacts, at: Instant, device: DeviceAddress | None = None) -> bool:
        """Whether the zone was armed at that moment, by event time; a 24-hour zone always is.

        With a device: what this device saw of it; somebody may have bypassed it.
        """
        return zone.kind is ZoneKind.ALWAYS or self.arming.is_armed(zone, at, device)

    def counts(self, zone: ZoneFacts, at: Instant, device: DeviceAddress | None = None, *, event: str = "") -> bool:
        """Whether what happened in the zone at that moment, by event time, is to be told by now.

        Within an entry delay it is not yet, and is not at all if the zone was disarmed meanwhile; the engine asks again when
        the delay is over. What a 24-hour zone, or an `event` of tamper, panic, fire or a line says counts at once and always.
        """
        if zone.kind is ZoneKind.ALWAYS or is_always_heard(event):
            return True
        return self.arming.counts(zone, at, device, now=self.now)

    def waits_until(self, device: DeviceAddress, at: Instant) -> Instant | None:
        """Until when what a device said happened then may still come to nothing, for an entry delay; None: for none."""
        waits = (self.arming.pending_until(zone, at) for zone in self.zones_of.get(device, ()))
        return max((until for until in waits if until is not None), default=None)


@lru_cache(maxsize=4)
def _zones_by_device(register: Register) -> Mapping[DeviceAddress, tuple[ZoneFacts, ...]]:
    found: dict[DeviceAddress, dict[ZoneId, ZoneFacts]] = defaultdict(dict)
    for zone in register.zones.values():
        for member in zone.members:
            found[member.device][zone.id] = zone
    return {device: tuple(zones.values()) for device, zones in found.items()}
