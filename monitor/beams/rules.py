"""What beams say of themselves: which interruption counts, whether a level sinks, which way somebody went. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from statistics import median
from typing import NamedTuple

from registry.clock import Instant
from registry.devices.facts import DeviceFacts
from registry.ids import DeviceAddress, ZoneId
from registry.messages.events import BeamInterrupted, Phase

INTERRUPTED = "dayuan.beam.interrupted"
DEGRADED = "dayuan.beam.degraded"
TESTED = "dayuan.beam.walk_test"
SINCE_THEN = timedelta(hours=24)
"""Levels of this stretch are what a beam has now."""
BEFORE_THAT = timedelta(days=7)
"""And these what it usually has (monitor catalogue, B06)."""
SUNK_DB = 6.0
"""A level that fell by more wants looking at: dirt, a branch, a post that leans (monitor catalogue, B06)."""
PASSING = timedelta(seconds=60)
"""Two neighbouring pairs that are broken within this are one who walks along the wall (monitor catalogue, B03)."""
TEST_DUE = timedelta(days=30)
"""A pair that nobody broke on purpose for so long is due (monitor catalogue, B10 and D12)."""
LONGEST_TEST = timedelta(hours=1)
"""Ours: a walk round the largest wall takes a third of it."""


def counts(beam: DeviceFacts, said: BeamInterrupted) -> bool:
    """Whether an interruption is that of a person, by what the register knows of the pair.

    One shorter than the pair's least duration is a leaf; of a pair with two or four beams a bird breaks one alone. What the device does
    not say is never held against an interruption.
    """
    if said.state is Phase.END:
        return False
    if beam.min_interruption_ms is not None and said.dur_ms is not None and said.dur_ms < beam.min_interruption_ms:
        return False
    broken_together = said.both or len(said.beam_ids) != 1
    return broken_together or beam.beams in (None, 1)


class Condition(StrEnum):
    """How a pair is; the first that holds, in this order, is told."""

    TAMPERED = "tampered"
    LINE_FAULT = "line_fault"
    OFFLINE = "offline"
    POWER_LOST = "power_lost"
    INTERRUPTED = "interrupted"
    WEAK = "weak"
    CLEAR = "clear"


STANDING: Mapping[str, Condition] = {
    "dayuan.beam.device_tamper": Condition.TAMPERED,
    "dayuan.beam.line_fault": Condition.LINE_FAULT,
    "dayuan.beam.power_lost": Condition.POWER_LOST,
    INTERRUPTED: Condition.INTERRUPTED,
}
"""What a start says until its end is told."""


def condition(standing: Collection[str], *, online: bool | None, is_weak: bool) -> Condition:
    """How a pair is; `standing`: the types whose last word was a start."""
    found = {STANDING[type_] for type_ in standing if type_ in STANDING}
    if online is False:
        found.add(Condition.OFFLINE)
    if is_weak:
        found.add(Condition.WEAK)
    return next((each for each in Condition if each in found), Condition.CLEAR)


class Level(NamedTuple):
    """A received level at a moment, in decibels against that of the day when the pair was set up."""

    at: Instant
    db: float


class Trend(NamedTuple):
    """Medians of the last day and of the week before it, in decibels."""

    now_db: float
    usual_db: float

    @property
    def has_sunk(self) -> bool:
        return self.usual_db - self.now_db > SUNK_DB


def trend(levels: Sequence[Level], now: Instant) -> Trend | None:
    """How a level goes; None while one of the two stretches is silent."""
    lately = [level.db for level in levels if now - SINCE_THEN < level.at <= now]
    before = [level.db for level in levels if now - SINCE_THEN - BEFORE_THAT < level.at <= now - SINCE_THEN]
    return Trend(median(lately), median(before)) if lately and before else None


class Interruption(NamedTuple):
    """A pair that was broken."""

    beam: DeviceAddress
    zone: ZoneId
    at: Instant


class Movement(NamedTuple):
    """Somebody broke the pairs of two neighbouring zones, one after the other."""

    came_from: Interruption
    to: Interruption


def movements(
    broken: Iterable[Interruption], neighbours: Mapping[ZoneId, Collection[ZoneId]], *, within: timedelta = PASSING
) -> list[Movement]:
    """For each interruption the last one before it in a neighbouring zone, if there was one: which way somebody went."""
    last: dict[ZoneId, Interruption] = {}
    found = []
    for each in sorted(broken, key=lambda one: (one.at, one.beam)):
        beside = [last[zone] for zone in neighbours.get(each.zone, ()) if zone in last]
        before = max(beside, key=lambda one: one.at, default=None)
        if before is not None and timedelta() < each.at - before.at <= within:
            found.append(Movement(before, each))
        last[each.zone] = each
    return found


def is_due(tested_at: Instant | None, now: Instant) -> bool:
    return tested_at is None or now - tested_at > TEST_DUE
