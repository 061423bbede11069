"""The desk: what it keeps true by itself."""

from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from gateway.checks.snapshot import NothingKnown
from gateway.desk import UNDECIDED_AFTER, Desk
from gateway.entries.models import Entry
from gateway.presence.models import Presence
from gateway.room import Outbox
from registry.access.facts import CredentialKind, CredentialStatus
from registry.clock import Instant
from registry.messages.reasons import Reason, Verdict
from registry.store import Store
from tests.fakes.clock import NOON, FixedClock
from tests.makers.gateway import CARD, RegistryByHand, a_card, access_facts, an_attempt, card_shown, changes

TICK = timedelta(microseconds=1)


def refer(desk: Desk) -> None:
    desk.journal.submit(an_attempt(card_shown("9999"))).result(10)


def test_a_refer_that_nobody_decides_in_time_was_refused(desk: Desk, store: Store, clock: FixedClock) -> None:
    refer(desk)
    told = clock.now()
    assert desk.sweep(told + UNDECIDED_AFTER) == 0
    assert desk.sweep(told + UNDECIDED_AFTER + TICK) == 1
    assert desk.sweep(told + UNDECIDED_AFTER + TICK) == 0
    with store.read() as session:
        entry = session.scalars(select(Entry)).one()
        assert (entry.settled_verdict, entry.settled_reason) == (Verdict.DENIED, Reason.UNDECIDED)
        assert session.scalars(select(Presence)).all() == []
        events = [orjson.loads(row.payload) for row in session.scalars(select(Outbox).order_by(Outbox.position))]
    assert [event["data"]["reason"] for event in events] == ["unknown_credential", "undecided"]
    assert len({event["id"] for event in events}) == 2


def test_a_desk_that_runs_learns_of_a_revoked_card_by_itself(
    desk: Desk, register: RegistryByHand, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    register.pending = changes(a_card(status=CredentialStatus.REVOKED))

    def is_known() -> bool:
        found = desk.snapshot.with_key(CredentialKind.CARD, CARD)
        return bool(found) and found[0].status is CredentialStatus.REVOKED

    eventually(is_known)


def test_a_registry_that_comes_late_is_heard_when_it_comes(
    make_desk: Callable[[], Desk], register: RegistryByHand, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    register.failure = ConnectionError("not there yet")
    desk = make_desk()
    with capture_logs() as logs:
        desk.start()
    assert [line["event"] for line in logs] == ["registry-does-not-answer"]
    with pytest.raises(NothingKnown):
        _ = desk.snapshot
    register.facts = access_facts(a_card())
    register.failure = None
    eventually(lambda: desk.heard_at is not None)
    assert desk.snapshot.with_key(CredentialKind.CARD, CARD) == (a_card(),)


def test_a_store_that_fails_during_a_sweep_does_not_end_the_desk(desk: Desk, store: Store, clock: FixedClock) -> None:
    refer(desk)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE entry RENAME TO elsewhere")
    with capture_logs() as logs:
        desk._try_to_sweep()
    assert [line["event"] for line in logs] == ["sweep-failed"]
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO entry")
    clock.advance(UNDECIDED_AFTER + TICK)
    with capture_logs() as logs:
        desk._try_to_sweep()
    assert [(line["event"], line["count"]) for line in logs] == [("refers-undecided", 1)]


class NoClock:
    def now(self) -> Instant:
        raise OSError("no clock")


def test_a_sweep_that_fails_in_a_way_nobody_thought_of_is_logged_and_the_next_one_comes(desk: Desk) -> None:
    desk.clock = NoClock()
    with capture_logs() as logs:
        desk._try_to_sweep()
    assert [(line["event"], line["error"]) for line in logs] == [("sweep-failed", "OSError")]


def test_a_store_that_keeps_a_sweep_waiting_does_not_keep_the_gate_from_hearing(
    make_desk: Callable[..., Desk],
    register: RegistryByHand,
    store: Store,
    eventually: Callable[[Callable[[], bool]], None],
) -> None:
    desk = make_desk(sweep_seconds=0.01)
    with store.begin(NOON) as other:
        other.session.connection()
        desk.start()
        register.pending = changes(a_card(status=CredentialStatus.REVOKED))
        eventually(lambda: bool(desk.snapshot.with_key(CredentialKind.CARD, CARD)))


def test_a_desk_sweeps_by_itself(
    make_desk: Callable[..., Desk], store: Store, clock: FixedClock, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    desk = make_desk(sweep_seconds=0.01)
    desk.start()
    refer(desk)
    clock.advance(UNDECIDED_AFTER + TICK)

    def is_settled() -> bool:
        with store.read() as session:
            return session.scalars(select(Entry.settled_reason)).one() is Reason.UNDECIDED

    eventually(is_settled)


def test_a_desk_says_whether_it_can_answer_and_how_old_its_facts_are(
    make_desk: Callable[[], Desk], register: RegistryByHand, clock: FixedClock
) -> None:
    desk = make_desk()
    assert not desk.state().ready
    desk.start()
    assert (desk.state().ready, desk.state().lag_seconds) == (True, 0)
    register.failure = ConnectionError("cut")
    clock.advance(timedelta(seconds=5))
    assert (desk.state().ready, desk.state().lag_seconds) == (True, 5)
    clock.advance(timedelta(seconds=3))
    assert (desk.state().ready, desk.state().lag_seconds) == (False, 8)
    assert desk.state().detail == "the registry has not answered for 8 s"
    register.failure = None
    desk.tick()
    assert desk.state().ready
    desk.stop()
    assert not desk.state().ready


def test_a_desk_whose_journal_has_ended_is_not_alive(make_desk: Callable[[], Desk]) -> None:
    desk = make_desk()
    desk.start()
    told = [desk.alive]
    desk.journal.stop()
    told.append(desk.alive)
    desk.journal.start()
    told.append(desk.alive)
    assert told == [True, False, True]


def test_a_desk_that_no_longer_asks_the_registry_is_not_alive(
    make_desk: Callable[[], Desk], eventually: Callable[[Callable[[], bool]], None]
) -> None:
    desk = make_desk()
    desk.start()
    desk._stopped.set()  # its threads end, and nobody stopped it
    eventually(lambda: not desk.alive)
    assert desk.journal.alive
