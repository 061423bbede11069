"""Users, sessions and tokens as a process knows them: read once, then changed row by row as the feed tells."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from registry.auth import rules
from registry.auth.changes import AuthChangeKind
from registry.auth.feed import Change
from registry.auth.models import GrantRow, SessionRow, TokenGrantRow, TokenRow, UserRow
from registry.auth.names import program_name
from registry.auth.permissions import Permission
from registry.auth.principal import Grant, Principal, common
from registry.auth.queries import grant_of
from registry.auth.secrets import csrf_of
from registry.clock import Instant
from registry.ids import SessionId, TokenId, UserId


@dataclass(frozen=True, slots=True, eq=False)
class KnownUser:
    """A user as of one version; a change makes another of them."""

    id: UserId
    name: str
    is_disabled: bool
    grants: frozenset[Grant]


@dataclass(slots=True, eq=False)
class KnownSession:
    """A session that nobody ended. `seen_at` moves with its use, before it is written."""

    id: SessionId
    user_id: UserId
    seen_at: Instant
    ends_at: Instant
    told: tuple[KnownUser, Principal] | None = None

    def is_over(self, now: Instant) -> bool:
        return rules.is_over(seen_at=self.seen_at, ends_at=self.ends_at, now=now)

    def principal(self, user: KnownUser, token: str) -> Principal:
        """Who asks; made once for each state of the user."""
        if self.told is None or self.told[0] is not user:
            csrf = csrf_of(token)
            self.told = user, Principal(id=user.id, name=user.name, grants=user.grants, csrf=csrf, session=self.id)
        return self.told[1]


@dataclass(slots=True, eq=False)
class KnownToken:
    """A token that nobody revoked."""

    id: TokenId
    name: str
    owner_id: UserId | None
    grants: frozenset[Grant]
    only: frozenset[Permission] | None
    ends_at: Instant | None
    used_at: Instant | None
    told: tuple[KnownUser | None, Principal] | None = None

    def is_over(self, now: Instant) -> bool:
        return self.ends_at is not None and now >= self.ends_at

    def principal(self, owner: KnownUser | None) -> Principal:
        """Who asks: the owner with what both may, or the program itself."""
        if self.told is None or self.told[0] is not owner:
            self.told = owner, self._principal(owner)
        return self.told[1]

    def _principal(self, owner: KnownUser | None) -> Principal:
        if owner is None:
            name = program_name(self.name)
            return Principal(id=UserId(self.id), name=name, grants=self.grants, only=self.only, is_program=True)
        return Principal(id=owner.id, name=owner.name, grants=common(self.grants, owner.grants), only=self.only)


@dataclass(slots=True)
class Known:
    """All of them as of `version`. One thread at a time changes it; any thread looks up."""

    version: int
    users: dict[UserId, KnownUser] = field(default_factory=dict)
    sessions: dict[bytes, KnownSession] = field(default_factory=dict)
    tokens: dict[bytes, KnownToken] = field(default_factory=dict)
    _session_digests: dict[UUID, bytes] = field(default_factory=dict)
    _token_digests: dict[UUID, bytes] = field(default_factory=dict)

    @classmethod
    def load(cls, session: Session, version: int, now: Instant) -> "Known":
        known = cls(version)
        known._read_users(session)
        known._read_sessions(session, SessionRow.ends_at > now)
        known._read_tokens(session)
        return known

    def apply(self, session: Session, changes: Iterable[Change], version: int) -> None:
        """Read anew what these changes are about; what is no longer there, or over, is forgotten."""
        keys = {kind: {change.key for change in changes if change.kind is kind} for kind in AuthChangeKind}
        if users := keys[AuthChangeKind.USER]:
            self._read_users(session, users)
        if tokens := keys[AuthChangeKind.TOKEN]:
            for gone in tokens - self._read_tokens(session, tokens):
                self.tokens.pop(self._token_digests.pop(gone, b""), None)
        if sessions := keys[AuthChangeKind.SESSION]:
            for gone in sessions - self._read_sessions(session, SessionRow.id.in_(sessions)):
                self.sessions.pop(self._session_digests.pop(gone, b""), None)
        self.version = version

    def named(self, name: str) -> list[KnownUser]:
        """The user of this name, if there is one."""
        return [user for user in list(self.users.values()) if user.name == name]

    def forget_what_is_over(self, now: Instant) -> None:
        """Drop the sessions that ended by themselves; nothing in the feed tells of them."""
        over = [digest for digest, one in self.sessions.items() if one.is_over(now)]
        for digest in over:
            self._session_digests.pop(self.sessions.pop(digest).id, None)

    def _read_users(self, session: Session, keys: set[UUID] | None = None) -> None:
        of_users, of_grants = _among(UserRow.id, keys), _among(GrantRow.user_id, keys)
        grants: dict[UUID, set[Grant]] = {}
        columns = select(GrantRow.user_id, GrantRow.role, GrantRow.site, GrantRow.unit).where(*of_grants)
        for user_id, role, site, unit in session.execute(columns):
            grants.setdefault(user_id, set()).add(grant_of(role, site, unit=unit))
        rows = session.execute(select(UserRow.id, UserRow.name, UserRow.disabled_at).where(*of_users)).all()
        for user_id, name, disabled_at in rows:
            held = frozenset(grants.get(user_id, ()))
            self.users[UserId(user_id)] = KnownUser(UserId(user_id), name, disabled_at is not None, held)
        for gone in (keys or set()) - {user_id for user_id, _, _ in rows}:
            self.users.pop(UserId(gone), None)

    def _read_sessions(self, session: Session, which: ColumnElement[bool]) -> set[UUID]:
        columns = select(
            SessionRow.digest, SessionRow.id, SessionRow.user_id, SessionRow.seen_at, SessionRow.ends_at
        ).where(which, SessionRow.ended_at.is_(None))
        found = set()
        for digest, session_id, user_id, seen_at, ends_at in session.execute(columns):
            self._session_digests[session_id] = digest
            before = self.sessions.get(digest)
            used_at = seen_at if before is None else max(seen_at, before.seen_at)  # what is not yet written stays
            self.sessions[digest] = KnownSession(SessionId(session_id), UserId(user_id), used_at, ends_at)
            found.add(session_id)
        return found

    def _read_tokens(self, session: Session, keys: set[UUID] | None = None) -> set[UUID]:
        grants: dict[UUID, set[Grant]] = {}
        of_grants = select(
            TokenGrantRow.token_id, TokenGrantRow.role, TokenGrantRow.site, TokenGrantRow.unit, TokenGrantRow.gate
        ).where(*_among(TokenGrantRow.token_id, keys))
        for token_id, role, site, unit, gate in session.execute(of_grants):
            grants.setdefault(token_id, set()).add(grant_of(role, site, unit=unit, gate=gate))
        found = set()
        rows = session.scalars(select(TokenRow).where(TokenRow.revoked_at.is_(None), *_among(TokenRow.id, keys)))
        for row in rows:
            self._token_digests[row.id] = row.digest
            self.tokens[row.digest] = KnownToken(
                id=TokenId(row.id),
                name=row.name,
                owner_id=UserId(row.owner_id) if row.owner_id is not None else None,
                grants=frozenset(grants.get(row.id, ())),
                only=None if row.permissions is None else frozenset(map(Permission, row.permissions)),
                ends_at=row.ends_at,
                used_at=row.used_at,
            )
            found.add(row.id)
        return found


def _among(column: InstrumentedAttribute[UUID], keys: set[UUID] | None) -> tuple[ColumnElement[bool], ...]:
    return () if keys is None else (column.in_(keys),)
