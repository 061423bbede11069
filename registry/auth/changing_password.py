"""Passwords changed by their owners, and reset by those who manage users. The caller's transaction holds each.

A hash takes a tenth of a second on purpose: `own_hash` and `reset_hash` make it while reading, when nobody waits to write.
"""

import secrets
from collections.abc import Callable, Iterable
from typing import Final

from sqlalchemy.orm import Session

from registry import audit
from registry.auth import queries, sessions
from registry.auth.entry import queries as entry
from registry.auth.models import UserRow
from registry.auth.names import canonical
from registry.auth.secrets import digest_of, hash_password, is_password
from registry.auth.service import WeakPassword, hashed
from registry.clock import Instant
from registry.ids import SessionId, UserId
from registry.problems import NotFound, Unprocessable

_DRAWN_GROUPS: Final = 4
_GROUP: Final = 4
_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"
"""32 signs, none of which is mistaken for another when it is read out."""

PasswordWords = Callable[[Session], Iterable[str]]
"""What no password may be made of in this house: the names of its compounds."""


def no_words(_session: Session) -> Iterable[str]:
    """Where no compounds are registered."""
    return ()


class WrongPassword(Unprocessable):
    slug = "wrong-password"
    title = "This is not your present password"


class SamePassword(WeakPassword):
    slug = "same-password"
    title = "The new password is the old one"


def require_password(user: UserRow, password: str) -> None:
    """Go on only with the user's present password. It takes a tenth of a second.

    Raises:
        WrongPassword: it is another.

    """
    if not is_password(password, user.password):
        raise WrongPassword


def own_hash(user: UserRow, password: str, *, words: Iterable[str]) -> str:
    """The hash of the password that a user chose.

    Raises:
        WeakPassword: it is too short, among the first that others try, or the one there is.

    """
    new = hashed(password, name=user.name, words=words)
    if is_password(password, user.password):
        raise SamePassword
    return new


def choose(
    session: Session, user: UserRow, new: str, *, keep: SessionId | None = None, pending: str = "", now: Instant
) -> None:
    """Let a password of the user's own (its hash) hold; every session of theirs but `keep` ends.

    `pending`: the token of the sign-in under way in which it was chosen; any other begins anew.
    """
    user.password = new
    entry.set_own(session, user.id)
    entry.forget_pending_of(session, user.id, keep=digest_of(pending))
    sessions.end_others(session, UserId(user.id), keep=keep, now=now, by=user.name)
    _record(session, user, "password-changed", by=user.name, now=now)


def drawn_password() -> str:
    """A password drawn by chance, `k7qm-2f9a-xw4d-hp3e`, 80 bits, to be handed to somebody who then chooses one."""
    signs = [secrets.choice(_ALPHABET) for _ in range(_DRAWN_GROUPS * _GROUP)]
    return "-".join("".join(signs[at : at + _GROUP]) for at in range(0, len(signs), _GROUP))


def reset_hash(password: str) -> str:
    """The hash of a drawn password."""
    return hash_password(password)


def reset(session: Session, user: UserRow, new: str, *, by: str, now: Instant) -> None:
    """Give a user a password (its hash) with which they choose their own at the next sign-in; every session ends."""
    user.password = new
    entry.set_temporary(session, user.id, now)
    entry.forget_pending_of(session, user.id)
    sessions.end_others(session, UserId(user.id), keep=None, now=now, by=by)
    _record(session, user, "password-reset", by=by, now=now)


def make_temporary(session: Session, name: str, *, now: Instant) -> None:
    """Ask this user for a password of their own at the next sign-in.

    Raises:
        NotFound: there is no such user.

    """
    user = queries.user_named(session, canonical(name))
    if user is None:
        raise NotFound(f"There is no user {name!r}.")
    entry.set_temporary(session, user.id, now)


def _record(session: Session, user: UserRow, action: str, *, by: str, now: Instant) -> None:
    audit.record(session, actor=by, action=action, site=None, subject=f"user:{user.name}", now=now)
