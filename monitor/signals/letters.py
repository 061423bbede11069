"""Dead letters by their reasons, and what becomes of one that is tried again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql import Select

from monitor.signals.messages import Message
from monitor.signals.models import DeadLetterRow, SignalRow
from monitor.signals.reasons import DeadReason
from registry.clock import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which dead letters: of these sites (None: all, also those that name none), of one reason or one device or any."""

    sites: Collection[str] | None
    reason: DeadReason | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A dead letter as it is tried again. `is_whole`: all that came was kept, so what it says can be read anew."""

    id: int
    message: Message
    is_whole: bool


_TOPIC_SIGNS = 300
"""A topic is kept so far; a longer one was cut, and one cannot know what followed."""


def counts(session: Session, wanted: Wanted) -> Sequence[tuple[str, int]]:
    """How many there are of each reason, most first."""
    count = func.count()
    query = select(DeadLetterRow.reason, count).group_by(DeadLetterRow.reason).order_by(count.desc())
    return [(row[0], row[1]) for row in session.execute(matching(cast("Select[Any]", query), wanted))]


def to_try(session: Session, wanted: Wanted, *, before_id: int | None, limit: int) -> Sequence[Letter]:
    """Those that are tried next, the newest first."""
    every: Select[Any] = select(DeadLetterRow)
    query = matching(every.order_by(DeadLetterRow.id.desc()).limit(limit), wanted)
    if before_id is not None:
        query = query.where(DeadLetterRow.id < before_id)
    return [_letter(row) for row in session.scalars(query)]


def one(session: Session, letter_id: int) -> Letter | None:
    row = session.get(DeadLetterRow, letter_id)
    return None if row is None else _letter(row)


def remove(session: Session, letter_id: int) -> None:
    session.execute(delete(DeadLetterRow).where(DeadLetterRow.id == letter_id))


def newest_id(session: Session) -> int:
    return session.scalar(select(func.max(DeadLetterRow.id))) or 0


def remove_after(session: Session, letter_id: int) -> tuple[str, str]:
    """Remove the letter that was set aside after this one; gives its reason and detail."""
    row = session.scalars(select(DeadLetterRow).where(DeadLetterRow.id > letter_id)).one()
    found = row.reason, row.detail
    remove(session, row.id)
    return found


def say_why(session: Session, letter_id: int, reason: str, detail: str) -> None:
    """Its reason is another one now."""
    session.execute(update(DeadLetterRow).where(DeadLetterRow.id == letter_id).values(reason=reason, detail=detail))


def last_position(session: Session) -> int:
    return session.scalar(select(func.max(SignalRow.position))) or 0


def mark_retried(session: Session, *, after: int, at: Instant) -> None:
    """The signals behind this position were dead letters until now."""
    session.execute(update(SignalRow).where(SignalRow.position > after).values(retried_at=at))


def matching(query: Select[Any], wanted: Wanted) -> Select[Any]:
    """Of this query, what is wanted."""
    if wanted.sites is not None:
        query = query.where(DeadLetterRow.site.in_(wanted.sites))
    if wanted.reason is not None:
        query = query.where(DeadLetterRow.reason == wanted.reason.value)
    if wanted.device is not None:
        query = query.where(DeadLetterRow.device == wanted.device)
    return query


def _letter(row: DeadLetterRow) -> Letter:
    message = Message(topic=row.topic, payload=row.raw, received_at=row.received_at, retained=row.retained)
    is_whole = row.size == len(row.raw) and len(row.topic) < _TOPIC_SIGNS
    return Letter(id=row.id, message=message, is_whole=is_whole)
