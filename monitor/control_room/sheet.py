"""How an uploaded drawing lies on the control room's plan: whole, as wide to its height as it is, in the middle. Pure."""

from dataclasses import dataclass, replace
from typing import Self

from registry.devices.facts import Place, Register
from registry.ids import SiteId

PLAN_ASPECT = 2.5
"""The width of the control room's plan by its height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Where the drawing lies, in fractions of the plan."""

    left: float
    top: float
    width: float
    height: float

    @classmethod
    def of(cls, aspect: float) -> Self:
        """`aspect`: the drawing's width by its height."""
        width, height = min(1.0, aspect / PLAN_ASPECT), min(1.0, PLAN_ASPECT / aspect)
        return cls(left=(1 - width) / 2, top=(1 - height) / 2, width=width, height=height)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A point of the drawing on the plan, both in fractions."""
        return self.left + x * self.width, self.top + y * self.height

    def laid(self, register: Register, site: SiteId) -> Register:
        """The register with what stands at this site where it stands on the plan."""
        devices = {
            address: replace(device, place=self._laid(device.place))
            if address.site == site and device.place is not None
            else device
            for address, device in register.devices.items()
        }
        zones = {
            key: replace(zone, outline=tuple(self.at(x, y) for x, y in zone.outline)) if zone.site == site else zone
            for key, zone in register.zones.items()
        }
        return replace(register, devices=devices, zones=zones)

    def _laid(self, place: Place) -> Place:
        x, y = self.at(place.x, place.y)
        return Place(x=x, y=y)
