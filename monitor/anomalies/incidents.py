"""From what a rule finds confirmed to incidents, and from incidents to what must change in the alarms. Pure.

An incident is a connected run of occurrences; it is cut where a person closed one. The same evidence gives the same
incidents in whatever order it arrived: what came first only decides which corrections were needed.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from monitor.alarms.findings import Evidence, Finding, SignalKey, Standing
from monitor.anomalies.signals import Signal, in_order
from registry.clock import Instant
from registry.ids import AlarmId


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One thing that a rule counts, with all that shows it.

    `core` makes it what it is (the interruption of a beam): an occurrence belongs to the alarm that has its core.
    `shared` are signals that bind it to other occurrences with the same ones, however far apart.
    """

    starts_at: Instant
    ends_at: Instant
    confirmed_at: Instant
    core: frozenset[SignalKey]
    shared: frozenset[SignalKey]
    signals: tuple[Signal, ...]


Cluster = tuple[Occurrence, ...]


def clusters(occurrences: Iterable[Occurrence], *, gap: timedelta, cuts: Collection[Instant]) -> list[Cluster]:
    """Connected runs: at most `gap` apart or bound by a shared signal, with no cut between their confirmations."""
    moments = sorted(cuts)
    runs: list[list[Occurrence]] = []
    for occurrence in sorted(occurrences, key=lambda each: (each.starts_at, each.signals[0].order)):
        part = bisect_left(moments, occurrence.confirmed_at)
        bound = [
            run for run in runs if bisect_left(moments, run[0].confirmed_at) == part and _is_bound(run, occurrence, gap)
        ]
        runs = [run for run in runs if all(run is not other for other in bound)]
        runs.append([*(each for run in bound for each in run), occurrence])
    return [tuple(run) for run in runs]


def _is_bound(run: Sequence[Occurrence], occurrence: Occurrence, gap: timedelta) -> bool:
    return any(
        occurrence.starts_at - other.ends_at <= gap or bool(occurrence.shared & other.shared) for other in reversed(run)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """A new incident."""

    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Revise:
    """An open incident stands differently; `absorbed` turn out to be the same one."""

    alarm: AlarmId
    finding: Finding
    absorbed: tuple[AlarmId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddLate:
    """Something came for an incident that a person has closed."""

    alarm: AlarmId
    evidence: tuple[Evidence, ...]
    finding: Finding


Change = Raise | Revise | AddLate
Describe = Callable[[Cluster, frozenset[SignalKey]], Finding | None]
"""What a rule makes of a cluster; None: it is not enough for an alarm.

The second argument are signals that another alarm rests on: a camera that saw both is evidence for both, but the anchor
of one only, or two alarms would have the same id.
"""


def changes(
    found: Iterable[Cluster], standing: Collection[Standing], touched: Collection[SignalKey], describe: Describe
) -> list[Change]:
    """What must change in the alarms that stand, because of the signals `touched`."""
    wanted: list[Change] = []
    for cluster in found:
        if any(signal.key in touched for occurrence in cluster for signal in occurrence.signals):
            wanted += _changes_for(cluster, standing, describe)
    return wanted


def _changes_for(cluster: Cluster, standing: Collection[Standing], describe: Describe) -> list[Change]:
    closed = _of(cluster, (alarm for alarm in standing if alarm.closed_at is not None))
    opened = _of(cluster, (alarm for alarm in standing if alarm.closed_at is None))
    free = tuple(each for each in cluster if not any(_belongs(each, alarm) for alarm in closed))
    if opened:
        finding = describe(free, _taken(standing, without=opened))
        return [_revise(opened, finding)] if finding is not None else []
    if not closed:
        return _raise(describe(free, _taken(standing, without=())))
    last = closed[-1]
    closed_at = last.closed_at or last.occurred_at
    late = _add_late(
        last, closed_at, tuple(each for each in cluster if each.confirmed_at <= closed_at), standing, describe
    )
    after = tuple(each for each in free if each.confirmed_at > closed_at)
    return [*late, *_raise(describe(after, _taken(standing, without=())))]


def _raise(finding: Finding | None) -> list[Change]:
    return [Raise(finding=finding)] if finding is not None else []


def _add_late(
    alarm: Standing, closed_at: Instant, before: Cluster, standing: Collection[Standing], describe: Describe
) -> list[Change]:
    late = _late(alarm, before, closed_at)
    finding = describe(before, _taken(standing, without=[alarm])) if late else None
    return [AddLate(alarm=alarm.id, evidence=late, finding=finding)] if finding is not None else []


def _taken(standing: Collection[Standing], *, without: Collection[Standing]) -> frozenset[SignalKey]:
    ids = {alarm.id for alarm in without}
    return frozenset(key for alarm in standing if alarm.id not in ids for key in alarm.evidence)


def _revise(opened: Sequence[Standing], finding: Finding) -> Revise:
    first, *others = opened
    return Revise(alarm=first.id, finding=finding, absorbed=tuple(alarm.id for alarm in others))


def _late(alarm: Standing, before: Cluster, closed_at: Instant) -> tuple[Evidence, ...]:
    signals = in_order(signal for occurrence in before for signal in occurrence.signals)
    return tuple(
        signal.evidence for signal in signals if signal.occurred_at <= closed_at and signal.key not in alarm.evidence
    )


def _of(cluster: Cluster, alarms: Iterable[Standing]) -> list[Standing]:
    """Those alarms that have the core of an occurrence of the cluster, the earliest first."""
    return sorted(
        (alarm for alarm in alarms if any(_belongs(occurrence, alarm) for occurrence in cluster)),
        key=lambda alarm: (alarm.occurred_at, alarm.id),
    )


def _belongs(occurrence: Occurrence, alarm: Standing) -> bool:
    return any(key in alarm.evidence for key in occurrence.core)
