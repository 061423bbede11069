"""What is so at the gates is read with an attempt and kept true by it: closed areas, PINs, pairs, escorts, uses, room, lanes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import select, update

from gateway.checks.shown import PassShown, PermitShown, PinShown
from gateway.circumstances.models import CredentialUse, Duress
from gateway.circumstances.service import plate_read, set_area_state
from gateway.desk import Desk
from gateway.entries.models import Entry, PassageState
from gateway.passages import service as passages
from gateway.passages.models import BarrierPosition, Passage
from gateway.presence.models import Presence
from gateway.room import Outbox
from registry.access.facts import (
    AccessFacts,
    CredentialFacts,
    CredentialKind,
    Direction,
    GateRights,
    LaneFacts,
    Passback,
)
from registry.ids import AreaId, CredentialId, LaneId, derived_id
from registry.store import Store
from tests.fakes.clock import NOON, FixedClock
from tests.makers.gateway import (
    INSIDE,
    NORTH,
    OC1,
    PLATE,
    SOUTH,
    RegistryByHand,
    a_card,
    a_gate,
    a_holder,
    a_lane,
    a_permit,
    access_facts,
    an_attempt,
    card_shown,
    plate_shown,
)
from tests.makers.journal import answer, body, entries, hear, submit_before_start, told

pytestmark = pytest.mark.both_stores

GRANTED = ("granted", "ok")
LANE = LaneId("oc1-north-1")
ROOM = AreaId("oc1-archive")


def of(name: str, **rights: Any) -> CredentialFacts:
    """The card of somebody with these rights; its number is their name's digest."""
    number = derived_id("card", name).hex[:8].upper()
    return a_card(number, holder=replace(a_holder(name), rights=GateRights(**rights)))


def known(*credentials: CredentialFacts, lane: LaneFacts | None = None, **area: Any) -> AccessFacts:
    """What the gates know of these, with a lane at the north gate and an inside that are so."""
    gates = (a_gate(NORTH, lanes=(lane or a_lane(),)), a_gate(SOUTH))
    facts = access_facts(*credentials, gates=gates)
    return replace(facts, areas={**facts.areas, INSIDE: replace(facts.areas[INSIDE], **area)})


def show(desk: Desk, credential: CredentialFacts, **more: Any) -> tuple[str, str]:
    shown = plate_shown(credential.key) if credential.kind is CredentialKind.PLATE else card_shown(credential.key)
    return told(answer(desk, an_attempt(shown, **more)))


def inside(store: Store) -> set[str]:
    with store.read() as session:
        return set(session.scalars(select(Presence.subject)))


def announced(store: Store) -> list[dict[str, Any]]:
    with store.read() as session:
        return [orjson.loads(each.payload) for each in session.scalars(select(Outbox).order_by(Outbox.position))]


def test_a_closed_area_lets_in_who_has_clearance_and_out_who_wants_to(
    desk: Desk, register: RegistryByHand, store: Store
) -> None:
    anybody, chief = of("张三"), of("李四", clearance=5)
    register.facts = known(anybody, chief)
    hear(desk, register.facts)
    assert show(desk, anybody) == GRANTED
    with store.begin(NOON) as work:
        state = {"because": "intruder", "words": "", "by": "operator", "now": NOON}
        set_area_state(work.session, OC1, INSIDE, lockdown=True, threat_level=0, **state)  # type: ignore[arg-type]
    assert show(desk, anybody, direction=Direction.OUT) == GRANTED
    assert show(desk, anybody) == ("denied", "lockdown")
    assert show(desk, chief) == GRANTED
    with store.begin(NOON) as work:
        set_area_state(work.session, OC1, INSIDE, lockdown=False, threat_level=0, **state)  # type: ignore[arg-type]
    assert show(desk, anybody) == GRANTED


def a_pin() -> CredentialFacts:
    return replace(a_card(), id=CredentialId(derived_id("pin")), kind=CredentialKind.PIN, key="aa", duress_key="bb")


