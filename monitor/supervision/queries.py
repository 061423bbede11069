"""Reading and writing which devices were lost and what they say of themselves."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from monitor.signals.models import DeviceAbsenceRow, DevicePresenceRow
from monitor.supervision.models import DeviceConditionRow
from monitor.supervision.rules import NOTHING, Condition, Lasting, Loss, Supervision
from registry.clock import Instant
from registry.devices.facts import Register
from registry.ids import DeviceAddress, SiteId

REMEMBERED = timedelta(hours=1)
"""So long after its last device is back an incident is looked at yet."""
_ROW = DeviceAbsenceRow


class Silent(NamedTuple):
    """A device and its last sign of life."""

    device: DeviceAddress
    heard_at: Instant


def known(session: Session, register: Register, clock: Instant) -> Supervision:
    """What is lost or came back lately, and the conditions that last or ended lately, of the sites of the register."""
    recent = or_(_ROW.until.is_(None), _ROW.until > clock - REMEMBERED)
    incidents = select(_ROW.incident).where(recent, _ROW.incident.is_not(None))
    losses = [loss for loss in _losses(session, _ROW.incident.in_(incidents)) if loss.device.site in register.sites]
    by_incident: dict[str, list[Loss]] = defaultdict(list)
    for loss in losses:
        by_incident[loss.incident].append(loss)
    conditions = session.scalars(
        select(DeviceConditionRow).where(
            or_(DeviceConditionRow.until.is_(None), DeviceConditionRow.until > clock - REMEMBERED)
        )
    )
    lasting = tuple(_lasting(row) for row in conditions)
    if not losses and not lasting:
        return NOTHING
    supervised = session.execute(
        select(DevicePresenceRow.site, func.count())
        .where(or_(DevicePresenceRow.heartbeat_at.is_not(None), DevicePresenceRow.online.is_not(None)))
        .group_by(DevicePresenceRow.site)
    )
    return Supervision(
        losses={incident: tuple(those) for incident, those in by_incident.items()},
        supervised={SiteId(site): count for site, count in supervised},
        lasting=tuple(each for each in lasting if each.device.site in register.sites),
    )


def lost_since(session: Session, moment: Instant) -> list[Loss]:
    """The losses that were noticed since then, or last, the earliest first."""
    return _losses(session, and_(_ROW.incident.is_not(None), or_(_ROW.noticed_at >= moment, _ROW.until.is_(None))))


def silent_before(session: Session, moment: Instant) -> Sequence[Silent]:
    """The devices whose last heartbeat came before this, and that are not known to be lost."""
    lost = select(_ROW.device).where(_ROW.until.is_(None))
    query = select(DevicePresenceRow.device, DevicePresenceRow.heartbeat_at).where(
        DevicePresenceRow.heartbeat_at < moment, DevicePresenceRow.device.not_in(lost)
    )
    return [Silent(DeviceAddress.parse(row.device), row.heartbeat_at) for row in session.execute(query)]


def new_absences(session: Session, after: Instant) -> Sequence[DeviceAbsenceRow]:
    """What the broker told since then, or that lasts, and belongs to no incident yet."""
    query = select(_ROW).where(_ROW.incident.is_(None), or_(_ROW.until.is_(None), _ROW.since > after))
    return session.scalars(query.order_by(_ROW.since, _ROW.device)).all()


def heard_again(session: Session) -> Sequence[tuple[str, Instant, Instant]]:
    """Of devices that are lost and beat again: the device, since when it was lost, and its newest heartbeat."""
    query = (
        select(_ROW.device, _ROW.since, DevicePresenceRow.heartbeat_at)
        .join(DevicePresenceRow, DevicePresenceRow.device == _ROW.device)
        .where(_ROW.until.is_(None), _ROW.incident.is_not(None), DevicePresenceRow.heartbeat_at > _ROW.since)
    )
    return [(row.device, row.since, row.heartbeat_at) for row in session.execute(query)]


def add(session: Session, loss: Loss) -> None:
    """Keep a silence that was noticed, or the incident of what the broker told."""
    key = (str(loss.device), loss.heard_at)
    row = session.get(_ROW, key)
    if row is None:
        row = DeviceAbsenceRow(device=key[0], since=loss.heard_at, until=loss.until)
        session.add(row)
    row.missed_at, row.noticed_at, row.incident = loss.missed_at, loss.noticed_at, loss.incident
    session.flush()


def end(session: Session, device: str, since: Instant, at: Instant) -> None:
    """The device was heard again."""
    session.execute(update(_ROW).where(_ROW.device == device, _ROW.since == since).values(until=at))


def replace_conditions(
    session: Session,
    device: DeviceAddress,
    condition: Condition,
    after: Instant,
    stretches: Iterable[tuple[Instant, Instant | None, Instant, str]],
) -> None:
    """Let these stand in place of all that began from that moment on."""
    row = DeviceConditionRow
    session.execute(delete(row).where(row.device == str(device), row.condition == condition.value, row.since >= after))
    session.add_all(
        row(
            device=str(device),
            condition=condition.value,
            since=since,
            until=until,
            noticed_at=noticed_at,
            signal_id=signal_id,
        )
        for since, until, noticed_at, signal_id in stretches
    )
    session.flush()


def condition_at(
    session: Session, device: DeviceAddress, condition: Condition, at: Instant
) -> DeviceConditionRow | None:
    """The last stretch that had begun by then."""
    row = DeviceConditionRow
    query = select(row).where(row.device == str(device), row.condition == condition.value, row.since <= at)
    return session.scalars(query.order_by(row.since.desc()).limit(1)).first()


def conditions_of(session: Session, device: DeviceAddress) -> Collection[Lasting]:
    """What a device says of itself now."""
    query = select(DeviceConditionRow).where(
        DeviceConditionRow.device == str(device), DeviceConditionRow.until.is_(None)
    )
    return [_lasting(row) for row in session.scalars(query.order_by(DeviceConditionRow.since))]


def _losses(session: Session, condition: ColumnElement[bool]) -> list[Loss]:
    rows = session.scalars(select(_ROW).where(condition).order_by(_ROW.missed_at, _ROW.device))
    return [
        Loss(
            device=DeviceAddress.parse(row.device),
            heard_at=row.since,
            missed_at=row.missed_at,
            noticed_at=row.noticed_at,
            until=row.until,
            incident=row.incident,
        )
        for row in rows
        if row.missed_at is not None and row.noticed_at is not None and row.incident is not None
    ]


def _lasting(row: DeviceConditionRow) -> Lasting:
    return Lasting(
        device=DeviceAddress.parse(row.device),
        condition=Condition(row.condition),
        since=row.since,
        until=row.until,
        noticed_at=row.noticed_at,
        signal_id=row.signal_id,
    )
