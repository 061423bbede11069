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


@dataclass(frozen=True, slots=True)
class _Found:
    """Whom a token stands for. `seen_at`: the last use of the session that is written down."""

    principal: Principal | None = None
    seen_at: Instant | None = None


_NOBODY = _Found()
_Find = Callable[[str, Instant], _Found]


@dataclass(slots=True)
class Directory:
    """Sessions and tokens of the registry's store."""

    store: Store
    clock: Clock
    _known: dict[bytes, tuple[Instant, _Found]] = field(default_factory=dict, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def remembered(self, token: str) -> tuple[Principal | None] | None:
        """What was found in the last two seconds, as a 1-tuple; None: ask the store. Never waits for the store."""
        found = self._remembered(token, self.clock.now())
        return None if found is None else (found.principal,)

    def of_session(self, token: str) -> Principal | None:
        """Who signed in with this cookie; None: nobody, or the session is over."""
        return self._look_up(token, self._session)

    def is_use_unwritten(self, token: str) -> bool:
        """Whether it is time to write down that somebody uses this session. Never waits for the store."""
        now = self.clock.now()
        found = self._remembered(token, now)
        return found is not None and found.seen_at is not None and now >= found.seen_at + rules.SEEN_STEP

    def mark_used(self, token: str) -> None:
        """Write down that somebody uses this session now."""
        now = self.clock.now()
        with self.store.begin(now) as work:
            row = queries.session_row(work.session, digest_of(token))
            if row is not None:
                row.seen_at = max(row.seen_at, now)
        self.forget(token)

    def of_bearer(self, token: str) -> Principal | None:
        """Whose bearer token this is; None: nobody's, or it was revoked."""
        return self._look_up(token, self._bearer)

    def forget(self, token: str) -> None:
        """Ask the store again for this token: it has just been changed here."""
        with self._lock:
            self._known.pop(digest_of(token), None)

    def _look_up(self, token: str, find: _Find) -> Principal | None:
        now = self.clock.now()
        if (known := self._remembered(token, now)) is not None:
            return known.principal
        found = find(token, now)
        with self._lock:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[digest_of(token)] = (now, found)
        return found.principal

    def _remembered(self, token: str, now: Instant) -> _Found | None:
        known = self._known.get(digest_of(token))
        return known[1] if known is not None and known[0] <= now < known[0] + REMEMBERED_FOR else None

    def _session(self, token: str, now: Instant) -> _Found:
        with self.store.read() as session:
            row = queries.session_row(session, digest_of(token))
            if (
                row is None
                or row.ended_at is not None
                or rules.is_over(seen_at=row.seen_at, ends_at=row.ends_at, now=now)
            ):
                return _NOBODY
            user = queries.user(session, UserId(row.user_id))
            if user is None or user.disabled_at is not None:
                return _NOBODY
            grants = queries.grants_of(session, user.id)
            principal = Principal(id=UserId(user.id), name=user.name, grants=grants, csrf=csrf_of(token))
            return _Found(principal, row.seen_at)

    def _bearer(self, token: str, _now: Instant) -> _Found:
        with self.store.read() as session:
            row = queries.token_row(session, digest_of(token))
            if row is None or row.revoked_at is not None:
                return _NOBODY
            grants = queries.token_grants(session, row.id)
            if row.owner_id is None:
                program = Principal(id=UserId(row.id), name=program_name(row.name), grants=grants, is_program=True)
                return _Found(program)
            owner = queries.user(session, UserId(row.owner_id))
            if owner is None or owner.disabled_at is not None:
                return _NOBODY
            grants = common(grants, queries.grants_of(session, owner.id))
            return _Found(Principal(id=UserId(owner.id), name=owner.name, grants=grants))
