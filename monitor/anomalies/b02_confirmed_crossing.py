"""B02: a beam was interrupted and a camera of the same zone saw something move (monitor catalogue, B02).

The camera confirms within ten seconds before and twenty after, in either order, by event time. An interruption that no
camera confirms raises nothing here, nor does one that is a leaf's or a bird's by what the register knows of the pair.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from monitor.alarms.findings import Finding, SignalKey, Words
from monitor.anomalies.form import OfSignals, Subject
from monitor.anomalies.incidents import Cluster, Occurrence
from monitor.anomalies.names import name_of
from monitor.anomalies.screens import BRIEF, Screen, Spans
from monitor.anomalies.signals import Activity, Signal, activities, in_order, pictures
from monitor.anomalies.world import World
from monitor.beams import rules as beams
from registry.clock import Instant
from registry.devices.facts import Register, ZoneFacts
from registry.ids import AlarmId, DeviceAddress, ZoneId, derived_id
from registry.messages.alarms import AlarmFlag
from registry.messages.events import BeamInterrupted, CameraActivity, CameraMotion, Phase
from registry.messages.topics import DeviceClass

NAME = "B02"
VERSION = 3
BEAM = "dayuan.beam.interrupted"
CAMERA = frozenset({"dayuan.camera.motion", "dayuan.camera.intrusion"})
LOST = "dayuan.camera.signal_lost"
HEARD = frozenset({BEAM, *CAMERA, LOST})
"""The types that this rule listens to."""
BY_DAY, BY_NIGHT = 2, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What counts as confirmed, and as one incident."""

    before: timedelta = timedelta(seconds=10)
    """The camera may have seen it this much before the beam (monitor catalogue, B02)."""
    after: timedelta = timedelta(seconds=20)
    """Or this much after it (monitor catalogue, B02)."""
    gap: timedelta = timedelta(seconds=120)
    """Crossings of a zone that are no further apart are one incident (monitor life-cycle, merge)."""
    longest: timedelta = timedelta(minutes=30)
    """A motion whose end is not known confirms until its camera loses the picture, and no longer than this: an end may get
    lost. Nor is an end believed that comes later after its start. Ours: longer than anybody lingers at a wall."""

    night_from: time = time(19)
    """Site-local (monitor catalogue, head)."""
    night_until: time = time(7)
    """Site-local (monitor catalogue, head)."""

    @property
    def reach(self) -> timedelta:
        """Signals further from a crossing than this cannot concern it."""
        return 2 * self.longest + self.gap + self.before + self.after


DEFAULT = Thresholds()


def concerns(signal: Signal, zone: ZoneFacts, register: Register) -> bool:
    """Whether a signal speaks of this zone and this rule listens to it.

    Where regions are drawn on a camera's picture, only what is told of a region counts: a passer-by on the walkway
    before the wall confirms nothing.
    """
    if signal.type not in HEARD:
        return False
    if signal.type == LOST:
        return any(member.device == signal.device for member in zone.members)
    region = signal.data.region if isinstance(signal.data, CameraMotion | CameraActivity) else None
    if signal.type in CAMERA and region is None:
        camera = register.devices.get(signal.device)
        if camera is not None and camera.regions:
            return False
    return any(member.device == signal.device and member.region in (None, region) for member in zone.members)


