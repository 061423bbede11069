"""Signing in and out, and what wrong tries cost. Each function is one use case; the caller's transaction holds it.

Wrong tries are counted for the address, for the name, and for the name from this address. The name alone is slowed but
never refused: a stranger who tries it on purpose must not shut out its owner. Names are counted under a sealed digest,
for what is typed as a name may be a password.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from registry import audit
from registry.auth import queries, rules
from registry.auth.models import SessionRow
from registry.auth.names import canonical
from registry.auth.rules import WrongTries
from registry.auth.secrets import digest_of, is_password, new_token
from registry.clock import Instant
from registry.ids import UserId

_NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """A try that is counted as wrong until `sign_in` finds it right. `before`: the address's tries without it."""

    name: str
    address: str
    at: Instant
    before: WrongTries | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TooEarly:
    """No try: one must wait first. It is counted apart, and does not make the wait longer."""

    wait_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A new session: `token` goes into the cookie and is known to nobody else."""

    user_id: UserId
    token: str
    ends_at: Instant


def open_try(session: Session, *, name: str, address: str, now: Instant) -> Try | TooEarly:
    """Count a try at signing in as wrong, before the password is looked at, so that tries at the same time all count."""
    name = canonical(name)
    who = _Who.of(session, name, address)
    queries.forget_tries(session, before=now - rules.FORGET_AFTER)
    found = {key: queries.wrong_tries(session, key) for key in who.keys}
    waits = {
        who.address: rules.wait_before(found[who.address], now),
        who.pair: rules.wait_before(found[who.pair], now),
        who.name: rules.pause_before(found[who.name], now),
    }
    longest = max(waits, key=lambda key: waits[key])
    if waits[longest] > timedelta(0):
        _refuse(session, longest, found[longest], name=name, address=address, now=now)
        return TooEarly(wait_seconds=max(1, round(waits[longest].total_seconds())))
    for key, tries in found.items():
        queries.save_wrong_tries(session, key, rules.one_more(tries, now))
    return Try(name=name, address=address, at=now, before=found[who.address])


def check_password(session: Session, *, name: str, password: str) -> UserId | None:
    """Whose name and password these are; None: nobody's.

    It takes a tenth of a second on purpose, so it is done while reading, when nobody waits to write.
    """
    user = queries.user_named(session, canonical(name))
    right = is_password(password, user.password if user is not None else None)
    return UserId(user.id) if user is not None and right else None


def sign_in(
    session: Session, opened: Try, *, user_id: UserId | None, now: Instant, agent: str | None = None
) -> SignedIn | None:
    """Begin a session of whom `check_password` found; `agent`: with what, in short.

    None: there is nobody to sign in, without telling why. Both go into the audit.
    """
    user = queries.user(session, user_id) if user_id is not None else None
    if user is None or user.disabled_at is not None:
        _record_wrong(session, opened, now)
        return None
    who = _Who.of(session, opened.name, opened.address)
    queries.forgive(session, who.name)
    queries.forgive(session, who.pair)
    tries = queries.wrong_tries(session, who.address)
    left = rules.one_less(tries, before=opened.before, tried_at=opened.at)
    if left is None:
        queries.forgive(session, who.address)
    else:
        queries.save_wrong_tries(session, who.address, left)
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
            address=opened.address[:100],
            agent=agent,
        )
    )
    facts = {"address": opened.address, "agent": agent}
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Who:
    """Under which keys a try is counted."""

    name: str
    pair: str
    address: str

    @classmethod
    def of(cls, session: Session, name: str, address: str) -> "_Who":
        address = address[:100]
        pair = f"{name}\x1f{address}"
        return cls(
            name=f"user:{audit.sealed(session, name)}",
            pair=f"pair:{audit.sealed(session, pair)}",
            address=f"address:{address}",
        )

    @property
    def keys(self) -> tuple[str, str, str]:
        return self.address, self.pair, self.name


def _refuse(session: Session, key: str, tries: WrongTries | None, *, name: str, address: str, now: Instant) -> None:
    """Count a try that came too early; the first of them and then ever fewer go into the audit."""
    counter = f"refused:{key}"
    refused = rules.one_more(queries.wrong_tries(session, counter), now)
    queries.save_wrong_tries(session, counter, refused)
    if rules.is_told(refused.count):
        facts = {"tries": tries.count if tries else 0, "refused": refused.count}
        _record(session, "sign-in-too-early", name=name, address=address, facts=facts, now=now)


def _record_wrong(session: Session, opened: Try, now: Instant) -> None:
    keys = _Who.of(session, opened.name, opened.address).keys
    count = max((tries.count for key in keys if (tries := queries.wrong_tries(session, key))), default=0)
    action = "sign-in-failed"
    if count >= rules.REFUSE_AFTER:
        action = "sign-in-refused"
    elif count >= rules.SLOW_AFTER:
        action = "sign-in-slowed"
    _record(session, action, name=opened.name, address=opened.address, facts={"tries": count}, now=now)


def _record(
    session: Session, action: str, *, name: str, address: str, facts: Mapping[str, object], now: Instant
) -> None:
    """Record what came of a try; a name that no user has may be a password in the wrong field, so it can be erased."""
    user = queries.user_named(session, name)
    subject = f"user:{user.name}" if user is not None else "user:unknown"
    known: dict[str, object] = {"address": address, **facts}
    if user is None:
        known["name"] = audit.Personal(name)
    audit.record(session, actor=_NOBODY, action=action, site=None, subject=subject, facts=known, now=now)
