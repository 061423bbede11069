"""What the rules see beside the signals: the register, the plan of the patrols, and what is armed. Immutable, at one moment.

`monitor.anomalies.queries.world` reads it for each pass of the engine.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from monitor.patrols.rules import TourFacts
from registry.clock import Instant
from registry.devices.facts import Register, ZoneFacts, ZoneKind


class Arming(Protocol):
    """Which zones were armed when."""

    def is_armed(self, zone: ZoneFacts, at: Instant) -> bool:
        """Whether a zone was armed at this moment, by event time; not asked for zones that always are."""


class AsRegistered:
    """What the register says of a zone has always been so."""

    def is_armed(self, zone: ZoneFacts, at: Instant) -> bool:
        return zone.armed


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All that a rule may ask that no signal tells."""

    register: Register
    tours: Sequence[TourFacts] = ()
    """Of the sites of the register."""
    arming: Arming = field(default_factory=AsRegistered)

    def is_armed(self, zone: ZoneFacts, at: Instant) -> bool:
        """Whether what happens in the zone at that moment, by event time, is to be told; a 24-hour zone always is."""
        return zone.kind is ZoneKind.ALWAYS or self.arming.is_armed(zone, at)
