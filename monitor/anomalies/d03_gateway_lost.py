"""D03: a gateway, or a whole compound, gives no sign of life; what hangs on it is told with it (monitor catalogue, D03)."""

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
from registry.messages.topics import DeviceClass

_SITE = ""


class Gone(NamedTuple):
    """A gateway that an incident lost; `gateway` empty: the whole compound."""

    incident: Incident
    gateway: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """How bad it is."""

    priority: int = 1
    """Monitor catalogue, D03."""


@dataclass(frozen=True, slots=True)
class GatewayLost(OfTime[Gone]):
    """D03, for each gateway and each compound."""

    name = "D03"
    version = findings.VERSION
    heard: ClassVar[frozenset[str]] = frozenset()
    limits: Thresholds = Thresholds()

    def deadlines(self, world: World, after: Instant, until: Instant) -> list[Deadline[Gone]]:
        return [
            Deadline(look.at, look.site, f"{look.key} {gateway}", Gone(incident, gateway))
            for incident in losses.incidents(world)
            for gateway in (_SITE, *_gateways(incident))
            for look in losses.looks(incident, world, after, until)
        ]

    def touched(self, signal: Signal, world: World) -> Iterable[Gone]:
        return ()

    def reading(self, subject: Gone, world: World) -> Reading:
        return losses.nothing_read(subject.incident.losses[0].heard_at)

    def find(
        self,
        subject: Gone,
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
        telling = Telling(rule=self.name, priority=priority, register=world.register, now=now)
        for explained in incident.causes(world, now):
            is_site = explained.cause is Cause.SITE and gateway == _SITE
            is_gateway = explained.cause is Cause.GATEWAY and explained.of and explained.of.name == gateway
            if is_site or is_gateway:
                return findings.lost_together(telling, key, explained)
        return findings.not_so(telling, key, incident.known(now))

    def alarm_id(self, subject: Gone, since: Instant | None) -> AlarmId:
        return findings.alarm_id(self.name, subject.incident.site, subject.incident.key, subject.gateway)


def _gateways(incident: Incident) -> list[str]:
    return sorted(loss.device.name for loss in incident.losses if loss.device.kind == DeviceClass.GW)


RULE = GatewayLost()
