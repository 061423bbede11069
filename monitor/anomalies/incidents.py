"""From what a rule finds confirmed to incidents, and from incidents to what must change in the alarms. Pure.

An incident is a connected run of occurrences, without those of an alarm that a person has closed: what nobody had seen
then is a new one, whatever its device's clock says. The same evidence gives the same incidents in whatever order it
arrived: what came first only decides which corrections were needed.
"""

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
    core: frozenset[SignalKey]
    shared: frozenset[SignalKey]
    signals: tuple[Signal, ...]


Cluster = tuple[Occurrence, ...]


def clusters(occurrences: Iterable[Occurrence], *, gap: timedelta) -> list[Cluster]:
    """Connected runs: at most `gap` apart or bound by a shared signal."""
    runs: list[list[Occurrence]] = []
    for occurrence in sorted(occurrences, key=lambda each: (each.starts_at, each.signals[0].order)):
        bound = [run for run in runs if _is_bound(run, occurrence, gap)]
        if len(bound) > 1:
            runs = [run for run in runs if all(run is not other for other in bound)]
        if len(bound) != 1:
            bound = [[each for run in bound for each in run]]
            runs += bound
        bound[0].append(occurrence)
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
    """More came that shows what an incident was that a person has closed."""

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
    late = [change for alarm in closed if (change := _add_late(alarm, cluster, standing, describe)) is not None]
    unseen = tuple(each for each in cluster if not any(_belongs(each, alarm) for alarm in closed))
    finding = describe(unseen, _taken(standing, without=opened))
    if finding is None:
        return [*late]
    return [*late, _revise(opened, finding) if opened else Raise(finding=finding)]


def _add_late(alarm: Standing, cluster: Cluster, standing: Collection[Standing], describe: Describe) -> AddLate | None:
    its = tuple(each for each in cluster if _belongs(each, alarm))
    late = _late(alarm, its)
    finding = describe(its, _taken(standing, without=[alarm])) if late else None
    return AddLate(alarm=alarm.id, evidence=late, finding=finding) if finding is not None else None


def _taken(standing: Collection[Standing], *, without: Collection[Standing]) -> frozenset[SignalKey]:
    ids = {alarm.id for alarm in without}
    return frozenset(key for alarm in standing if alarm.id not in ids for key in alarm.evidence)


def _revise(opened: Sequence[Standing], finding: Finding) -> Revise:
    first, *others = opened
    return Revise(alarm=first.id, finding=finding, absorbed=tuple(alarm.id for alarm in others))


def _late(alarm: Standing, its: Cluster) -> tuple[Evidence, ...]:
    signals = in_order(signal for occurrence in its for signal in occurrence.signals)
    return tuple(
        signal.evidence
        for signal in signals
        if signal.key not in alarm.evidence and alarm.closed_at is not None and signal.occurred_at <= alarm.closed_at
    )


def _of(cluster: Cluster, alarms: Iterable[Standing]) -> list[Standing]:
    """Those alarms that have the core of an occurrence of the cluster, the earliest first."""
    return sorted(
        (alarm for alarm in alarms if any(_belongs(occurrence, alarm) for occurrence in cluster)),
        key=lambda alarm: (alarm.occurred_at, alarm.id),
    )


def _belongs(occurrence: Occurrence, alarm: Standing) -> bool:
    return any(key in alarm.evidence for key in occurrence.core)
