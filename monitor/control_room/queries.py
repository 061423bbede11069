"""What the control room reads beside the alarms."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.alarms.models import Alarm
from monitor.signals.models import SignalRow
from registry.clock import Instant
from registry.ids import SiteId
from registry.messages.alarms import AlarmState, Contribution


def last_signal(session: Session, sites: Collection[SiteId]) -> Instant | None:
    """When the newest signal of these sites was stored."""
    newest = select(SignalRow.received_at).order_by(SignalRow.position.desc()).limit(1)
    received = [session.scalar(newest.where(SignalRow.site == site)) for site in sites]
    return max((moment for moment in received if moment is not None), default=None)


def closed_since(session: Session, sites: Collection[SiteId], since: Instant, *, limit: int) -> Sequence[Alarm]:
    """The alarms of these sites that were closed at `since` or later, the last one first."""
    query = select(Alarm).where(Alarm.site.in_(sites), Alarm.state == AlarmState.CLOSED, Alarm.closed_at >= since)
    return session.scalars(query.order_by(Alarm.closed_at.desc(), Alarm.row.desc()).limit(limit)).all()


def data_of(session: Session, signals: Sequence[Contribution]) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """What these signals said, by device and id."""
    if not signals:
        return {}
    moments = [signal.occurred_at for signal in signals]
    query = (
        select(SignalRow.device, SignalRow.id, SignalRow.data)
        .where(SignalRow.device.in_({signal.device for signal in signals}))
        .where(SignalRow.occurred_at.between(min(moments), max(moments)))
        .where(SignalRow.id.in_({signal.signal_id for signal in signals}))
    )
    return {(device, signal_id): orjson.loads(data) for device, signal_id, data in session.execute(query)}
