"""D09: a group of zones was disarmed by hand and not armed again when the plan wanted it (monitor catalogue, D09).

One alarm for each stretch of time in which somebody kept it disarmed. It says when the group is armed again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from monitor.alarms.findings import Finding
from monitor.anomalies.form import Deadline, OfTime, Reading
from monitor.anomalies.signals import Signal
from monitor.anomalies.world import World
from monitor.arming import findings
from monitor.arming.rules import UnarmedStretch
from registry.clock import Instant
from registry.ids import AlarmId

_EVERY = timedelta(minutes=15)
"""So often what lasts is looked at again: nobody may have looked at the first moment. Ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """How long is too long."""

    grace: timedelta = findings.GRACE
    """From the moment on at which the plan wanted it armed (monitor catalogue, D09)."""


@dataclass(frozen=True, slots=True)
class NotRearmed(OfTime[UnarmedStretch]):
    """D09, for each stretch of each group."""

    name = findings.RULE
    version = findings.VERSION
    heard: ClassVar[frozenset[str]] = frozenset()
    limits: Thresholds = Thresholds()

    def deadlines(self, world: World, after: Instant, until: Instant) -> list[Deadline[UnarmedStretch]]:
        """The end of the grace, from time to time while it lasts, and when it is over."""
        return [
            Deadline(at, stretch.site, f"{stretch.group} {stretch.since.isoformat()}", stretch)
            for stretch in world.unarmed
            for at in self._looks(stretch, after, until)
        ]

    def _looks(self, stretch: UnarmedStretch, after: Instant, until: Instant) -> Iterable[Instant]:
        first = stretch.since + self.limits.grace
        last = min(stretch.until or until, until)
        at = first + max(0, (after - first) // _EVERY + 1) * _EVERY
        while at <= last:
            yield at
            at += _EVERY
        if stretch.until is not None and max(after, first) < stretch.until <= until:
            yield stretch.until

    def touched(self, signal: Signal, world: World) -> Iterable[UnarmedStretch]:
        return ()

    def reading(self, subject: UnarmedStretch, world: World) -> Reading:
        return Reading(devices=(), types=(), since=subject.since, until=subject.since)

    def find(
        self,
        subject: UnarmedStretch,
        signals: Sequence[Signal],
        now: Instant,
        world: World,
        *,
        since: Instant | None,
        until: Instant | None,
    ) -> Finding | None:
        if since is not None or now < subject.since + self.limits.grace:
            return None
        timezone = ZoneInfo(world.register.sites[subject.site].timezone)
        return findings.not_rearmed(subject, timezone, now, self.limits.grace)

    def alarm_id(self, subject: UnarmedStretch, since: Instant | None) -> AlarmId:
        return findings.alarm_id(subject)


RULE = NotRearmed()
