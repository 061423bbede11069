"""Taking away old rows, a few at a time, each time along an index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, takewhile
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from monitor.retention.models import PurgeRow
from monitor.signals.days import first_position
from monitor.signals.models import DeadLetterRow, DeviceAbsenceRow, DeviceSequenceRow, SeenRow, SignalRow
from registry.clock import Instant


def next_device(session: Session, after: str) -> str | None:
    """The device that follows this address among those of which there are signals; None: there is none."""
    query = select(SignalRow.device).where(SignalRow.device > after).order_by(SignalRow.device).limit(1)
    return session.scalar(query)


@dataclass(frozen=True, slots=True)
class Over:
    """What is taken away row by row: a device's signals that came in before a moment.

    `days`: those between the first moment of the first and of the second lie in tables that go as a whole, and are left.
    """

    device: str
    before: Instant
    days: tuple[date, date] | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """`occurred_at` leads along the index, `received_at` decides: an old event that came lately stays."""
        those = [
            SignalRow.device == self.device,
            SignalRow.occurred_at < self.before,
            SignalRow.received_at < self.before,
        ]
        if self.days is not None:
            first, end = map(first_position, self.days)
            those.append(or_(SignalRow.position < first, SignalRow.position >= end))
        return those


def has_old_signals(session: Session, over: Over) -> bool:
    return session.scalar(select(SignalRow.position).where(*over.conditions()).limit(1)) is not None


def take_signals(session: Session, over: Over, limit: int) -> int:
    """Take away some of these signals, and that they were seen; how many."""
    rows = session.execute(
        select(SignalRow.position, SignalRow.source, SignalRow.id)
        .where(*over.conditions())
        .order_by(SignalRow.occurred_at)
        .limit(limit)
    ).all()
    _take(session, rows)
    return len(rows)


def take_oldest_signals(session: Session, before: Instant, limit: int, *, end: int | None) -> int:
    """The same of whatever device, from the one that was stored first; `end`: as far as this position."""
    query = select(SignalRow.position, SignalRow.source, SignalRow.id, SignalRow.received_at)
    if end is not None:
        query = query.where(SignalRow.position < end)
    rows = session.execute(query.order_by(SignalRow.position).limit(limit)).all()
    over = list(takewhile(lambda row: row.received_at < before, rows))
    _take(session, over)
    return len(over)


def _take(session: Session, rows: Sequence[Any]) -> None:
    session.execute(delete(SignalRow).where(SignalRow.position.in_([row.position for row in rows])))
    by_source = sorted((row.source, row.id) for row in rows)
    for source, keys in groupby(by_source, itemgetter(0)):
        session.execute(delete(SeenRow).where(SeenRow.source == source, SeenRow.id.in_([key for _, key in keys])))


@dataclass(slots=True)
class DayForgotten:
    """Takes away, a part at a time, that the signals of one day's table were seen: they go with the table, all at once."""

    day: date
    _upto: int = -1

    def __call__(self, session: Session, limit: int) -> int:
        """One more part; how many signals it was about."""
        start, end = first_position(self.day), first_position(self.day + timedelta(days=1))
        after = max(self._upto, start - 1)
        part = (
            select(SignalRow.position)
            .where(SignalRow.position > after, SignalRow.position < end)
            .order_by(SignalRow.position)
            .limit(limit)
            .subquery()
        )
        count, last = session.execute(select(func.count(), func.max(part.c.position))).one()
        if count:
            session.execute(
                delete(SeenRow).where(
                    SignalRow.position.between(after + 1, last),
                    SeenRow.source == SignalRow.source,
                    SeenRow.id == SignalRow.id,
                ),
                execution_options={"synchronize_session": False},
            )
            self._upto = last
        return int(count)


def take_dead_letters(session: Session, before: Instant, limit: int) -> int:
    """The same of dead letters, the oldest first: as they were stored in the order in which they came."""
    oldest = session.execute(
        select(DeadLetterRow.id, DeadLetterRow.received_at).order_by(DeadLetterRow.id).limit(limit)
    ).all()
    over = [row.id for row in oldest if row.received_at < before]
    session.execute(delete(DeadLetterRow).where(DeadLetterRow.id.in_(over)))
    return len(over)


def take_absences(session: Session, before: Instant, limit: int) -> int:
    """The same of absences that are over."""
    rows: Sequence[tuple[str, Instant]] = [
        (row.device, row.since)
        for row in session.execute(
            select(DeviceAbsenceRow.device, DeviceAbsenceRow.since).where(DeviceAbsenceRow.until < before).limit(limit)
        )
    ]
    for device, since in rows:
        session.execute(
            delete(DeviceAbsenceRow).where(DeviceAbsenceRow.device == device, DeviceAbsenceRow.since == since)
        )
    return len(rows)


def take_sequences(session: Session, before: Instant, limit: int) -> int:
    """The same of the numbers of those starts of devices of which nothing was heard since."""
    rows: Sequence[tuple[str, str]] = [
        (row.device, row.bootid)
        for row in session.execute(
            select(DeviceSequenceRow.device, DeviceSequenceRow.bootid)
            .where(DeviceSequenceRow.heard_at < before)
            .limit(limit)
        )
    ]
    for device, bootid in rows:
        session.execute(
            delete(DeviceSequenceRow).where(DeviceSequenceRow.device == device, DeviceSequenceRow.bootid == bootid)
        )
    return len(rows)


def keep(session: Session, row: PurgeRow) -> None:
    """Keep this purge in place of the one before."""
    session.merge(row)


def last_purge(session: Session) -> PurgeRow | None:
    return session.get(PurgeRow, 1)