def crossings(
    signals: Iterable[Signal], *, zone: ZoneFacts, world: World, limits: Thresholds = DEFAULT
) -> list[Occurrence]:
    """The interruptions that count while the zone was armed and that a camera of the zone confirms, each with the cameras that do."""
    heard = [signal for signal in signals if concerns(signal, zone, world.register)]
    found = activities((signal for signal in heard if signal.type != LOST), longest=limits.longest)
    lost = [signal for signal in in_order(heard) if signal.type == LOST and signal.data.state is not Phase.END]
    cameras = [(each, _seen_until(each, lost, limits)) for each in found if each.type in CAMERA]
    brief = [(camera, until) for camera, until in cameras if until - camera.starts_at <= BRIEF]
    lasting = [(camera, until) for camera, until in cameras if until - camera.starts_at > BRIEF]
    starts = [camera.starts_at for camera, _ in brief]
    crossed: list[Occurrence] = []
    for beam in found:
        if beam.type == BEAM and world.counts(zone, beam.starts_at, beam.device) and _is_somebody(beam, world.register):
            # Of thousands of brief motions only those about the beam are looked at.
            first = bisect_left(starts, beam.starts_at - limits.before - BRIEF)
            last = bisect_right(starts, (beam.ends_at or beam.starts_at) + limits.after)
            near = [*brief[first:last], *lasting]
            confirming = [camera for camera, until in near if _confirms(camera, until, beam, limits)]
            crossed += [_crossing(beam, confirming)] if confirming else []
    return crossed


def _is_somebody(beam: Activity, register: Register) -> bool:
    """Whether the pair was broken as a person breaks it; of one that the register has no more, every interruption counts."""
    device, said = register.devices.get(beam.device), beam.signals[0].data
    return device is None or not isinstance(said, BeamInterrupted) or beams.counts(device, said)


def _seen_until(camera: Activity, lost: Iterable[Signal], limits: Thresholds) -> Instant:
    """How long a camera's word that something moves is believed; `lost`: when cameras lost their pictures, in order."""
    if camera.ends_at is not None:
        return camera.ends_at
    blind = (each.occurred_at for each in lost if each.device == camera.device and each.occurred_at >= camera.starts_at)
    return min(next(blind, camera.starts_at + limits.longest), camera.starts_at + limits.longest)


def _confirms(camera: Activity, until: Instant, beam: Activity, limits: Thresholds) -> bool:
    beam_ends = beam.ends_at or beam.starts_at
    return camera.starts_at <= beam_ends + limits.after and until >= beam.starts_at - limits.before


def _crossing(beam: Activity, cameras: list[Activity]) -> Occurrence:
    return Occurrence(
        starts_at=beam.starts_at,
        ends_at=beam.ends_at or beam.starts_at,
        core=frozenset(signal.key for signal in beam.signals),
        shared=frozenset(camera.signals[0].key for camera in cameras),
        signals=(*beam.signals, *(signal for camera in cameras for signal in camera.signals)),
    )


def describe(
    crossed: Cluster,
    taken: Collection[SignalKey],
    *,
    zone: ZoneFacts,
    register: Register,
    limits: Thresholds = DEFAULT,
) -> Finding | None:
    """The incident that these crossings are; None when there are none."""
    if not crossed:
        return None
    signals = in_order(signal for crossing in crossed for signal in crossing.signals)
    anchor = next(signal for signal in signals if signal.key not in taken)
    timezone = ZoneInfo(register.sites[zone.site].timezone)
    by_night = any(_is_night(crossing.starts_at.astimezone(timezone).time(), limits) for crossing in crossed)
    flags = {AlarmFlag.CONFIRMED}
    lasting = [each for each in activities(signals, longest=limits.longest) if each.type == BEAM and each.lasts]
    if lasting and all(beam.ends_at is not None for beam in lasting):
        flags.add(AlarmFlag.RETURNED)
    return Finding(
        id=AlarmId(derived_id(zone.site, NAME, zone.id, anchor.device.source, anchor.key.id)),
        site=zone.site,
        zone=zone.id,
        rule=NAME,
        rule_version=VERSION,
        key=zone.id,
        priority=BY_NIGHT if by_night else BY_DAY,
        flags=frozenset(flags),
        latched=True,
        occurred_at=anchor.occurred_at,
        count=len(crossed),
        evidence=tuple(signal.evidence for signal in signals),
        pictures=pictures(signal for signal in signals if signal.device.kind == DeviceClass.CAMERA),
        explanation=tuple(_words(crossed, register, timezone)),
    )


def _is_night(moment: time, limits: Thresholds) -> bool:
    return moment >= limits.night_from or moment < limits.night_until


