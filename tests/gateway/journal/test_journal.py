"""Attempts decided and written down, many in one commit, each exactly once."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from pydantic import TypeAdapter
from sqlalchemy import select, text

from gateway.checks.attempts import (
    Attempt,
    AttemptReused,
    NoSuchGate,
    NoSuchLane,
    NotWrittenDown,
    WrongDirection,
)
from gateway.checks.question import Question
from gateway.checks.rules import decide
from gateway.checks.shown import Shown
from gateway.desk import Desk
from gateway.entries.models import Entry
from gateway.presence import queries as presence
from gateway.presence.models import Presence
from gateway.presence.queries import Overtaken
from gateway.room import Outbox
from registry.access.facts import CredentialStatus, Direction
from registry.ids import GateId, LaneId
from registry.store import Store
from tests.fakes.clock import NOON, FixedClock
from tests.makers.gateway import (
    CARD,
    ELSEWHERE,
    INSIDE,
    NORTH,
    OC1,
    PLATE,
    SOUTH,
    RegistryByHand,
    a_card,
    a_deny_entry,
    a_gate,
    a_holder,
    a_lane,
    a_permit,
    access_facts,
    an_attempt,
    card_shown,
    changes,
    inside_since,
    plate_shown,
)
from tests.makers.journal import answer, body, entries, submit_before_start, told

pytestmark = pytest.mark.both_stores


@pytest.fixture(autouse=True)
def facts(register: RegistryByHand) -> None:
    register.facts = access_facts(a_card(), a_permit())


def test_a_card_is_granted_once_and_the_second_time_it_is_passback(desk: Desk) -> None:
    first = answer(desk, an_attempt())
    assert told(first) == ("granted", "ok")
    assert first["holder"] == {"name": "王建国", "unit": "市财政局", "photo_url": None}
    assert first["credential"]["matched"] == CARD
    assert (first["snapshot"], first["decided_by"]) == (7, "centre")
    assert told(answer(desk, an_attempt(gate=SOUTH))) == ("denied", "passback")


def test_a_vehicle_that_is_inside_is_let_in_again_with_a_note(desk: Desk) -> None:
    assert told(answer(desk, an_attempt(plate_shown()))) == ("granted", "ok")
    assert told(answer(desk, an_attempt(plate_shown()))) == ("granted", "ok_soft_passback")


def test_who_went_out_may_come_in_again(desk: Desk) -> None:
    reasons = [
        answer(desk, an_attempt(direction=direction))["reason"]
        for direction in (Direction.IN, Direction.OUT, Direction.IN, Direction.OUT, Direction.OUT)
    ]
    assert reasons == ["ok"] * 5


def test_a_person_with_two_cards_enters_once(desk: Desk, register: RegistryByHand) -> None:
    holder = a_holder("赵敏")
    register.pending = changes(a_card("1111", holder=holder), a_card("2222", holder=holder))
    desk.tick()
    assert told(answer(desk, an_attempt(card_shown("1111")))) == ("granted", "ok")
    assert told(answer(desk, an_attempt(card_shown("2222")))) == ("denied", "passback")


def test_a_repeat_of_an_attempt_gets_the_first_answer_and_no_second_entry(desk: Desk, store: Store) -> None:
    attempt = an_attempt()
    first = desk.journal.submit(attempt).result(10)
    assert desk.journal.submit(attempt).result(10) == first
    assert entries(store) == 1


def test_a_repeat_gets_the_first_answer_even_after_the_card_was_revoked(desk: Desk, register: RegistryByHand) -> None:
    attempt = an_attempt()
    first = answer(desk, attempt)
    register.pending = changes(a_card(status=CredentialStatus.REVOKED))
    desk.tick()
    assert answer(desk, attempt) == first
    assert told(answer(desk, an_attempt())) == ("denied", "revoked")


@pytest.mark.parametrize(
    "other",
    [
        lambda same: an_attempt(plate_shown(), attempt_id=same),
        lambda same: an_attempt(gate=SOUTH, attempt_id=same),
        lambda same: an_attempt(direction=Direction.OUT, attempt_id=same),
        lambda same: an_attempt(asker="somebody else of the same name", attempt_id=same),
        lambda same: an_attempt(media=(uuid4(),), attempt_id=same),
    ],
)
def test_the_same_attempt_id_for_another_request_is_refused(desk: Desk, other: Callable[[UUID], Attempt]) -> None:
    attempt = an_attempt()
    answer(desk, attempt)
    with pytest.raises(AttemptReused):
        answer(desk, other(attempt.attempt_id))


def test_who_was_given_another_name_still_gets_the_first_answer_again(desk: Desk) -> None:
    attempt = an_attempt()
    first = answer(desk, attempt)
    assert answer(desk, an_attempt(asked_by="north-gate", attempt_id=attempt.attempt_id)) == first


def test_repeats_in_one_commit_are_one_entry(make_desk: Callable[[], Desk], store: Store) -> None:
    desk = make_desk()
    attempt = an_attempt()
    waiting = submit_before_start(desk, [attempt, attempt, an_attempt(plate_shown(), attempt_id=attempt.attempt_id)])
    assert waiting[0].result(10) == waiting[1].result(10)
    with pytest.raises(AttemptReused):
        waiting[2].result(10)
    assert entries(store) == 1


def test_two_attempts_of_one_card_in_one_commit_are_one_entry_and_one_passback(make_desk: Callable[[], Desk]) -> None:
    waiting = submit_before_start(make_desk(), [an_attempt(), an_attempt(gate=SOUTH)])
    assert [body(one.result(10))["reason"] for one in waiting] == ["ok", "passback"]


def test_in_out_and_in_again_in_one_commit(make_desk: Callable[[], Desk], store: Store) -> None:
    ways = [Direction.IN, Direction.OUT, Direction.IN]
    waiting = submit_before_start(make_desk(), [an_attempt(direction=way) for way in ways])
    answers = [one.result(10) for one in waiting]
    assert [body(one)["reason"] for one in answers] == ["ok", "ok", "ok"]
    with store.read() as session:
        assert session.scalars(select(Presence.entry_id)).all() == [answers[-1].entry_id]


def test_an_attempt_at_no_gate_does_not_hold_up_its_neighbours(make_desk: Callable[[], Desk], store: Store) -> None:
    nowhere = GateId("nowhere")
    waiting = submit_before_start(make_desk(), [an_attempt(), an_attempt(gate=nowhere), an_attempt(plate_shown())])
    assert told(body(waiting[0].result(10))) == ("granted", "ok")
    with pytest.raises(NoSuchGate):
        waiting[1].result(10)
    assert told(body(waiting[2].result(10))) == ("granted", "ok")
    assert entries(store) == 2


def test_a_value_that_no_column_takes_does_not_hold_up_its_neighbours(make_desk: Callable[[], Desk]) -> None:
    zoneless = replace(an_attempt(card_shown("1111")), occurred_at=NOON.replace(tzinfo=None))
    waiting = submit_before_start(make_desk(), [an_attempt(), zoneless, an_attempt(plate_shown())])
    assert told(body(waiting[0].result(10))) == ("granted", "ok")
    with pytest.raises(NotWrittenDown):
        waiting[1].result(10)
    assert told(body(waiting[2].result(10))) == ("granted", "ok")


@pytest.mark.sqlite
def test_an_attempt_that_cannot_be_stored_does_not_hold_up_its_neighbours(
    make_desk: Callable[[], Desk], store: Store
) -> None:
    with store.engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TRIGGER refuse_one BEFORE INSERT ON entry WHEN NEW.credential_key = 'BROKEN'"
                " BEGIN SELECT RAISE(ABORT, 'refused by the test'); END"
            )
        )
    waiting = submit_before_start(
        make_desk(), [an_attempt(), an_attempt(card_shown("BROKEN")), an_attempt(plate_shown())]
    )
    assert told(body(waiting[0].result(10))) == ("granted", "ok")
    with pytest.raises(NotWrittenDown):
        waiting[1].result(10)
    assert told(body(waiting[2].result(10))) == ("granted", "ok")
    assert entries(store) == 2


def test_an_attempt_that_we_did_not_foresee_does_not_hold_up_its_neighbours(
    make_desk: Callable[[], Desk], register: RegistryByHand, store: Store
) -> None:
    register.facts = replace(register.facts, timezones={OC1: "Asia/Shanghai"})
    waiting = submit_before_start(make_desk(), [an_attempt(), an_attempt(gate=ELSEWHERE), an_attempt(plate_shown())])
    assert told(body(waiting[0].result(10))) == ("granted", "ok")
    with pytest.raises(KeyError):
        waiting[1].result(10)
    assert told(body(waiting[2].result(10))) == ("granted", "ok")
    assert entries(store) == 2


@pytest.mark.parametrize(
    ("gates", "attempt", "problem"),
    [
        ((a_gate(),), an_attempt(gate=SOUTH), NoSuchGate),
        ((a_gate(),), an_attempt(lane=LaneId("oc1-north-9")), NoSuchLane),
        ((a_gate(lanes=(a_lane(direction=Direction.OUT),)),), an_attempt(), WrongDirection),
        ((a_gate(lanes=(a_lane(direction=Direction.OUT),)),), an_attempt(lane=LaneId("oc1-north-1")), WrongDirection),
    ],
)
def test_an_attempt_that_is_nowhere_is_a_problem(
    make_desk: Callable[[], Desk], register: RegistryByHand, gates: Any, attempt: Attempt, problem: type[Exception]
) -> None:
    register.facts = access_facts(gates=gates)
    desk = make_desk()
    desk.start()
    with pytest.raises(problem):
        answer(desk, attempt)


def test_the_first_lane_that_leads_the_way_is_meant_where_none_is_named(
    make_desk: Callable[[], Desk], register: RegistryByHand, store: Store
) -> None:
    lanes = (a_lane("oc1-north-1", direction=Direction.OUT), a_lane("oc1-north-2", direction=Direction.IN))
    register.facts = access_facts(a_card(), gates=(a_gate(lanes=lanes),))
    desk = make_desk()
    desk.start()
    answer(desk, an_attempt())
    with store.read() as session:
        assert session.scalars(select(Entry.lane)).one() == "oc1-north-2"


def test_every_entry_is_announced_once_as_the_gates_own_event(desk: Desk, store: Store) -> None:
    granted = answer(desk, an_attempt(plate_shown()))
    answer(desk, an_attempt(card_shown("9999")))
    with store.read() as session:
        first, second = session.scalars(select(Outbox).order_by(Outbox.position)).all()
    event = orjson.loads(first.payload)
    assert first.topic == "dayuan/v1/oc1/gate/oc1-north/evt"
    assert (event["id"], event["source"]) == (granted["entry_id"], "//oc1/gate/oc1-north")
    assert event["type"] == "dayuan.gate.entry_decided"
    assert (event["data"]["plate"], event["data"]["reason"]) == (PLATE, "ok")
    assert b"9999" not in second.payload


def test_an_entry_keeps_the_facts_from_which_it_can_be_decided_again(
    desk: Desk, register: RegistryByHand, store: Store
) -> None:
    register.pending = changes(denied=(a_deny_entry("鄂E99999"),))
    desk.tick()
    shown: list[Shown] = [
        card_shown(),
        card_shown(),
        plate_shown(),
        plate_shown("鄂E99999"),
        plate_shown("?", form=None),
    ]
    for one in shown:
        answer(desk, an_attempt(one))
    with store.read() as session:
        kept = session.scalars(select(Entry)).all()
    for entry in kept:
        decision = decide(TypeAdapter(Question).validate_json(entry.question))
        assert (decision.verdict, decision.reason) == (entry.verdict, entry.reason)
    assert len(kept) == len(shown)


def test_one_card_at_two_gates_at_the_same_instant_enters_once(desk: Desk) -> None:
    for number in range(50):
        start = Barrier(8)
        reasons: list[str] = []

        def show(gate: GateId, start: Barrier = start, reasons: list[str] = reasons) -> None:
            start.wait()
            reasons.append(answer(desk, an_attempt(gate=gate))["reason"])

        threads = [Thread(target=show, args=((NORTH, SOUTH)[each % 2],)) for each in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert Counter(reasons) == {"ok": 1, "passback": 7}, number
        answer(desk, an_attempt(direction=Direction.OUT))


def test_a_move_on_a_ground_that_is_no_longer_true_is_refused(store: Store) -> None:
    stale = inside_since(NOON - timedelta(hours=1))
    subject = (OC1, "person:x")
    with pytest.raises(Overtaken), store.begin(NOON) as work:
        presence.move(work.session.connection(), {subject: stale}, {subject: inside_since(NOON)})
    with pytest.raises(Overtaken), store.begin(NOON) as work:
        presence.move(work.session.connection(), {subject: stale}, {subject: None})


def test_the_ground_of_a_presence_is_the_entry_that_made_it(desk: Desk, store: Store, clock: FixedClock) -> None:
    granted = answer(desk, an_attempt())
    with store.read() as session:
        inside = session.scalars(select(Presence)).one()
    assert (inside.area, inside.since, str(inside.entry_id)) == (INSIDE, clock.now(), granted["entry_id"])
