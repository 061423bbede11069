"""What the rules of lost devices (D01 to D04) share: the incidents, when they look at them, and why devices are gone."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from monitor.anomalies.form import Deadline, Reading
from monitor.anomalies.world import World
from monitor.supervision.rules import SETTLES, Condition, Explained, Loss, causes
from registry.clock import Instant
from registry.ids import SiteId

_LOOKS = (timedelta(seconds=1), timedelta(seconds=5), SETTLES)
"""After a loss was noticed, or its device was back: at once, again when those next to it are written down, and when all is known. Ours."""


class Incident(NamedTuple):
    """Devices that were lost together; `key`: of the first that was noticed."""

    site: SiteId
    key: str
    losses: tuple[Loss, ...]

    def settled_at(self) -> Instant:
        """From then on it is known whether it was more than single devices."""
        return min(loss.noticed_at for loss in self.losses) + SETTLES

    def known(self, now: Instant) -> tuple[Loss, ...]:
        return tuple(loss for loss in self.losses if loss.noticed_at <= now)

    def causes(self, world: World, now: Instant) -> Sequence[Explained]:
        """Why its devices were lost, as far as it is known at `now`."""
        told = world.supervision
        here = [each for each in told.lasting if each.device.site == self.site]
        return causes(self.losses, here, world.register, told.supervised.get(self.site, 0), now)


def incidents(world: World) -> Iterable[Incident]:
    for key, losses in world.supervision.losses.items():
        yield Incident(losses[0].device.site, key, losses)


def looks(incident: Incident, world: World, after: Instant, until: Instant) -> list[Deadline[Incident]]:
    """When an incident is looked at, in `after < at <= until`: after each loss, when one is back, and when mains failed."""
    moments = {loss.noticed_at + wait for loss in incident.losses for wait in _LOOKS}
    moments |= {loss.until + wait for loss in incident.losses if loss.until is not None for wait in _LOOKS}
    moments |= {
        outage.noticed_at + SETTLES
        for outage in world.supervision.lasting
        if outage.device.site == incident.site and outage.condition is Condition.POWER_LOST
    }
    return [Deadline(at, incident.site, incident.key, incident) for at in sorted(moments) if after < at <= until]


def nothing_read(at: Instant) -> Reading:
    """These rules look at what is known of devices, and at no signals."""
    return Reading(devices=(), types=(), since=at, until=at)
