"""T01: nobody was at a checkpoint in time (monitor catalogue, T01; GB 50348-2004 asks for the alarm).

One alarm for each round, until a person closes it: what is missed after that is another. A scan that was made in time but
came late takes its checkpoint back off the list; the alarm says so, and stays until somebody has seen it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from monitor.alarms.findings import Evidence, Finding, Named, SignalKey, Words
from monitor.anomalies.form import Deadline, OfTime, Reading
from monitor.anomalies.signals import Signal
from monitor.anomalies.world import World
from monitor.patrols.rules import (
    LIMITS,
    SCAN,
    JudgedRound,
    JudgedVisit,
    Limits,
    Round,
    Scan,
    TourFacts,
    judge,
    longest,
    patrol_devices,
    rounds_between,
)
from registry.clock import Instant, format_instant
from registry.devices.facts import Register
from registry.ids import AlarmId, derived_id
from registry.messages.alarms import AlarmFlag
from registry.messages.events import PatrolScan

NAME = "T01"
VERSION = 1
ONE_MISSED, MORE_MISSED = 3, 2
"""Priorities."""
_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


def alarm_id(walked: Round, since: Instant | None) -> AlarmId:
    """The alarm of a round for what was missed after `since`, when its last one was closed; None: its first alarm."""
    after = [format_instant(since)] if since is not None else []
    return AlarmId(derived_id(walked.tour.site, NAME, walked.key, *after))


def find(
    judged: JudgedRound,
    now: Instant,
    register: Register,
    *,
    since: Instant | None = None,
    until: Instant | None = None,
    limits: Limits = LIMITS,
) -> Finding | None:
    """What a round comes to at `now`, of the checkpoints settled in `since < settled <= until`; None: nothing was missed.

    A finding with the flag `returned` misses nothing any more: it corrects an alarm and never raises one.
    """
    lapsed = [
        visit
        for visit in judged.visits
        if _is_settled(visit.visit.settled_at(limits), now, since, until) and not _known_in_time(visit, limits)
    ]
    if not lapsed:
        return None
    missed = [visit for visit in lapsed if visit.known_at is None]
    late = [visit for visit in lapsed if visit not in missed]
    flags = {flag for flag, holds in ((AlarmFlag.LATE_EVIDENCE, late), (AlarmFlag.RETURNED, not missed)) if holds}
    tour = judged.round.tour
    return Finding(
        id=alarm_id(judged.round, since),
        site=tour.site,
        zone=None,
        rule=NAME,
        rule_version=VERSION,
        key=judged.round.key,
        priority=MORE_MISSED if len(missed) > 1 else ONE_MISSED,
        flags=frozenset(flags),
        latched=False,
        occurred_at=min(visit.visit.missed_at(limits) for visit in lapsed),
        count=max(1, len(missed)),
        evidence=tuple(
            Evidence(key=SignalKey(device=scan.device, id=scan.signal_id), type=SCAN, occurred_at=scan.occurred_at)
            for visit in late
            for scan in visit.in_time
        ),
        pictures=(),
        explanation=tuple(_words(judged, missed, late, register)),
    )


def _is_settled(at: Instant, now: Instant, since: Instant | None, until: Instant | None) -> bool:
    return at <= now and (since is None or at > since) and (until is None or at <= until)


def _known_in_time(judged: JudgedVisit, limits: Limits) -> bool:
    """Whether we heard of somebody who was there before it was called missed."""
    return judged.known_at is not None and judged.known_at < judged.visit.settled_at(limits)


def _words(
    judged: JudgedRound, missed: Sequence[JudgedVisit], late: Sequence[JudgedVisit], register: Register
) -> Iterable[Words]:
    tour = judged.round.tour
    timezone = ZoneInfo(register.sites[tour.site].timezone)
    round_facts: dict[str, str | Named] = {
        "tour": Named(tour.name_zh, tour.name_en),
        "start": f"{judged.round.starts_at.astimezone(timezone):%H:%M}",
    }
    if missed:
        last = max(visit.visit.closes_at for visit in missed).astimezone(timezone)
        yield Words(
            key="anomalies.t01.missed",
            facts={**round_facts, "checkpoints": _named(missed), "until": f"{last:%H:%M}"},
        )
    if late:
        yield Words(
            key="anomalies.t01.late" if missed else "anomalies.t01.withdrawn",
            facts={**round_facts, "checkpoints": _named(late)},
        )


def _named(visits: Sequence[JudgedVisit]) -> tuple[Named, ...]:
    points = (visit.visit.stop.checkpoint for visit in visits)
    return tuple(Named(point.name_zh, point.name_en) for point in points)


@dataclass(frozen=True, slots=True)
class CheckpointMissed(OfTime[Round]):
    """T01, for each round."""

    name = NAME
    version = VERSION
    heard = frozenset({SCAN})
    limits: Limits = LIMITS

    def deadlines(self, world: World, after: Instant, until: Instant) -> list[Deadline[Round]]:
        """Each moment from which on somebody ought to have been at a checkpoint."""
        patience = self.limits.patience + self.limits.watermark
        return [
            Deadline(at, tour.site, walked.key, walked)
            for tour in world.tours
            for walked in rounds_between(tour, after - longest(tour) - patience, until, _timezone(tour, world))
            for at in {visit.settled_at(self.limits) for visit in walked.visits}
            if after < at <= until
        ]

    def touched(self, signal: Signal, world: World) -> Iterable[Round]:
        tag = signal.data.tag if isinstance(signal.data, PatrolScan) else None
        for tour in world.tours:
            stops = [stop for stop in tour.stops if stop.checkpoint.tag == tag]
            if stops and tour.site == signal.device.site:
                opens, closes = (
                    min(stop.opens_after for stop in stops),
                    max(stop.opens_after + stop.window for stop in stops),
                )
                since = signal.occurred_at - closes - self.limits.tolerance - self.limits.late
                until = signal.occurred_at - opens + self.limits.tolerance + _INSTANT
                yield from rounds_between(tour, since, until, _timezone(tour, world))

    def reading(self, subject: Round, world: World) -> Reading:
        return Reading(
            devices=patrol_devices(world.register, subject.tour.site),
            types=(SCAN,),
            since=subject.starts_at - self.limits.tolerance,
            until=subject.starts_at + longest(subject.tour) + self.limits.tolerance + self.limits.late,
        )

    def find(
        self,
        subject: Round,
        signals: Sequence[Signal],
        now: Instant,
        world: World,
        *,
        since: Instant | None,
        until: Instant | None,
    ) -> Finding | None:
        # The next round is needed to tell what is late for one from what is early for the next.
        after = subject.starts_at + _INSTANT
        following = rounds_between(subject.tour, after, after + _DAY, _timezone(subject.tour, world))
        next_start = following[0].starts_at if following else None
        scans = [scan for signal in signals if (scan := _scan(signal)) is not None]
        judged = judge(subject, scans, now, next_start=next_start, limits=self.limits)
        return find(judged, now, world.register, since=since, until=until, limits=self.limits)

    def alarm_id(self, subject: Round, since: Instant | None) -> AlarmId:
        return alarm_id(subject, since)


def _scan(signal: Signal) -> Scan | None:
    said = signal.data
    if not isinstance(said, PatrolScan):
        return None
    return Scan(
        signal_id=signal.key.id,
        device=signal.device,
        tag=said.tag,
        occurred_at=signal.occurred_at,
        received_at=signal.received_at,
        guard=said.guard,
        offline=said.offline,
    )


def _timezone(tour: TourFacts, world: World) -> ZoneInfo:
    return ZoneInfo(world.register.sites[tour.site].timezone)


RULE = CheckpointMissed()
