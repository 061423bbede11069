"""Sessions are listed and ended, by their owner and by who manages users."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from registry.auth import sessions
from registry.auth.models import SessionRow
from registry.auth.rules import IDLE_END
from registry.auth.signing_in import SignedIn
from registry.ids import SessionId, new_id
from registry.store import Store
from tests.fakes.clock import FixedClock
from tests.makers.signing_in import ADDRESS, actions, add_guard, try_to_sign_in

pytestmark = pytest.mark.both_stores


def signs_in(store: Store, clock: FixedClock, name: str = "guard") -> SignedIn:
    signed = try_to_sign_in(store, clock, name=name)
    assert isinstance(signed, SignedIn)
    return signed


def test_a_session_is_listed_with_where_it_is_from(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    signed = signs_in(registry_store, clock)
    with registry_store.read() as session:
        (told,) = sessions.live_sessions(session, now=clock.now(), of=signed.user_id)
    assert (told.user, told.address, told.began_at) == ("guard", ADDRESS, clock.now())


def test_everybody_s_are_listed_the_last_used_first(registry_store: Store, clock: FixedClock) -> None:
    for name in ("guard", "chen"):
        add_guard(registry_store, clock, name)
        clock.advance(timedelta(minutes=1))
        signs_in(registry_store, clock, name)
    with registry_store.read() as session:
        assert [one.user for one in sessions.live_sessions(session, now=clock.now())] == ["chen", "guard"]


def test_what_is_over_by_itself_is_not_listed(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    signs_in(registry_store, clock)
    clock.advance(IDLE_END)
    with registry_store.read() as session:
        assert sessions.live_sessions(session, now=clock.now()) == []


def test_one_session_is_ended_and_audited(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    signed = signs_in(registry_store, clock)
    with registry_store.begin(clock.now()) as work:
        (told,) = sessions.live_sessions(work.session, now=work.now)
        sessions.end_one(work.session, told.id, of=signed.user_id, now=work.now, by="guard")
    assert actions(registry_store)[-1] == "sessions-ended"
    with registry_store.begin(clock.now()) as work, pytest.raises(sessions.NoSuchSession):
        sessions.end_one(work.session, told.id, now=work.now, by="guard")


def test_nobody_ends_another_s_session_as_if_it_were_their_own(registry_store: Store, clock: FixedClock) -> None:
    for name in ("guard", "chen"):
        add_guard(registry_store, clock, name)
    signed, other = signs_in(registry_store, clock), signs_in(registry_store, clock, "chen")
    with registry_store.begin(clock.now()) as work:
        (told,) = sessions.live_sessions(work.session, now=work.now, of=signed.user_id)
        with pytest.raises(sessions.NoSuchSession):
            sessions.end_one(work.session, told.id, of=other.user_id, now=work.now, by="chen")
        with pytest.raises(sessions.NoSuchSession):
            sessions.end_one(work.session, SessionId(new_id()), now=work.now, by="chen")


def test_all_others_end_and_the_one_in_use_stays(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    for _ in range(3):
        signed = signs_in(registry_store, clock)
    with registry_store.begin(clock.now()) as work:
        keep = sessions.live_sessions(work.session, now=work.now)[1].id
        assert sessions.end_others(work.session, signed.user_id, keep=keep, now=work.now, by="guard") == 2
        assert sessions.end_others(work.session, signed.user_id, keep=keep, now=work.now, by="guard") == 0
    with registry_store.read() as session:
        assert [one.id for one in sessions.live_sessions(session, now=clock.now())] == [keep]
        assert session.scalars(select(SessionRow.id).where(SessionRow.ended_at.is_(None))).all() == [keep]
    assert actions(registry_store).count("sessions-ended") == 1
