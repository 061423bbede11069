"""Who gains and who loses by a change, before it is made: both worlds are asked over the gates and moments of a week. Pure.

Which moments: what a gate says of a credential turns on the clock in steps only. A step is where a window of one of its
levels begins or ends, where a day begins (the calendar changes what the day is), and where the credential itself, what it
rests on, or a line of the deny list begins or ends. Between two steps both worlds say what they said at the first. So each
is asked at the first moment of each stretch between two steps, and a week asked so is a week asked at every moment.

A stretch in which both worlds have the same hours for a credential is asked for only if something else about it differs,
and of several with the same hours only the first, unless the credential itself begins or ends within the week. So a change
of one level costs its holders, and not everybody.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gateway.checks.rules import Decision
from gateway.explain.changes import Change, after, sites_of
from gateway.explain.who_can import Progress, by_unit_and_name
from gateway.explain.world import EASE, Asking, World
from registry.access.facts import CredentialFacts, CredentialKind, DenyEntry, GateFacts
from registry.clock import Instant, in_utc
from registry.ids import GateId, LevelId, SiteId
from registry.levels.rules import DAY, Hours

DAYS = 7
_STEP = 1000
"""Credentials between two words on progress."""


class Stretch(NamedTuple):
    """A time in which no window and no day begins or ends; `end` is not in it."""

    begin: Instant
    end: Instant


@dataclass(frozen=True, slots=True)
class Touched:
    """A credential for which something changes, where and when it does so first, and what is said before and after."""

    credential: CredentialFacts
    gate: GateId
    at: Instant
    before: Decision
    after: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Who gains and who loses within the week that begins with `day`. Who gains at one hour may lose at another."""

    day: date
    gains: Sequence[Touched]
    loses: Sequence[Touched]

    def people(self, touched: Sequence[Touched]) -> int:
        """How many people these are, however many cards each has."""
        return len(
            {
                each.credential.holder.id
                for each in touched
                if each.credential.holder is not None and each.credential.kind is not CredentialKind.PLATE
            }
        )


def what_if(
    world: World, change: Change, day: date, sites: frozenset[SiteId] | None, progress: Progress = lambda _: None
) -> Effect:
    """Say who gains and who loses at these compounds (None: all) in the week that begins with `day`.

    Raises:
        NothingToChange: the level or the area of the change is not there.

    """
    comparing = _Comparing(Asking(world), Asking(after(world, change)), day)
    where = sites_of(world, change)
    gates = [
        gate
        for gate in world.snapshot.facts.gates.values()
        if (where is None or gate.site in where) and (sites is None or gate.site in sites)
    ]
    gains, loses = [], []
    credentials = world.snapshot.credentials
    for number, before in enumerate(credentials.values()):
        if number % _STEP == 0:
            progress(number / len(credentials))
        gained = lost = None
        for touched in comparing.differences(before, gates):
            is_easier = EASE[touched.after.verdict] > EASE[touched.before.verdict]
            gained, lost = (gained or touched, lost) if is_easier else (gained, lost or touched)
            if gained is not None and lost is not None:
                break
        gains += [gained] if gained is not None else []
        loses += [lost] if lost is not None else []
    for those in (gains, loses):
        those.sort(key=lambda each: by_unit_and_name(each.credential))
    return Effect(day=day, gains=gains, loses=loses)


