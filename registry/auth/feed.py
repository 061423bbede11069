"""The feed of what changed among users, sessions and tokens: written with each row, whoever changes it and how.

Every insert, update and delete of such a row through a session makes the next version in the same transaction. The
counter's row stays locked until the commit, so versions become visible in their order and a reader misses nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, event, insert, inspect, select, update
from sqlalchemy.orm import Mapper, Session, object_session

from registry.auth.changes import AuthChangeKind
from registry.auth.models import AuthChange, AuthCounter, GrantRow, SessionRow, TokenGrantRow, TokenRow, UserRow
from registry.store.opening import tell_after_commit

SUBJECT = "auth"
"""What a store calls those who follow this feed by (`Store.when_changed`)."""
KEPT = 10_000
"""Changes that are kept; who is further behind reads everything anew."""
_SWEEP_EVERY = 1000
_ONE = 1


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the feed."""

    version: int
    kind: AuthChangeKind
    key: UUID


def record_change(session: Session, kind: AuthChangeKind, key: UUID) -> None:
    """Say, in the same transaction, that this one became different: for what is written past the session's objects."""
    _record(session.connection(), kind, key)
    tell_after_commit(session, SUBJECT)


def version(session: Session) -> int:
    """The newest version; 0: nothing has changed since the store was made."""
    return session.scalar(select(AuthCounter.version)) or 0


def changes_after(session: Session, known: int, *, newest: int) -> Sequence[Change] | None:
    """What came after `known` up to `newest`, oldest first; None: some of it is forgotten."""
    rows = session.execute(
        select(AuthChange.version, AuthChange.kind, AuthChange.key)
        .where(AuthChange.version > known, AuthChange.version <= newest)
        .order_by(AuthChange.version)
    )
    changes = [Change(number, kind, key) for number, kind, key in rows]
    return changes if len(changes) == newest - known else None


def _record(connection: Connection, kind: AuthChangeKind, key: UUID) -> None:
    step = update(AuthCounter).values(version=AuthCounter.version + 1).returning(AuthCounter.version)
    number = connection.scalar(step)
    if number is None:
        number = _ONE
        connection.execute(insert(AuthCounter).values(id=_ONE, version=number))
    connection.execute(insert(AuthChange).values(version=number, kind=kind, key=key))
    if number % _SWEEP_EVERY == 0:
        connection.execute(delete(AuthChange).where(AuthChange.version <= number - KEPT))


_KEYS = {
    UserRow: (AuthChangeKind.USER, "id"),
    GrantRow: (AuthChangeKind.USER, "user_id"),
    SessionRow: (AuthChangeKind.SESSION, "id"),
    TokenRow: (AuthChangeKind.TOKEN, "id"),
    TokenGrantRow: (AuthChangeKind.TOKEN, "token_id"),
}


def _written(_mapper: Mapper[Any], connection: Connection, row: Any) -> None:
    session = object_session(row)
    if session is None or (inspect(row).persistent and row not in session.deleted and not session.is_modified(row)):
        return
    kind, key = _KEYS[type(row)]
    _record(connection, kind, getattr(row, key))
    tell_after_commit(session, SUBJECT)


for _model in _KEYS:
    for _moment in ("after_insert", "after_update", "after_delete"):
        event.listen(_model, _moment, _written)
