"""What `/readyz` says of each part of the house, and from which lag on a part no longer counts as ready."""

from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from deploy.holder import is_gone
from deploy.system.facts import HouseFacts
from gateway.desk import Desk
from monitor.anomalies.queries import progress
from monitor.lease.queries import leases
from monitor.lease.rules import told
from monitor.pulse.queries import last_pulse
from monitor.pulse.rules import Pulse, age_seconds, fault_of_engine, fault_of_path
from monitor.retention.queries import last_purge
from monitor.signals.queries import signals_after
from registry.bus import Bus, OutboxSender
from registry.clock import Clock, Instant
from registry.fast_clock import unhurried
from registry.store import Store
from registry.web.readiness import Check, PartState, Readiness

RULES_LAG_SECONDS = 30.0
"""From then on the monitor counts as stalled (monitor.md 4, D08)."""
PURGE_SECONDS = 2 * 24 * 3600.0
"""Twice the longest pause that can be set between two purges."""
UNSENT_SECONDS = 10.0
"""What was announced and waits for longer does not get through."""


def register_checkups(
    readiness: Readiness,
    *,
    clock: Clock,
    desk: Desk | None = None,
    monitor: Store | None = None,
    buses: Mapping[str, Bus],
    senders: Mapping[str, OutboxSender],
) -> None:
    """Add what is served, our clients of the broker and what they send.

    Of the gateway: its snapshot, its plate reader and what stands at its lanes; of the monitor: its engine and its rules.
    """
    if desk is not None:
        readiness.register("gateway-snapshot", desk.state)
        readiness.register("plate-reader", desk.plates.state)
        readiness.register("lanes", desk.barriers.board.state)
    if monitor is not None:
        readiness.register("monitor-engine", _pulse(monitor, clock, fault_of_engine))
        readiness.register("monitor-rules", _rules(monitor, clock))
        readiness.register("monitor-lease", _lease(monitor))
        readiness.register("monitor-purge", _purge(monitor, clock))
    for name, bus in buses.items():
        readiness.register(f"broker-{name}", broker_check(bus))
    for name, sender in senders.items():
        readiness.register(f"outbox-{name}", _outbox(sender))


def embedded_broker(file: Path) -> Check:
    """Whether the broker of this very service runs, as its supervisor says in `file`."""

    def check() -> PartState:
        facts = HouseFacts.in_file(file)
        runs = facts is not None and any(each.name == "broker" and each.pid is not None for each in facts.processes)
        return PartState(ready=runs, detail="" if runs else "the broker does not run")

    return check


def checks_of_the_live_path(*, clock: Clock, monitor: Store, web: Bus) -> Mapping[str, Check]:
    """All that lies between a device's word and a page of the control room."""
    return {
        "engine": _pulse(monitor, clock, fault_of_path),
        "rules": _rules(monitor, clock),
        "web": broker_check(web),
    }


def _pulse(monitor: Store, clock: Clock, fault_of: Callable[[Pulse | None, Instant], str | None]) -> Check:
    def check() -> PartState:
        try:
            with monitor.read() as session:
                pulse = last_pulse(session)
        except SQLAlchemyError as error:
            return _unanswered(error)
        now = unhurried(clock, pulse.at) if pulse is not None else clock.now()
        fault = fault_of(pulse, now)
        lag = age_seconds(pulse, now) if pulse is not None else None
        return PartState(ready=fault is None, lag_seconds=lag, detail=fault or "")

    return check


def _lease(monitor: Store) -> Check:
    """Which engine acts, ours or one of another house on the same store; one of this machine that has ended does not.

    Whether one lives that runs elsewhere is told by its pulse.
    """

    def check() -> PartState:
        try:
            with monitor.read() as session:
                held = [each for each in leases(session) if each.expires_at is not None and not is_gone(each.holder)]
        except SQLAlchemyError as error:
            return _unanswered(error)
        if not held:
            return PartState(ready=False, detail="no engine acts")
        return PartState(ready=True, detail=f"{', '.join(sorted({told(lease) for lease in held}))} acts")

    return check


def _rules(monitor: Store, clock: Clock) -> Check:
    def check() -> PartState:
        try:
            with monitor.read() as session:
                at = progress(session)
                waiting = signals_after(session, at.position if at else 0, limit=1)
        except SQLAlchemyError as error:
            return _unanswered(error)
        oldest = waiting[0].received_at if waiting else None
        lag = (unhurried(clock, oldest) - oldest).total_seconds() if oldest is not None else 0.0
        return PartState(ready=at is not None and lag <= RULES_LAG_SECONDS, lag_seconds=lag)

    return check


def _purge(monitor: Store, clock: Clock) -> Check:
    def check() -> PartState:
        try:
            with monitor.read() as session:
                last = last_purge(session)
        except SQLAlchemyError as error:
            return _unanswered(error)
        if last is None:
            return PartState(ready=True, detail="not yet")
        ago = (unhurried(clock, last.ended_at) - last.ended_at).total_seconds()
        detail = f"{last.signals} signals, {last.dead_letters} dead letters, longest {last.longest_ms} ms"
        return PartState(ready=ago <= PURGE_SECONDS, lag_seconds=ago, detail=detail)

    return check


def broker_check(bus: Bus) -> Check:
    """Whether a client of ours is connected and heard, and if not, why not."""

    def check() -> PartState:
        if not bus.alive or not bus.connected:
            return PartState(ready=False, detail=f"no connection: {bus.fault}" if bus.fault else "no connection")
        refused = len(bus.unheard)
        return PartState(ready=not refused, detail=f"{refused} topics are not heard" if refused else "")

    return check


def _outbox(sender: OutboxSender) -> Check:
    def check() -> PartState:
        if not sender.alive:
            return PartState(ready=False, detail="nobody sends")
        stuck = sender.stuck_seconds
        return PartState(ready=stuck <= UNSENT_SECONDS, lag_seconds=stuck)

    return check


def _unanswered(error: SQLAlchemyError) -> PartState:
    return PartState(ready=False, detail=f"the store does not answer: {type(error).__name__}")
