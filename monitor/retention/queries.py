"""Taking away old rows, a few at a time, each time along an index."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from monitor.retention.models import PurgeRow
from monitor.signals.models import DeadLetterRow, DeviceAbsenceRow, SeenRow, SignalRow
from registry.clock import Instant


def next_device(session: Session, after: str) -> str | None:
    """The device that follows this address among those of which there are signals; None: there is none."""
    query = select(SignalRow.device).where(SignalRow.device > after).order_by(SignalRow.device).limit(1)
    return session.scalar(query)


def _old(device: str, before: Instant) -> tuple[ColumnElement[bool], ...]:
    """`occurred_at` leads along the index, `received_at` decides: an old event that came lately stays."""
    return SignalRow.device == device, SignalRow.occurred_at < before, SignalRow.received_at < before


def has_old_signals(session: Session, device: str, before: Instant) -> bool:
    return session.scalar(select(SignalRow.position).where(*_old(device, before)).limit(1)) is not None


def take_signals(session: Session, device: str, before: Instant, limit: int) -> int:
    """Take away some of this device's signals that came in before this moment, and that they were seen; how many."""
    rows = session.execute(
        select(SignalRow.position, SignalRow.source, SignalRow.id)
        .where(*_old(device, before))
        .order_by(SignalRow.occurred_at)
        .limit(limit)
    ).all()
    session.execute(delete(SignalRow).where(SignalRow.position.in_([row.position for row in rows])))
    by_source = sorted((row.source, row.id) for row in rows)
    for source, keys in groupby(by_source, itemgetter(0)):
        session.execute(delete(SeenRow).where(SeenRow.source == source, SeenRow.id.in_([key for _, key in keys])))
    return len(rows)


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


def keep(session: Session, row: PurgeRow) -> None:
    """Keep this purge in place of the one before."""
    session.merge(row)


def last_purge(session: Session) -> PurgeRow | None:
    return session.get(PurgeRow, 1)
