"""When devices had no connection, as the broker told it by their last wills."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from monitor.signals.models import DeviceAbsenceRow, DevicePresenceRow
from registry.clock import Instant
from registry.ids import DeviceAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A stretch without a connection; `until` None: it lasts."""

    since: Instant
    until: Instant | None


def note(session: Session, words: Mapping[DeviceAddress, tuple[bool, Instant]]) -> None:
    """Keep what is new in these words (is it connected, and when we heard so); to be called before presence is written.

    The broker repeats its last word whenever we connect: that is no new absence. A word that is older than the last, of a
    dead letter that is tried again, changes nothing.
    """
    if not words:
        return
    query = select(DevicePresenceRow.device, DevicePresenceRow.online, DevicePresenceRow.online_at)
    rows = session.execute(query.where(DevicePresenceRow.device.in_([str(device) for device in words])))
    known = {row.device: (row.online, row.online_at) for row in rows}
    for device, (online, at) in words.items():
        last, last_at = known.get(str(device), (None, None))
        if last == online or (last_at is not None and last_at > at):
            continue
        if online:
            lasting = (DeviceAbsenceRow.device == str(device)) & DeviceAbsenceRow.until.is_(None)
            session.execute(update(DeviceAbsenceRow).where(lasting).values(until=at))
        elif session.get(DeviceAbsenceRow, (str(device), at)) is None:
            session.execute(insert(DeviceAbsenceRow), {"device": str(device), "since": at, "until": None})


def between(session: Session, device: DeviceAddress, start: Instant, end: Instant) -> Sequence[Absence]:
    """The absences of a device that lie in `start <= t < end`, or reach into it, the earliest first."""
    rows = session.scalars(
        select(DeviceAbsenceRow)
        .where(DeviceAbsenceRow.device == str(device), DeviceAbsenceRow.since < end)
        .where(or_(DeviceAbsenceRow.until.is_(None), DeviceAbsenceRow.until > start))
        .order_by(DeviceAbsenceRow.since)
    )
    return [Absence(since=row.since, until=row.until) for row in rows]
