"""Signing in and out. Each function is one use case; the caller's transaction holds it.

A right password is the end of it for most. Where a code, a password of one's own or a second factor is still asked for,
the sign-in is pending: a cookie of its own leads on, which is no session and opens nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy.orm import Session

from registry import audit
from registry.auth import queries, rules, tries
from registry.auth.entry import queries as entry
from registry.auth.entry.models import PendingRow
from registry.auth.entry.rules import LONGEST, Step, Way, demands_factor, next_step
from registry.auth.factor import queries as factors
from registry.auth.factor import service as factor
from registry.auth.factor.keys import FactorKeys
from registry.auth.models import SessionRow, UserRow
from registry.auth.names import canonical
from registry.auth.permissions import Role
from registry.auth.secrets import digest_of, hash_password, is_hash_old, is_password, new_token
from registry.auth.tries import TooEarly, Try
from registry.clock import Instant
from registry.ids import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Who gave a right password. `hashed`: what it was held against; `newer`: to be kept instead, as that is an old one."""

    user_id: UserId
    hashed: str = field(repr=False)
    newer: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A new session: `token` goes into the cookie and is known to nobody else."""

    user_id: UserId
    token: str
    ends_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Something is still asked: `token` goes into a cookie of its own, which is no session."""

    token: str
    step: Step


