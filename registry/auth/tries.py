"""Wrong tries at proving who one is, and what they cost. Each function is a part of a use case.

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
from registry.auth.names import canonical
from registry.auth.rules import WrongTries
from registry.clock import Instant

_NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """A try that is counted as wrong until it is taken back. `before`: under each key, the tries without it."""

    name: str
    address: str
    at: Instant
    before: Mapping[str, WrongTries | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TooEarly:
    """No try: one must wait first. It is counted apart, and does not make the wait longer."""

    wait_seconds: int


def open_try(session: Session, *, name: str, address: str, now: Instant) -> Try | TooEarly:
    """Count a try as wrong, before the password or the code is looked at, so that tries at the same time all count."""
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
    return Try(name=name, address=address, at=now, before=found)


def take_back(session: Session, opened: Try) -> None:
    """The try was right, so it counts no more; those before stay, for what is asked next may still be wrong."""
    for key, before in opened.before.items():
        left = rules.one_less(queries.wrong_tries(session, key), before=before, tried_at=opened.at)
        if left is None:
            queries.forgive(session, key)
        else:
            queries.save_wrong_tries(session, key, left)


def forgive(session: Session, *, name: str, address: str) -> None:
    """Somebody proved all that is asked: their wrong tries are forgotten; what the address tried on others is not."""
    who = _Who.of(session, canonical(name), address)
    queries.forgive(session, who.name)
    queries.forgive(session, who.pair)


def record_wrong(session: Session, opened: Try, *, now: Instant, facts: Mapping[str, object] | None = None) -> None:
    """Write a wrong try into the audit; `facts`: what it was about, beyond its name and address."""
    keys = _Who.of(session, opened.name, opened.address).keys
    count = max((tries.count for key in keys if (tries := queries.wrong_tries(session, key))), default=0)
    action = "sign-in-failed"
    if count >= rules.REFUSE_AFTER:
        action = "sign-in-refused"
    elif count >= rules.SLOW_AFTER:
        action = "sign-in-slowed"
    told = {"tries": count, **(facts or {})}
    _record(session, action, name=opened.name, address=opened.address, facts=told, now=now)


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
