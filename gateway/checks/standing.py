"""The rules that a credential meets by itself, whoever is inside: pure, and in the order of CONTRACT 3."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from gateway.checks.circumstances import Closed, rights_of
from registry.access.facts import (
    CredentialFacts,
    CredentialStatus,
    DayFacts,
    Ground,
    LevelFacts,
    SiteCalendar,
)
from registry.calendar.rules import day_at
from registry.clock import Instant
from registry.ids import CredentialId, GateId, LevelId, SiteId
from registry.levels.rules import Hours, hours_at, minute_text, windows_on
from registry.messages.reasons import Reason

_TAKEN_BACK = frozenset({CredentialStatus.REVOKED, CredentialStatus.REPLACED, CredentialStatus.ENDED})
"""Whose plate or number may be another's by now."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The levels of a credential that open one gate, and what the calendar says of the days whose hours reach into now."""

    levels: tuple[LevelFacts, ...]
    today: DayFacts
    yesterday: DayFacts
    minute: int
    """Of today, on the clock of the site."""

    @cached_property
    def hours(self) -> Hours:
        """Whether the levels are open in that minute; three rules ask for it."""
        return hours_at(self.levels, self.today, self.yesterday, self.minute)


NO_SCHEDULES: Mapping[CredentialId, Schedule] = MappingProxyType({})
_ONE_DAY = timedelta(days=1)


class Here(Protocol):
    """Where and when a credential is shown: all that these rules ask of it."""

    @property
    def site(self) -> SiteId: ...
    @property
    def gate(self) -> GateId: ...
    @property
    def now(self) -> Instant: ...
    @property
    def closed(self) -> Closed | None:
        """The area that would be entered, where somebody has closed it or raised its threat level."""
        ...

    def schedule_of(self, credential: CredentialFacts) -> Schedule | None:
        """What its levels say here and now; None: it has none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Where and when several credentials of one key are shown."""

    site: SiteId
    gate: GateId
    now: Instant
    timezone: ZoneInfo
    schedules: Mapping[CredentialId, Schedule] = field(default_factory=lambda: NO_SCHEDULES)
    """Of those credentials that have levels."""
    closed: Closed | None = None

    def schedule_of(self, credential: CredentialFacts) -> Schedule | None:
        return self.schedules.get(credential.id)


def schedules_at(
    credentials: Iterable[CredentialFacts],
    gate: GateId,
    local: datetime,
    *,
    levels: Mapping[LevelId, LevelFacts],
    calendar: SiteCalendar,
) -> Mapping[CredentialId, Schedule]:
    """What the levels of these credentials, which all have some, say at a gate; `local` is the moment on the clock of its site."""
    found = {}
    today = local.date()
    for credential in credentials:
        here = [level for level in map(levels.get, credential.levels) if level is not None and gate in level.gates]
        found[credential.id] = Schedule(
            levels=tuple(here),
            today=day_at(calendar, today),
            yesterday=day_at(calendar, today - _ONE_DAY),
            minute=local.hour * 60 + local.minute,
        )
    return found


def choose(credentials: tuple[CredentialFacts, ...], moment: Here) -> CredentialFacts | None:
    """Take, of several credentials with one key, the one that would open here and now.

    Where none opens, the one whose fault is worth telling: a permit whose year it is, or a car that stands in on these
    days, before permits of other years, what is not revoked before what is, and the newest of these. A vehicle has a permit for each year, and a card that was
    revoked may be another person's by now.
    """
    if not credentials:
        return None
    if len(credentials) == 1:
        return credentials[0]

    def nearness(one: CredentialFacts) -> tuple[bool, bool, int, Instant, CredentialId]:
        is_kept = one.status not in _TAKEN_BACK
        is_of_a_permit = one.permit is not None or one.permit_year is not None
        is_of_now = is_of_a_permit and one.valid_from <= moment.now < one.valid_until
        return is_of_now, is_kept, one.permit_year or 0, one.valid_from, one.id

    nearest_first = sorted(credentials, key=nearness, reverse=True)
    for credential in nearest_first:
        if all(rule.holds(credential, moment) for rule in STANDING):
            return credential
    return nearest_first[0]


class Rule(NamedTuple):
    """A rule that a credential meets by itself, whoever is inside."""

    reason: Reason
    """Told where it does not hold."""
    holds: Callable[[CredentialFacts, Here], bool]
    facts_of: Callable[[CredentialFacts, Here], dict[str, object]]
    """What it looks at."""


def _is_not_lost(credential: CredentialFacts, _: Here) -> bool:
    status = credential.status
    return status is not CredentialStatus.REPORTED_LOST and status is not CredentialStatus.REPLACED


def _is_not_revoked(credential: CredentialFacts, _: Here) -> bool:
    """What ended with its ground is told so by the ground's own rule; without one it is revoked."""
    status = credential.status
    ended_alone = status is CredentialStatus.ENDED and credential.rests_on is None
    return status is not CredentialStatus.REVOKED and not ended_alone


def _is_not_suspended(credential: CredentialFacts, _: Here) -> bool:
    return credential.status is not CredentialStatus.SUSPENDED


def _status_facts(credential: CredentialFacts, _: Here) -> dict[str, object]:
    return {"status": credential.status}


def _ground_rule(reason: Reason, ground: Ground) -> Rule:
    def is_not_over(credential: CredentialFacts, here: Here) -> bool:
        rests_on = credential.rests_on
        if rests_on is None or rests_on.ground is not ground:
            return True
        is_over = rests_on.over_from is not None and rests_on.over_from <= here.now
        return not is_over and credential.status is not CredentialStatus.ENDED

    def facts_of(credential: CredentialFacts, _: Here) -> dict[str, object]:
        rests_on = credential.rests_on
        if rests_on is None or rests_on.ground is not ground:
            return {"rests_on": None}
        return {"rests_on": ground, "over_from": rests_on.over_from, "status": credential.status}

    return Rule(reason, is_not_over, facts_of)


