"""Second factors on a real store."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from registry.auth import queries as users
from registry.auth.factor import queries, service
from registry.auth.factor.keys import CannotOpen, FactorKeys
from registry.auth.factor.models import FactorRow
from registry.auth.factor.rules import RECOVERY_CODES
from registry.auth.factor.service import FactorExists, FactorUnreadable, Means, NoFactorBegun, WrongCode
from registry.auth.models import UserRow
from registry.ids import UserId, new_id
from registry.store import Store, Work
from tests.fakes.clock import FixedClock
from tests.makers.second_factors import KEYS, STEP, a_factor, shown
from tests.makers.signing_in import actions, add_guard

pytestmark = pytest.mark.both_stores


def guard(work: Work) -> UserRow:
    user = users.user_named(work.session, "guard")
    assert user is not None
    return user


def use(store: Store, clock: FixedClock, code: str, keys: FactorKeys = KEYS) -> Means | None:
    with store.begin(clock.now()) as work:
        return service.use_code(work.session, keys, guard(work), code=code, now=work.now)


def test_a_second_factor_counts_from_its_first_right_code(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    with registry_store.begin(clock.now()) as work:
        secret = service.begin(work.session, KEYS, guard(work), now=work.now)
    assert use(registry_store, clock, shown(secret, clock.now())) is None, "it does not count yet"
    with pytest.raises(WrongCode), registry_store.begin(clock.now()) as work:
        service.confirm(work.session, KEYS, guard(work), code="000000", now=work.now)
    with registry_store.begin(clock.now()) as work:
        assert not queries.has_factor(work.session, guard(work).id)
        codes = service.confirm(work.session, KEYS, guard(work), code=shown(secret, work.now), now=work.now)
        assert queries.has_factor(work.session, guard(work).id)
    assert len(set(codes)) == RECOVERY_CODES
    assert actions(registry_store)[-1] == "second-factor-added"


def test_the_code_that_confirmed_it_is_used_up(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    secret, _ = a_factor(registry_store, clock)
    assert use(registry_store, clock, shown(secret, clock.now() - STEP)) is None
    assert use(registry_store, clock, shown(secret, clock.now())) is Means.APP
    assert use(registry_store, clock, shown(secret, clock.now())) is None, "a code is taken once"
    clock.advance(STEP)
    assert use(registry_store, clock, shown(secret, clock.now())) is Means.APP


def test_of_many_who_send_the_same_code_one_gets_in(
    registry_store: Store, clock: FixedClock, in_threads: Callable[..., None]
) -> None:
    add_guard(registry_store, clock)
    secret, recovery = a_factor(registry_store, clock)
    for code in (shown(secret, clock.now()), recovery[0]):
        taken: list[Means | None] = []
        in_threads(8, lambda _number, code=code, taken=taken: taken.append(use(registry_store, clock, code)))
        assert sum(means is not None for means in taken) == 1


def test_a_recovery_code_stands_in_once_and_is_in_the_audit(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    _, recovery = a_factor(registry_store, clock)
    assert use(registry_store, clock, recovery[3].lower().replace("-", " ")) is Means.RECOVERY
    assert use(registry_store, clock, recovery[3]) is None
    assert use(registry_store, clock, recovery[4]) is Means.RECOVERY
    assert actions(registry_store)[-2:] == ["recovery-code-used"] * 2
    with registry_store.begin(clock.now()) as work:
        assert queries.recovery_codes_left(work.session, guard(work).id) == RECOVERY_CODES - 2


def test_new_recovery_codes_end_the_old_ones(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    _, old = a_factor(registry_store, clock)
    with registry_store.begin(clock.now()) as work:
        new = service.renew_recovery_codes(work.session, KEYS, guard(work), now=work.now)
    assert use(registry_store, clock, old[0]) is None
    assert use(registry_store, clock, new[0]) is Means.RECOVERY


def test_neither_the_secret_nor_a_recovery_code_is_stored(
    registry_store: Store, clock: FixedClock, tmp_path: Path
) -> None:
    add_guard(registry_store, clock)
    secret, recovery = a_factor(registry_store, clock)
    with registry_store.read() as session:
        row = session.scalars(select(FactorRow)).one()
        assert secret.encode() not in row.sealed
        assert KEYS.open(row.sealed, row.user_id) == secret
    registry_store.close()
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("registry.db*"))
    assert not [code for code in (secret, *recovery, recovery[0].replace("-", "")) if code.encode() in stored]


def test_another_key_or_another_users_row_opens_nothing(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    secret, recovery = a_factor(registry_store, clock)
    other = FactorKeys(bytes(32))
    with pytest.raises(FactorUnreadable):
        use(registry_store, clock, shown(secret, clock.now()), other)
    assert use(registry_store, clock, recovery[0], other) is None
    with registry_store.read() as session, pytest.raises(CannotOpen):
        KEYS.open(session.scalars(select(FactorRow)).one().sealed, UserId(new_id()))
    with pytest.raises(ValueError, match="32 bytes"):
        FactorKeys(b"short")


def test_who_has_a_second_factor_removes_it_before_another_is_set_up(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    secret, recovery = a_factor(registry_store, clock)
    with pytest.raises(FactorExists), registry_store.begin(clock.now()) as work:
        service.begin(work.session, KEYS, guard(work), now=work.now)
    with pytest.raises(NoFactorBegun), registry_store.begin(clock.now()) as work:
        service.confirm(work.session, KEYS, guard(work), code=shown(secret, work.now), now=work.now)
    with registry_store.begin(clock.now()) as work:
        service.remove(work.session, guard(work), by="admin", now=work.now)
        service.remove(work.session, guard(work), by="admin", now=work.now)
    assert actions(registry_store).count("second-factor-removed") == 1, "what was not there is not removed"
    assert use(registry_store, clock, recovery[0]) is None
    again, _ = a_factor(registry_store, clock)
    assert again != secret


def test_setting_up_that_was_left_is_begun_anew(registry_store: Store, clock: FixedClock) -> None:
    add_guard(registry_store, clock)
    with registry_store.begin(clock.now()) as work:
        left = service.begin(work.session, KEYS, guard(work), now=work.now)
        assert service.begun_secret(work.session, KEYS, guard(work)) == left
        assert service.begun_secret(work.session, FactorKeys(bytes(32)), guard(work)) is None
        secret = service.begin(work.session, KEYS, guard(work), now=work.now)
        assert secret != left
        service.confirm(work.session, KEYS, guard(work), code=shown(secret, work.now), now=work.now)
        assert service.begun_secret(work.session, KEYS, guard(work)) is None
    with pytest.raises(NoFactorBegun), registry_store.begin(clock.now()) as work:
        service.remove(work.session, guard(work), by="guard", now=work.now)
        service.renew_recovery_codes(work.session, KEYS, guard(work), now=work.now)
