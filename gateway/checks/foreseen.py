"""What the rules say of a credential, kept for as long as they say it, so that a gate need not ask them each time.

No rule stands here a second time: they are asked once, with a moment that notes what it is compared with, and between
two such moments their answer cannot change. What they want to know beyond the credential, the moment and the hours of
its levels is not foreseen, and then they are asked as ever: who is where, what is closed, a lane, a guard.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, cast
from zoneinfo import ZoneInfo

from gateway.checks import rules
from gateway.checks.known import Key, Known
from gateway.checks.partly import WITH_LEVELS, Anywhere, AtThatHour, Noting, TurnsOnMore, somebody
from gateway.checks.question import Question
from gateway.checks.rules import Decision
from gateway.checks.shown import PassShown, PermitShown, PlateShown, Shown
from gateway.checks.standing import AT_THE_GATE, BY_ITSELF, Here, Rule, Schedule, choose
from registry.access.facts import (
    AccessFacts,
    CredentialFacts,
    CredentialKind,
    DayFacts,
    DenyEntry,
    Direction,
    LevelFacts,
    SiteCalendar,
)
from registry.calendar.rules import NOTHING_KNOWN, day_at
from registry.clock import Instant
from registry.ids import GateId, LevelId, SiteId
from registry.levels.rules import DAY
from registry.messages.reasons import Verdict

MOST_DAYS = 8
"""Days whose hours are kept, of each site."""
MOST_ALIKE = 4_096
"""So many sets of credentials that are alike but for their keys, holders and levels are known at a time."""
_EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_PLATE, _QR = CredentialKind.PLATE, CredentialKind.QR
_NOT_ASKED, _OPEN = 0, 1


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
class _OfSite:
    """What is kept of one site."""

    id: SiteId
    timezone: ZoneInfo
    calendar: SiteCalendar
    kept: dict[CredentialKind, dict[str, _Kept]] = field(default_factory=lambda: {kind: {} for kind in CredentialKind})
    facts_of: dict[date, tuple[DayFacts, DayFacts]] = field(default_factory=dict)
    """What the calendar says of a day and of the day before it."""
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
        known: Known,
        denied_by_key: Mapping[Key, tuple[DenyEntry, ...]],
    ) -> None:
        self._facts = facts
        self._known = known
        self._denied_by_key = denied_by_key
        self._levels: tuple[LevelFacts, ...] = tuple(facts.levels.values())
        self._bits = {level.id: 1 << number for number, level in enumerate(self._levels)}
        self._moments: dict[Instant, Instant] = {}
        self._pool: dict[_Kept, _Kept] = {}
        """Equal ones are one object: there are many credentials, and few levels and dates."""
        self._levels_in: dict[int, tuple[LevelFacts, ...]] = {}
        """By their bits."""
        self._alike: dict[tuple[object, ...], _Kept] = {}
        """What was said of one of those that are alike."""
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
        known: Known,
        denied_by_key: Mapping[Key, tuple[DenyEntry, ...]],
        changed: Collection[Key],
    ) -> "Foreseen":
        """What is still so after the facts of these keys changed."""
        new = Foreseen(facts, {one.id: one.timezone for one in self._sites.values()}, known, denied_by_key)
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
        if isinstance(shown, PermitShown):
            return None
        kind, key = shown.kind, shown.key
        denied = self._denied_by_key.get((kind, key), ())
        roll, row = self._known.roll, self._known.sole_row(kind, key)
        if row is None:
            known = self._known.with_key(kind, key)
            if not (known or denied):
                return None
            kept = self._asked(known, shown, of_site, now, denied)
        elif denied:
            kept = self._asked((somebody(roll, row),), shown, of_site, now, denied)
        else:
            kept = self._asked_of_row(row, shown, of_site, now)
        # Under the key as the roll has it, which is there already, and not under that of whoever asked.
        own = key if row is None or roll.key(row) != key else roll.key(row)
        of_site.kept[kind][own] = kept
        return kept

    def _asked_of_row(self, row: int, shown: Shown, of_site: _OfSite, now: Instant) -> _Kept:
        """What the rules say of a row of the roll: what they said of another that differs in its key, holder and levels only."""
        roll = self._known.roll
        terms, levels, (valid_from, valid_until) = roll.terms(row), roll.levels(row), roll.validity(row)
        # Of what is equal the roll has one object, and it lasts as long as this.
        alike = (
            *(id(terms), id(valid_from), id(valid_until), id(roll.rights(row))),
            *(of_site.id, _sight(shown), bool(levels)),
        )
        said = self._alike.get(alike)
        if said is None or not said.since <= now < said.until:
            said = self._asked((somebody(roll, row),), shown, of_site, now, ())
            if len(self._alike) >= MOST_ALIKE:
                self._alike.clear()
            self._alike[alike] = said
        if said.levels is None:
            return said
        kept = said._replace(levels=self._bits_of(levels))
        return self._pool.setdefault(kept, kept)

    def _asked(
        self,
        known: tuple[CredentialFacts, ...],
        shown: Shown,
        of_site: _OfSite,
        now: Instant,
        denied: tuple[DenyEntry, ...],
    ) -> _Kept:
        noting = Noting(now, *_EVER)
        here = Anywhere(shown=shown, site=of_site.id, now=noting, denied=denied)
        try:
            levels, decision = self._said_of(known, here)
        except TurnsOnMore:
            levels, decision = None, None
        since, until = (self._moments.setdefault(one, one) for one in (noting.since, noting.until))
        kept = _Kept(since, until, _sight(shown), levels, decision)
        return self._pool.setdefault(kept, kept)

    def _said_of(self, known: tuple[CredentialFacts, ...], here: Anywhere) -> tuple[int | None, Decision | None]:
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
        levels = self._bits_of(credential.levels) if credential.levels else None
        return levels, inward if inward == outward else None

    def _bits_of(self, levels: Iterable[LevelId]) -> int:
        bits = 0
        for level in levels:
            bits |= self._bits.get(level, 0)
        return bits

    def _of_bits(self, bits: int) -> Iterator[LevelFacts]:
        """The levels of these bits, in the order of all; of hundreds a credential has two or three."""
        while bits:
            lowest = bits & -bits
            yield self._levels[lowest.bit_length() - 1]
            bits ^= lowest

    def _ask_hours(self, of_site: _OfSite, here: int, now: Instant) -> int:
        """Ask the rules what these levels say now, and note it for as long as they say it on this day (UTC)."""
        local = now.astimezone(of_site.timezone)
        noting = Noting(local.hour * 60 + local.minute, 0, DAY)
        said = self._number(self._said_at(of_site, here, local.date(), noting))
        day = of_site.days.get(now.toordinal())
        if day is None:
            while len(of_site.days) >= MOST_DAYS:
                of_site.days.pop(next(iter(of_site.days)))
                of_site.facts_of.clear()
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

    def _said_at(self, of_site: _OfSite, here: int, today: date, minute: Noting) -> Decision | None:
        """The denial of who has these levels at a gate; None: they are open."""
        levels = self._levels_in.get(here)
        if levels is None:
            levels = self._levels_in[here] = tuple(self._of_bits(here))
        days = of_site.facts_of.get(today)
        if days is None:
            yesterday = today - timedelta(days=1)
            days = of_site.facts_of[today] = day_at(of_site.calendar, today), day_at(of_site.calendar, yesterday)
        schedule = Schedule(levels=levels, today=days[0], yesterday=days[1], minute=cast("int", minute))
        return _first_broken(AT_THE_GATE, WITH_LEVELS, cast("Here", AtThatHour(schedule)))

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
    changed = _changes_at(timezone, now.date())
    if changed is None:
        return 0, DAY
    return (0, changed) if now.hour * 60 + now.minute < changed else (changed, DAY)


@lru_cache(256)
def _changes_at(timezone: ZoneInfo, day: date) -> int | None:
    """The minute of the day (UTC) from which the clock is another; None: it is the same all day."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)

    def offset(minute: int) -> timedelta | None:
        return (midnight + timedelta(minutes=minute)).astimezone(timezone).utcoffset()

    first = offset(0)
    if offset(DAY - 1) == first:
        return None
    return next(minute for minute in range(DAY) if offset(minute) != first)
