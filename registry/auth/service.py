"""Users, signing in, sessions and tokens. Each function is one use case; the caller's transaction holds it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from registry import audit
from registry.auth import queries, rules
from registry.auth.models import SessionRow, TokenRow, UserRow
from registry.auth.principal import Grant
from registry.auth.secrets import MIN_PASSWORD, digest_of, hash_password, is_password, new_token
from registry.clock import Instant
from registry.ids import UserId, new_id
from registry.problems import Conflict, NotFound, TooManyRequests, Unprocessable

COMMAND = "command line"
"""The actor of what is done by `dayuan user …` on the machine itself."""


class UserExists(Conflict):
    slug = "user-exists"
    title = "There is a user of this name"


class WeakPassword(Unprocessable):
    slug = "weak-password"
    title = f"A password has at least {MIN_PASSWORD} characters"


class TooManyTries(TooManyRequests):
    slug = "too-many-tries"
    title = "Too many wrong tries; wait, then try again"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A new session: `token` goes into the cookie and is known to nobody else."""

    user_id: UserId
    token: str
    ends_at: Instant


def add_user(
    session: Session, *, name: str, password: str, grants: Iterable[Grant], now: Instant, actor: str = COMMAND
) -> UserId:
    """Add a person who may sign in.

    Raises:
        UserExists: the name is taken.
        WeakPassword: the password is too short.

    """
    name = _canonical(name)
    if queries.user_named(session, name) is not None:
        raise UserExists
    grants = frozenset(grants)
    user = UserRow(id=new_id(), name=name, password=_hashed(password), created_at=now, disabled_at=None)
    session.add(user)
    session.flush()
    queries.set_grants(session, user.id, grants)
    facts = {"grants": sorted(str(grant) for grant in grants)}
    audit.record(session, actor=actor, action="user-added", site=None, subject=f"user:{name}", facts=facts, now=now)
    return UserId(user.id)


def set_password(session: Session, *, name: str, password: str, now: Instant, actor: str = COMMAND) -> None:
    """Give a user another password; every session of theirs ends.

    Raises:
        NotFound: there is no such user.
        WeakPassword: the password is too short.

    """
    user = _user(session, name)
    user.password = _hashed(password)
    _end_sessions_of(session, user, now)
    audit.record(session, actor=actor, action="password-set", site=None, subject=f"user:{user.name}", now=now)


def set_grants(session: Session, *, name: str, grants: Iterable[Grant], now: Instant, actor: str = COMMAND) -> None:
    """Give a user these roles and no others.

    Raises:
        NotFound: there is no such user.

    """
    user = _user(session, name)
    grants = frozenset(grants)
    queries.set_grants(session, user.id, grants)
    facts = {"grants": sorted(str(grant) for grant in grants)}
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


def open_try(session: Session, *, name: str, address: str, now: Instant) -> None:
    """Count a try at signing in as wrong until `sign_in` finds it right, so that tries at the same time are all counted.

    Raises:
        TooManyTries: one must wait; `Retry-After` says how many seconds. The try is not counted.

    """
    keys = _who(name, address)
    wait = max(rules.wait_before(queries.wrong_tries(session, who), now) for who in keys)
    if wait > timedelta(0):
        seconds = max(1, round(wait.total_seconds()))
        raise TooManyTries(headers={"Retry-After": str(seconds)}, retry_after_seconds=seconds)
    queries.forget_tries(session, before=now - rules.FORGET_AFTER)
    for who in keys:
        queries.save_wrong_tries(session, who, rules.one_more(queries.wrong_tries(session, who), now))


def check_password(session: Session, *, name: str, password: str) -> UserId | None:
    """Whose name and password these are; None: nobody's.

    It takes a tenth of a second on purpose, so it is done while reading, when nobody waits to write.
    """
    user = queries.user_named(session, _canonical(name))
    right = is_password(password, user.password if user is not None else None)
    return UserId(user.id) if user is not None and right else None


