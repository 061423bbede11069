"""What a fire panel said before."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.fire.rules import ALARM
from monitor.signals.models import SignalRow
from registry.clock import Instant
from registry.ids import DeviceAddress
from registry.messages.events import FireAlarm

_LOOKED_AT = 50
"""A panel that repeats itself does so at once; one that says it again after so many others is told again, and the gateway knows it."""


def said_before(session: Session, device: DeviceAddress, *, since: Instant, before: int) -> Sequence[FireAlarm]:
    """What the panel last said of fires since then, of the signals before that position."""
    rows = session.scalars(
        select(SignalRow.data)
        .where(SignalRow.device == str(device), SignalRow.occurred_at >= since)
        .where(SignalRow.type == ALARM, SignalRow.position < before, SignalRow.set_aside.is_(None))
        .order_by(SignalRow.occurred_at.desc())
        .limit(_LOOKED_AT)
    )
    return [FireAlarm.model_validate_json(data) for data in rows]
