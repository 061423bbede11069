"""What `/readyz` says of each part of the house, and from which lag on a part no longer counts as ready."""

from collections.abc import Mapping

from sqlalchemy.exc import SQLAlchemyError

from gateway.desk import Desk
from monitor.anomalies.queries import progress
from monitor.signals.queries import signals_after
from registry.bus import Bus
from registry.clock import Clock
from registry.store import Store
from registry.web.readiness import Check, PartState, Readiness

RULES_LAG_SECONDS = 30.0
"""From then on the monitor counts as stalled (monitor.md 4, D08)."""


def register_checkups(
    readiness: Readiness, *, clock: Clock, desk: Desk, monitor: Store, buses: Mapping[str, Bus]
) -> None:
    """Add the gateway's snapshot, the monitor's rules and our clients of the broker."""
    readiness.register("gateway-snapshot", desk.state)
    readiness.register("monitor-rules", _rules(monitor, clock))
    for name, bus in buses.items():
        readiness.register(f"broker-{name}", _connection(bus))


def _rules(monitor: Store, clock: Clock) -> Check:
    def check() -> PartState:
        try:
            with monitor.read() as session:
                at = progress(session)
                waiting = signals_after(session, at.position if at else 0, limit=1)
        except SQLAlchemyError as error:
            return PartState(ready=False, detail=f"the store does not answer: {type(error).__name__}")
        lag = (clock.now() - waiting[0].received_at).total_seconds() if waiting else 0.0
        return PartState(ready=at is not None and lag <= RULES_LAG_SECONDS, lag_seconds=lag)

    return check


def _connection(bus: Bus) -> Check:
    def check() -> PartState:
        return PartState(ready=bus.connected, detail="" if bus.connected else "no connection")

    return check