_Levels = tuple[LevelId, ...]
_Hours = tuple[bool, Hours] | None
"""Whether a level opens the gate at all, and what its hours say; None: there is no level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Week:
    """The stretches of a week, all of them and those of other hours; and of each kind of hours only the first."""

    all: Sequence[Stretch]
    of_other_hours: Sequence[Stretch]
    first_of_all: Sequence[Stretch]
    first_of_other_hours: Sequence[Stretch]

    @property
    def begin(self) -> Instant:
        return self.all[0].begin

    @property
    def end(self) -> Instant:
        return self.all[-1].end

    def to_ask(self, *, is_other: bool, each: bool) -> Sequence[Stretch]:
        """Which to ask for: where not only hours differ all, and every single one where it makes a difference."""
        if is_other:
            return self.all if each else self.first_of_all
        return self.of_other_hours if each else self.first_of_other_hours


def _week(stretches: Sequence[tuple[Stretch, tuple[_Hours, _Hours]]]) -> _Week:
    first: dict[tuple[_Hours, _Hours], Stretch] = {}
    for stretch, hours in stretches:
        first.setdefault(hours, stretch)
    return _Week(
        all=[stretch for stretch, _ in stretches],
        of_other_hours=[stretch for stretch, (before, then) in stretches if before != then],
        first_of_all=list(first.values()),
        first_of_other_hours=[stretch for (before, then), stretch in first.items() if before != then],
    )


@dataclass(slots=True)
class _Comparing:
    """Asks two worlds the same, and remembers what those with the same levels have in common."""

    before: Asking
    after: Asking
    day: date
    _weeks: dict[tuple[_Levels, _Levels, GateId], _Week] = field(default_factory=dict)
    """Of credentials with these levels before and after, at a gate."""

    def differences(self, credential: CredentialFacts, gates: Sequence[GateFacts]) -> Iterator[Touched]:
        """Where and when the two worlds say something else, the first moment of each stretch."""
        then = self.after.world.snapshot.credentials[credential.id]
        own = self._own_steps(credential)
        for gate in gates:
            if gate.site not in credential.sites:
                continue
            week = self._week(credential, then, gate)
            is_other = self._is_judged_otherwise(credential, gate)
            # What is asked of all who come in makes it for each of them easier or harder, and not both.
            is_one_way = credential is then and not week.of_other_hours and not self._is_denied_otherwise(credential)
            begins_or_ends = any(week.begin < step < week.end for step in own)
            for stretch in week.to_ask(is_other=is_other, each=begins_or_ends):
                for at in (stretch.begin, *(step for step in own if stretch.begin < step < stretch.end)):
                    was, will_be = self.before.decision(credential, gate, at), self.after.decision(then, gate, at)
                    if EASE[was.verdict] != EASE[will_be.verdict]:
                        yield Touched(credential, gate.id, at, was, will_be)
                        if is_one_way:
                            return

    def _is_judged_otherwise(self, credential: CredentialFacts, gate: GateFacts) -> bool:
        """Whether something differs for it beside hours: the deny list, or what is asked of all who come in."""
        return self.before.entrance(gate) != self.after.entrance(gate) or self._is_denied_otherwise(credential)

    def _is_denied_otherwise(self, credential: CredentialFacts) -> bool:
        return self._denials(self.before, credential) != self._denials(self.after, credential)

    def _denials(self, asking: Asking, credential: CredentialFacts) -> tuple[DenyEntry, ...]:
        return asking.world.snapshot.denied_with_key(credential.kind, credential.key)

    def _own_steps(self, credential: CredentialFacts) -> tuple[Instant, ...]:
        """Where the credential itself begins and ends, what it rests on, and the lines of the deny list that stop it."""
        rests_on = credential.rests_on
        grounds = () if rests_on is None else (rests_on.over_from, rests_on.training_until)
        lines = (line.valid_until for line in self._denials(self.after, credential))
        ends = (step for step in (*grounds, *lines) if step is not None)
        return (credential.valid_from, credential.valid_until, *ends)

    def _week(self, credential: CredentialFacts, then: CredentialFacts, gate: GateFacts) -> _Week:
        key = credential.levels, then.levels, gate.id
        known = self._weeks.get(key)
        if known is None:
            timezone = self.before.world.snapshot.timezones[gate.site]
            minutes = self._minutes(self.before, credential.levels) | self._minutes(self.after, then.levels)
            stretches = [Stretch(*pair) for pair in pairwise(steps_of(self.day, minutes, timezone))]
            hours = [
                (self._hours(self.before, credential, gate, each), self._hours(self.after, then, gate, each))
                for each in stretches
            ]
            known = self._weeks[key] = _week(list(zip(stretches, hours, strict=True)))
        return known

    def _minutes(self, asking: Asking, levels: _Levels) -> set[int]:
        """Minutes of a day, or of the day after it from 1440 on, at which windows of these levels begin and end."""
        facts = asking.world.snapshot.facts.levels
        known = [facts[level] for level in levels if level in facts]
        return {minute for level in known for day in level.week for window in day for minute in window}

    def _hours(self, asking: Asking, credential: CredentialFacts, gate: GateFacts, stretch: Stretch) -> _Hours:
        schedule = asking.schedule(credential, gate, stretch.begin)
        if schedule is None:
            return None
        return bool(schedule.levels), schedule.hours


def steps_of(day: date, minutes: set[int], timezone: ZoneInfo) -> list[Instant]:
    """The moments of a week, on the clock of a compound, at which one of these minutes or a day begins; and the week's end."""
    begin, end = _midnight(day, timezone), _midnight(day + timedelta(days=DAYS), timezone)
    found = {begin, end}
    for number in range(-1, DAYS):  # the evening before reaches into the first day
        that = day + timedelta(days=number)
        found.add(_midnight(that, timezone))
        for minute in minutes:
            local = datetime.combine(that + timedelta(days=minute // DAY), datetime.min.time(), timezone)
            found.add(in_utc(local.replace(hour=minute % DAY // 60, minute=minute % 60)))
    return sorted(step for step in found if begin <= step <= end)


def _midnight(day: date, timezone: ZoneInfo) -> Instant:
    return in_utc(datetime.combine(day, datetime.min.time(), timezone))
