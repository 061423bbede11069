"""The city as it is played: its clock, its devices, and the product that is asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

from deploy.simulators.crowd import Crowd
from deploy.simulators.speaking import Speaker
from registry.clock import Clock, Instant
from registry.ids import DeviceAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """What every actor is given."""

    clock: Clock
    speed: float
    """Seconds of the clock in a real one."""
    timezone: ZoneInfo
    speaker: Speaker
    crowd: Crowd
    left_alone: frozenset[DeviceAddress]
    draw: Random = field(default_factory=Random)

    def now(self) -> Instant:
        return self.clock.now()

    def local(self) -> datetime:
        return self.clock.now().astimezone(self.timezone)

    def devices(self, kind: str) -> Sequence[DeviceAddress]:
        """Those of a class that may tell something."""
        return [address for address in self.crowd.members if address.kind == kind and address not in self.left_alone]

    def tell(self, device: DeviceAddress, what: str, **data: object) -> None:
        """Have a device say something now."""
        self.crowd.tell(device, what, data, self.now())
