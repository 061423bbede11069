"""T01: nobody was at a checkpoint in time (monitor catalogue, T01; GB 50348-2004 asks for the alarm).

One alarm for each round, until a person closes it: what is missed after that is another. A scan that was made in time but
came late takes its checkpoint back off the list; the alarm says so, and stays until somebody has seen it.
"""

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from monitor.alarms.findings import Evidence, Finding, Named, SignalKey, Words
from monitor.patrols.rules import LIMITS, SCAN, JudgedRound, JudgedVisit, Limits, Round
from registry.clock import Instant, format_instant
from registry.devices.facts import Register
from registry.ids import AlarmId, derived_id
from registry.messages.alarms import AlarmFlag

RULE = "T01"
VERSION = 1
ONE_MISSED, MORE_MISSED = 3, 2
"""Priorities."""


def alarm_id(walked: Round, since: Instant | None) -> AlarmId:
    """The alarm of a round for what was missed after `since`, when its last one was closed; None: its first alarm."""
    after = [format_instant(since)] if since is not None else []
    return AlarmId(derived_id(walked.tour.site, RULE, walked.key, *after))


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
        rule=RULE,
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
