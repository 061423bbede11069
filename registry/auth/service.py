"""Users and tokens. Each function is one use case; the caller's transaction holds it."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from registry import audit
from registry.auth import queries
from registry.auth.entry import queries as entry
from registry.auth.models import TokenRow, UserRow
from registry.auth.names import canonical, is_fit
from registry.auth.passwords import MIN_LENGTH, PasswordFault, fault_of
from registry.auth.permissions import Permission, Role
from registry.auth.principal import Grant
from registry.auth.secrets import digest_of, hash_password, hint_of, new_bearer
from registry.clock import Instant, format_instant
from registry.ids import UserId, new_id
from registry.problems import Conflict, NotFound, Unprocessable

COMMAND = "command line"
"""The actor of what is done by `dayuan user …` on the machine itself."""


class UserExists(Conflict):
    slug = "user-exists"
    title = "There is a user of this name"


class UnfitName(Unprocessable):
    slug = "unfit-name"
    title = "A user's name is printable and has no colon"


class UnfitGrant(Unprocessable):
    slug = "unfit-grant"
    title = "This role is not given so"


class EndsTooEarly(Unprocessable):
    slug = "ends-too-early"
    title = "A token ends in the future"


class WeakPassword(Unprocessable):
    """A password that is none; each kind has its words."""

    slug = "weak-password"
    title = "This is no password that protects"


class ShortPassword(WeakPassword):
    slug = "short-password"
    title = f"A password has at least {MIN_LENGTH} characters"


class LongPassword(WeakPassword):
    slug = "long-password"
    title = "A password has 256 characters at most"


class CommonPassword(WeakPassword):
    slug = "common-password"
    title = "This password is among the first that others try: it is made of well-known words, names or rows of keys"


_FAULTS = {
    PasswordFault.SHORT: ShortPassword,
    PasswordFault.LONG: LongPassword,
    PasswordFault.COMMON: CommonPassword,
}


def add_user(
    session: Session,
    *,
    name: str,
    password: str,
    grants: Iterable[Grant],
    now: Instant,
    actor: str = COMMAND,
    words: Iterable[str] = (),
) -> UserId:
    """Add a person who may sign in. `words`: what no password may be made of, the names of the compounds.

    Raises:
        UnfitName: nobody can be called so.
        UnfitGrant: nobody is given a role so.
        UserExists: the name is taken.
        WeakPassword: the password is too short, or among the first that others try.

    """
    name = canonical(name)
    if not is_fit(name):
        raise UnfitName
    if queries.user_named(session, name) is not None:
        raise UserExists
    grants = _fit(grants)
    user = UserRow(
        id=new_id(), name=name, password=hashed(password, name=name, words=words), created_at=now, disabled_at=None
    )
    session.add(user)
    session.flush()
    queries.set_grants(session, user.id, grants)
    facts = {"grants": sorted(str(grant) for grant in grants)}
    audit.record(session, actor=actor, action="user-added", site=None, subject=f"user:{name}", facts=facts, now=now)
    return UserId(user.id)


def set_password(
    session: Session, *, name: str, password: str, now: Instant, actor: str = COMMAND, words: Iterable[str] = ()
) -> None:
    """Give a user another password, which is theirs to keep; every session of theirs ends.

    Raises:
        NotFound: there is no such user.
        WeakPassword: the password is too short, or among the first that others try.

    """
    user = _user(session, name)
    user.password = hashed(password, name=user.name, words=words)
    entry.set_own(session, user.id)
    entry.forget_pending_of(session, user.id)
    _end_sessions_of(session, user, now)
    audit.record(session, actor=actor, action="password-set", site=None, subject=f"user:{user.name}", now=now)


def set_grants(session: Session, *, name: str, grants: Iterable[Grant], now: Instant, actor: str = COMMAND) -> None:
    """Give a user these roles and no others.

    Raises:
        NotFound: there is no such user.
        UnfitGrant: nobody is given a role so.

    """
    user = _user(session, name)
    grants = _fit(grants)
    before = queries.grants_of(session, user.id)
    queries.set_grants(session, user.id, grants)
    facts = {"grants_before": sorted(map(str, before)), "grants": sorted(map(str, grants))}
    subject = f"user:{user.name}"
    audit.record(session, actor=actor, action="grants-set", site=None, subject=subject, facts=facts, now=now)


def disable_user(session: Session, *, name: str, now: Instant, actor: str = COMMAND) -> None:
    """Shut a user out: no sign-in, no session, no token of theirs.

    Raises:
        NotFound: there is no such user.

    """
    user = _user(session, name)
    user.disabled_at = now
    _end_sessions_of(session, user, now)
    audit.record(session, actor=actor, action="user-disabled", site=None, subject=f"user:{user.name}", now=now)


def enable_user(session: Session, *, name: str, now: Instant, actor: str = COMMAND) -> None:
    """Let a user in again: with their password, and with the tokens that were not revoked meanwhile.

    Raises:
        NotFound: there is no such user.

    """
    user = _user(session, name)
    user.disabled_at = None
    audit.record(session, actor=actor, action="user-enabled", site=None, subject=f"user:{user.name}", now=now)


def add_token(
    session: Session,
    *,
    name: str,
    grants: Iterable[Grant],
    now: Instant,
    owner: str | None = None,
    only: frozenset[Permission] | None = None,
    ends_at: Instant | None = None,
    actor: str = COMMAND,
) -> str:
    """Make a bearer token and give it in clear, this once. With an owner (a user's name) it acts for that user.

    `only`: nothing but these of what the grants hold; `ends_at` None: it is good until it is revoked.

    Raises:
        NotFound: there is no such user.
        EndsTooEarly: it would be over already.

    """
    if ends_at is not None and ends_at <= now:
        raise EndsTooEarly
    grants = frozenset(grants)
    owner_id = _user(session, owner).id if owner is not None else None
    token = new_bearer()
    permissions = None if only is None else sorted(only)
    row = TokenRow(
        id=new_id(),
        digest=digest_of(token),
        hint=hint_of(token),
        name=name,
        owner_id=owner_id,
        created_at=now,
        ends_at=ends_at,
        permissions=permissions,
    )
    session.add(row)
    session.flush()
    queries.add_token_grants(session, row.id, grants)
    facts = {
        "name": name,
        "owner": owner,
        "grants": sorted(str(grant) for grant in grants),
        "only": permissions,
        "ends_at": None if ends_at is None else format_instant(ends_at),
    }
    subject = f"token:{row.id}"
    audit.record(session, actor=actor, action="token-added", site=None, subject=subject, facts=facts, now=now)
    return token


def revoke_token(session: Session, *, token_id: UUID, now: Instant, actor: str = COMMAND) -> None:
    """Make a token worth nothing.

    Raises:
        NotFound: there is no such token.

    """
    row = queries.token_by_id(session, token_id)
    if row is None:
        raise NotFound
    row.revoked_at = row.revoked_at or now
    audit.record(session, actor=actor, action="token-revoked", site=None, subject=f"token:{row.id}", now=now)


def _fit(grants: Iterable[Grant]) -> frozenset[Grant]:
    """The grants of a person: for no gate, and for a unit where the role is a unit's."""
    grants = frozenset(grants)
    for grant in grants:
        if grant.gate is not None:
            raise UnfitGrant("Only a token is bound to a gate.")
        if grant.unit is not None and grant.role is not Role.UNIT_OFFICER:
            raise UnfitGrant(f"The role {grant.role} is not for a unit.")
    return grants


def _end_sessions_of(session: Session, user: UserRow, now: Instant) -> None:
    for row in queries.open_sessions_of(session, UserId(user.id)):
        row.ended_at = now


def _user(session: Session, name: str) -> UserRow:
    user = queries.user_named(session, canonical(name))
    if user is None:
        raise NotFound(f"There is no user {name!r}.")
    return user


def hashed(password: str, *, name: str, words: Iterable[str]) -> str:
    """Make the hash of a password that is one.

    Raises:
        WeakPassword: it is too short, or among the first that others try.

    """
    fault = fault_of(password, words=(name, *words))
    if fault is not None:
        raise _FAULTS[fault]
    return hash_password(password)
