"""What a compound of the demo is made of. Places are fractions of the site plan's width and height, y downwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from enum import Enum, auto
from typing import NamedTuple

from registry.devices.facts import BuildingFacts
from registry.ids import SiteId
from registry.messages.topics import DeviceClass

OUTLINE = ((0.05, 0.08), (0.95, 0.08), (0.95, 0.92), (0.05, 0.92))
"""The wall of every compound."""
DEEP = 0.05
"""How far a perimeter zone reaches inwards."""


class Use(Enum):
    """What a compound is for."""

    OFFICES = auto()
    HOMES = auto()


class Spot(NamedTuple):
    """Something mounted at a place: its name in the register, its names for people, where it is."""

    name: str
    zh: str
    en: str
    x: float
    y: float


class Segment(NamedTuple):
    """A stretch of the perimeter with one beam and mostly a camera: a zone."""

    side: str
    zone: str
    zh: str
    en: str
    outline: tuple[tuple[float, float], ...]
    x: float
    y: float
    has_camera: bool = True


class CheckpointSpot(NamedTuple):
    """A checkpoint of the patrol."""

    zh: str
    en: str
    x: float
    y: float


class Thing(NamedTuple):
    """A device that stands somewhere and watches no wall."""

    kind: DeviceClass
    spot: Spot


class Room(NamedTuple):
    """A room inside with a gate of its own, into which people come by twos only."""

    area: str
    zh: str
    en: str
    gate: Spot


@dataclass(frozen=True, slots=True, kw_only=True)
class Compound:
    """One compound: its plan, its devices, and how many people work or live in it."""

    id: SiteId
    zh: str
    en: str
    use: Use
    people: int
    buildings: Sequence[BuildingFacts]
    gates: Sequence[Spot]
    segments: Sequence[Segment]
    things: Sequence[Thing]
    checkpoints: Sequence[CheckpointSpot]
    """In the order in which they are walked."""
    rounds: Sequence[time]
    """When a round begins, site-local."""
    has_barriers: bool = False
    """Whether its gates have barriers that the house opens."""
    rooms: Sequence[Room] = ()
    vehicles: int | None = None
    """For how many vehicles there is room inside; None: for as many as come."""

    @property
    def devices(self) -> int:
        """How many there are: gates, also those of rooms, and beams, cameras where there are some, and all things."""
        cameras = sum(segment.has_camera for segment in self.segments)
        return len(self.gates) + len(self.rooms) + len(self.segments) + cameras + len(self.things)
