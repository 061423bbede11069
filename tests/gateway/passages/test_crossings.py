"""Crossings that a lane's sensor sees or does not see: where people are afterwards, and what use of a pass is counted."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from gateway.circumstances import queries
from gateway.circumstances.models import CredentialUse
from gateway.desk import Desk
from gateway.entries.models import Entry
from gateway.entries.service import decide_refer
from gateway.passages import service as passages
from gateway.passages.service import OpenedBecause
from gateway.presence.models import Presence
from gateway.presence.service import ForgivenBecause, forgive
from registry.access.facts import AccessFacts, CredentialFacts, Direction, GateRights, LaneFacts, Passback
from registry.ids import LaneId, derived_id
from registry.messages.reasons import Verdict
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
    a_holder,
    a_lane,
    access_facts,
    an_attempt,
    card_shown,
)
from tests.makers.journal import answer, hear, submit_before_start, told

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
    hear(desk, facts())
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
    hear(desk, known)
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
    hear(desk, facts(lane=replace(a_lane(), interlock=True)))
    clock.advance(timedelta(hours=1))
    answer(desk, an_attempt())
    clock.advance(timedelta(hours=-1))
    assert desk.take_back(clock.now()) == 1
    assert inside(store) == []


def once(name: str, **rights: Any) -> CredentialFacts:
    """A card that lets in once, of somebody with these rights."""
    holder = replace(a_holder(name), rights=GateRights(**rights))
    return replace(a_card(derived_id("card", name).hex[:8].upper(), holder=holder), entries_allowed=1)


def show(desk: Desk, card: CredentialFacts, **more: Any) -> dict[str, Any]:
    return answer(desk, an_attempt(card_shown(card.key), **more))


def let_in(store: Store, entry_id: str, clock: FixedClock) -> None:
    """As the guard does: a refer is decided, a denial overridden."""
    with store.begin(clock.now()) as work:
        entry = work.session.get_one(Entry, UUID(entry_id))
        if entry.verdict is Verdict.REFER:
            decide_refer(
                work.session,
                entry,
                verdict=Verdict.GRANTED,
                because="known",
                words="",
                by="guard",
                attempt_key=b"k",
                now=clock.now(),
            )
        else:
            passages.override(
                work.session,
                entry,
                because=OpenedBecause.KNOWN_PERSON,
                words="",
                by="guard",
                attempt_key=b"k",
                now=clock.now(),
            )


def uses(store: Store) -> list[int]:
    with store.read() as session:
        return list(session.scalars(select(CredentialUse.entries)))


@pytest.mark.parametrize("area", [{}, {"capacity_people": 0}], ids=["refer", "denied"])
def test_whom_the_guard_let_in_has_used_their_card_and_is_waited_for_by_the_sensor(
    desk: Desk, store: Store, clock: FixedClock, area: dict[str, Any]
) -> None:
    guest = once("客人", needs_escort=not area)
    hear(desk, facts(guest, **area))
    for _ in range(2):
        asked = show(desk, guest)
        let_in(store, asked["entry_id"], clock)
        assert uses(store) == [1]
        assert inside(store) == [asked["entry_id"]]
        clock.advance(SEEN_WITHIN)
        desk.take_back(clock.now())  # nobody passed
        assert (uses(store), inside(store)) == ([0], [])
    let_in(store, show(desk, guest)["entry_id"], clock)
    assert seen(store, clock)
    assert not seen(store, clock)
    hear(desk, facts(replace(guest, holder=a_holder("客人"))))
    assert told(show(desk, guest)) == ("denied", "already_used")


def test_both_of_two_people_have_used_their_cards_and_are_waited_for_by_the_sensor(
    desk: Desk, store: Store, clock: FixedClock
) -> None:
    first, second = once("张三"), once("李四")
    hear(desk, facts(first, second, two_person=True))
    assert told(show(desk, first)) == ("refer", "second_person_missing")
    assert told(show(desk, second)) == GRANTED
    assert uses(store) == [1, 1]
    assert seen(store, clock)
    clock.advance(SEEN_WITHIN)
    assert desk.take_back(clock.now()) == 1
    assert sorted(uses(store)) == [0, 1]
    assert len(inside(store)) == 1


def test_a_guard_waits_for_the_gate_that_lets_in_a_second_person(
    desk: Desk, store: Store, clock: FixedClock, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    """Each has what the other wants: the guard the first one's entry, the gate where the first one is."""
    first, second = once("张三"), once("李四")
    hear(desk, facts(first, second, two_person=True))
    asked = show(desk, first)
    if store.engine.dialect.name != "postgresql":
        return  # there one writes at a time
    with ThreadPoolExecutor(1) as guard:
        with store.begin_beside(clock.now()) as gate:
            queries.lock(gate.session.connection(), [queries.lane_of(LANE)])
            deciding = guard.submit(let_in, store, asked["entry_id"], clock)
            eventually(lambda: deciding.done() or _is_waited(store))
            assert not deciding.done()
            free = select(Entry.id).where(Entry.id == UUID(asked["entry_id"])).with_for_update(nowait=True)
            assert gate.session.scalars(free).all()
        deciding.result(30)
    assert inside(store) == [asked["entry_id"]]


def _is_waited(store: Store) -> bool:
    waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with store.read() as session:
        return bool(session.scalar(waits))


def test_who_was_forgiven_and_did_not_pass_is_forgiven_still(desk: Desk, store: Store, clock: FixedClock) -> None:
    hear(desk, facts(passback_people=Passback.HARD))
    came = answer(desk, an_attempt(gate=SOUTH))
    with store.begin(clock.now()) as work:
        missed = ForgivenBecause.EXIT_MISSED
        assert forgive(work.session, OC1, subject=None, area=None, because=missed, words="", by="g", now=clock.now())
    for _ in range(2):
        assert told(answer(desk, an_attempt())) == GRANTED
        clock.advance(SEEN_WITHIN)
        desk.take_back(clock.now())
        assert inside(store) == [came["entry_id"]]
    assert told(answer(desk, an_attempt(gate=SOUTH))) == GRANTED
    assert told(answer(desk, an_attempt(gate=SOUTH))) == ("denied", "passback")


def test_two_people_come_in_together_only_where_both_may(desk: Desk, store: Store) -> None:
    used, other, third = once("张三"), once("李四"), once("王五")
    hear(desk, facts(used, other, third))
    assert told(show(desk, used, gate=SOUTH)) == GRANTED
    assert told(show(desk, used, gate=SOUTH, direction=Direction.OUT)) == GRANTED
    hear(desk, facts(used, other, third, two_person=True, capacity_people=1))
    assert told(show(desk, used)) == ("refer", "second_person_missing")
    assert told(show(desk, other)) == ("refer", "second_person_missing")  # the first has no use left
    assert told(show(desk, third)) == ("denied", "area_full")  # there is no place for two
    assert inside(store) == []
