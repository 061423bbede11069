"""Sessions listed and ended: by those whose they are, and by who manages users. The caller's transaction holds each."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from registry import audit
from registry.auth import queries, rules
from registry.auth.models import SessionRow, UserRow
from registry.clock import Instant
from registry.ids import SessionId, UserId
from registry.problems import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """A browser that is signed in. `address` and `agent`: from where and with what, as far as it was noted."""

    id: SessionId
    user_id: UserId
    user: str
    began_at: Instant
    seen_at: Instant
    ends_at: Instant
    address: str | None
    agent: str | None


class NoSuchSession(NotFound):
    slug = "no-such-session"
    title = "There is no such session, or it is over"


def live_sessions(session: Session, *, now: Instant, of: UserId | None = None) -> Sequence[LiveSession]:
    """The sessions of one user or, with `of` None, of everybody; the last used first."""
    found = queries.open_sessions(session, of)
    live = [(row, user) for row, user in found if not rules.is_over(seen_at=row.seen_at, ends_at=row.ends_at, now=now)]
    return [_as_told(row, user) for row, user in sorted(live, key=lambda pair: pair[0].seen_at, reverse=True)]


def end_one(session: Session, session_id: SessionId, *, now: Instant, by: str, of: UserId | None = None) -> None:
    """End a session; with `of` only one of that user's.

    Raises:
        NoSuchSession: there is none, it is over, or it is another's.

    """
    row = queries.session_by_id(session, session_id)
    if row is None or row.ended_at is not None or (of is not None and row.user_id != of):
        raise NoSuchSession
    row.ended_at = now
    _record(session, [row], by=by, now=now)


def end_others(session: Session, user_id: UserId, *, keep: SessionId | None, now: Instant, by: str) -> int:
    """End every session of a user but `keep` (None: every one); gives how many."""
    rows = [row for row in queries.open_sessions_of(session, user_id) if row.id != keep]
    for row in rows:
        row.ended_at = now
    _record(session, rows, by=by, now=now)
    return len(rows)


def _record(session: Session, rows: Sequence[SessionRow], *, by: str, now: Instant) -> None:
    if not rows:
        return
    user = queries.user(session, UserId(rows[0].user_id))
    name = user.name if user is not None else str(rows[0].user_id)
    facts = {"sessions": [str(row.id) for row in rows]}
    audit.record(session, actor=by, action="sessions-ended", site=None, subject=f"user:{name}", facts=facts, now=now)


def _as_told(row: SessionRow, user: UserRow) -> LiveSession:
    return LiveSession(
        id=SessionId(row.id),
        user_id=UserId(row.user_id),
        user=user.name,
        began_at=row.created_at,
        seen_at=row.seen_at,
        ends_at=row.ends_at,
        address=row.address,
        agent=row.agent,
    )
