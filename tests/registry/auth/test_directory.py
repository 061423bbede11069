"""Who has signed in is known without asking the store, and stays true in every process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import delete, event, text, update
from sqlalchemy.exc import OperationalError

from registry.auth import feed, service, sessions, signing_in
from registry.auth.directory import OLD_AFTER, TRUSTED_FOR, Directory, NobodyKnown
from registry.auth.feed import KEPT
from registry.auth.models import AuthChange, AuthCounter, SessionRow, TokenRow, UserRow
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.auth.rules import IDLE_END, SEEN_STEP
from registry.auth.secrets import digest_of
from registry.ids import SiteId
from registry.room import ROOM
from registry.store import Store
from registry.web.readiness import sign_ins_check
from tests.fakes.clock import FixedClock
from tests.makers.signing_in import GUARD, add_guard, signed_in

pytestmark = pytest.mark.both_stores

OC1 = SiteId("oc1")


@dataclass(slots=True)
class Stopwatch:
    """The clock that nobody sets, put forward by hand."""

    seconds: float = 100.0

    def __call__(self) -> float:
        return self.seconds


@dataclass(frozen=True, slots=True)
class TwoProcesses:
    """One database, opened as two processes open it. What `here` commits, `there` learns by the feed only."""

    here: Store
    there: Store


@pytest.fixture
def two(new_store: Callable[..., Store]) -> Iterator[TwoProcesses]:
    here = new_store(ROOM)
    there = Store.open(ROOM, here.engine.url.render_as_string(hide_password=False), audit_key=here.audit_key)
    yield TwoProcesses(here, there)
    there.close()


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    asked: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    yield asked
    event.remove(store.engine, "before_cursor_execute", note)


def a_program(store: Store, clock: FixedClock) -> str:
    with store.begin(clock.now()) as work:
        return service.add_token(work.session, name="reader", grants=[Grant(Role.READER, OC1)], now=work.now)


def cut_off(store: Store) -> None:
    """From now on no connection of this store answers."""

    def refuse(*_: object) -> None:
        raise OperationalError("connect", None, ConnectionError("gone"))

    store.engine.dispose()
    event.listen(store.engine, "do_connect", refuse)


def test_a_request_asks_nothing_of_the_store(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    cookie, bearer = signed_in(registry_store, clock).token, a_program(registry_store, clock)
    directory = Directory(registry_store, clock)
    clock.advance(SEEN_STEP)
    with statements(registry_store) as asked:
        assert directory.of_session(cookie) is not None
        assert directory.of_bearer(bearer) is not None
        directory.mark_used(cookie)
        assert directory.of_session("nobody's") is None
    assert asked == []


def test_what_another_process_did_is_known_after_the_next_look(two: TwoProcesses, clock: FixedClock) -> None:
    directory = Directory(two.there, clock)
    add_guard(two.here, clock)
    cookie, bearer = signed_in(two.here, clock).token, a_program(two.here, clock)
    assert directory.of_session(cookie) is None
    assert directory.of_bearer(bearer) is None
    directory.follow()
    assert directory.of_session(cookie) is not None
    assert directory.of_bearer(bearer) is not None


def test_an_unknown_token_is_looked_for_once_more_before_it_is_refused(two: TwoProcesses, clock: FixedClock) -> None:
    directory = Directory(two.there, clock)
    bearer = a_program(two.here, clock)
    directory.look_again()
    assert directory.of_bearer(bearer) is not None


@pytest.mark.parametrize("end", ["signed-out", "ended", "password", "disabled", "deleted"])
def test_a_session_that_another_process_ended_is_over_here(two: TwoProcesses, clock: FixedClock, end: str) -> None:
    add_guard(two.here, clock)
    directory = Directory(two.there, clock)
    signed = signed_in(two.here, clock)
    directory.follow()
    assert directory.of_session(signed.token) is not None
    with two.here.begin(clock.now()) as work:
        match end:
            case "signed-out":
                signing_in.end_session(work.session, token=signed.token, now=work.now)
            case "ended":
                (told,) = sessions.live_sessions(work.session, now=work.now)
                sessions.end_one(work.session, told.id, now=work.now, by="admin")
            case "password":
                service.set_password(work.session, name="guard", password="quite another long one", now=work.now)
            case "disabled":
                service.disable_user(work.session, name="guard", now=work.now)
            case _:
                work.session.delete(work.session.get_one(UserRow, signed.user_id))
    directory.follow()
    assert directory.of_session(signed.token) is None


def test_roles_that_change_change_the_session_that_runs(two: TwoProcesses, clock: FixedClock) -> None:
    add_guard(two.here, clock)
    cookie = signed_in(two.here, clock).token
    directory = Directory(two.there, clock)
    for grants in (frozenset({Grant(Role.CLERK, OC1), GUARD}), frozenset[Grant]()):
        with two.here.begin(clock.now()) as work:
            service.set_grants(work.session, name="guard", grants=grants, now=work.now)
        directory.follow()
        principal = directory.of_session(cookie)
        assert principal is not None
        assert principal.grants == grants


def test_a_token_that_another_process_revoked_is_worth_nothing_here(two: TwoProcesses, clock: FixedClock) -> None:
    bearer = a_program(two.here, clock)
    directory = Directory(two.there, clock)
    assert directory.of_bearer(bearer) is not None
    with two.here.begin(clock.now()) as work:
        row = work.session.query(TokenRow).one()
        service.revoke_token(work.session, token_id=row.id, now=work.now)
    directory.follow()
    assert directory.of_bearer(bearer) is None


def test_what_is_rolled_back_changes_nothing(registry_store: Store, clock: FixedClock) -> None:
    bearer = a_program(registry_store, clock)
    directory = Directory(registry_store, clock)
    with pytest.raises(RuntimeError, match="no"), registry_store.begin(clock.now()) as work:
        row = work.session.query(TokenRow).one()
        service.revoke_token(work.session, token_id=row.id, now=work.now)
        work.session.flush()
        raise RuntimeError("no")
    directory.follow()
    assert directory.of_bearer(bearer) is not None


def test_a_use_in_one_process_keeps_the_session_alive_in_the_other(two: TwoProcesses, clock: FixedClock) -> None:
    add_guard(two.here, clock)
    cookie = signed_in(two.here, clock).token
    one, other = Directory(two.here, clock), Directory(two.there, clock)
    clock.advance(IDLE_END - timedelta(minutes=1))
    one.mark_used(cookie)
    one.write_uses()
    other.follow()
    clock.advance(timedelta(minutes=2))
    assert other.of_session(cookie) is not None


def test_the_last_use_of_a_token_is_kept(registry_store: Store, clock: FixedClock) -> None:
    bearer = a_program(registry_store, clock)
    directory = Directory(registry_store, clock)
    for minutes in (0, 5):
        clock.advance(timedelta(minutes=minutes))
        assert directory.of_bearer(bearer) is not None
        directory.write_uses()
        with registry_store.read() as session:
            assert session.query(TokenRow).one().used_at == clock.now()


def test_uses_that_cannot_be_written_are_written_later(two: TwoProcesses, clock: FixedClock) -> None:
    bearer = a_program(two.here, clock)
    directory = Directory(two.there, clock)
    assert directory.of_bearer(bearer) is not None
    with two.here.begin(clock.now()) as work:
        work.session.execute(text("ALTER TABLE tokens RENAME COLUMN used_at TO elsewhere"))
    directory.write_uses()
    with two.here.begin(clock.now()) as work:
        work.session.execute(text("ALTER TABLE tokens RENAME COLUMN elsewhere TO used_at"))
    directory.write_uses()
    with two.here.read() as session:
        assert session.query(TokenRow).one().used_at == clock.now()


def test_who_is_too_far_behind_reads_everything_anew(two: TwoProcesses, clock: FixedClock) -> None:
    directory = Directory(two.there, clock)
    bearer = a_program(two.here, clock)
    with two.here.begin(clock.now()) as work:
        work.session.execute(delete(AuthChange))
    directory.follow()
    assert directory.of_bearer(bearer) is not None


def test_a_store_that_was_put_back_to_an_earlier_day_is_read_anew(two: TwoProcesses, clock: FixedClock) -> None:
    bearer = a_program(two.here, clock)
    directory = Directory(two.there, clock)
    with two.here.begin(clock.now()) as work:
        work.session.execute(text("UPDATE auth_counter SET version = 0"))
        work.session.execute(text("DELETE FROM auth_change"))
        work.session.execute(text("DELETE FROM token_grants"))
        work.session.execute(text("DELETE FROM tokens"))
    directory.follow()
    assert directory.of_bearer(bearer) is None


def test_old_changes_are_forgotten(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    with registry_store.begin(clock.now()) as work:
        work.session.execute(update(AuthCounter).values(version=2 * KEPT - 1))
    a_program(registry_store, clock)
    with registry_store.read() as session:
        oldest = session.query(AuthChange).order_by(AuthChange.version).first()
        assert oldest is not None
        assert oldest.version > KEPT
        newest = feed.version(session)
        assert feed.changes_after(session, newest - 1, newest=newest) is not None
        assert feed.changes_after(session, 0, newest=newest) is None


def test_sessions_that_ended_by_themselves_are_dropped_when_others_begin(
    registry_store: Store, clock: FixedClock
) -> None:
    add_guard(registry_store, clock)
    signed_in(registry_store, clock)
    directory = Directory(registry_store, clock)
    clock.advance(IDLE_END)
    last = signed_in(registry_store, clock).token
    known = directory._known
    assert known is not None
    assert list(known.sessions) == [digest_of(last)]


def test_a_database_that_is_gone_shuts_nobody_out_at_once_and_everybody_in_the_end(
    two: TwoProcesses, clock: FixedClock
) -> None:
    add_guard(two.here, clock)
    cookie, bearer = signed_in(two.here, clock).token, a_program(two.here, clock)
    watch = Stopwatch()
    directory = Directory(two.there, clock, watch)
    ready = sign_ins_check(directory)
    assert ready().ready
    cut_off(two.there)
    directory.follow()
    watch.seconds += OLD_AFTER.total_seconds() + 1
    state = ready()
    assert (state.ready, state.lag_seconds) == (False, 6.0)
    assert directory.of_session(cookie) is not None
    with pytest.raises(NobodyKnown):
        directory.look_again()
    watch.seconds += TRUSTED_FOR.total_seconds()
    for look, token in ((directory.of_session, cookie), (directory.of_bearer, bearer), (directory.of_bearer, "x")):
        with pytest.raises(NobodyKnown):
            look(token)


def test_a_process_that_never_heard_the_store_lets_nobody_in(two: TwoProcesses, clock: FixedClock) -> None:
    cut_off(two.there)
    directory = Directory(two.there, clock)
    assert not sign_ins_check(directory)().ready
    with pytest.raises(NobodyKnown):
        directory.of_session("x")


def test_it_follows_by_itself_once_started(
    two: TwoProcesses, clock: FixedClock, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    directory = Directory(two.there, clock)
    directory.start()
    bearer = a_program(two.here, clock)
    eventually(lambda: directory.of_bearer(bearer) is not None)
    directory.stop()
    with two.here.read() as session:
        assert session.query(TokenRow).one().used_at == clock.now(), "what was noted is written at the end"


def test_changes_of_several_writers_come_in_order(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    directory = Directory(registry_store, clock)
    tokens = [signed_in(registry_store, clock).token for _ in range(5)]
    with registry_store.begin(clock.now()) as work:
        for row in work.session.query(SessionRow).all()[:2]:
            row.ended_at = work.now
    assert sum(directory.of_session(token) is None for token in tokens) == 2
    with registry_store.read() as session:
        newest = feed.version(session)
        found = feed.changes_after(session, 0, newest=newest)
        assert found is not None
        assert [change.version for change in found] == list(range(1, newest + 1))
