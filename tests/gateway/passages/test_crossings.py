"""Crossings that a lane's sensor sees or does not see: where people are afterwards, and what use of a pass is counted."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway.desk import Desk
from gateway.passages import service as passages
from gateway.presence.models import Presence
from registry.access.facts import AccessFacts, CredentialFacts, Direction, LaneFacts, Passback
from registry.ids import LaneId
from registry.store import Store
from tests.fakes.clock import FixedClock
from tests.makers.gateway import (
    INSIDE,
    NORTH,
    OC1,
    SOUTH,
    RegistryByHand,
    a_card,
    a_gate,
    a_lane,
    access_facts,
    an_attempt,
)
from tests.makers.journal import answer, submit_before_start, told

pytestmark = pytest.mark.both_stores

GRANTED = ("granted", "ok")
SEEN_WITHIN = timedelta(seconds=10)
LANE = LaneId("oc1-north-1")


def facts(*credentials: CredentialFacts, lane: LaneFacts | None = None, **area: Any) -> AccessFacts:
    """Both gates have a sensor and forget who is inside, unless it is said otherwise."""
    watched = replace(lane or a_lane(), passage_seconds=10)
    known = access_facts(*(credentials or (a_card(),)), gates=(a_gate(NORTH, lanes=(watched,)), a_gate(SOUTH)))
    area = {"passback_people": Passback.SOFT} | area
    return replace(known, areas={**known.areas, INSIDE: replace(known.areas[INSIDE], **area)})


def inside(store: Store) -> list[str]:
    with store.read() as session:
        return [str(each) for each in session.scalars(select(Presence.entry_id))]


def seen(store: Store, clock: FixedClock) -> bool:
    with store.begin(clock.now()) as work:
        return passages.confirm(work.session, OC1, LANE, clock.now())


def test_of_two_reads_in_one_commit_the_one_that_was_seen_counts(
    make_desk: Callable[[], Desk], register: RegistryByHand, store: Store, clock: FixedClock
) -> None:
    register.facts = facts()
    desk = make_desk()
    first, _ = (each.result(10) for each in submit_before_start(desk, [an_attempt(), an_attempt()]))
    assert seen(store, clock)
    clock.advance(SEEN_WITHIN)
    assert desk.take_back(clock.now()) == 1
    assert inside(store) == [str(first.entry_id)]


def test_who_is_read_twice_and_passes_never_is_where_they_were(desk: Desk, store: Store, clock: FixedClock) -> None:
    desk.keeper._take(facts())
    for _ in range(2):
        answer(desk, an_attempt())
        clock.advance(timedelta(seconds=2))
    clock.advance(SEEN_WITHIN)
    assert desk.take_back(clock.now()) == 2
    assert inside(store) == []


@pytest.mark.parametrize("is_seen_elsewhere", [True, False])
def test_who_left_by_another_gate_is_not_put_back(
    desk: Desk, store: Store, clock: FixedClock, *, is_seen_elsewhere: bool
) -> None:
    """The first exit was not seen; at a gate without a sensor they left for good, at one that saw nobody they did not."""
    known = facts()
    desk.keeper._take(known)
    came = answer(desk, an_attempt(gate=SOUTH))
    assert told(answer(desk, an_attempt(direction=Direction.OUT))) == GRANTED
    clock.advance(timedelta(seconds=2))
    assert (
        told(answer(desk, an_attempt(direction=Direction.OUT, gate=SOUTH if is_seen_elsewhere else NORTH))) == GRANTED
    )
    clock.advance(timedelta(seconds=8))
    desk.take_back(clock.now())
    clock.advance(SEEN_WITHIN)
    desk.take_back(clock.now())
    assert inside(store) == ([] if is_seen_elsewhere else [came["entry_id"]])


def test_a_crossing_of_a_clock_that_was_ahead_ends_when_it_is_put_right(
    desk: Desk, store: Store, clock: FixedClock
) -> None:
    desk.keeper._take(facts(lane=replace(a_lane(), interlock=True)))
    clock.advance(timedelta(hours=1))
    answer(desk, an_attempt())
    clock.advance(timedelta(hours=-1))
    assert desk.take_back(clock.now()) == 1
    assert inside(store) == []
