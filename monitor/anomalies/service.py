"""What the engine asks the rules, in the transaction of the engine's position: a finding becomes an alarm that stands."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.alarms import queries as alarms
from monitor.alarms import raising
from monitor.alarms.findings import Finding, SignalKey
from monitor.alarms.models import Alarm
from monitor.anomalies.form import AnyOfTime, OfAbsence, OfSignals, Reading, Subject
from monitor.anomalies.incidents import AddLate, Change, Cluster, Raise, Revise, changes, clusters
from monitor.anomalies.signals import Signal
from monitor.anomalies.world import World
from registry.clock import Instant
from registry.ids import SiteId
from registry.messages.alarms import AlarmFlag, AlarmState
from registry.store import Work

Read = Callable[[Reading], Sequence[Signal]]
"""Gives what was heard of this, as far as it counts, by event time; it may leave out what can be part of no occurrence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """What it takes to ask a rule. `work.now` is stored time."""

    work: Work
    world: World
    read: Read


def watch(judging: Judging, rule: OfSignals, subject: Subject, touched: Collection[Signal]) -> None:
    """Find the incidents of a subject around the signals touched, and let the alarms stand accordingly."""
    work, world = judging.work, judging.world
    keys = {signal.key for signal in touched}
    devices = frozenset({*rule.speakers(subject, world), *(signal.device for signal in touched)})
    reach, gap = rule.limits.reach, rule.limits.gap
    since = min(signal.occurred_at for signal in touched) - 2 * reach
    until = max(signal.occurred_at for signal in touched) + 2 * reach
    while True:
        signals = judging.read(Reading(devices, rule.heard, since, until))
        standing = alarms.standing(work.session, site=subject.site, rule=rule.name, key=subject.key, since=since)
        found = [
            cluster
            for cluster in clusters(rule.occurrences(signals, subject, world), gap=gap)
            if any(signal.key in keys for occurrence in cluster for signal in occurrence.signals)
        ]
        occurrences = [occurrence for cluster in found for occurrence in cluster]
        needed_since = min([since, *(each.starts_at - reach for each in occurrences)])
        needed_until = max([until, *(each.ends_at + reach for each in occurrences)])
        if (needed_since, needed_until) == (since, until):
            break
        # What is connected may go on outside of what was read: read further, with room to spare.
        since, until = needed_since - reach, needed_until + reach

    def describe(cluster: Cluster, taken: frozenset[SignalKey]) -> Finding | None:
        return rule.describe(cluster, taken, subject, world)

    for change in changes(found, standing, keys, describe):
        _apply(work, change)


def look(judging: Judging, rule: AnyOfTime, subject: Any, now: Instant) -> None:
    """Look at one subject, because its time is over or a signal of it came late.

    What runs out after a person closed the subject's alarm is a new one.
    """
    signals = judging.read(rule.reading(subject, judging.world))
    since: Instant | None = None
    while True:
        alarm = alarms.by_id(judging.work.session, rule.alarm_id(subject, since))
        closed_at = alarm.closed_at if alarm is not None else None
        finding = rule.find(subject, signals, now, judging.world, since=since, until=closed_at)
        if finding is not None:
            _let_stand(judging.work, alarm, finding)
        if closed_at is None or (since is not None and closed_at <= since):
            return
        since = closed_at


def _let_stand(work: Work, alarm: Alarm | None, finding: Finding) -> None:
    if alarm is None:
        if AlarmFlag.RETURNED not in finding.flags:
            raising.raise_alarm(work, finding)
    elif alarm.state is not AlarmState.CLOSED:
        raising.revise(work, alarm.id, finding)
    else:
        known = {
            (row.device, row.signal_id) for row in alarms.contributions(work.session, [alarm.row]).get(alarm.row, ())
        }
        late = [each for each in finding.evidence if (str(each.key.device), each.key.id) not in known]
        if late:
            raising.add_late(work, alarm.id, late, finding)


def correct(judging: Judging, rule: AnyOfTime, signal: Signal) -> None:
    """Look again at the subjects for which an alarm stands already, because a signal came that may be of them."""
    for subject in rule.touched(signal, judging.world):
        if alarms.by_id(judging.work.session, rule.alarm_id(subject, None)) is not None:
            look(judging, rule, subject, judging.work.now)


def tell_absence(judging: Judging, rule: OfAbsence, site: SiteId, *, since: Instant, until: Instant) -> None:
    """Tell of a site whose deadlines nobody looked at in that stretch."""
    finding = rule.find(site, judging.world, since=since, until=until)
    if alarms.by_id(judging.work.session, finding.id) is None:
        raising.raise_alarm(judging.work, finding)


def _apply(work: Work, change: Change) -> None:
    match change:
        case Raise(finding=finding):
            raising.raise_alarm(work, finding)
        case Revise(alarm=alarm, finding=finding, absorbed=absorbed):
            raising.revise(work, alarm, finding, absorbed=absorbed)
        case AddLate(alarm=alarm, evidence=evidence, finding=finding):
            raising.add_late(work, alarm, evidence, finding)