def _is_trained(credential: CredentialFacts, here: Here) -> bool:
    until = None if credential.rests_on is None else credential.rests_on.training_until
    return until is None or here.now < until


def _training_facts(credential: CredentialFacts, _: Here) -> dict[str, object]:
    return {"training_until": None if credential.rests_on is None else credential.rests_on.training_until}


def _is_of_a_year_not_over(credential: CredentialFacts, here: Here) -> bool:
    """A year of permits ends when the registry lets the next one take over, which every gate knows beforehand."""
    return credential.permit_year is None or here.now < credential.valid_until


def _year_facts(credential: CredentialFacts, here: Here) -> dict[str, object]:
    if credential.permit_year is None:
        return {"permit_year": None}
    return {"permit_year": credential.permit_year, "valid_until": credential.valid_until, "now": here.now}


def _has_begun(credential: CredentialFacts, here: Here) -> bool:
    return credential.valid_from <= here.now


def _begin_facts(credential: CredentialFacts, here: Here) -> dict[str, object]:
    return {"valid_from": credential.valid_from, "permit_year": credential.permit_year, "now": here.now}


def _is_not_expired(credential: CredentialFacts, here: Here) -> bool:
    return here.now < credential.valid_until


def _end_facts(credential: CredentialFacts, here: Here) -> dict[str, object]:
    return {"valid_until": credential.valid_until, "now": here.now}


def _is_of_this_site(credential: CredentialFacts, here: Here) -> bool:
    return here.site in credential.sites


def _site_facts(credential: CredentialFacts, here: Here) -> dict[str, object]:
    return {"site": here.site, "sites": sorted(credential.sites)}


def _is_cleared(credential: CredentialFacts, here: Here) -> bool:
    return here.closed is None or rights_of(credential).clearance >= here.closed.clearance


def _clearance_facts(credential: CredentialFacts, here: Here) -> dict[str, object]:
    closed = here.closed
    if closed is None:
        return {"closed": None}
    return {
        "area": closed.area,
        "lockdown": closed.lockdown,
        "threat_level": closed.threat_level,
        "clearance": rights_of(credential).clearance,
        "clearance_needed": closed.clearance,
    }


def _is_for_this_gate(credential: CredentialFacts, here: Here) -> bool:
    if credential.levels:
        schedule = here.schedule_of(credential)
        return schedule is not None and bool(schedule.levels)
    return credential.gates is None or here.gate in credential.gates


def _gate_facts(credential: CredentialFacts, here: Here) -> dict[str, object]:
    if credential.levels:
        schedule = here.schedule_of(credential)
        opening = [] if schedule is None else [level.id for level in schedule.levels]
        return {"gate": here.gate, "levels": credential.levels, "levels_here": opening}
    return {"gate": here.gate, "gates": None if credential.gates is None else sorted(credential.gates)}


def _hours_rule(reason: Reason, closed: Hours) -> Rule:
    def is_not_closed(credential: CredentialFacts, here: Here) -> bool:
        schedule = here.schedule_of(credential)
        return schedule is None or schedule.hours is not closed

    return Rule(reason, is_not_closed, _hours_facts)


def _hours_facts(credential: CredentialFacts, here: Here) -> dict[str, object]:
    schedule = here.schedule_of(credential)
    if schedule is None:
        return {"levels": None}
    today = schedule.today
    return {
        "minute": schedule.minute,
        "hours": schedule.hours,
        "day": today.kind,
        "day_known": today.is_known,
    }


def hours_today(schedule: Schedule) -> str:
    """The hours at which the gate opens on this day, `08:00-18:00 20:00-06:00`; empty: at none."""
    windows = windows_on(schedule.levels, schedule.today)
    return " ".join(f"{minute_text(begins)}-{minute_text(ends)}" for begins, ends in windows)


BY_ITSELF = (
    Rule(Reason.REPORTED_LOST, _is_not_lost, _status_facts),
    Rule(Reason.REVOKED, _is_not_revoked, _status_facts),
    Rule(Reason.SUSPENDED, _is_not_suspended, _status_facts),
    Rule(Reason.PERMIT_YEAR_OVER, _is_of_a_year_not_over, _year_facts),
    _ground_rule(Reason.LEASE_ENDED, Ground.TENANCY),
    _ground_rule(Reason.PROJECT_ENDED, Ground.PROJECT),
    Rule(Reason.NOT_YET_VALID, _has_begun, _begin_facts),
    Rule(Reason.EXPIRED, _is_not_expired, _end_facts),
    Rule(Reason.TRAINING_EXPIRED, _is_trained, _training_facts),
    Rule(Reason.WRONG_SITE, _is_of_this_site, _site_facts),
    Rule(Reason.LOCKDOWN, _is_cleared, _clearance_facts),
)
"""What turns on the credential and the moment, and on what is closed."""
AT_THE_GATE = (
    Rule(Reason.NO_LEVEL, _is_for_this_gate, _gate_facts),
    _hours_rule(Reason.HOLIDAY, Hours.HOLIDAY),
    _hours_rule(Reason.OUTSIDE_HOURS, Hours.OUTSIDE),
)
"""What turns on its levels, the gate and the hours."""
STANDING = (*BY_ITSELF, *AT_THE_GATE)
