"""Reading and writing the engine's sign of life."""

from sqlalchemy.orm import Session

from monitor.pulse.models import PulseRow
from monitor.pulse.rules import Pulse


def beat(session: Session, pulse: Pulse) -> None:
    """Keep this sign in place of the one before."""
    session.merge(
        PulseRow(
            only=1,
            at=pulse.at,
            connected=pulse.connected,
            hears_devices=pulse.hears_devices,
            unheard=pulse.unheard,
            unsent_seconds=pulse.unsent_seconds,
        )
    )


def last_pulse(session: Session) -> Pulse | None:
    """The newest sign; None before the first."""
    row = session.get(PulseRow, 1)
    if row is None:
        return None
    return Pulse(
        at=row.at,
        connected=row.connected,
        hears_devices=row.hears_devices,
        unheard=row.unheard,
        unsent_seconds=row.unsent_seconds,
    )
