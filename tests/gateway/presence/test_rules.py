"""How sure it is that somebody is inside: each doubt, what is learned of stays, and a day on which every tenth exit is missed."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.presence.rules import (
    DEFAULT_LIMITS,
    FEWEST_STAYS,
    Doubt,
    Kind,
    Known,
    assess,
    has_ended,
    kind_of,
    learned_limit,
    passed_together,
)
from registry.access.facts import CredentialKind, CredentialStatus, Ground, RestsOn
from registry.clock import Instant
from tests.fakes.clock import NOON
from tests.makers.gateway import a_card, a_moment, a_permit

HOUR = timedelta(hours=1)
FRESH = Known(kind=Kind.STAFF, since=NOON - HOUR)


def test_who_came_in_an_hour_ago_is_surely_inside() -> None:
    assert assess(FRESH, DEFAULT_LIMITS, NOON).is_sure


@pytest.mark.parametrize(
    ("known", "doubt"),
    [
        (replace(FRESH, since=NOON - 11 * HOUR), Doubt.STAYED_LONG),
        (replace(FRESH, credential_ended=True), Doubt.CREDENTIAL_ENDED),
        (replace(FRESH, is_passing=True), Doubt.PASSAGE_PENDING),
        (replace(FRESH, not_seen_in=True), Doubt.PASSAGE_NOT_SEEN),
        (replace(FRESH, not_seen_out=True), Doubt.EXIT_NOT_SEEN),
        (replace(FRESH, was_inside=True), Doubt.WAS_INSIDE),
        (replace(FRESH, tried_again=True), Doubt.TRIED_AGAIN),
        (replace(FRESH, not_alone=True), Doubt.NOT_ALONE),
    ],
)
def test_each_doubt_makes_unsure_and_is_told(known: Known, doubt: Doubt) -> None:
    assert assess(known, DEFAULT_LIMITS, NOON).doubts == (doubt,)


def test_a_resident_is_at_home_for_a_night_and_nobody_works_as_long() -> None:
    since = NOON - 12 * HOUR
    assert assess(Known(kind=Kind.RESIDENT, since=since), DEFAULT_LIMITS, NOON).is_sure
    assert not assess(Known(kind=Kind.STAFF, since=since), DEFAULT_LIMITS, NOON).is_sure


def test_one_stays_for_as_long_as_the_limit_says_and_not_a_moment_longer() -> None:
    at_its_end = replace(FRESH, since=NOON - DEFAULT_LIMITS[Kind.STAFF])
    assert assess(at_its_end, DEFAULT_LIMITS, NOON).is_sure
    assert not assess(at_its_end, DEFAULT_LIMITS, NOON + timedelta(microseconds=1)).is_sure


def test_what_somebody_is_follows_from_what_he_shows() -> None:
    card = a_card()
    of_tenant = replace(card, rests_on=RestsOn(ground=Ground.TENANCY, over_from=None))
    of_worker = replace(card, rests_on=RestsOn(ground=Ground.PROJECT, over_from=None))
    once = replace(card, entries_allowed=1)
    assert [kind_of(one, CredentialKind.CARD) for one in (card, of_tenant, of_worker, once, None)] == [
        Kind.STAFF,
        Kind.RESIDENT,
        Kind.WORKER,
        Kind.VISITOR,
        Kind.VISITOR,
    ]
    assert kind_of(a_permit(), CredentialKind.PLATE) is kind_of(None, CredentialKind.PERMIT) is Kind.VEHICLE


def test_a_credential_has_ended_by_the_rules_of_the_gates() -> None:
    moment = a_moment()
    assert not has_ended(a_card(gates=[]), moment), "that it does not open this gate is no end"
    assert has_ended(a_card(status=CredentialStatus.REVOKED), moment)
    assert has_ended(a_card(valid_until=NOON), moment)
    assert has_ended(a_card(rests_on=RestsOn(ground=Ground.TENANCY, over_from=NOON)), moment)


def test_who_passes_within_seconds_passes_together() -> None:
    assert passed_together(NOON, [NOON + timedelta(seconds=10)])
    assert not passed_together(NOON, [NOON - timedelta(seconds=11), NOON + timedelta(seconds=11)])


def test_of_a_few_stays_nothing_is_learned() -> None:
    assert learned_limit([HOUR] * (FEWEST_STAYS - 1), 0) is None
    assert learned_limit([HOUR] * FEWEST_STAYS, 0) == HOUR


@given(stays=st.lists(st.integers(1, 5000), min_size=FEWEST_STAYS, max_size=200), missed=st.integers(0, 100))
def test_the_more_exits_are_missed_the_sooner_one_is_unsure(stays: list[int], missed: int) -> None:
    lengths = [timedelta(minutes=minutes) for minutes in stays]
    few, many = learned_limit(lengths, missed), learned_limit(lengths, missed + 50)
    assert few is not None
    assert many is not None
    assert min(lengths) <= many <= few


# A compound of which we know the truth: 500 staff, 250 residents, some hundred callers a day, for two weeks.

MISSED = 0.1
BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
DAYS = 12


@dataclass(slots=True)
class Compound:
    """Who is inside in truth and by the records, moved along by events in the order of time."""

    chance: random.Random
    truly: set[str] = field(default_factory=set)
    recorded: dict[str, Known] = field(default_factory=dict)
    stays: dict[Kind, list[timedelta]] = field(default_factory=lambda: {kind: [] for kind in Kind})
    missed: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))

    def comes(self, who: str, kind: Kind, at: Instant) -> None:
        was_inside = who in self.recorded
        self.missed[kind] += was_inside
        self.truly.add(who)
        self.recorded[who] = Known(kind=kind, since=at, was_inside=was_inside)

    def goes(self, who: str, kind: Kind, at: Instant) -> None:
        self.truly.discard(who)
        if self.chance.random() >= MISSED and (known := self.recorded.pop(who, None)) is not None:
            self.stays[kind].append(at - known.since)

    def limits(self) -> Mapping[Kind, timedelta]:
        learned = {kind: learned_limit(self.stays[kind], self.missed[kind]) for kind in Kind}
        return {kind: limit or DEFAULT_LIMITS[kind] for kind, limit in learned.items()}


def _crossings(chance: random.Random) -> Iterator[tuple[Instant, str, Kind, bool]]:
    def at(day: int, hour: float, spread: float) -> Instant:
        return BEGIN + timedelta(days=day, hours=chance.gauss(hour, spread))

    for day in range(DAYS):
        for number in range(500):
            who = f"staff-{number}"
            yield at(day, 8, 0.3), who, Kind.STAFF, True
            if chance.random() < 0.3:
                yield at(day, 12, 0.2), who, Kind.STAFF, False
                yield at(day, 13.5, 0.2), who, Kind.STAFF, True
            yield at(day, 17.7, 0.5), who, Kind.STAFF, False
        for number in range(250):
            who = f"resident-{number}"
            yield at(day, 7.5, 0.7), who, Kind.RESIDENT, False
            yield at(day, 18.5, 1), who, Kind.RESIDENT, True
        for number in range(120):
            begin = at(day, 13, 2)
            yield begin, f"caller-{day}-{number}", Kind.VISITOR, True
            yield begin + timedelta(hours=chance.uniform(0.2, 2)), f"caller-{day}-{number}", Kind.VISITOR, False


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_on_a_day_with_every_tenth_exit_missed_the_sure_are_there_and_nobody_who_is_there_is_missing(seed: int) -> None:
    chance = random.Random(seed)
    compound = Compound(chance)
    crossings = sorted(_crossings(chance))
    listed = there = sure_of_all = 0
    hours = [BEGIN + timedelta(days=DAYS - 1, hours=hour) for hour in range(24)]
    limits: Mapping[Kind, timedelta] = DEFAULT_LIMITS
    for hour in hours:
        while crossings and crossings[0][0] <= hour:
            at, who, kind, is_in = crossings.pop(0)
            (compound.comes if is_in else compound.goes)(who, kind, at)
        if hour == hours[0]:
            limits = compound.limits()
        sure = {who for who, known in compound.recorded.items() if assess(known, limits, hour).is_sure}
        assert compound.truly <= set(compound.recorded), "who is inside is on the list, sure or unsure"
        if len(sure) >= 100:
            assert len(sure & compound.truly) / len(sure) >= 0.99, hour
        listed += len(sure)
        there += len(sure & compound.truly)
        sure_of_all += len(compound.truly)
    assert there / listed >= 0.99
    assert there / sure_of_all > 0.4, "a list on which nobody is sure would be right too"
