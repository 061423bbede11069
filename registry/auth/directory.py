"""Who a cookie or a bearer token stands for: known in memory and kept true by the feed, so that no request asks the store.

How long what was revoked may still be taken for good: in the process that revoked it, until its transaction is
committed; in every other, until it next reads the feed, twice a second.

When the store cannot be read, a process cannot know what was revoked meanwhile. It goes on with what it knows for ten
minutes, because a database that is started anew must not shut a gate; `/readyz` says so after five seconds, the bound
of CONTRACT 5. From then on it refuses everybody with 503 until the store answers. A token or cookie that it does not
know is refused so at once: it may be one that was made meanwhile. The age is measured by a clock that nobody sets.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, Lock, Thread

import structlog
from sqlalchemy.exc import SQLAlchemyError

from registry.auth import feed, queries, rules
from registry.auth.known import Known, KnownToken
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.secrets import digest_of
from registry.clock import Clock, Instant
from registry.ids import SessionId, SiteId, TokenId
from registry.problems import Unavailable
from registry.store import Store

log = structlog.get_logger()

POLL_SECONDS = 0.5
OLD_AFTER = timedelta(seconds=5)
"""Older than the bound within which what was revoked must be refused."""
TRUSTED_FOR = timedelta(minutes=10)
"""How long a process that cannot read the feed goes on with what it knows."""
WRITE_SECONDS = 5.0
"""How long a use may be known here only; a process that is killed loses as much of it."""
_TURN_SECONDS = 2.0
"""The longest that a request with an unknown token waits for others that ask the store."""


class NobodyKnown(Unavailable):
    slug = "sign-ins-unknown"
    title = "Who has signed in cannot be looked up now"


@dataclass(slots=True)
class Directory:
    """Sessions and tokens of the registry's store. Any thread looks up; `start` begins to follow the feed."""

    store: Store
    clock: Clock
    monotonic: Callable[[], float] = time.monotonic
    _known: Known | None = field(default=None, init=False, repr=False)
    _heard: float | None = field(default=None, init=False, repr=False)
    _is_failing: bool = field(default=False, init=False, repr=False)
    _used_sessions: dict[SessionId, Instant] = field(default_factory=dict, init=False, repr=False)
    _used_tokens: dict[TokenId, Instant] = field(default_factory=dict, init=False, repr=False)
    _turn: Lock = field(default_factory=Lock, init=False, repr=False)
    _stopped: Event = field(default_factory=Event, init=False, repr=False)
    _threads: list[Thread] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        self.store.when_changed(feed.SUBJECT, self.follow)
        self.follow()

    @property
    def lag_seconds(self) -> float | None:
        """How long ago the store last said what there is; None: it never did."""
        return None if self._heard is None else self.monotonic() - self._heard

    def of_session(self, token: str) -> Principal | None:
        """Who signed in with this cookie; None: nobody, or the session is over.

        Raises:
            NobodyKnown: what is known is too old to be trusted.

        """
        known = self._trusted()
        found = known.sessions.get(digest_of(token))
        if found is None or found.is_over(self.clock.now()):
            return None
        user = known.users.get(found.user_id)
        return None if user is None or user.is_disabled else found.principal(user, token)

    def of_bearer(self, token: str) -> Principal | None:
        """Whose bearer token this is; None: nobody's, or it is over or revoked. Who asks with it uses it.

        Raises:
            NobodyKnown: what is known is too old to be trusted.

        """
        known = self._trusted()
        found = known.tokens.get(digest_of(token))
        if found is None or found.is_over(now := self.clock.now()):
            return None
        owner = None
        if found.owner_id is not None:
            owner = known.users.get(found.owner_id)
            if owner is None or owner.is_disabled:
                return None
        self._use_token(found, now)
        return found.principal(owner)

    def may(self, name: str, permission: Permission, site: SiteId) -> bool:
        """Whether there is a user of this name who may do that at that site: somebody to whom work can be given.

        Raises:
            NobodyKnown: what is known is too old to be trusted.

        """
        named = (user for user in self._trusted().named(name) if not user.is_disabled)
        return any(Principal(id=user.id, name=user.name, grants=user.grants).may(permission, site) for user in named)

    def mark_used(self, token: str) -> None:
        """Note that somebody uses this session now; one that is over stays so. It is written later, by a thread of its own."""
        found = self._known.sessions.get(digest_of(token)) if self._known is not None else None
        now = self.clock.now()
        if found is not None and now >= found.seen_at + rules.SEEN_STEP and not found.is_over(now):
            found.seen_at = now
            self._used_sessions[found.id] = now

    def look_again(self) -> None:
        """Read the feed for a token that is not known: it may have been made in another process just now.

        Raises:
            NobodyKnown: the store does not answer.

        """
        asked = self.monotonic()
        if self._is_failing or not self._turn.acquire(timeout=_TURN_SECONDS):
            raise NobodyKnown
        try:
            if self._heard is None or self._heard < asked:  # else somebody read it while we waited
                self._read()
        except SQLAlchemyError as error:
            raise NobodyKnown from error
        finally:
            self._turn.release()

    def follow(self) -> None:
        """Read the feed; when the store does not answer, what is known stays and is older."""
        with self._turn:
            try:
                self._read()
            except Exception as error:  # noqa: BLE001 - whatever keeps one look from its end, the next must come
                if not self._is_failing:
                    log.warning("sign-ins-unreadable", error=str(error.__cause__ or error), lag=self.lag_seconds)
                self._is_failing = True

    def write_uses(self) -> None:
        """Write down the last uses that were noted."""
        sessions, self._used_sessions = self._used_sessions, {}
        tokens, self._used_tokens = self._used_tokens, {}
        if not sessions and not tokens:
            return
        try:
            with self.store.begin(self.clock.now()) as work:
                queries.mark_sessions_used(work.session, sessions)
                queries.mark_tokens_used(work.session, tokens)
        except SQLAlchemyError as error:
            log.warning("last-uses-unwritten", error=str(error.__cause__ or error))
            self._used_sessions = sessions | self._used_sessions
            self._used_tokens = tokens | self._used_tokens

    @property
    def alive(self) -> bool:
        """Whether none of its threads has ended by itself."""
        return all(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        """Begin to follow the feed, and to write down uses."""
        self._stopped.clear()
        # Two threads: a writer waits as long as another writes, and the feed must be read then.
        threads = [
            Thread(target=self._repeat, args=(self.follow, POLL_SECONDS), name="sign-ins", daemon=True),
            Thread(target=self._repeat, args=(self.write_uses, WRITE_SECONDS), name="last-uses", daemon=True),
        ]
        for thread in threads:
            thread.start()
        self._threads = threads  # now, for whoever watches us takes one that was not started for one that has ended

    def stop(self) -> None:
        """Write what is noted, then end."""
        self._stopped.set()
        threads, self._threads = self._threads, []
        for thread in threads:
            thread.join()
        self.write_uses()

    def _repeat(self, step: Callable[[], None], pause_seconds: float) -> None:
        while not self._stopped.wait(pause_seconds):
            step()

    def _read(self) -> None:
        asked = self.monotonic()
        with self.store.read() as session:
            newest = feed.version(session)
            known = self._known
            if known is None or newest < known.version:
                changes = None
            else:
                changes = feed.changes_after(session, known.version, newest=newest) if newest > known.version else ()
            if known is None or changes is None:
                if known is not None:
                    log.info("sign-ins-read-anew", version=newest, known=known.version)
                self._known = Known.load(session, newest, self.clock.now())
            elif changes:
                known.apply(session, changes, newest)
                known.forget_what_is_over(self.clock.now())
        self._heard = asked
        self._is_failing = False

    def _trusted(self) -> Known:
        lag = self.lag_seconds
        if self._known is None or lag is None or lag > TRUSTED_FOR.total_seconds():
            raise NobodyKnown("The store has not said who has signed in. Try again in a moment.")
        return self._known

    def _use_token(self, found: KnownToken, now: Instant) -> None:
        if found.used_at is None or now >= found.used_at + rules.SEEN_STEP:
            found.used_at = now
            self._used_tokens[found.id] = now
