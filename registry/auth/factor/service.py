"""Second factors: begun, confirmed, used and removed. Each function is one use case; the caller's transaction holds it."""

import secrets
from collections.abc import Mapping, Sequence
from enum import StrEnum
from uuid import UUID

import pyotp
from sqlalchemy.orm import Session

from registry import audit
from registry.auth.factor import queries, rules
from registry.auth.factor.keys import CannotOpen, FactorKeys
from registry.auth.factor.models import FactorRow
from registry.auth.models import UserRow
from registry.clock import Instant
from registry.problems import Conflict, Unavailable, Unprocessable

_CODE_BYTES = 12


class FactorExists(Conflict):
    slug = "factor-exists"
    title = "There is a second factor already; remove it first"


class NoFactorBegun(Conflict):
    slug = "no-factor-begun"
    title = "Setting up a second factor was not begun here, or is finished"


class WrongCode(Unprocessable):
    slug = "wrong-code"
    title = "This is not the code that the app shows now, or it was used already"


class FactorUnreadable(Unavailable):
    slug = "factor-unreadable"
    title = "The second factor cannot be read with the key of this installation; an administrator can remove it"


class Means(StrEnum):
    """With what somebody proved a second factor."""

    APP = "app"
    RECOVERY = "recovery"


def begin(session: Session, keys: FactorKeys, user: UserRow, *, now: Instant) -> str:
    """Make the secret that goes into the app (base32, 160 bits); it counts from the first right code on.

    One that was begun and not confirmed is begun anew.

    Raises:
        FactorExists: one counts already.

    """
    row = queries.factor(session, user.id)
    if row is not None and row.confirmed_at is not None:
        raise FactorExists
    secret = pyotp.random_base32()
    session.merge(
        FactorRow(user_id=user.id, sealed=keys.seal(secret, user.id), created_at=now, confirmed_at=None, last_step=None)
    )
    return secret


def begun_secret(session: Session, keys: FactorKeys, user: UserRow) -> str | None:
    """The secret that waits for its first code; None: none does, or it cannot be read any more and is begun anew."""
    row = queries.factor(session, user.id)
    if row is None or row.confirmed_at is not None:
        return None
    try:
        return keys.open(row.sealed, row.user_id)
    except CannotOpen:
        return None


def confirm(session: Session, keys: FactorKeys, user: UserRow, *, code: str, now: Instant) -> Sequence[str]:
    """Let the second factor count, for the app shows the right code; gives the recovery codes in clear, this once.

    Raises:
        NoFactorBegun: none waits for its first code.
        WrongCode: the code is wrong.

    """
    row = queries.factor(session, user.id)
    if row is None or row.confirmed_at is not None:
        raise NoFactorBegun
    step = rules.right_step(_secret(keys, row), code, after=None, now=now)
    if step is None:
        raise WrongCode
    row.confirmed_at, row.last_step = now, step
    codes = _new_recovery_codes(session, keys, user.id)
    _record(session, user, "second-factor-added", actor=user.name, now=now)
    return codes


def use_code(session: Session, keys: FactorKeys, user: UserRow, *, code: str, now: Instant) -> Means | None:
    """Take a code of the app or a recovery code, which is then used up; None: it is wrong or was used.

    Raises:
        FactorUnreadable: the key is another.

    """
    row = queries.factor(session, user.id)
    if row is None or row.confirmed_at is None:
        return None
    if rules.is_recovery_code(code):
        recovery = queries.recovery_code(session, user.id, keys.digest(code, user.id))
        if recovery is None or recovery.used_at is not None:
            return None
        recovery.used_at = now
        session.flush()
        facts = {"left": queries.recovery_codes_left(session, user.id)}
        _record(session, user, "recovery-code-used", actor=user.name, now=now, facts=facts)
        return Means.RECOVERY
    step = rules.right_step(_secret(keys, row), code, after=row.last_step, now=now)
    if step is None:
        return None
    row.last_step = step
    return Means.APP


def renew_recovery_codes(session: Session, keys: FactorKeys, user: UserRow, *, now: Instant) -> Sequence[str]:
    """Make new recovery codes; those before are worth nothing.

    Raises:
        NoFactorBegun: there is no second factor.

    """
    if not queries.has_factor(session, user.id):
        raise NoFactorBegun
    codes = _new_recovery_codes(session, keys, user.id)
    _record(session, user, "recovery-codes-renewed", actor=user.name, now=now)
    return codes


def remove(session: Session, user: UserRow, *, by: str, now: Instant) -> None:
    """Ask for no code any more; who has none keeps none, and nothing is written down."""
    is_counted = queries.has_factor(session, user.id)
    queries.remove_factor(session, user.id)
    if is_counted:
        _record(session, user, "second-factor-removed", actor=by, now=now)


def _new_recovery_codes(session: Session, keys: FactorKeys, user_id: UUID) -> Sequence[str]:
    codes = [rules.recovery_code(secrets.token_bytes(_CODE_BYTES)) for _ in range(rules.RECOVERY_CODES)]
    queries.set_recovery_codes(session, user_id, (keys.digest(code, user_id) for code in codes))
    return codes


def _secret(keys: FactorKeys, row: FactorRow) -> str:
    try:
        return keys.open(row.sealed, row.user_id)
    except CannotOpen as error:
        raise FactorUnreadable from error


def _record(
    session: Session,
    user: UserRow,
    action: str,
    *,
    actor: str,
    now: Instant,
    facts: Mapping[str, object] | None = None,
) -> None:
    audit.record(session, actor=actor, action=action, site=None, subject=f"user:{user.name}", facts=facts, now=now)
