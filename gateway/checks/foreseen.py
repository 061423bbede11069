"""What the rules say of a credential, kept for as long as they say it, so that a gate need not ask them each time.

No rule stands here a second time: they are asked once, with a moment that notes what it is compared with, and between
two such moments their answer cannot change. What they want to know beyond the credential, the moment and the hours of
its levels is not foreseen, and then they are asked as ever: who is where, what is closed, a lane, a guard.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, NamedTuple, NoReturn, cast
from zoneinfo import ZoneInfo

from gateway.checks import rules
from gateway.checks.circumstances import NOTHING_PARTICULAR
from gateway.checks.question import Question
from gateway.checks.rules import Decision
from gateway.checks.shown import PassShown, PermitShown, PlateShown, Shown
from gateway.checks.standing import AT_THE_GATE, BY_ITSELF, Here, Rule, Schedule, choose
from registry.access.facts import (
    AccessFacts,
    CredentialFacts,
    CredentialKind,
    DenyEntry,
    Direction,
    LevelFacts,
    SiteCalendar,
)
from registry.calendar.rules import NOTHING_KNOWN, day_at
from registry.clock import Instant
from registry.ids import GateId, SiteId
from registry.levels.rules import DAY
from registry.messages.reasons import Verdict

MOST_DAYS = 8
"""Days whose hours are kept, of each site."""
_EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_PLATE, _QR = CredentialKind.PLATE, CredentialKind.QR
_NOT_ASKED, _OPEN = 0, 1
Key = tuple[CredentialKind | Literal["beside"], str]
"""What is shown; or `beside` and a permit's id, under which the plates are that the permit has beside its own."""


class _TurnsOnMore(Exception):
    """A rule wants to know what is not foreseen."""


class _Kept(NamedTuple):
    """What the rules say of whatever has a key, from one moment to another."""

    since: Instant
    until: Instant
    sight: object
    """The form of the plate or whether the pass was signed, when they were asked; of other kinds nothing."""
    levels: int | None
    """One bit for each of its levels, whose hours are asked beside; None: it has none, or they do not matter."""
    decision: Decision | None
    """None: it turns on more."""


@dataclass(slots=True)
class _Noting:
    """A moment that notes the nearest moments on both sides that it is compared with.

    From `since` until before `until` each comparison says the same. Intervals are half-open, so there are two
    comparisons only; a rule that makes another is told so by Python.
    """

    value: Any
    since: Any
    until: Any

    def __lt__(self, other: Any) -> bool:
        if self.value < other:
            self.until = min(self.until, other)
            return True
        self.since = max(self.since, other)
        return False

    def __ge__(self, other: Any) -> bool:
        return not self < other

    def __add__(self, minutes: int) -> "_Later":
        return _Later(self, minutes)


@dataclass(frozen=True, slots=True)
class _Later:
    """The same moment as another clock counts it."""

    noting: _Noting
    by: int

    def __lt__(self, other: int) -> bool:
        return self.noting < other - self.by

    def __ge__(self, other: int) -> bool:
        return not self < other


@dataclass(slots=True, kw_only=True)
class _Anywhere:
    """A question of which only this is known: nobody is inside, and nothing particular is so."""

    shown: Shown
    site: SiteId
    now: _Noting
    denied: tuple[DenyEntry, ...]
    direction: Direction = Direction.IN
    inside: None = None
    closed: None = None
    circumstances: object = NOTHING_PARTICULAR

    def __getattr__(self, name: str) -> NoReturn:
        raise _TurnsOnMore(name)

    def schedule_of(self, credential: CredentialFacts) -> None:
        if credential.levels:
            raise _TurnsOnMore("schedule")


@dataclass(frozen=True, slots=True)
class _WithLevels:
    """A credential of which is only known that it has levels."""

    levels: bool = True

    def __getattr__(self, name: str) -> NoReturn:
        raise _TurnsOnMore(name)


@dataclass(frozen=True, slots=True)
class _AtThatHour:
    """A place of which only the hours are known."""

    schedule: Schedule

    def __getattr__(self, name: str) -> NoReturn:
        raise _TurnsOnMore(name)

    def schedule_of(self, _credential: CredentialFacts) -> Schedule:
        return self.schedule


_WITH_LEVELS = _WithLevels()


