"""D01: a device gives no sign of life, and nothing else explains it (monitor catalogue, D01).

One alarm for each device. It says when the device is back, and leads to the incident when it turns out to be part of one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from monitor.alarms.findings import Finding
from monitor.anomalies import losses
from monitor.anomalies.form import Deadline, OfTime, Reading
from monitor.anomalies.losses import Incident
from monitor.anomalies.signals import Signal
from monitor.anomalies.world import World
from monitor.supervision import findings
from monitor.supervision.findings import Telling
from monitor.supervision.rules import Loss
from registry.clock import Instant
from registry.ids import AlarmId


class Lost(NamedTuple):
    """A device of an incident."""

    incident: Incident
    loss: Loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """How bad it is."""

    priority: int = 3
    """Of a device that guards nothing that is armed (monitor catalogue, D01)."""
    armed_priority: int = 2
    """Of a member of an armed zone (monitor catalogue, D01)."""


@dataclass(frozen=True, slots=True)
class SilentDevice(OfTime[Lost]):
    """D01, for each device."""

    name = "D01"
    version = findings.VERSION
    heard: ClassVar[frozenset[str]] = frozenset()
    limits: Thresholds = Thresholds()

    def deadlines(self, world: World, after: Instant, until: Instant) -> list[Deadline[Lost]]:
        """With those of its incident."""
        return [
            Deadline(look.at, look.site, f"{look.key} {loss.device}", Lost(incident, loss))
            for incident in losses.incidents(world)
            for look in losses.looks(incident, world, after, until)
            for loss in incident.losses
        ]

    def touched(self, signal: Signal, world: World) -> Iterable[Lost]:
        return ()

    def reading(self, subject: Lost, world: World) -> Reading:
        return losses.nothing_read(subject.loss.heard_at)

    def find(
        self,
        subject: Lost,
        signals: Sequence[Signal],
        now: Instant,
        world: World,
        *,
        since: Instant | None,
        until: Instant | None,
    ) -> Finding | None:
        incident, loss = subject
        if since is not None or loss.noticed_at > now or now < incident.settled_at():
            return None
        zones = world.zones_of.get(loss.device, ())
        armed = next((zone for zone in zones if world.is_armed(zone, loss.missed_at, loss.device)), None)
        zone = armed or next(iter(zones), None)
        explained = next((each for each in incident.causes(world, now) if loss in each.losses), None)
        if explained is None:  # it was back and is lost again: that later loss is the one that is told
            return None
        priority = self.limits.armed_priority if armed is not None else self.limits.priority
        telling = Telling(rule=self.name, priority=priority, register=world.register, now=now)
        return findings.device_lost(telling, loss, explained, zone.id if zone is not None else None)

    def alarm_id(self, subject: Lost, since: Instant | None) -> AlarmId:
        return findings.alarm_id(self.name, subject.incident.site, subject.incident.key, str(subject.loss.device))


RULE = SilentDevice()
