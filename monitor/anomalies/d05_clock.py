"""D05: a device says that its clock is wrong: the times of what it tells cannot be relied on (monitor catalogue, D05)."""

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
from monitor.supervision.rules import Condition, Lasting
from registry.clock import Instant, format_instant
from registry.ids import AlarmId

_CONDITIONS = frozenset({Condition.CLOCK_FAULT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """How bad it is."""

    priority: int = 4
    """Monitor catalogue, D05."""


@dataclass(frozen=True, slots=True)
class Clock(OfTime[Lasting]):
    """D05, for each stretch with a wrong clock of each device."""

    name = "D05"
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
        telling = Telling(rule=self.name, priority=self.limits.priority, register=world.register, now=now)
        return findings.condition(telling, subject)

    def alarm_id(self, subject: Lasting, since: Instant | None) -> AlarmId:
        device, site = str(subject.device), subject.device.site
        return findings.alarm_id(self.name, site, device, subject.condition, format_instant(subject.since))


RULE = Clock()
