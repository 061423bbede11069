"""Users, sessions and tokens on a real store."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from registry import audit
from registry.auth import service, signing_in
from registry.auth.directory import Directory
from registry.auth.models import SessionRow, TokenRow
from registry.auth.permissions import Permission, Role
from registry.auth.principal import Grant
from registry.auth.rules import ABSOLUTE_END, IDLE_END, SEEN_STEP
from registry.auth.service import UnfitName, UserExists, WeakPassword
from registry.auth.signing_in import SignedIn
from registry.ids import SiteId
from registry.problems import NotFound
from registry.store import Store
from tests.fakes.clock import FixedClock
from tests.makers.signing_in import GUARD, actions, add_guard, signed_in, try_to_sign_in
from tests.makers.web import PASSWORD

pytestmark = pytest.mark.both_stores

OC1, OC2 = SiteId("oc1"), SiteId("oc2")


@pytest.fixture
def directory(registry_store: Store, clock: FixedClock) -> Directory:
    return Directory(registry_store, clock)


def test_who_signs_in_is_known_by_the_cookie(registry_store: Store, clock: FixedClock, directory: Directory) -> None:
    add_guard(registry_store, clock)
    signed = signed_in(registry_store, clock)
    principal = directory.of_session(signed.token)
    assert principal is not None
    assert principal.name == "guard"
    assert principal.grants == frozenset({GUARD})
    assert principal.csrf


def test_the_token_itself_is_stored_nowhere(registry_store: Store, clock: FixedClock, tmp_path: Path) -> None:
    add_guard(registry_store, clock)
    token = signed_in(registry_store, clock).token
    with registry_store.begin(clock.now()) as work:
        bearer = service.add_token(work.session, name="door", grants=[GUARD], now=work.now)
    registry_store.close()
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("registry.db*"))
    assert token.encode() not in stored
    assert bearer.encode() not in stored
    assert PASSWORD.encode() not in stored


def test_a_session_that_was_ended_is_refused_at_once(
    registry_store: Store, clock: FixedClock, directory: Directory
) -> None:
    add_guard(registry_store, clock)
    token = signed_in(registry_store, clock).token
    assert directory.of_session(token) is not None
    with registry_store.begin(clock.now()) as work:
        signing_in.end_session(work.session, token=token, now=work.now)
    assert directory.of_session(token) is None
    assert actions(registry_store)[-1] == "signed-out"


def test_a_session_ends_by_itself_when_idle(registry_store: Store, clock: FixedClock, directory: Directory) -> None:
    add_guard(registry_store, clock)
    token = signed_in(registry_store, clock).token
    clock.advance(IDLE_END - timedelta(seconds=1))
    assert directory.of_session(token) is not None
    directory.mark_used(token)
    clock.advance(IDLE_END - timedelta(seconds=1))
    assert directory.of_session(token) is not None, "it was used in between"
    clock.advance(IDLE_END)
    assert directory.of_session(token) is None


def test_a_session_that_is_over_is_not_begun_anew_by_its_use(
    registry_store: Store, clock: FixedClock, directory: Directory
) -> None:
    add_guard(registry_store, clock)
    token = signed_in(registry_store, clock).token
    clock.advance(IDLE_END)
    assert directory.of_session(token) is None
    directory.mark_used(token)
    assert directory.of_session(token) is None


def test_a_session_ends_after_its_week_although_it_is_used(
    registry_store: Store, clock: FixedClock, directory: Directory
) -> None:
    add_guard(registry_store, clock)
    signed = signed_in(registry_store, clock)
    while clock.now() + IDLE_END / 2 < signed.ends_at:
        assert directory.of_session(signed.token) is not None
        directory.mark_used(signed.token)
        clock.advance(IDLE_END / 2)
    assert clock.now() < signed.ends_at
    clock.moment = signed.ends_at
    assert directory.of_session(signed.token) is None
    assert signed.ends_at - ABSOLUTE_END < clock.now()


def test_the_last_use_is_written_once_a_minute(registry_store: Store, clock: FixedClock, directory: Directory) -> None:
    add_guard(registry_store, clock)
    token = signed_in(registry_store, clock).token
    began = clock.now()
    for step, is_written in ((SEEN_STEP - timedelta(seconds=1), False), (timedelta(seconds=1), True)):
        clock.advance(step)
        directory.mark_used(token)
        directory.write_uses()
        with registry_store.read() as session:
            seen_at = session.scalars(select(SessionRow.seen_at)).one()
        assert seen_at == (clock.now() if is_written else began)


def test_another_password_ends_every_session(registry_store: Store, clock: FixedClock, directory: Directory) -> None:
    add_guard(registry_store, clock)
    token = signed_in(registry_store, clock).token
    with registry_store.begin(clock.now()) as work:
        service.set_password(work.session, name="guard", password="another long password", now=work.now)
    assert directory.of_session(token) is None
    assert try_to_sign_in(registry_store, clock) is None
    assert try_to_sign_in(registry_store, clock, "another long password") is not None


def test_a_user_who_was_shut_out_has_nothing_left(
    registry_store: Store, clock: FixedClock, directory: Directory
) -> None:
    add_guard(registry_store, clock)
    token = signed_in(registry_store, clock).token
    with registry_store.begin(clock.now()) as work:
        bearer = service.add_token(work.session, name="x", grants=[GUARD], owner="guard", now=work.now)
        service.disable_user(work.session, name="guard", now=work.now)
    assert directory.of_session(token) is None
    assert directory.of_bearer(bearer) is None
    assert try_to_sign_in(registry_store, clock) is None


def test_a_token_allows_what_it_was_made_for_until_it_is_revoked(
    registry_store: Store, clock: FixedClock, directory: Directory
) -> None:
    with registry_store.begin(clock.now()) as work:
        token = service.add_token(work.session, name="reader", grants=[Grant(Role.READER, OC2)], now=work.now)
    principal = directory.of_bearer(token)
    assert principal is not None
    assert principal.csrf is None
    assert principal.may(Permission.GATE_CHECK, OC2)
    assert not principal.may(Permission.GATE_CHECK, OC1)
    with registry_store.begin(clock.now()) as work:
        row = work.session.scalars(select(TokenRow)).one()
        service.revoke_token(work.session, token_id=row.id, now=work.now)
    assert directory.of_bearer(token) is None


def test_a_program_is_never_taken_for_the_person_of_the_same_name(
    registry_store: Store, clock: FixedClock, directory: Directory
) -> None:
    add_guard(registry_store, clock, "guard-1")
    with registry_store.begin(clock.now()) as work:
        of_program = service.add_token(work.session, name="guard-1", grants=[GUARD], now=work.now)
        of_person = service.add_token(work.session, name="x", grants=[GUARD], owner="guard-1", now=work.now)
    program, person = directory.of_bearer(of_program), directory.of_bearer(of_person)
    assert program is not None
    assert person is not None
    assert (program.name, program.is_program) == ("token:guard-1", True)
    assert (person.name, person.is_program) == ("guard-1", False)


@pytest.mark.parametrize("name", ["token:guard-1", "", " ", "a\nb", "a\x00b"])
def test_nobody_is_called_what_programs_are_called_or_what_cannot_be_read(
    registry_store: Store, clock: FixedClock, name: str
) -> None:
    with pytest.raises(UnfitName):
        add_guard(registry_store, clock, name)


def test_a_user_who_is_let_in_again_has_the_password_but_not_the_old_session(
    registry_store: Store, clock: FixedClock, directory: Directory
) -> None:
    add_guard(registry_store, clock)
    token = signed_in(registry_store, clock).token
    with registry_store.begin(clock.now()) as work:
        service.disable_user(work.session, name="guard", now=work.now)
    with registry_store.begin(clock.now()) as work:
        service.enable_user(work.session, name="guard", now=work.now)
    assert directory.of_session(token) is None
    assert isinstance(try_to_sign_in(registry_store, clock), SignedIn)
    assert actions(registry_store)[-3:] == ["user-disabled", "user-enabled", "signed-in"]


def test_a_cookie_is_no_bearer_token_and_the_other_way_about(
    registry_store: Store, clock: FixedClock, directory: Directory
) -> None:
    add_guard(registry_store, clock)
    cookie = signed_in(registry_store, clock).token
    assert directory.of_bearer(cookie) is None
    with registry_store.begin(clock.now()) as work:
        bearer = service.add_token(work.session, name="reader", grants=[GUARD], now=work.now)
    assert directory.of_session(bearer) is None


def test_a_token_of_a_user_loses_what_the_user_loses(
    registry_store: Store, clock: FixedClock, directory: Directory
) -> None:
    add_guard(registry_store, clock)
    with registry_store.begin(clock.now()) as work:
        token = service.add_token(work.session, name="x", grants=[GUARD], owner="guard", now=work.now)
        service.set_grants(work.session, name="guard", grants=[Grant(Role.PATROL, OC1)], now=work.now)
    principal = directory.of_bearer(token)
    assert principal is not None
    assert principal.grants == frozenset()


def test_a_name_is_given_once_and_a_password_is_long(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    with pytest.raises(UserExists):
        add_guard(registry_store, clock, "GUARD")
    with pytest.raises(WeakPassword), registry_store.begin(clock.now()) as work:
        service.add_user(work.session, name="clerk", password="short", grants=[], now=work.now)


def test_nobody_is_no_user(registry_store: Store, clock: FixedClock) -> None:
    with pytest.raises(NotFound), registry_store.begin(clock.now()) as work:
        service.set_password(work.session, name="nobody", password=PASSWORD, now=work.now)


def test_what_was_done_to_users_is_in_an_intact_chain(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    signed_in(registry_store, clock)
    with registry_store.read() as session:
        assert audit.verify(session) == audit.Intact(rows=2)