class Refused(StrEnum):
    """Why a sign-in that is under way does not go on."""

    WRONG_CODE = "wrong_code"
    OVER = "over"
    """It took too long, was never begun, or another step is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """From where and with what somebody signs in, and which roles may be held only with a second factor."""

    address: str
    agent: str | None = None
    demanding: Collection[Role] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """Somebody in the middle of signing in."""

    user: UserRow
    step: Step | None
    is_code_given: bool
    way: Way


def check_password(session: Session, *, name: str, password: str) -> Known | None:
    """Whose name and password these are; None: nobody's.

    It takes a tenth of a second on purpose, so it is done while reading, when nobody waits to write.
    """
    user = queries.user_named(session, canonical(name))
    hashed = user.password if user is not None else None
    if not is_password(password, hashed) or user is None or hashed is None:
        return None
    newer = hash_password(password) if is_hash_old(hashed) else None
    return Known(user_id=UserId(user.id), hashed=hashed, newer=newer)


def sign_in(
    session: Session,
    opened: Try,
    *,
    known: Known | None,
    now: Instant,
    agent: str | None = None,
    demanding: Collection[Role] = frozenset(),
) -> SignedIn | Pending | None:
    """Begin a session of whom `check_password` found, or say what is asked next; `agent`: with what, in short.

    None: there is nobody to sign in, without telling why; also when the password was changed since it was looked at, for
    every session of the old one has ended. Both go into the audit.
    """
    user = queries.user(session, known.user_id) if known is not None else None
    if known is None or user is None or user.disabled_at is not None or user.password != known.hashed:
        tries.record_wrong(session, opened, now=now)
        return None
    if known.newer is not None:
        user.password = known.newer
    tries.take_back(session, opened)
    visit = Visit(address=opened.address, agent=agent, demanding=demanding)
    return _go_on(session, user, visit, way=Way.PASSWORD, now=now)


def sign_in_from_outside(session: Session, user: UserRow, visit: Visit, *, now: Instant) -> SignedIn | Pending:
    """Begin a session of whom the provider vouches for, or say what is asked next."""
    return _go_on(session, user, visit, way=Way.PROVIDER, now=now)


def entrant(session: Session, token: str, *, demanding: Collection[Role], now: Instant) -> Entrant | None:
    """Who is in the middle of signing in with this cookie; None: nobody, or it took too long."""
    row = entry.pending(session, digest_of(token))
    user = queries.user(session, UserId(row.user_id)) if row is not None else None
    if row is None or user is None or now >= row.ends_at or user.disabled_at is not None:
        return None
    step = _next_step(session, user, way=row.way, is_code_given=row.is_code_given, demanding=demanding)
    return Entrant(user=user, step=step, is_code_given=row.is_code_given, way=row.way)


def give_code(
    session: Session, keys: FactorKeys, token: str, *, code: str, visit: Visit, now: Instant
) -> SignedIn | Pending | TooEarly | Refused:
    """Prove the second factor; a wrong code is a wrong try like any other."""
    who = entrant(session, token, demanding=visit.demanding, now=now)
    if who is None or who.step is not Step.CODE:
        return Refused.OVER
    opened = tries.open_try(session, name=who.user.name, address=visit.address, now=now)
    if isinstance(opened, TooEarly):
        return opened
    if factor.use_code(session, keys, who.user, code=code, now=now) is None:
        tries.record_wrong(session, opened, now=now, facts={"step": str(Step.CODE)})
        return Refused.WRONG_CODE
    tries.take_back(session, opened)
    return _go_on(session, who.user, visit, way=who.way, is_code_given=True, token=token, now=now)


def go_on(session: Session, token: str, *, visit: Visit, now: Instant) -> SignedIn | Pending | Refused:
    """After a step that was done elsewhere, the next; or the session."""
    who = entrant(session, token, demanding=visit.demanding, now=now)
    if who is None or who.step is Step.CODE:
        return Refused.OVER
    return _go_on(session, who.user, visit, way=who.way, is_code_given=who.is_code_given, token=token, now=now)


def confirm_factor(
    session: Session, keys: FactorKeys, token: str, *, code: str, visit: Visit, now: Instant
) -> tuple[Sequence[str], SignedIn | Pending] | Refused:
    """Let the second factor that was set up on the way count; gives its recovery codes, this once, and what is next."""
    who = entrant(session, token, demanding=visit.demanding, now=now)
    if who is None or who.step is not Step.FACTOR:
        return Refused.OVER
    try:
        codes = factor.confirm(session, keys, who.user, code=code, now=now)
    except factor.WrongCode:
        return Refused.WRONG_CODE
    return codes, _go_on(session, who.user, visit, way=who.way, is_code_given=True, token=token, now=now)


def end_session(session: Session, *, token: str, now: Instant) -> None:
    """Sign out: the cookie is worth nothing from now on. A session that has ended already stays so."""
    row = queries.session_row(session, digest_of(token))
    if row is None or row.ended_at is not None:
        return
    row.ended_at = now
    user = queries.user(session, UserId(row.user_id))
    name = user.name if user is not None else str(row.user_id)
    audit.record(session, actor=name, action="signed-out", site=None, subject=f"user:{name}", now=now)


def _go_on(
    session: Session,
    user: UserRow,
    visit: Visit,
    *,
    way: Way,
    now: Instant,
    is_code_given: bool = False,
    token: str | None = None,
) -> SignedIn | Pending:
    """`token`: of the pending sign-in, when it is one already. Each step has a token of its own."""
    if token is not None:
        entry.forget(session, digest_of(token))
    step = _next_step(session, user, way=way, is_code_given=is_code_given, demanding=visit.demanding)
    if step is None:
        return _begin_session(session, user, visit, way=way, has_given_code=is_code_given, now=now)
    entry.forget_pending(session, over_at=now)
    token = new_token()
    session.add(
        PendingRow(
            digest=digest_of(token), user_id=user.id, way=way, is_code_given=is_code_given, ends_at=now + LONGEST
        )
    )
    return Pending(token=token, step=step)


def _next_step(
    session: Session, user: UserRow, *, way: Way, is_code_given: bool, demanding: Collection[Role]
) -> Step | None:
    roles = {grant.role for grant in queries.grants_of(session, user.id)}
    return next_step(
        way=way,
        has_factor=factors.has_factor(session, user.id),
        is_code_given=is_code_given,
        is_password_temporary=entry.is_password_temporary(session, user.id),
        is_factor_demanded=demands_factor(roles, demanding),
    )


def _begin_session(
    session: Session, user: UserRow, visit: Visit, *, way: Way, has_given_code: bool, now: Instant
) -> SignedIn:
    tries.forgive(session, name=user.name, address=visit.address)
    queries.forget_sessions(session, over_at=now)
    token, ends_at = new_token(), now + rules.ABSOLUTE_END
    session.add(
        SessionRow(
            digest=digest_of(token),
            user_id=user.id,
            created_at=now,
            seen_at=now,
            ends_at=ends_at,
            ended_at=None,
            address=visit.address[:100],
            agent=visit.agent,
        )
    )
    facts = {"address": visit.address, "agent": visit.agent, "way": str(way), "second_factor": has_given_code}
    subject = f"user:{user.name}"
    audit.record(session, actor=user.name, action="signed-in", site=None, subject=subject, facts=facts, now=now)
    return SignedIn(user_id=UserId(user.id), token=token, ends_at=ends_at)
