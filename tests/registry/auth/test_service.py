"""Users, sessions and tokens on a real store."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from registry import audit
from registry.auth import service
from registry.auth.directory import REMEMBERED_FOR, Directory
from registry.auth.models import SessionRow, TokenRow, WrongTriesRow
from registry.auth.permissions import Permission, Role
from registry.auth.principal import Grant
from registry.auth.rules import ABSOLUTE_END, IDLE_END, REFUSE_FOR, SEEN_STEP
from registry.auth.service import SignedIn, TooManyTries, UserExists, WeakPassword
from registry.ids import SiteId
from registry.problems import NotFound
from registry.store import Store
from tests.fakes.clock import FixedClock
from tests.makers.web import PASSWORD

OC1, OC2 = SiteId("oc1"), SiteId("oc2")
GUARD = Grant(Role.GUARD, OC1)
ADDRESS = "10.0.0.7"


@pytest.fixture
def directory(registry_store: Store, clock: FixedClock) -> Directory:
    return Directory(registry_store, clock)


def add_guard(store: Store, clock: FixedClock, name: str = "guard") -> None:
    with store.begin(clock.now()) as work:
        service.add_user(work.session, name=name, password=PASSWORD, grants=[GUARD], now=work.now)


def try_to_sign_in(
    store: Store, clock: FixedClock, password: str = PASSWORD, *, name: str = "guard", address: str = ADDRESS
) -> SignedIn | None:
    with store.begin(clock.now()) as work:
        service.open_try(work.session, name=name, address=address, now=work.now)
    with store.read() as session:
        user_id = service.check_password(session, name=name, password=password)
    with store.begin(clock.now()) as work:
        return service.sign_in(work.session, user_id=user_id, name=name, address=address, now=work.now)


def signed_in(store: Store, clock: FixedClock) -> SignedIn:
    signed = try_to_sign_in(store, clock)
    assert signed is not None
    return signed


def actions(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.scalars(select(store.room.audit.action).order_by(store.room.audit.position)))


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


@pytest.mark.parametrize(("name", "password"), [("guard", "wrong"), ("nobody", PASSWORD), ("", ""), ("guard", "")])
def test_a_wrong_name_or_password_begins_nothing(
    registry_store: Store, clock: FixedClock, name: str, password: str
) -> None:
    add_guard(registry_store, clock)
    assert try_to_sign_in(registry_store, clock, password, name=name) is None
    assert actions(registry_store)[-1] == "sign-in-failed"


def test_a_name_that_nobody_has_is_kept_where_it_can_be_erased(registry_store: Store, clock: FixedClock) -> None:
    try_to_sign_in(registry_store, clock, name="my secret word")
    with registry_store.read() as session:
        row = session.scalars(select(registry_store.room.audit)).one()
    assert "my secret word" not in row.facts + row.subject
    assert "my secret word" in row.personal


def test_a_name_is_the_same_in_capitals(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    assert try_to_sign_in(registry_store, clock, name=" Guard ") is not None


def test_ten_wrong_tries_are_slowed_then_refused_and_all_in_the_audit(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    waits = []
    for _ in range(10):
        try:
            try_to_sign_in(registry_store, clock, "wrong")
        except TooManyTries as problem:
            waits.append(int(problem.headers["Retry-After"]))
            clock.advance(timedelta(seconds=waits[-1]))
            try_to_sign_in(registry_store, clock, "wrong")
    assert waits == [2, 4, 8, 16, 32]
    with pytest.raises(TooManyTries) as refused:
        try_to_sign_in(registry_store, clock, PASSWORD)
    assert refused.value.headers["Retry-After"] == str(int(REFUSE_FOR.total_seconds()))
    assert actions(registry_store)[1:] == ["sign-in-failed"] * 4 + ["sign-in-slowed"] * 5 + ["sign-in-refused"]

    clock.advance(REFUSE_FOR)
    assert try_to_sign_in(registry_store, clock) is not None


def test_a_restart_forgives_nothing(registry_store: Store, clock: FixedClock, tmp_path: Path) -> None:
    add_guard(registry_store, clock)
    for _ in range(5):
        try_to_sign_in(registry_store, clock, "wrong")
    registry_store.close()
    again = Store.open(registry_store.room, f"sqlite:///{tmp_path}/registry.db", audit_key=bytes(range(32)))
    with pytest.raises(TooManyTries):
        try_to_sign_in(again, clock)
    again.close()


def test_wrong_tries_count_for_the_user_from_wherever_they_come(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    for number in range(5):
        try_to_sign_in(registry_store, clock, "wrong", address=f"10.0.0.{number}")
    with pytest.raises(TooManyTries):
        try_to_sign_in(registry_store, clock, address="10.0.0.99")


def test_wrong_tries_count_for_the_address_whoever_is_tried(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    for number in range(5):
        try_to_sign_in(registry_store, clock, "wrong", name=f"user{number}")
    with pytest.raises(TooManyTries):
        try_to_sign_in(registry_store, clock)


def test_signing_in_right_forgives_the_user_but_not_what_the_address_tried_on_others(
    registry_store: Store, clock: FixedClock
) -> None:
    add_guard(registry_store, clock)
    for name in ("guard", "guard", "clerk"):
        try_to_sign_in(registry_store, clock, "wrong", name=name)
    signed_in(registry_store, clock)
    with registry_store.read() as session:
        left = {row.who: row.count for row in session.scalars(select(WrongTriesRow))}
    assert left == {"user:clerk": 1, f"address:{ADDRESS}": 3}


def test_tries_at_the_same_time_are_all_counted(
    registry_store: Store, clock: FixedClock, in_threads: Callable[..., None]
) -> None:
    refused: list[int] = []

    def attempt(number: int) -> None:
        try:
            with registry_store.begin(clock.now()) as work:
                service.open_try(work.session, name="guard", address=ADDRESS, now=work.now)
        except TooManyTries:
            refused.append(number)

    in_threads(20, attempt)
    assert len(refused) == 15


def test_a_session_that_was_ended_is_refused_within_two_seconds(
    registry_store: Store, clock: FixedClock, directory: Directory
) -> None:
    add_guard(registry_store, clock)
    token = signed_in(registry_store, clock).token
    assert directory.of_session(token) is not None
    with registry_store.begin(clock.now()) as work:
        service.end_session(work.session, token=token, now=work.now)
    clock.advance(REMEMBERED_FOR)
    assert directory.of_session(token) is None
    assert actions(registry_store)[-1] == "signed-out"


def test_a_session_ends_by_itself_when_idle(registry_store: Store, clock: FixedClock, directory: Directory) -> None:
    add_guard(registry_store, clock)
    token = signed_in(registry_store, clock).token
    clock.advance(IDLE_END - timedelta(seconds=1))
    assert directory.of_session(token) is not None
    clock.advance(IDLE_END - timedelta(seconds=1))
    assert directory.of_session(token) is not None, "it was used in between"
    clock.advance(IDLE_END)
    assert directory.of_session(token) is None


def test_a_session_ends_after_its_week_although_it_is_used(
    registry_store: Store, clock: FixedClock, directory: Directory
) -> None:
    add_guard(registry_store, clock)
    signed = signed_in(registry_store, clock)
    while clock.now() + IDLE_END / 2 < signed.ends_at:
        assert directory.of_session(signed.token) is not None
        clock.advance(IDLE_END / 2)
    assert clock.now() < signed.ends_at
    clock.moment = signed.ends_at
    assert directory.of_session(signed.token) is None
    assert signed.ends_at - ABSOLUTE_END < clock.now()


def test_the_last_use_is_written_once_a_minute(registry_store: Store, clock: FixedClock, directory: Directory) -> None:
    add_guard(registry_store, clock)
    began = clock.now()
    token = signed_in(registry_store, clock).token
    seen = "SELECT count(*) FROM sessions WHERE seen_at > :began"
    for step, expected in ((SEEN_STEP - timedelta(seconds=1), 0), (timedelta(seconds=3), 1)):
        clock.advance(step)
        directory.of_session(token)
        with registry_store.read() as session:
            count = session.execute(text(seen), {"began": began.strftime("%Y-%m-%d %H:%M:%S.%f")}).scalar_one()
        assert count == expected


def test_what_is_over_does_not_pile_up(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    for number in range(3):
        try_to_sign_in(registry_store, clock, "wrong", name=f"nobody{number}")
    signed_in(registry_store, clock)
    clock.advance(ABSOLUTE_END)
    signed_in(registry_store, clock)
    with registry_store.read() as session:
        assert session.scalars(select(WrongTriesRow.who)).all() == [f"address:{ADDRESS}"]
        assert len(session.scalars(select(SessionRow)).all()) == 1


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
    clock.advance(REMEMBERED_FOR)
    assert directory.of_bearer(token) is None


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