def pin(key: str) -> PinShown:
    return PinShown(raw=key, key=key)


def test_five_wrong_pins_in_a_row_block_the_reader_and_are_told_once(
    desk: Desk, store: Store, clock: FixedClock
) -> None:
    hear(desk, known(a_pin()))
    for number in range(4):
        assert told(answer(desk, an_attempt(pin(f"{number}")))) == ("refer", "unknown_credential")
    assert told(answer(desk, an_attempt(pin("aa")))) == GRANTED  # a right one ends the row
    for number in range(7):
        answer(desk, an_attempt(pin(f"{number}")))
    assert told(answer(desk, an_attempt(pin("aa"), direction=Direction.OUT))) == ("denied", "too_many_attempts")
    assert told(answer(desk, an_attempt(pin("aa"), gate=SOUTH, direction=Direction.OUT))) == GRANTED
    clock.advance(timedelta(seconds=60))
    assert told(answer(desk, an_attempt(pin("aa")))) == GRANTED
    failed = [each for each in announced(store) if each["type"] == "dayuan.gate.auth_failed"]
    assert [each["data"]["tries"] for each in failed] == [5]


def test_a_pin_typed_under_duress_is_answered_as_the_ordinary_one_and_alarms_in_silence(
    desk: Desk, store: Store
) -> None:
    hear(desk, known(a_pin()))
    answers = [answer(desk, an_attempt(pin(key), direction=Direction.OUT)) for key in ("aa", "bb")]
    for one in answers:
        del one["attempt_id"], one["entry_id"]
    assert answers[0] == answers[1]
    assert answers[0]["credential"]["matched"] == "••••••"
    with store.read() as session:
        ordinary, forced = session.scalars(select(Entry).order_by(Entry.id))
        kept = ("credential_key", "question", "subject", "verdict", "reason", "holder_id")
        assert [getattr(ordinary, name) for name in kept] == [getattr(forced, name) for name in kept]
        assert session.scalars(select(Duress.entry_id)).all() == [forced.id]
    alarms = [each for each in announced(store) if each["type"] == "dayuan.panic.pressed"]
    assert [(each["source"], each["data"]["entry_id"]) for each in alarms] == [
        ("//oc1/panic/oc1-north", str(forced.id))
    ]


def test_two_people_come_in_together_and_one_alone_does_not(desk: Desk, store: Store, clock: FixedClock) -> None:
    first, second, third = of("张三"), of("李四"), of("王五")
    hear(desk, known(first, second, third, two_person=True))
    assert show(desk, first) == ("refer", "second_person_missing")
    assert show(desk, first) == ("refer", "second_person_missing")  # the same person is no second
    assert inside(store) == set()
    assert show(desk, second) == GRANTED
    assert len(inside(store)) == 2
    assert show(desk, third) == ("refer", "second_person_missing")
    clock.advance(timedelta(seconds=21))
    fourth = of("张三")
    assert show(desk, fourth, direction=Direction.OUT) == GRANTED
    assert show(desk, fourth) == ("refer", "second_person_missing")  # the third waited too long
    with store.read() as session:
        settled = session.scalars(select(Entry).where(Entry.settled_verdict.is_not(None))).all()
    assert [(each.settled_by, each.settled_reason) for each in settled] == [("dayuan", "ok")]
    told_of = [each["id"] for each in announced(store) if each["id"].endswith("/settled")]
    assert told_of == [f"{settled[0].id}/settled"]


def test_who_needs_an_escort_follows_one_within_half_a_minute_at_the_same_gate(desk: Desk, clock: FixedClock) -> None:
    guest, host = of("客人", needs_escort=True), of("主人", may_escort=True)
    hear(desk, known(guest, host))
    assert show(desk, guest) == ("refer", "escort_missing")
    assert show(desk, host) == GRANTED
    assert show(desk, guest, gate=SOUTH) == ("refer", "escort_missing")
    clock.advance(timedelta(seconds=31))
    assert show(desk, guest) == ("refer", "escort_missing")
    assert show(desk, host, direction=Direction.OUT) == GRANTED
    assert show(desk, host) == GRANTED
    clock.advance(timedelta(seconds=30))
    assert show(desk, guest) == GRANTED


