"""What the rules see beside the signals: the register, the plan of the patrols, and what is armed. Immutable, at one moment.

`monitor.anomalies.queries.world` reads it for each pass of the engine.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from monitor.patrols.rules import TourFacts
from registry.clock import Instant
from registry.devices.facts import Register, ZoneFacts, ZoneKind
from registry.ids import DeviceAddress, ZoneId


class Arming(Protocol):
    """Which zones were armed when."""

    def is_armed(self, zone: ZoneFacts, at: Instant, device: DeviceAddress | None = None) -> bool:
        """Whether a zone was armed at this moment, by event time; not asked for zones that always are."""


class AsRegistered:
    """What the register says of a zone has always been so."""

    def is_armed(self, zone: ZoneFacts, at: Instant, device: DeviceAddress | None = None) -> bool:
        return zone.armed


@dataclass(frozen=True, kw_only=True)
class World:
    """All that a rule may ask that no signal tells."""

    register: Register
    tours: Sequence[TourFacts] = ()
    """Of the sites of the register."""
    arming: Arming = field(default_factory=AsRegistered)

    @cached_property
    def zones_of(self) -> Mapping[DeviceAddress, tuple[ZoneFacts, ...]]:
        """The zones of which a device, or a region of it, is a member."""
        found: dict[DeviceAddress, dict[ZoneId, ZoneFacts]] = defaultdict(dict)
        for zone in self.register.zones.values():
            for member in zone.members:
                found[member.device][zone.id] = zone
        return {device: tuple(zones.values()) for device, zones in found.items()}

    def is_armed(self, zone: ZoneFacts, at: Instant, device: DeviceAddress | None = None) -> bool:
        """Whether what happens in the zone at that moment, by event time, is to be told; a 24-hour zone always is.

        With a device: what this device saw of it; somebody may have bypassed it.
        """
        return zone.kind is ZoneKind.ALWAYS or self.arming.is_armed(zone, at, device)
