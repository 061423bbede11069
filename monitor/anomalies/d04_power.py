"""D04: a device says that it lost its mains, or that its battery is low (monitor catalogue, D04).

What fell silent because its gateway lost the mains is told here and nowhere else; then it is as bad as a gateway that is lost.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from monitor.alarms.findings import Finding
from monitor.anomalies import conditions, losses
from monitor.anomalies.form import Deadline, OfTime, Reading
from monitor.anomalies.signals import Signal
from monitor.anomalies.world import World
from monitor.supervision import findings
from monitor.supervision.findings import Telling
from monitor.supervision.rules import Cause, Condition, Lasting
from registry.clock import Instant, format_instant
from registry.ids import AlarmId, DeviceAddress
from registry.messages.topics import DeviceClass

_CONDITIONS = frozenset({Condition.POWER_LOST, Condition.LOW_BATTERY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """How bad it is."""

    battery_priority: int = 4
    """Monitor catalogue, D04."""
    mains_priority: int = 2
    """Monitor catalogue, D04."""
    gateway_priority: int = 1
    """Once the gateway that lost its mains is silent too: as D03."""


@dataclass(frozen=True, slots=True)
class Power(OfTime[Lasting]):
    """D04, for each stretch without mains, or with a low battery, of each device."""

    name = "D04"
    version = findings.VERSION
    heard: ClassVar[frozenset[str]] = frozenset()
    limits: Thresholds = Thresholds()

    def deadlines(self, world: World, after: Instant, until: Instant) -> list[Deadline[Lasting]]:
        return [
            look
            for each in conditions.lasting(world, _CONDITIONS)
            for look in conditions.looks(each, world, after, until)
        ]

    def touched(self, signal: Signal, world: World) -> Iterable[Lasting]:
        return ()

    def reading(self, subject: Lasting, world: World) -> Reading:
        return losses.nothing_read(subject.since)

    def find(
        self,
        subject: Lasting,
        signals: Sequence[Signal],
        now: Instant,
        world: World,
        *,
        since: Instant | None,
        until: Instant | None,
    ) -> Finding | None:
        if since is not None or subject.noticed_at > now:
            return None
        silent = _silent(subject, world, now)
        if subject.condition is Condition.LOW_BATTERY:
            priority = self.limits.battery_priority
        elif subject.device in silent and subject.device.kind == DeviceClass.GW:
            priority = self.limits.gateway_priority
        else:
            priority = self.limits.mains_priority
        telling = Telling(rule=self.name, priority=priority, register=world.register, now=now)
        return findings.condition(telling, subject, silent)

    def alarm_id(self, subject: Lasting, since: Instant | None) -> AlarmId:
        device, site = str(subject.device), subject.device.site
        return findings.alarm_id(self.name, site, device, subject.condition, format_instant(subject.since))


def _silent(outage: Lasting, world: World, now: Instant) -> list[DeviceAddress]:
    """Who was lost with these mains."""
    return sorted(
        loss.device
        for incident in losses.incidents(world)
        if incident.site == outage.device.site
        for explained in incident.causes(world, now)
        if explained.cause is Cause.POWER and explained.of == outage.device
        for loss in explained.losses
        if outage.condition is Condition.POWER_LOST
    )


RULE = Power()