def test_nobody_comes_in_before_the_first_person(desk: Desk) -> None:
    anybody, first = of("张三"), of("李四", first_person=True)
    hear(desk, known(anybody, first, first_person=True))
    assert show(desk, anybody) == ("refer", "first_person_missing")
    assert show(desk, first) == GRANTED
    assert show(desk, anybody) == GRANTED
    assert show(desk, first, direction=Direction.OUT) == GRANTED
    assert show(desk, of("张三"), direction=Direction.OUT) == GRANTED
    assert show(desk, anybody) == ("refer", "first_person_missing")


def test_a_credential_of_two_entries_lets_in_twice(desk: Desk) -> None:
    twice = replace(a_card(), kind=CredentialKind.QR, entries_allowed=2)
    hear(desk, known(twice))
    shown = PassShown(raw="x", key=twice.key, signed=True)
    seen = []
    for _ in range(3):
        seen.append(told(answer(desk, an_attempt(shown))))
        assert told(answer(desk, an_attempt(shown, direction=Direction.OUT))) == GRANTED
    assert seen == [GRANTED, GRANTED, ("denied", "already_used")]


def test_one_plate_of_a_permit_is_inside_at_a_time(desk: Desk) -> None:
    own = a_permit()
    own = replace(own, permit=own.id)
    other = replace(own, id=CredentialId(derived_id("other plate")), key="鄂E99999")
    hear(desk, known(own, other))
    assert show(desk, own) == GRANTED
    assert show(desk, other) == ("denied", "quota_full")
    assert show(desk, own, direction=Direction.OUT) == GRANTED
    assert show(desk, other) == GRANTED
    assert show(desk, own) == ("denied", "quota_full")


def test_who_goes_out_of_a_room_is_still_in_the_compound(desk: Desk, store: Store) -> None:
    one = of("张三")
    hear(desk, known(one, lane=replace(a_lane(), to_area=ROOM, from_area=INSIDE, out_is_inside=True)))
    assert show(desk, one, gate=SOUTH) == GRANTED
    assert [show(desk, one), show(desk, one, direction=Direction.OUT)] == [GRANTED, GRANTED]
    with store.read() as session:
        assert session.scalars(select(Presence.area)).all() == [INSIDE]
    assert show(desk, one, gate=SOUTH) == ("denied", "passback")
    assert show(desk, one, gate=SOUTH, direction=Direction.OUT) == GRANTED
    assert inside(store) == set()


def test_a_missed_exit_keeps_nobody_from_being_the_first_of_two(desk: Desk, clock: FixedClock) -> None:
    first, second = of("张三"), of("李四")
    facts = known(first, second, two_person=True, passback_people=Passback.OFF)
    hear(desk, facts)
    assert [show(desk, first), show(desk, second)] == [("refer", "second_person_missing"), GRANTED]
    clock.advance(timedelta(hours=1))
    assert [show(desk, first), show(desk, second)] == [("refer", "second_person_missing"), GRANTED]


def test_a_full_area_takes_another_when_one_has_left(desk: Desk) -> None:
    people = [of(name) for name in ("张三", "李四", "王五")]
    car = a_permit()
    hear(desk, known(*people, car, capacity_people=2, capacity_vehicles=1))
    assert [show(desk, each) for each in people] == [GRANTED, GRANTED, ("denied", "area_full")]
    assert show(desk, car) == GRANTED
    assert show(desk, people[0], direction=Direction.OUT) == GRANTED
    assert show(desk, people[2]) == GRANTED


def a_watched_lane() -> LaneFacts:
    return replace(a_lane(), interlock=True, passage_seconds=10)