def sign_in(session: Session, *, user_id: UserId | None, name: str, address: str, now: Instant) -> SignedIn | None:
    """Begin a session of whom `check_password` found, after `open_try` counted the try.

    None: there is nobody to sign in, without telling why. Both go into the audit.
    """
    name = _canonical(name)
    user = queries.user(session, user_id) if user_id is not None else None
    if user is None or user.disabled_at is not None:
        _record_wrong(session, name=name, address=address, now=now)
        return None
    by_user, by_address = _who(name, address)
    queries.forgive(session, by_user)
    tries = queries.wrong_tries(session, by_address)
    if tries is not None:
        undone = rules.WrongTries(count=max(tries.count - 1, 0), last_at=tries.last_at)
        queries.save_wrong_tries(session, by_address, undone)
    queries.forget_sessions(session, over_at=now)
    token, ends_at = new_token(), now + rules.ABSOLUTE_END
    session.add(
        SessionRow(
            digest=digest_of(token), user_id=user.id, created_at=now, seen_at=now, ends_at=ends_at, ended_at=None
        )
    )
    facts = {"address": address}
    subject = f"user:{user.name}"
    audit.record(session, actor=user.name, action="signed-in", site=None, subject=subject, facts=facts, now=now)
    return SignedIn(user_id=UserId(user.id), token=token, ends_at=ends_at)


def end_session(session: Session, *, token: str, now: Instant) -> None:
    """Sign out: the cookie is worth nothing from now on. A session that has ended already stays so."""
    row = queries.session_row(session, digest_of(token))
    if row is None or row.ended_at is not None:
        return
    row.ended_at = now
    user = queries.user(session, UserId(row.user_id))
    name = user.name if user is not None else str(row.user_id)
    audit.record(session, actor=name, action="signed-out", site=None, subject=f"user:{name}", now=now)


def add_token(
    session: Session,
    *,
    name: str,
    grants: Iterable[Grant],
    now: Instant,
    owner: str | None = None,
    actor: str = COMMAND,
) -> str:
    """Make a bearer token and give it in clear, this once. With an owner (a user's name) it acts for that user.

    Raises:
        NotFound: there is no such user.

    """
    grants = frozenset(grants)
    owner_id = _user(session, owner).id if owner is not None else None
    token = new_token()
    row = TokenRow(id=new_id(), digest=digest_of(token), name=name, owner_id=owner_id, created_at=now, revoked_at=None)
    session.add(row)
    session.flush()
    queries.add_token_grants(session, row.id, grants)
    facts = {"name": name, "owner": owner, "grants": sorted(str(grant) for grant in grants)}
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


def _record_wrong(session: Session, *, name: str, address: str, now: Instant) -> None:
    """Record a wrong try; a name that no user has may be a password typed into the wrong field, so it is kept apart."""
    user = queries.user_named(session, name)
    by_user, by_address = _who(name, address)
    counts = [tries.count for who in (by_user, by_address) if (tries := queries.wrong_tries(session, who))]
    count = max(counts, default=0)
    action = "sign-in-failed"
    if count >= rules.REFUSE_AFTER:
        action = "sign-in-refused"
    elif count >= rules.SLOW_AFTER:
        action = "sign-in-slowed"
    subject = f"user:{user.name}" if user is not None else "user:unknown"
    facts: dict[str, object] = {"address": address, "tries": count}
    if user is None:
        facts["name"] = audit.Personal(name)
    audit.record(session, actor="nobody", action=action, site=None, subject=subject, facts=facts, now=now)


def _end_sessions_of(session: Session, user: UserRow, now: Instant) -> None:
    for row in queries.open_sessions_of(session, UserId(user.id)):
        row.ended_at = now


def _user(session: Session, name: str) -> UserRow:
    user = queries.user_named(session, _canonical(name))
    if user is None:
        raise NotFound(f"There is no user {name!r}.")
    return user


def _hashed(password: str) -> str:
    if len(password) < MIN_PASSWORD:
        raise WeakPassword
    return hash_password(password)


def _canonical(name: str) -> str:
    return name.strip().lower()[:60]


def _who(name: str, address: str) -> tuple[str, str]:
    return f"user:{_canonical(name)}", f"address:{address[:100]}"
