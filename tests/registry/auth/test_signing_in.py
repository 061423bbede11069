"""Signing in on a real store: what wrong tries cost, whom they cost it, and what is kept of them."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from registry.auth import queries, service, signing_in, tries
from registry.auth.models import SessionRow, WrongTriesRow
from registry.auth.rules import ABSOLUTE_END, FORGET_AFTER, REFUSE_AFTER, REFUSE_FOR, SLOW_AFTER
from registry.auth.secrets import is_hash_old
from registry.auth.signing_in import SignedIn
from registry.auth.tries import TooEarly
from registry.store import Store
from tests.fakes.clock import FixedClock
from tests.makers.signing_in import ADDRESS, actions, add_guard, signed_in, try_to_sign_in
from tests.makers.web import PASSWORD

ELSEWHERE = "192.0.2.66"


def tries_of(store: Store, who: str = f"address:{ADDRESS}") -> int:
    with store.read() as session:
        row = session.get(WrongTriesRow, who)
        return row.count if row is not None else 0


def try_wrongly_until_refused(store: Store, clock: FixedClock, *, address: str, name: str = "guard") -> None:
    for _ in range(REFUSE_AFTER):
        while isinstance(answer := try_to_sign_in(store, clock, "wrong", name=name, address=address), TooEarly):
            clock.advance(timedelta(seconds=answer.wait_seconds))


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


def test_tries_are_counted_without_the_name_that_was_typed(registry_store: Store, clock: FixedClock) -> None:
    for _ in range(SLOW_AFTER + 1):
        try_to_sign_in(registry_store, clock, name="my secret word")
    with registry_store.read() as session:
        kept = session.scalars(select(WrongTriesRow.who)).all()
    assert len(kept) == 4
    assert "secret" not in "".join(kept)


def test_a_name_is_the_same_in_capitals(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    assert isinstance(try_to_sign_in(registry_store, clock, name=" Guard "), SignedIn)


def test_ten_wrong_tries_are_slowed_then_refused_and_all_in_the_audit(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    waits = []
    for _ in range(10):
        if isinstance(answer := try_to_sign_in(registry_store, clock, "wrong"), TooEarly):
            waits.append(answer.wait_seconds)
            clock.advance(timedelta(seconds=answer.wait_seconds))
            try_to_sign_in(registry_store, clock, "wrong")
    assert waits == [2, 4, 8, 16, 32]
    assert try_to_sign_in(registry_store, clock) == TooEarly(wait_seconds=int(REFUSE_FOR.total_seconds()))
    told = [action for action in actions(registry_store)[1:] if action != "sign-in-too-early"]
    assert told == ["sign-in-failed"] * 4 + ["sign-in-slowed"] * 5 + ["sign-in-refused"]

    clock.advance(REFUSE_FOR)
    assert isinstance(try_to_sign_in(registry_store, clock), SignedIn)


def test_a_stranger_slows_a_name_but_cannot_shut_out_its_owner(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    try_wrongly_until_refused(registry_store, clock, address=ELSEWHERE)
    answer = try_to_sign_in(registry_store, clock)
    assert answer == TooEarly(wait_seconds=32)
    assert isinstance(try_to_sign_in(registry_store, clock, address=ELSEWHERE), TooEarly)
    clock.advance(timedelta(seconds=32))
    assert isinstance(try_to_sign_in(registry_store, clock), SignedIn)
    assert isinstance(try_to_sign_in(registry_store, clock, address=ELSEWHERE), TooEarly), "the stranger stays out"


def test_tries_that_come_too_early_are_counted_and_ever_fewer_of_them_told(
    registry_store: Store, clock: FixedClock
) -> None:
    add_guard(registry_store, clock)
    for _ in range(SLOW_AFTER):
        try_to_sign_in(registry_store, clock, "wrong")
    for _ in range(120):
        assert try_to_sign_in(registry_store, clock) == TooEarly(wait_seconds=2), "the wait grows by real tries only"
    with registry_store.read() as session:
        audit = registry_store.room.audit
        rows = session.scalars(select(audit).where(audit.action == "sign-in-too-early")).all()
    assert [(row.subject, '"refused": 1' in row.facts) for row in rows] == [("user:guard", True)] * 3
    assert tries_of(registry_store, f"refused:address:{ADDRESS}") == 120


def test_a_restart_forgives_nothing(registry_store: Store, clock: FixedClock, tmp_path: Path) -> None:
    add_guard(registry_store, clock)
    for _ in range(5):
        try_to_sign_in(registry_store, clock, "wrong")
    registry_store.close()
    again = Store.open(registry_store.room, f"sqlite:///{tmp_path}/registry.db", audit_key=bytes(range(32)))
    assert isinstance(try_to_sign_in(again, clock), TooEarly)
    again.close()


def test_wrong_tries_count_for_the_user_from_wherever_they_come(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    for number in range(5):
        try_to_sign_in(registry_store, clock, "wrong", address=f"10.0.0.{number}")
    assert isinstance(try_to_sign_in(registry_store, clock, address="10.0.0.99"), TooEarly)


def test_wrong_tries_count_for_the_address_whoever_is_tried(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    for number in range(5):
        try_to_sign_in(registry_store, clock, "wrong", name=f"user{number}")
    assert isinstance(try_to_sign_in(registry_store, clock), TooEarly)


def test_signing_in_right_forgives_the_user_but_not_what_the_address_tried_on_others(
    registry_store: Store, clock: FixedClock
) -> None:
    add_guard(registry_store, clock)
    for name in ("guard", "guard", "clerk"):
        try_to_sign_in(registry_store, clock, "wrong", name=name)
    signed_in(registry_store, clock)
    assert tries_of(registry_store) == 3
    with registry_store.read() as session:
        kinds = [who.partition(":")[0] for who in session.scalars(select(WrongTriesRow.who).order_by("who"))]
    assert kinds == ["address", "pair", "user"], "the guard's own are forgotten, the clerk's are not"


def test_an_address_where_many_sign_in_right_forgets_its_wrong_tries(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    assert try_to_sign_in(registry_store, clock, "wrong", name="typo") is None
    for _ in range(2):
        clock.advance(FORGET_AFTER * 2 / 3)
        signed_in(registry_store, clock)
    assert tries_of(registry_store) == 0


def test_what_others_try_while_one_signs_in_right_stays_counted(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    with registry_store.begin(clock.now()) as work:
        opened = tries.open_try(work.session, name="guard", address=ADDRESS, now=work.now)
    assert not isinstance(opened, TooEarly)
    try_to_sign_in(registry_store, clock, "wrong", name="clerk")
    with registry_store.begin(clock.now()) as work:
        known = signing_in.check_password(work.session, name="guard", password=PASSWORD)
        assert signing_in.sign_in(work.session, opened, known=known, now=work.now) is not None
    assert tries_of(registry_store) == 1


def test_a_password_changed_since_it_was_looked_at_begins_no_session(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    with registry_store.begin(clock.now()) as work:
        opened = tries.open_try(work.session, name="guard", address=ADDRESS, now=work.now)
    assert not isinstance(opened, TooEarly)
    with registry_store.read() as session:
        known = signing_in.check_password(session, name="guard", password=PASSWORD)
    assert known is not None
    with registry_store.begin(clock.now()) as work:
        service.set_password(work.session, name="guard", password="tea at the north gate", now=work.now)
    with registry_store.begin(clock.now()) as work:
        assert signing_in.sign_in(work.session, opened, known=known, now=work.now) is None
    assert actions(registry_store)[-2:] == ["password-set", "sign-in-failed"]
    with registry_store.read() as session:
        assert session.scalars(select(SessionRow)).all() == []


def test_a_hash_of_older_parameters_is_made_anew_at_a_right_password(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    with registry_store.begin(clock.now()) as work:
        user = queries.user_named(work.session, "guard")
        assert user is not None
        user.password = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    signed_in(registry_store, clock)
    with registry_store.read() as session:
        user = queries.user_named(session, "guard")
        assert user is not None
        assert not is_hash_old(user.password)
    signed_in(registry_store, clock)


def test_tries_at_the_same_time_are_all_counted(
    registry_store: Store, clock: FixedClock, in_threads: Callable[..., None]
) -> None:
    refused: list[int] = []

    def attempt(number: int) -> None:
        with registry_store.begin(clock.now()) as work:
            if isinstance(tries.open_try(work.session, name="guard", address=ADDRESS, now=work.now), TooEarly):
                refused.append(number)

    in_threads(20, attempt)
    assert len(refused) == 15


def test_what_is_over_does_not_pile_up(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    for number in range(3):
        try_to_sign_in(registry_store, clock, "wrong", name=f"nobody{number}")
    signed_in(registry_store, clock)
    clock.advance(ABSOLUTE_END)
    signed_in(registry_store, clock)
    with registry_store.read() as session:
        assert session.scalars(select(WrongTriesRow.who)).all() == []
        assert len(session.scalars(select(SessionRow)).all()) == 1