def test_a_lane_with_an_interlock_takes_one_at_a_time_until_the_sensor_has_seen_them(desk: Desk, store: Store) -> None:
    one, another = of("张三"), of("李四")
    hear(desk, known(one, another, lane=a_watched_lane()))
    assert show(desk, one) == GRANTED
    assert show(desk, another) == ("denied", "interlock")
    with store.begin(NOON) as work:
        assert passages.confirm(work.session, OC1, LANE, NOON)
        assert not passages.confirm(work.session, OC1, LANE, NOON)
        passages.barrier_said(work.session, OC1, LANE, barrier=2, position=BarrierPosition.OPEN, now=NOON)
    assert show(desk, another) == ("denied", "interlock")
    with store.begin(NOON) as work:
        passages.barrier_said(work.session, OC1, LANE, barrier=2, position=BarrierPosition.CLOSED, now=NOON)
    assert show(desk, another) == GRANTED


def test_whom_no_sensor_saw_in_time_is_where_they_were_and_has_the_use_back(
    desk: Desk, store: Store, clock: FixedClock
) -> None:
    once = replace(of("张三"), entries_allowed=1)
    hear(desk, known(once, lane=a_watched_lane()))
    assert show(desk, once) == GRANTED
    assert len(inside(store)) == 1
    clock.advance(timedelta(seconds=10))
    assert desk.take_back(clock.now()) == 1
    assert inside(store) == set()
    with store.read() as session:
        assert session.scalars(select(CredentialUse.entries)).all() == [0]
        assert session.scalars(select(Entry.passage)).all() == [PassageState.TIMED_OUT]
        assert session.scalars(select(Passage)).all() == []
    assert show(desk, once) == GRANTED  # and may try once more


def test_who_did_not_leave_in_time_is_inside_as_before(desk: Desk, store: Store, clock: FixedClock) -> None:
    one = of("张三")
    hear(desk, known(one, lane=a_watched_lane()))
    assert show(desk, one, gate=SOUTH) == GRANTED
    with store.read() as session:
        before = session.scalars(select(Presence.since)).one()
    clock.advance(timedelta(minutes=5))
    assert show(desk, one, direction=Direction.OUT) == GRANTED
    assert inside(store) == set()
    clock.advance(timedelta(seconds=10))
    assert desk.take_back(clock.now()) == 1
    with store.read() as session:
        assert session.scalars(select(Presence.since)).one() == before


def test_who_was_checked_again_meanwhile_stays_where_that_put_them(desk: Desk, store: Store, clock: FixedClock) -> None:
    one = of("张三")
    hear(desk, known(one, lane=replace(a_lane(), passage_seconds=10)))
    assert show(desk, one) == GRANTED
    assert show(desk, one, gate=SOUTH, direction=Direction.OUT) == GRANTED
    assert show(desk, one, gate=SOUTH) == GRANTED
    clock.advance(timedelta(seconds=10))
    assert desk.take_back(clock.now()) == 1
    assert len(inside(store)) == 1


def test_who_is_forgiven_comes_in_once_more(desk: Desk, store: Store) -> None:
    one = of("张三")
    hear(desk, known(one))
    assert [show(desk, one), show(desk, one)] == [GRANTED, ("denied", "passback")]
    with store.begin(NOON) as work:
        work.session.execute(update(Presence).values(forgiven_at=NOON))
    assert [show(desk, one), show(desk, one)] == [GRANTED, ("denied", "passback")]


def test_a_vehicle_is_not_asked_for_what_is_asked_of_people(desk: Desk) -> None:
    car = replace(a_permit(), holder=replace(a_holder(), rights=GateRights(needs_escort=True)))
    hear(desk, known(car, two_person=True, first_person=True))
    assert show(desk, car) == GRANTED