def _words(crossed: Cluster, register: Register, timezone: ZoneInfo) -> Iterable[Words]:
    first = min(crossed, key=lambda crossing: (crossing.starts_at, crossing.signals[0].order))
    beam = first.signals[0]
    seen = in_order(signal for signal in first.signals if signal.device.kind == DeviceClass.CAMERA)
    gap = seen[0].occurred_at - first.starts_at
    key = "during" if gap == timedelta() else "after" if gap > timedelta() else "before"
    yield Words(
        key=f"anomalies.b02.{key}",
        facts={
            "beam": name_of(register, beam.device),
            "camera": name_of(register, seen[0].device),
            "time": f"{first.starts_at.astimezone(timezone):%H:%M:%S}",
            "seconds": f"{abs(gap).total_seconds():.0f}",
        },
    )
    if len(crossed) > 1:
        last = max(crossing.starts_at for crossing in crossed).astimezone(timezone)
        yield Words(key="anomalies.b02.again", facts={"count": len(crossed), "time": f"{last:%H:%M:%S}"})


class _Pairs:
    """Lets through what lies near enough to the other side; what cameras lost is always kept."""

    def __init__(self, limits: Thresholds) -> None:
        self._limits = limits
        self._beams = Spans(longest=limits.longest, unended=timedelta())
        self._cameras = Spans(longest=limits.longest, unended=limits.longest)
        self._lost: dict[SignalKey, Signal] = {}

    def add(self, signal: Signal) -> bool | None:
        if signal.type == LOST:
            self._lost[signal.key] = signal
            return False
        mine, others = (self._beams, self._cameras) if signal.type == BEAM else (self._cameras, self._beams)
        span = mine.add(signal)
        if span is None or span.begins is None or span.ends is None:
            return False
        before, after = self._limits.before, self._limits.after
        if mine is self._cameras:
            before, after = after, before
        near = span.begins - before, span.ends + after
        if others.had(*near):
            return None
        met = others.meeting(*near)
        if met:
            mine.meet([span])
            others.meet(met)
        return bool(met)

    def kept(self) -> Iterable[Signal]:
        return chain(self._beams.kept(), self._cameras.kept(), self._lost.values())

    def forget(self, before: Instant, settled: Instant) -> None:
        for spans in (self._beams, self._cameras):
            spans.forget(before)
            spans.let_go(settled - max(self._limits.before, self._limits.after))
        self._lost = {key: each for key, each in self._lost.items() if each.occurred_at >= before}

    def __len__(self) -> int:
        return self._beams.size + self._cameras.size + len(self._lost)

    def __bool__(self) -> bool:
        return bool(self._beams or self._cameras or self._lost)


@dataclass(frozen=True, slots=True)
class ConfirmedCrossing(OfSignals):
    """B02, for each zone."""

    name = NAME
    version = VERSION
    heard = HEARD
    limits: Thresholds = DEFAULT

    def subjects(self, signal: Signal, world: World) -> Iterable[Subject]:
        zones = world.zones_of.get(signal.device, ())
        return (Subject(zone.site, zone.id) for zone in zones if concerns(signal, zone, world.register))

    def speakers(self, subject: Subject, world: World) -> Collection[DeviceAddress]:
        return frozenset(member.device for member in _zone(subject, world).members)

    def screen(self) -> Screen:
        return _Pairs(self.limits)

    def occurrences(self, signals: Sequence[Signal], subject: Subject, world: World) -> list[Occurrence]:
        return crossings(signals, zone=_zone(subject, world), world=world, limits=self.limits)

    def describe(self, cluster: Cluster, taken: frozenset[SignalKey], subject: Subject, world: World) -> Finding | None:
        return describe(cluster, taken, zone=_zone(subject, world), register=world.register, limits=self.limits)


def _zone(subject: Subject, world: World) -> ZoneFacts:
    return world.register.zones[ZoneId(subject.key)]


RULE = ConfirmedCrossing()