@dataclass(slots=True)
class _OfSite:
    """What is kept of one site."""

    id: SiteId
    timezone: ZoneInfo
    calendar: SiteCalendar
    kept: dict[CredentialKind, dict[str, _Kept]] = field(default_factory=lambda: {kind: {} for kind in CredentialKind})
    days: dict[int, dict[int, bytearray]] = field(default_factory=dict)
    """By day (UTC) and levels: for each minute the number of what the rules say of them."""


class _Place(NamedTuple):
    of_site: _OfSite
    kept: Mapping[CredentialKind, Mapping[str, _Kept]]
    days: Mapping[int, Mapping[int, bytearray]]
    opened_by: int
    """One bit for each level that opens the gate."""


class Foreseen:
    """What the rules say at the gates where nobody is inside and nothing particular is so. Belongs to one snapshot."""

    def __init__(
        self,
        facts: AccessFacts,
        timezones: Mapping[SiteId, ZoneInfo],
        by_key: Mapping[Key, tuple[CredentialFacts, ...]],
        denied_by_key: Mapping[Key, tuple[DenyEntry, ...]],
    ) -> None:
        self._facts = facts
        self._by_key = by_key
        self._denied_by_key = denied_by_key
        self._levels: tuple[LevelFacts, ...] = tuple(facts.levels.values())
        self._bits = {level.id: 1 << number for number, level in enumerate(self._levels)}
        self._moments: dict[Instant, Instant] = {}
        self._pool: dict[_Kept, _Kept] = {}
        """Equal ones are one object: there are many credentials, and few levels and dates."""
        self._said: list[Decision | None] = [None, None]
        """By number; the first two are no denials."""
        self._sites = {
            site: _OfSite(site, zone, facts.calendars.get(site, NOTHING_KNOWN)) for site, zone in timezones.items()
        }
        here = (gate for gate in facts.gates.values() if gate.site in self._sites)
        self._places = {gate.id: self._place(gate.id, self._sites[gate.site]) for gate in here}

    def after(
        self,
        facts: AccessFacts,
        by_key: Mapping[Key, tuple[CredentialFacts, ...]],
        denied_by_key: Mapping[Key, tuple[DenyEntry, ...]],
        changed: Collection[Key],
    ) -> "Foreseen":
        """What is still so after the facts of these keys changed."""
        new = Foreseen(facts, {one.id: one.timezone for one in self._sites.values()}, by_key, denied_by_key)
        if facts.levels is not self._facts.levels or facts.calendars is not self._facts.calendars:
            return new
        new._said = self._said
        for site, old in self._sites.items():
            of_site = new._sites[site]
            for kind, kept in old.kept.items():
                of_site.kept[kind].update(kept)
            of_site.days.update(old.days)
            for shown_as, key in changed:
                if shown_as != "beside":
                    of_site.kept[shown_as].pop(key, None)
        return new

    def verdict(self, shown: Shown, gate: GateId, now: Instant) -> Decision | None:
        """What `decide` says of it, in whatever direction; None: it turns on more, and must be asked."""
        place = self._places.get(gate)
        if place is None or now.tzinfo is not UTC:
            return None
        of_site, kept_of, days, opened_by = place
        kind = shown.kind
        kept = kept_of[kind].get(shown.key)
        if kept is None or not kept[0] <= now < kept[1]:
            kept = self._ask(shown, of_site, now)
            if kept is None:
                return None
        _, _, sight, levels, decision = kept
        if (kind is _PLATE or kind is _QR) and sight is not _sight(shown):
            return None
        if levels is None:
            return decision
        here = levels & opened_by
        minute = now.hour * 60 + now.minute
        day = days.get(now.toordinal())
        hours = None if day is None else day.get(here)
        said = _NOT_ASKED if hours is None else hours[minute]
        if said == _NOT_ASKED:
            said = self._ask_hours(of_site, here, now)
        return decision if said == _OPEN else self._said[said]

    def _place(self, gate: GateId, of_site: _OfSite) -> _Place:
        opened_by = sum(self._bits[level.id] for level in self._levels if gate in level.gates)
        return _Place(of_site, of_site.kept, of_site.days, opened_by)

    def _ask(self, shown: Shown, of_site: _OfSite, now: Instant) -> _Kept | None:
        """Ask the rules about whatever has this key, and keep what they say; what has none is not kept."""
        key: Key = (shown.kind, shown.key)
        known, denied = self._by_key.get(key, ()), self._denied_by_key.get(key, ())
        if isinstance(shown, PermitShown) or not (known or denied):
            return None
        noting = _Noting(now, *_EVER)
        here = _Anywhere(shown=shown, site=of_site.id, now=noting, denied=denied)
        try:
            levels, decision = self._said_of(known, here)
        except _TurnsOnMore:
            levels, decision = None, None
        since, until = (self._moments.setdefault(one, one) for one in (noting.since, noting.until))
        kept = _Kept(since, until, _sight(shown), levels, decision)
        kept = self._pool.setdefault(kept, kept)
        # Under the key of the facts, which is there already, and not under that of whoever asked.
        own = known[0].key if known and known[0].key == shown.key else shown.key
        of_site.kept[shown.kind][own] = kept
        return kept

    def _said_of(self, known: tuple[CredentialFacts, ...], here: _Anywhere) -> tuple[int | None, Decision | None]:
        question = cast("Question", here)
        by_sight = rules.decided_by_sight(question)
        if by_sight is not None:
            return None, by_sight
        credential = choose(known, question)
        if credential is None:
            return None, None
        broken = _first_broken(BY_ITSELF if credential.levels else (*BY_ITSELF, *AT_THE_GATE), credential, question)
        if broken is not None:
            return None, broken
        inward = rules.decided_by_situation(credential, question)
        here.direction = Direction.OUT
        outward = rules.decided_by_situation(credential, question)
        levels = None
        if credential.levels:
            levels = 0
            for level in credential.levels:
                levels |= self._bits.get(level, 0)
        return levels, inward if inward == outward else None

    def _ask_hours(self, of_site: _OfSite, here: int, now: Instant) -> int:
        """Ask the rules what these levels say now, and note it for as long as they say it on this day (UTC)."""
        local = now.astimezone(of_site.timezone)
        noting = _Noting(local.hour * 60 + local.minute, 0, DAY)
        said = self._number(self._said_at(of_site, here, local.date(), noting))
        day = of_site.days.get(now.toordinal())
        if day is None:
            while len(of_site.days) >= MOST_DAYS:
                of_site.days.pop(next(iter(of_site.days)))
            day = of_site.days.setdefault(now.toordinal(), {})
        hours = day.get(here)
        if hours is None:
            hours = day.setdefault(here, bytearray(DAY))
        minute = now.hour * 60 + now.minute
        began, ended = _straight(of_site.timezone, now)
        since = max(began, minute - (noting.value - noting.since))
        until = min(ended, minute + (noting.until - noting.value))
        hours[since:until] = bytes([said]) * (until - since)
        return said

    def _said_at(self, of_site: _OfSite, here: int, today: date, minute: _Noting) -> Decision | None:
        """The denial of who has these levels at a gate; None: they are open."""
        levels = []
        while here:
            levels.append(self._levels[here.bit_length() - 1])
            here ^= 1 << here.bit_length() - 1
        schedule = Schedule(
            levels=tuple(levels),
            today=day_at(of_site.calendar, today),
            yesterday=day_at(of_site.calendar, today - timedelta(days=1)),
            minute=cast("int", minute),
        )
        here_and_now = cast("Here", _AtThatHour(schedule))
        return _first_broken(AT_THE_GATE, cast("CredentialFacts", _WITH_LEVELS), here_and_now)

    def _number(self, said: Decision | None) -> int:
        if said is None:
            return _OPEN
        if said not in self._said:
            self._said.append(said)
        return self._said.index(said)


def _sight(shown: Shown) -> object:
    """What is seen of it beside its key."""
    if isinstance(shown, PlateShown):
        return shown.form
    return shown.signed if isinstance(shown, PassShown) else None


def _first_broken(standing: Iterable[Rule], credential: CredentialFacts, here: Here) -> Decision | None:
    for rule in standing:
        if not rule.holds(credential, here):
            return Decision(Verdict.DENIED, rule.reason)
    return None


def _straight(timezone: ZoneInfo, now: Instant) -> tuple[int, int]:
    """The minutes of the day (UTC) around now in which the site's clock is not put forward or back, as once a day it may be."""
    midnight = datetime(now.year, now.month, now.day, tzinfo=UTC)

    def offset(minute: int) -> timedelta | None:
        return (midnight + timedelta(minutes=minute)).astimezone(timezone).utcoffset()

    if offset(0) == offset(DAY - 1):
        return 0, DAY
    first = offset(0)
    changed = next(minute for minute in range(DAY) if offset(minute) != first)
    return (0, changed) if now.hour * 60 + now.minute < changed else (changed, DAY)
