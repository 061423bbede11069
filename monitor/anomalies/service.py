"""What the engine asks the rules: one use case for each, in the transaction of the engine's position."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from monitor.alarms import queries as alarms
from monitor.alarms import raising
from monitor.alarms.findings import Finding
from monitor.alarms.models import Alarm
from monitor.anomalies import b02_confirmed_crossing as b02
from monitor.anomalies import d08_not_watched as d08
from monitor.anomalies import g03_refused_again as g03
from monitor.anomalies import queries
from monitor.anomalies import t01_checkpoint_missed as t01
from monitor.anomalies.incidents import AddLate, Change, Describe, Occurrence, Raise, Revise, changes, clusters
from monitor.anomalies.signals import Signal
from monitor.patrols.rules import JudgedRound
from registry.clock import Instant
from registry.devices.facts import Register, ZoneFacts
from registry.ids import DeviceAddress, SiteId
from registry.messages.alarms import AlarmFlag, AlarmState
from registry.messages.topics import DeviceClass
from registry.store import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """A rule that finds incidents in the signals of some devices."""

    rule: str
    site: SiteId
    key: str
    devices: frozenset[DeviceAddress]
    types: frozenset[str]
    reach: timedelta
    gap: timedelta
    occurrences: Callable[[Sequence[Signal]], list[Occurrence]]
    describe: Describe


def watch_zone(work: Work, register: Register, zone: ZoneFacts, touched: Collection[Signal], *, upto: int) -> None:
    """B02 for one armed zone, because of what its devices just said; `upto`: the position of the last signal that counts."""
    rule = _Rule(
        rule=b02.RULE,
        site=zone.site,
        key=zone.id,
        devices=frozenset(member.device for member in zone.members),
        types=b02.HEARD,
        reach=b02.DEFAULT.reach,
        gap=b02.DEFAULT.gap,
        occurrences=partial(b02.crossings, zone=zone, register=register),
        describe=partial(b02.describe, zone=zone, register=register),
    )
    _watch(work, rule, touched, upto)


def watch_vehicle(
    work: Work, register: Register, site: SiteId, vehicle: str, touched: Collection[Signal], *, upto: int
) -> None:
    """G03 for one vehicle at one site, because a gate just refused it; `upto`: the position of the last signal that counts."""
    gates = {address for address in register.devices if address.site == site and address.kind == DeviceClass.GATE}
    rule = _Rule(
        rule=g03.RULE,
        site=site,
        key=vehicle,
        devices=frozenset({*gates, *(signal.device for signal in touched)}),
        types=frozenset({g03.DECIDED}),
        reach=g03.DEFAULT.reach,
        gap=g03.DEFAULT.gap,
        occurrences=partial(g03.tries, vehicle=vehicle),
        describe=partial(g03.describe, site=site, vehicle=vehicle, register=register),
    )
    _watch(work, rule, touched, upto)


def watch_round(work: Work, register: Register, judged: JudgedRound, now: Instant) -> None:
    """T01 for one round, because its time is over or a scan of it came late.

    What is missed after a person closed the round's alarm is a new one.
    """
    since: Instant | None = None
    while True:
        alarm = alarms.by_id(work.session, t01.alarm_id(judged.round, since))
        closed_at = alarm.closed_at if alarm is not None else None
        finding = t01.find(judged, now, register, since=since, until=closed_at)
        if finding is not None:
            _let_stand(work, alarm, finding)
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


def correct_round(work: Work, register: Register, judged: JudgedRound, now: Instant) -> None:
    """T01 for a round whose alarm stands already, because a scan came that may be of it."""
    if alarms.by_id(work.session, t01.alarm_id(judged.round, None)) is not None:
        watch_round(work, register, judged, now)


def tell_absence(work: Work, register: Register, site: SiteId, *, since: Instant, until: Instant) -> None:
    """D08 for a site whose patrols nobody watched in that stretch."""
    finding = d08.find(site, since=since, until=until, register=register)
    if alarms.by_id(work.session, finding.id) is None:
        raising.raise_alarm(work, finding)


def _watch(work: Work, rule: _Rule, touched: Collection[Signal], upto: int) -> None:
    """Find the incidents around the signals touched, and let the alarms stand accordingly."""
    keys = {signal.key for signal in touched}
    since = min(signal.occurred_at for signal in touched) - 2 * rule.reach
    until = max(signal.occurred_at for signal in touched) + 2 * rule.reach
    while True:
        signals = queries.signals_of(work.session, rule.devices, rule.types, since=since, until=until, upto=upto)
        standing = alarms.standing(work.session, site=rule.site, rule=rule.rule, key=rule.key, since=since)
        found = [
            cluster
            for cluster in clusters(rule.occurrences(signals), gap=rule.gap)
            if any(signal.key in keys for occurrence in cluster for signal in occurrence.signals)
        ]
        occurrences = [occurrence for cluster in found for occurrence in cluster]
        needed_since = min([since, *(each.starts_at - rule.reach for each in occurrences)])
        needed_until = max([until, *(each.ends_at + rule.reach for each in occurrences)])
        if (needed_since, needed_until) == (since, until):
            break
        # What is connected may go on outside of what was read: read further, with room to spare.
        since, until = needed_since - rule.reach, needed_until + rule.reach
    for change in changes(found, standing, keys, rule.describe):
        _apply(work, change)


def _apply(work: Work, change: Change) -> None:
    match change:
        case Raise(finding=finding):
            raising.raise_alarm(work, finding)
        case Revise(alarm=alarm, finding=finding, absorbed=absorbed):
            raising.revise(work, alarm, finding, absorbed=absorbed)
        case AddLate(alarm=alarm, evidence=evidence, finding=finding):
            raising.add_late(work, alarm, evidence, finding)