def test_ten_thousand_wrong_pins_open_nothing_and_none_is_lost(desk: Desk, store: Store, clock: FixedClock) -> None:
    hear(desk, known(a_pin(), lane=a_lane(manned=False)))
    for block in range(20):
        asked = [desk.journal.submit(an_attempt(pin(f"{block:02}{number:03}"))) for number in range(500)]
        assert {told(body(each.result(60))) for each in asked} == {("denied", "unknown_credential")}
        assert told(answer(desk, an_attempt(pin("aa")))) == ("denied", "too_many_attempts")
        clock.advance(timedelta(seconds=60))
    assert entries(store) == 20 * 501
    assert inside(store) == set()
    assert len([each for each in announced(store) if each["type"] == "dayuan.gate.auth_failed"]) == 20


def test_who_follows_the_escort_in_one_commit_is_escorted(
    make_desk: Callable[[], Desk], register: RegistryByHand
) -> None:
    guest, host = of("客人", needs_escort=True), of("主人", may_escort=True)
    register.facts = known(guest, host)
    waiting = submit_before_start(make_desk(), [an_attempt(card_shown(each.key)) for each in (host, guest)])
    assert [told(body(each.result(10))) for each in waiting] == [GRANTED, GRANTED]


def test_a_clock_that_runs_ahead_of_the_machines_finds_the_escort_all_the_same(desk: Desk, clock: FixedClock) -> None:
    guest, host = (
        replace(each, valid_until=each.valid_until + timedelta(days=3650))
        for each in (of("客人", needs_escort=True), of("主人", may_escort=True))
    )
    hear(desk, known(guest, host))
    clock.advance(timedelta(days=1000))
    assert [show(desk, host), show(desk, guest)] == [GRANTED, GRANTED]


def test_who_is_forced_is_heard_whatever_the_gate_answers(desk: Desk, store: Store) -> None:
    late = replace(a_pin(), valid_until=NOON)
    hear(desk, known(late))
    assert told(answer(desk, an_attempt(pin("bb")))) == ("denied", "expired")
    with store.read() as session:
        assert len(session.scalars(select(Duress)).all()) == 1
    assert [each["type"] for each in announced(store)].count("dayuan.panic.pressed") == 1


def test_a_reader_is_not_blocked_for_as_long_as_its_clock_was_ahead(desk: Desk, clock: FixedClock) -> None:
    hear(desk, known(a_pin()))
    clock.advance(timedelta(hours=1))
    for number in range(5):
        answer(desk, an_attempt(pin(f"{number}")))
    clock.advance(timedelta(hours=-1))
    assert told(answer(desk, an_attempt(pin("aa")))) == GRANTED


def test_the_lanes_camera_says_whether_a_permit_is_the_vehicles_until_that_has_gone(
    desk: Desk, store: Store, clock: FixedClock
) -> None:
    permit = a_permit()
    hear(desk, known(permit, replace(a_permit("鄂E99999"), permit_number="2026-0002")))
    shown = PermitShown(raw="2026-0001", key="2026-0001")

    def stands(plate: str) -> None:
        clock.advance(timedelta(seconds=1))
        with store.begin(clock.now()) as work:
            plate_read(work.session, OC1, LANE, plate, clock.now())

    assert told(answer(desk, an_attempt(shown))) == GRANTED
    stands("鄂E99999")
    clock.advance(timedelta(seconds=5))
    assert told(answer(desk, an_attempt(shown))) == ("refer", "plate_mismatch")
    assert told(answer(desk, an_attempt(shown, direction=Direction.OUT))) == GRANTED
    stands(PLATE)
    assert told(answer(desk, an_attempt(shown))) == GRANTED
    stands("鄂E99999")
    clock.advance(timedelta(seconds=1))
    assert told(answer(desk, an_attempt(plate_shown("鄂E99999")))) == GRANTED
    assert told(answer(desk, an_attempt(shown, direction=Direction.OUT))) == GRANTED
    assert told(answer(desk, an_attempt(shown))) == GRANTED  # the other has driven in
    stands("鄂E99999")
    clock.advance(timedelta(seconds=21))
    assert told(answer(desk, an_attempt(shown, direction=Direction.OUT))) == GRANTED
    assert told(answer(desk, an_attempt(shown))) == GRANTED
