"""D02: several wireless devices of one living gateway fall silent together: somebody jams them (monitor catalogue, D02).

One alarm for all of them. It needs a person to close it: whoever jams for a minute has done it for a reason.
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
from monitor.supervision.rules import Cause
from registry.clock import Instant
from registry.ids import AlarmId


class Jammed(NamedTuple):
    """The wireless devices of an incident that hang on one gateway; `gateway` empty: on none."""

    incident: Incident
    gateway: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """How bad it is; how many devices make it up stands in `monitor.supervision.rules`."""

    priority: int = 1
    """Monitor catalogue, D02."""


@dataclass(frozen=True, slots=True)
class Jamming(OfTime[Jammed]):
    """D02, for each gateway of each incident."""

    name = "D02"
    version = findings.VERSION
    heard: ClassVar[frozenset[str]] = frozenset()
    limits: Thresholds = Thresholds()

    def deadlines(self, world: World, after: Instant, until: Instant) -> list[Deadline[Jammed]]:
        return [
            Deadline(look.at, look.site, f"{look.key} {gateway}", Jammed(incident, gateway))
            for incident in losses.incidents(world)
            for gateway in _gateways(incident, world)
            for look in losses.looks(incident, world, after, until)
        ]

    def touched(self, signal: Signal, world: World) -> Iterable[Jammed]:
        return ()

    def reading(self, subject: Jammed, world: World) -> Reading:
        return losses.nothing_read(subject.incident.losses[0].heard_at)

    def find(
        self,
        subject: Jammed,
        signals: Sequence[Signal],
        now: Instant,
        world: World,
        *,
        since: Instant | None,
        until: Instant | None,
    ) -> Finding | None:
        incident, gateway = subject
        if since is not None or now < incident.settled_at():
            return None
        key, priority = (incident.key, gateway), self.limits.priority
        telling = Telling(rule=self.name, priority=priority, register=world.register, now=now, latched=True)
        for explained in incident.causes(world, now):
            if explained.cause is Cause.JAMMING and (explained.of.name if explained.of else "") == gateway:
                return findings.lost_together(telling, key, explained)
        return findings.not_so(telling, key, incident.known(now))

    def alarm_id(self, subject: Jammed, since: Instant | None) -> AlarmId:
        return findings.alarm_id(self.name, subject.incident.site, subject.incident.key, subject.gateway)


def _gateways(incident: Incident, world: World) -> list[str]:
    facts = (world.register.devices.get(loss.device) for loss in incident.losses)
    return sorted({device.gateway or "" for device in facts if device is not None and device.is_wireless})


RULE = Jamming()
