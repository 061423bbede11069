"""Who a cookie or a bearer token stands for, asked of the store and remembered for two seconds at most."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock

from registry.auth import queries, rules
from registry.auth.names import program_name
from registry.auth.principal import Principal, common
from registry.auth.secrets import csrf_of, digest_of
from registry.clock import Clock, Instant
from registry.ids import UserId
from registry.store import Store

REMEMBERED_FOR = timedelta(seconds=2)
"""How long a revoked session or token may still be taken for good; well under the five seconds of CONTRACT 5."""
REMEMBERED = 10_000
"""Answers kept at most; beyond, all are asked anew."""


_Find = Callable[[str, Instant], Principal | None]


@dataclass(slots=True)
class Directory:
    """Sessions and tokens of the registry's store."""

    store: Store
    clock: Clock
    _known: dict[bytes, tuple[Instant, Principal | None]] = field(default_factory=dict, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def remembered(self, token: str) -> tuple[Principal | None] | None:
        """What was found in the last two seconds, as a 1-tuple; None: ask the store. Never waits for the store."""
        found = self._known.get(digest_of(token))
        now = self.clock.now()
        if found is None or not found[0] <= now < found[0] + REMEMBERED_FOR:
            return None
        return (found[1],)

    def of_session(self, token: str) -> Principal | None:
        """Who signed in with this cookie; None: nobody, or the session is over."""
        return self._look_up(token, self._session)

    def of_bearer(self, token: str) -> Principal | None:
        """Whose bearer token this is; None: nobody's, or it was revoked."""
        return self._look_up(token, self._bearer)

    def forget(self, token: str) -> None:
        """Ask the store again for this token: it has just been changed here."""
        with self._lock:
            self._known.pop(digest_of(token), None)

    def _look_up(self, token: str, find: _Find) -> Principal | None:
        if (known := self.remembered(token)) is not None:
            return known[0]
        now = self.clock.now()
        principal = find(token, now)
        with self._lock:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[digest_of(token)] = (now, principal)
        return principal

    def _session(self, token: str, now: Instant) -> Principal | None:
        with self.store.read() as session:
            row = queries.session_row(session, digest_of(token))
            if (
                row is None
                or row.ended_at is not None
                or rules.is_over(seen_at=row.seen_at, ends_at=row.ends_at, now=now)
            ):
                return None
            user = queries.user(session, UserId(row.user_id))
            if user is None or user.disabled_at is not None:
                return None
            grants = queries.grants_of(session, user.id)
            seen_at = row.seen_at
        if now >= seen_at + rules.SEEN_STEP:
            self._mark_seen(token, now)
        return Principal(id=UserId(user.id), name=user.name, grants=grants, csrf=csrf_of(token))

    def _mark_seen(self, token: str, now: Instant) -> None:
        with self.store.begin(now) as work:
            row = queries.session_row(work.session, digest_of(token))
            if row is not None:
                row.seen_at = max(row.seen_at, now)

    def _bearer(self, token: str, _now: Instant) -> Principal | None:
        with self.store.read() as session:
            row = queries.token_row(session, digest_of(token))
            if row is None or row.revoked_at is not None:
                return None
            grants = queries.token_grants(session, row.id)
            if row.owner_id is None:
                return Principal(id=UserId(row.id), name=program_name(row.name), grants=grants, is_program=True)
            owner = queries.user(session, UserId(row.owner_id))
            if owner is None or owner.disabled_at is not None:
                return None
            grants = common(grants, queries.grants_of(session, owner.id))
            return Principal(id=UserId(owner.id), name=owner.name, grants=grants)
