"""Whether somebody or something may pass: pure, without a clock and without a store.

The order of the tests is the order of CONTRACT 3; the first that fails is the reason told. What goes out is tested as
what comes in is, except for anti-passback, which asks only what enters whether it is inside already: who is not known
to be inside may always leave, for a missed entry must lock nobody in. The barrier's hardware release in a fire does not
depend on us.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from gateway.checks.shown import PassShown, PermitShown, PlateShown, Shown
from registry.access.facts import (
    CredentialFacts,
    CredentialKind,
    CredentialStatus,
    DayFacts,
    DenyEntry,
    Direction,
    Ground,
    LaneFacts,
    LevelFacts,
    Passback,
    SiteCalendar,
)
from registry.calendar.rules import day_at
from registry.clock import Instant
from registry.ids import AreaId, CredentialId, EntryId, GateId, LevelId, SiteId
from registry.levels.rules import Hours, hours_at, minute_text, windows_on
from registry.messages.reasons import Reason, Verdict
from registry.plates.grammar import PlateKind

_TAKEN_BACK = frozenset({CredentialStatus.REVOKED, CredentialStatus.REPLACED, CredentialStatus.ENDED})
"""Whose plate or number may be another's by now."""
EMERGENCY_PLATES = frozenset({PlateKind.POLICE, PlateKind.EMERGENCY})
"""Police, fire engines and ambulances: they pass with a record and no permit rule holds them up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """Where a person or vehicle is known to be, and the entry that is the ground for it."""

    area: AreaId
    since: Instant
    entry: EntryId


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """All that one decision rests on. An entry keeps it, so that the decision can be made again."""

    shown: Shown
    site: SiteId
    gate: GateId
    lane: LaneFacts
    direction: Direction
    denied: tuple[DenyEntry, ...]
    """Lines of the deny list for what was shown, of whatever site and date."""
    credential: CredentialFacts | None
    """What `choose` took of the credentials with the key that was shown."""
    inside: Inside | None
    passback: Passback
    timezone: ZoneInfo
    now: Instant
    schedule: "Schedule | None" = None
    """What the levels of the credential say here and now; None: it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The levels of a credential that open one gate, and what the calendar says of the days whose hours reach into now."""

    levels: tuple[LevelFacts, ...]
    today: DayFacts
    yesterday: DayFacts
    minute: int
    """Of today, on the clock of the site."""


_NO_SCHEDULES: Mapping[CredentialId, Schedule] = MappingProxyType({})
_ONE_DAY = timedelta(days=1)


class Tested(NamedTuple):
    """One rule that was tested, what it looked at, and whether it was satisfied. A dozen are made for each decision."""

    rule: Reason
    passed: bool
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the gate is told, and every rule that was tested, in order."""

    verdict: Verdict
    reason: Reason
    trace: tuple[Tested, ...]


Finding = tuple[bool, dict[str, object]]
"""Whether a rule is satisfied, and what it looked at."""


