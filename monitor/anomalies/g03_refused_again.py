"""G03: a vehicle that was refused keeps trying (monitor catalogue, G03)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from monitor.alarms.findings import Finding, Named, SignalKey, Words
from monitor.anomalies.form import OfSignals, Subject
from monitor.anomalies.incidents import Cluster, Occurrence
from monitor.anomalies.names import name_of
from monitor.anomalies.screens import AtLeast, Screen
from monitor.anomalies.signals import Signal, in_order, pictures
from monitor.anomalies.world import World
from registry.access.facts import CredentialKind
from registry.devices.facts import Register
from registry.ids import AlarmId, DeviceAddress, SiteId, derived_id
from registry.messages.events import EntryDecided
from registry.messages.reasons import Reason, Verdict
from registry.messages.topics import DeviceClass

NAME = "G03"
VERSION = 1
DECIDED = "dayuan.gate.entry_decided"
PRIORITY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """How often is too often."""

    times: int = 3
    """Tries (monitor catalogue, G03)."""
    within: timedelta = timedelta(seconds=60)
    """From the first of them to the last (monitor catalogue, G03)."""
    gap: timedelta = timedelta(seconds=120)
    """Tries that are no further apart are one incident (monitor life-cycle, merge)."""

    @property
    def reach(self) -> timedelta:
        """Signals further from a try than this cannot concern it."""
        return self.gap + self.within


DEFAULT = Thresholds()


def vehicle_of(signal: Signal) -> str | None:
    """Which vehicle was denied: what tells it apart, or None when the signal says nothing of the kind."""
    decided = signal.data
    if not isinstance(decided, EntryDecided) or decided.verdict is not Verdict.DENIED:
        return None
    if decided.credential != CredentialKind.PLATE or decided.reason is Reason.UNDECIDED:
        return None  # nobody stood at the gate when a refer that nobody decided ran out
    return decided.attempt_key or decided.plate


def tries(signals: Iterable[Signal], vehicle: str) -> list[Occurrence]:
    """The tries of one vehicle that were denied."""
    return [
        Occurrence(
            starts_at=signal.occurred_at,
            ends_at=signal.occurred_at,
            core=frozenset({signal.key}),
            shared=frozenset(),
            signals=(signal,),
        )
        for signal in in_order(signals)
        if vehicle_of(signal) == vehicle
    ]


def describe(
    tried: Cluster,
    taken: Collection[SignalKey],
    *,
    site: SiteId,
    vehicle: str,
    register: Register,
    limits: Thresholds = DEFAULT,
) -> Finding | None:
    """The incident that these tries are; None when they are too few or too far apart."""
    signals = in_order(signal for each in tried for signal in each.signals)
    if not _too_often(signals, limits):
        return None
    anchor = next(signal for signal in signals if signal.key not in taken)
    timezone = ZoneInfo(register.sites[site].timezone)
    plate = next((s.data.plate for s in signals if isinstance(s.data, EntryDecided) and s.data.plate), None)
    gates = {signal.device: name_of(register, signal.device) for signal in signals}
    facts: dict[str, str | int | Named | tuple[Named, ...]] = {
        "count": len(signals),
        "gates": tuple(gates.values()),
        "first": f"{signals[0].occurred_at.astimezone(timezone):%H:%M:%S}",
        "last": f"{signals[-1].occurred_at.astimezone(timezone):%H:%M:%S}",
    }
    return Finding(
        id=AlarmId(derived_id(site, NAME, vehicle, anchor.device.source, anchor.key.id)),
        site=site,
        zone=None,
        rule=NAME,
        rule_version=VERSION,
        key=vehicle,
        priority=PRIORITY,
        flags=frozenset(),
        latched=True,
        occurred_at=anchor.occurred_at,
        count=len(signals),
        evidence=tuple(signal.evidence for signal in signals),
        pictures=pictures(signals),
        explanation=(
            Words(key="anomalies.g03.plate", facts={**facts, "plate": plate})
            if plate
            else Words(key="anomalies.g03.unknown", facts=facts),
        ),
    )


def _too_often(signals: Sequence[Signal], limits: Thresholds) -> bool:
    pairs = zip(signals, signals[limits.times - 1 :], strict=False)
    return any(last.occurred_at - first.occurred_at <= limits.within for first, last in pairs)


@dataclass(frozen=True, slots=True)
class RefusedAgain(OfSignals):
    """G03, for each vehicle at each site."""

    name = NAME
    version = VERSION
    heard = frozenset({DECIDED})
    limits: Thresholds = DEFAULT

    def subjects(self, signal: Signal, world: World) -> Iterable[Subject]:
        vehicle = vehicle_of(signal)
        return () if vehicle is None else (Subject(signal.device.site, vehicle),)

    def speakers(self, subject: Subject, world: World) -> Collection[DeviceAddress]:
        devices = world.register.devices
        return frozenset(each for each in devices if each.site == subject.site and each.kind == DeviceClass.GATE)

    def screen(self) -> Screen:
        return AtLeast(self.limits.times)

    def occurrences(self, signals: Sequence[Signal], subject: Subject, world: World) -> list[Occurrence]:
        return tries(signals, subject.key)

    def describe(self, cluster: Cluster, taken: frozenset[SignalKey], subject: Subject, world: World) -> Finding | None:
        site, vehicle = subject
        return describe(cluster, taken, site=site, vehicle=vehicle, register=world.register, limits=self.limits)


RULE = RefusedAgain()
