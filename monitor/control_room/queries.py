"""What the control room reads beside the alarms."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.signals.models import SignalRow
from registry.clock import Instant
from registry.ids import SiteId


def last_signal(session: Session, sites: Collection[SiteId]) -> Instant | None:
    """When the newest signal of these sites was stored."""
    newest = select(SignalRow.received_at).order_by(SignalRow.position.desc()).limit(1)
    received = [session.scalar(newest.where(SignalRow.site == site)) for site in sites]
    return max((moment for moment in received if moment is not None), default=None)