def decide(question: Question) -> Decision:
    """Decide one attempt."""
    trace: list[Tested] = []

    def test(rule: Reason, finding: Finding) -> bool:
        trace.append(Tested(rule, *finding))
        return finding[0]

    def told(verdict: Verdict, reason: Reason) -> Decision:
        return Decision(verdict=verdict, reason=reason, trace=tuple(trace))

    shown = question.shown
    if not test(Reason.DENIED_LIST, _not_listed(question)):
        return told(Verdict.DENIED, Reason.DENIED_LIST)
    if isinstance(shown, PassShown) and not test(Reason.BAD_SIGNATURE, (shown.signed, {"signed": shown.signed})):
        return told(Verdict.DENIED, Reason.BAD_SIGNATURE)
    if isinstance(shown, PlateShown):
        if shown.form in EMERGENCY_PLATES:
            test(Reason.OK_EMERGENCY, (True, {"plate_kind": shown.form}))
            return told(Verdict.GRANTED, Reason.OK_EMERGENCY)
        if shown.form is None:
            # What is no plate cannot be looked up, so nothing is known of whether it is an unknown one.
            test(Reason.PLATE_AMBIGUOUS, (False, {"text": shown.raw}))
            return told(Verdict.REFER, Reason.PLATE_AMBIGUOUS)
    credential, manned = question.credential, question.lane.manned
    test(Reason.UNKNOWN_CREDENTIAL, (credential is not None, {"key": shown.key, "lane_manned": manned}))
    if credential is None:
        return told(Verdict.REFER if manned else Verdict.DENIED, Reason.UNKNOWN_CREDENTIAL)
    moment = Moment(
        site=question.site,
        gate=question.gate,
        now=question.now,
        timezone=question.timezone,
        schedules=_NO_SCHEDULES if question.schedule is None else {credential.id: question.schedule},
    )
    for rule, finding_of in _STANDING:
        passed, facts = finding_of(credential, moment)
        trace.append(Tested(rule, passed, facts))
        if not passed:
            return told(Verdict.DENIED, rule)
    if isinstance(shown, PermitShown) and not test(Reason.PLATE_AMBIGUOUS, (manned, {"lane_manned": manned})):
        # A number is no proof: somebody must look whether the plate is the permit's.
        return told(Verdict.REFER, Reason.PLATE_AMBIGUOUS)
    if question.direction is Direction.IN and not test(Reason.PASSBACK, _not_inside(question)):
        if question.passback is Passback.HARD:
            return told(Verdict.DENIED, Reason.PASSBACK)
        return told(Verdict.GRANTED, Reason.OK_SOFT_PASSBACK)
    return told(Verdict.GRANTED, Reason.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Where and when a credential is shown."""

    site: SiteId
    gate: GateId
    now: Instant
    timezone: ZoneInfo
    schedules: Mapping[CredentialId, Schedule] = field(default_factory=lambda: _NO_SCHEDULES)
    """Of those credentials that have levels."""


def schedules_at(
    credentials: Iterable[CredentialFacts],
    gate: GateId,
    local: datetime,
    *,
    levels: Mapping[LevelId, LevelFacts],
    calendar: SiteCalendar,
) -> Mapping[CredentialId, Schedule]:
    """What the levels of these credentials say at a gate; `local` is the moment on the clock of its site."""
    found = {}
    today = local.date()
    for credential in credentials:
        if credential.levels:
            here = [level for level in map(levels.get, credential.levels) if level is not None and gate in level.gates]
            found[credential.id] = Schedule(
                levels=tuple(here),
                today=day_at(calendar, today),
                yesterday=day_at(calendar, today - _ONE_DAY),
                minute=local.hour * 60 + local.minute,
            )
    return found


def choose(credentials: tuple[CredentialFacts, ...], moment: Moment) -> CredentialFacts | None:
    """Take, of several credentials with one key, the one that would open here and now.

    Where none opens, the one whose fault is worth telling: a permit whose year it is before those of other years, what
    is not revoked before what is, and the newest of these. A vehicle has a permit for each year, and a card that was
    revoked may be another person's by now.
    """
    if len(credentials) < 2:  # noqa: PLR2004 - nothing to choose between
        return credentials[0] if credentials else None

    def nearness(one: CredentialFacts) -> tuple[bool, bool, int, Instant, CredentialId]:
        is_kept = one.status not in _TAKEN_BACK
        of_this_year = one.permit_year is not None and one.valid_from <= moment.now < one.valid_until
        return of_this_year, is_kept, one.permit_year or 0, one.valid_from, one.id

    nearest_first = sorted(credentials, key=nearness, reverse=True)
    for credential in nearest_first:
        if all(finding_of(credential, moment)[0] for _, finding_of in _STANDING):
            return credential
    return nearest_first[0]


def subject_of(shown: Shown, credential: CredentialFacts | None) -> str:
    """Name whom or what is counted: a person once, however many cards; a vehicle by its plate."""
    if isinstance(shown, PermitShown):
        kind, key = stands_for(shown, credential)
        return f"{kind}:{key}"
    if not isinstance(shown, PlateShown) and credential is not None and credential.holder is not None:
        return person_subject(credential.holder.id)
    return f"{shown.kind}:{shown.key}"


def stands_for(shown: Shown, credential: CredentialFacts | None) -> tuple[CredentialKind, str]:
    """What is looked for on the deny list and counted: a permit's number stands for its plate."""
    if isinstance(shown, PermitShown) and credential is not None:
        return credential.kind, credential.key
    return shown.kind, shown.key


def person_subject(person: UUID) -> str:
    return f"person:{person}"


def area_entered(lane: LaneFacts, direction: Direction) -> AreaId:
    """The area one is in after passing. A lane used both ways is written down in the direction of entering."""
    forward = lane.direction is not None or direction is Direction.IN
    return lane.to_area if forward else lane.from_area


def inside_after(direction: Direction, area: AreaId, now: Instant, entry: EntryId) -> Inside | None:
    """Where one is counted after passing into `area` by this entry; None: outside, where nobody is counted."""
    return Inside(area=area, since=now, entry=entry) if direction is Direction.IN else None


def line_in_force(lines: Iterable[DenyEntry], site: SiteId, now: Instant) -> DenyEntry | None:
    """Find the first of these lines of the deny list that stops somebody here and now."""
    for line in lines:
        here = line.sites is None or site in line.sites
        if here and (line.valid_until is None or now < line.valid_until):
            return line
    return None


def _not_listed(question: Question) -> Finding:
    key, line = question.shown.key, line_in_force(question.denied, question.site, question.now)
    if line is None:
        return True, {"key": key}
    return False, {"key": key, "words": line.words, "listed_until": line.valid_until}


def _has_status(*statuses: CredentialStatus) -> Callable[[CredentialFacts, Moment], Finding]:
    return lambda credential, _: (credential.status not in statuses, {"status": credential.status})


def _not_revoked(credential: CredentialFacts, _: Moment) -> Finding:
    """What ended with its ground is told so by the ground's own rule; without one it is revoked."""
    status = credential.status
    ended_alone = status is CredentialStatus.ENDED and credential.rests_on is None
    return status is not CredentialStatus.REVOKED and not ended_alone, {"status": status}


def _ground_not_over(ground: Ground) -> Callable[[CredentialFacts, Moment], Finding]:
    def finding_of(credential: CredentialFacts, moment: Moment) -> Finding:
        rests_on = credential.rests_on
        if rests_on is None or rests_on.ground is not ground:
            return True, {"rests_on": None}
        is_over = rests_on.over_from is not None and rests_on.over_from <= moment.now
        facts: dict[str, object] = {"rests_on": ground, "over_from": rests_on.over_from, "status": credential.status}
        return not is_over and credential.status is not CredentialStatus.ENDED, facts

    return finding_of


def _trained(credential: CredentialFacts, moment: Moment) -> Finding:
    until = None if credential.rests_on is None else credential.rests_on.training_until
    return until is None or moment.now < until, {"training_until": until}


def _year_not_over(credential: CredentialFacts, moment: Moment) -> Finding:
    """A year of permits ends when the registry lets the next one take over, which every gate knows beforehand."""
    if credential.permit_year is None:
        return True, {"permit_year": None}
    facts: dict[str, object] = {
        "permit_year": credential.permit_year,
        "valid_until": credential.valid_until,
        "now": moment.now,
    }
    return moment.now < credential.valid_until, facts


def _begun(credential: CredentialFacts, moment: Moment) -> Finding:
    facts: dict[str, object] = {
        "valid_from": credential.valid_from,
        "permit_year": credential.permit_year,
        "now": moment.now,
    }
    return credential.valid_from <= moment.now, facts


def _not_expired(credential: CredentialFacts, moment: Moment) -> Finding:
    return moment.now < credential.valid_until, {"valid_until": credential.valid_until, "now": moment.now}


def _of_this_site(credential: CredentialFacts, moment: Moment) -> Finding:
    return moment.site in credential.sites, {"site": moment.site, "sites": sorted(credential.sites)}


def _for_this_gate(credential: CredentialFacts, moment: Moment) -> Finding:
    if credential.levels:
        schedule = moment.schedules.get(credential.id)
        here = [] if schedule is None else [level.id for level in schedule.levels]
        return bool(here), {"gate": moment.gate, "levels": credential.levels, "levels_here": here}
    gates = None if credential.gates is None else sorted(credential.gates)
    return gates is None or moment.gate in gates, {"gate": moment.gate, "gates": gates}


def _not_closed_for(closed: Hours) -> Callable[[CredentialFacts, Moment], Finding]:
    def finding_of(credential: CredentialFacts, moment: Moment) -> Finding:
        schedule = moment.schedules.get(credential.id)
        if schedule is None:
            return True, {"levels": None}
        today = schedule.today
        hours = hours_at(schedule.levels, today, schedule.yesterday, schedule.minute)
        facts = {"minute": schedule.minute, "hours": hours, "day": today.kind, "day_known": today.is_known}
        return hours is not closed, facts

    return finding_of


def hours_today(schedule: Schedule) -> str:
    """The hours at which the gate opens on this day, `08:00-18:00 20:00-06:00`; empty: at none."""
    windows = windows_on(schedule.levels, schedule.today)
    return " ".join(f"{minute_text(begins)}-{minute_text(ends)}" for begins, ends in windows)


def _not_inside(question: Question) -> Finding:
    entered = area_entered(question.lane, question.direction)
    inside = question.inside
    facts: dict[str, object] = {"policy": question.passback, "area": entered}
    if inside is None:
        return True, facts
    facts |= {"inside": inside.area, "since": inside.since, "entry": inside.entry}
    return question.passback is Passback.OFF or inside.area != entered, facts


_STANDING: tuple[tuple[Reason, Callable[[CredentialFacts, Moment], Finding]], ...] = (
    (Reason.REPORTED_LOST, _has_status(CredentialStatus.REPORTED_LOST, CredentialStatus.REPLACED)),
    (Reason.REVOKED, _not_revoked),
    (Reason.SUSPENDED, _has_status(CredentialStatus.SUSPENDED)),
    (Reason.PERMIT_YEAR_OVER, _year_not_over),
    (Reason.LEASE_ENDED, _ground_not_over(Ground.TENANCY)),
    (Reason.PROJECT_ENDED, _ground_not_over(Ground.PROJECT)),
    (Reason.NOT_YET_VALID, _begun),
    (Reason.EXPIRED, _not_expired),
    (Reason.TRAINING_EXPIRED, _trained),
    (Reason.WRONG_SITE, _of_this_site),
    (Reason.NO_LEVEL, _for_this_gate),
    (Reason.HOLIDAY, _not_closed_for(Hours.HOLIDAY)),
    (Reason.OUTSIDE_HOURS, _not_closed_for(Hours.OUTSIDE)),
)
"""The rules that a credential meets by itself, whoever is inside."""
