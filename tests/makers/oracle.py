"""What a gate ought to answer, read from the closed table of reasons alone: slow, plain, and written without the code that it judges."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.checks.circumstances import Circumstances
from gateway.checks.question import Inside
from gateway.checks.shown import PassShown, PermitShown, PinShown, PlateShown, Shown
from registry.access.facts import (
    NO_RIGHTS,
    AccessFacts,
    CredentialFacts,
    CredentialKind,
    CredentialStatus,
    DayFacts,
    DayKind,
    Direction,
    GateFacts,
    Ground,
    HolidayRule,
    LaneFacts,
    LevelFacts,
    Passback,
)
from registry.clock import Instant
from registry.messages.reasons import Reason, Verdict
from registry.plates.grammar import PlateKind

VEHICLES = {CredentialKind.PLATE, CredentialKind.PERMIT}
LOST = {CredentialStatus.REPORTED_LOST, CredentialStatus.REPLACED}
GONE = {CredentialStatus.REVOKED, CredentialStatus.REPLACED, CredentialStatus.ENDED}
REFERRED = {
    Reason.PLATE_AMBIGUOUS,
    Reason.ESCORT_MISSING,
    Reason.SECOND_PERSON_MISSING,
    Reason.FIRST_PERSON_MISSING,
}
GRANTED = {Reason.OK, Reason.OK_SOFT_PASSBACK, Reason.OK_EMERGENCY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One attempt, with all that is known at that moment."""

    facts: AccessFacts
    gate: GateFacts
    lane: LaneFacts
    direction: Direction
    shown: Shown
    now: Instant
    inside: Inside | None
    circumstances: Circumstances

    @property
    def local(self) -> datetime:
        """The clock on the wall of the gate."""
        return self.now.astimezone(ZoneInfo(self.facts.timezones[self.gate.site])).replace(tzinfo=None)

    def day(self, day: date) -> DayFacts:
        calendar = self.facts.calendars.get(self.gate.site)
        ordinary = DayFacts(hours_of=day.weekday(), kind=None, is_known=False)
        return ordinary if calendar is None else calendar.days.get(day, ordinary)


def expected(case: Case) -> tuple[Verdict, Reason]:
    reason = reason_for(case)
    if reason in GRANTED:
        return Verdict.GRANTED, reason
    asks = reason in REFERRED or (reason is Reason.UNKNOWN_CREDENTIAL and case.lane.manned)
    return Verdict.REFER if asks else Verdict.DENIED, reason


def reason_for(case: Case) -> Reason:
    shown, held = case.shown, chosen(case)
    if is_listed(case, held):
        return Reason.DENIED_LIST
    if isinstance(shown, PlateShown) and shown.form in {PlateKind.POLICE, PlateKind.EMERGENCY}:
        return Reason.OK_EMERGENCY
    if isinstance(shown, PassShown) and not shown.signed:
        return Reason.BAD_SIGNATURE
    if isinstance(shown, PlateShown) and shown.form is None:
        return Reason.PLATE_AMBIGUOUS
    if held is None:
        return Reason.UNKNOWN_CREDENTIAL
    return fault(case, held) or hindrance(case, held) or welcome(case)


def is_listed(case: Case, held: CredentialFacts | None) -> bool:
    """A permit's number stands for its plate."""
    names: set[tuple[CredentialKind, str]] = {(case.shown.kind, case.shown.key)}
    if isinstance(case.shown, PermitShown) and held is not None:
        names = {(held.kind, held.key)}
    return any(
        (line.kind, line.key) in names
        and (line.sites is None or case.gate.site in line.sites)
        and (line.valid_until is None or case.now < line.valid_until)
        for line in case.facts.denied
    )


def is_named(one: CredentialFacts, shown: Shown) -> bool:
    if isinstance(shown, PermitShown):
        return one.permit_number == shown.key and one.permit in {None, one.id}
    return one.kind is shown.kind and (
        one.key == shown.key or (isinstance(shown, PinShown) and one.duress_key == shown.key)
    )


def chosen(case: Case) -> CredentialFacts | None:
    """What would open here and now; where nothing would, what has the fault worth telling: a permit in its year first."""
    named = [one for one in case.facts.credentials if is_named(one, case.shown)]
    return max(
        [one for one in named if fault(case, one) is None] or named,
        key=lambda one: (
            bool(one.permit or one.permit_year) and one.valid_from <= case.now < one.valid_until,
            one.status not in GONE,
            one.permit_year or 0,
            one.valid_from,
            one.id,
        ),
        default=None,
    )


def fault(case: Case, held: CredentialFacts) -> Reason | None:
    """Orders 5 to 8: what is wrong with the credential itself, here and now."""
    now, rests, rights = case.now, held.rests_on, held.holder.rights if held.holder else NO_RIGHTS
    closed = case.circumstances.closed if case.direction is Direction.IN else None
    is_ended = held.status is CredentialStatus.ENDED
    over = rests is not None and (is_ended or (rests.over_from is not None and rests.over_from <= now))
    tests = (
        (held.status in LOST, Reason.REPORTED_LOST),
        (held.status is CredentialStatus.REVOKED or (is_ended and rests is None), Reason.REVOKED),
        (held.status is CredentialStatus.SUSPENDED, Reason.SUSPENDED),
        (held.permit_year is not None and now >= held.valid_until, Reason.PERMIT_YEAR_OVER),
        (over and rests is not None and rests.ground is Ground.TENANCY, Reason.LEASE_ENDED),
        (over, Reason.PROJECT_ENDED),
        (now < held.valid_from, Reason.NOT_YET_VALID),
        (now >= held.valid_until, Reason.EXPIRED),
        (
            rests is not None and rests.training_until is not None and rests.training_until <= now,
            Reason.TRAINING_EXPIRED,
        ),
        (case.gate.site not in held.sites, Reason.WRONG_SITE),
        (closed is not None and rights.clearance < (5 if closed.lockdown else closed.threat_level), Reason.LOCKDOWN),
    )
    return next((reason for is_so, reason in tests if is_so), None) or closed_by_level(case, held)


def closed_by_level(case: Case, held: CredentialFacts) -> Reason | None:
    if not held.levels:
        return None if held.gates is None or case.gate.id in held.gates else Reason.NO_LEVEL
    levels = [case.facts.levels[level] for level in held.levels if level in case.facts.levels]
    levels = [level for level in levels if case.gate.id in level.gates]
    if not levels:
        return Reason.NO_LEVEL
    if any(is_open(case, level) for level in levels):
        return None
    today = case.day(case.local.date()).kind
    if today is DayKind.HOLIDAY and all(level.holidays is HolidayRule.CLOSED for level in levels):
        return Reason.HOLIDAY
    if any(is_open(case, level, ordinary=True) for level in levels):
        return Reason.HOLIDAY
    return Reason.OUTSIDE_HOURS


def is_open(case: Case, level: LevelFacts, *, ordinary: bool = False) -> bool:
    """Whether a window that began today or yesterday holds now; `ordinary`: as if these days were no holidays."""
    for day in (case.local.date(), case.local.date() - timedelta(days=1)):
        facts, midnight = case.day(day), datetime.combine(day, time())
        is_off = facts.kind is DayKind.HOLIDAY and not ordinary
        has_windows = {HolidayRule.AS_USUAL: True, HolidayRule.CLOSED: not is_off, HolidayRule.ONLY: is_off}
        for begins, ends in level.week[facts.hours_of] if has_windows[level.holidays] else ():
            if midnight + timedelta(minutes=begins) <= case.local < midnight + timedelta(minutes=ends):
                return True
    return False


def is_back(case: Case) -> bool:
    """Whether who comes in is known to be in already."""
    area = case.facts.areas.get(case.lane.to_area)
    if area is None or case.inside is None or case.inside.forgiven or case.inside.area != area.id:
        return False
    minutes = area.passback_minutes
    return minutes is None or case.now < case.inside.since + timedelta(minutes=minutes)


def policy(case: Case) -> Passback:
    area = case.facts.areas.get(case.lane.to_area)
    if area is None or case.direction is Direction.OUT:
        return Passback.OFF
    return area.passback_vehicles if case.shown.kind in VEHICLES else area.passback_people


def hindrance(case: Case, held: CredentialFacts) -> Reason | None:
    """Orders 9 to 11: what hinders who may otherwise pass; who leaves is asked for a free lane only."""
    here, rights = case.circumstances, held.holder.rights if held.holder else NO_RIGHTS
    comes = case.direction is Direction.IN
    walks = comes and case.shown.kind not in VEHICLES
    blocked = isinstance(case.shown, PinShown) and case.now < (here.blocked_until or datetime.min.replace(tzinfo=UTC))
    used = held.entries_allowed is not None and here.uses is not None and here.uses >= held.entries_allowed
    is_counted = case.inside is not None and case.inside.area == case.lane.to_area
    is_full = here.counted is not None and here.capacity is not None and here.counted >= here.capacity
    tests = (
        (isinstance(case.shown, PermitShown) and not case.lane.manned, Reason.PLATE_AMBIGUOUS),
        (blocked, Reason.TOO_MANY_ATTEMPTS),
        (walks and rights.needs_escort and here.escort is None, Reason.ESCORT_MISSING),
        (walks and here.asks_for_two and here.beside is None, Reason.SECOND_PERSON_MISSING),
        (walks and here.first_is_in is False and not rights.first_person, Reason.FIRST_PERSON_MISSING),
        (policy(case) is Passback.HARD and is_back(case), Reason.PASSBACK),
        (comes and used, Reason.ALREADY_USED),
        (comes and here.sharing is not None, Reason.QUOTA_FULL),
        (comes and is_full and not is_counted, Reason.AREA_FULL),
        (here.lane is not None, Reason.INTERLOCK),
    )
    return next((reason for is_so, reason in tests if is_so), None)


def welcome(case: Case) -> Reason:
    return Reason.OK_SOFT_PASSBACK if policy(case) is Passback.SOFT and is_back(case) else Reason.OK
