"""The engine's process: hears the broker, stores what it hears, runs the rules, announces alarms.

All this only while it holds the leases of its sites. Until then it stands by, with no connection to the broker; when it
has lost them it ends, and the supervisor starts one that stands by.
"""

import threading
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from deploy.broker.users import Service
from deploy.folder import DataFolder
from deploy.holder import is_gone, this_process
from deploy.processes.orders import EngineOrders, say_ready
from deploy.register_keeper import RegisterKeeper
from deploy.services import service_bus
from deploy.stopping import stop_on_signals
from deploy.stores import open_stores
from deploy.tuning import settle_memory, take_short_turns
from monitor.engine import Engine
from monitor.lease.keeper import LeaseKeeper
from monitor.pulse.queries import beat
from monitor.pulse.rules import Pulse
from monitor.retention.purging import Purging
from monitor.signals.inbox import OUR_FILTERS, Inbox
from registry.bus import OutboxSender
from registry.clock import Clock, Instant
from registry.store import Store

log = structlog.get_logger()

_LOOK_SECONDS = 1.0
_STOP_SECONDS = 3.0


def main() -> int:
    orders = EngineOrders.received()
    stop = stop_on_signals()
    clock = orders.clock
    stores = open_stores(orders.stores, DataFolder(orders.data_dir).key("audit"))
    register = RegisterKeeper(stores["registry"])
    register.start()
    lease = LeaseKeeper(stores["monitor"], register, clock, holder=this_process(), is_gone=is_gone)
    lease.start()
    settle_memory()
    take_short_turns()
    is_ready = stand_by(lease, stop, say_ready)
    failed = not stop.is_set() and (
        not lease.holds or _act(orders, stop, lease, register, clock, is_ready=is_ready)
    )  # a lease whose thread ended before it was ours never comes
    lease.stop()
    register.stop()
    for store in stores.values():
        store.close()
    return int(failed)


def stand_by(lease: LeaseKeeper, stop: threading.Event, say_ready: Callable[[], None]) -> bool:
    """Wait until the leases are ours, or cannot be any more, or we are told to stop; whether we have said that we are ready."""
    is_ready = False
    while not stop.is_set() and lease.alive and not lease.wait(_LOOK_SECONDS):
        if not is_ready and lease.stands_by:
            is_ready = True  # another engine hears the devices, and we take over when it ends
            say_ready()
    return is_ready


def _act(
    orders: EngineOrders,
    stop: threading.Event,
    lease: LeaseKeeper,
    register: RegisterKeeper,
    clock: Clock,
    *,
    is_ready: bool,
) -> bool:
    """Be the engine until it is told to stop; True: it ends because it lost its lease, or one of its parts has ended."""
    monitor = lease.fenced
    hearing = service_bus(orders.brokers, Service.MONITOR)
    engine = Engine(
        monitor, register, clock, hears=lambda: hearing.connected and hearing.unheard.isdisjoint(OUR_FILTERS)
    )
    inbox = Inbox(store=monitor, bus=hearing, register=register, clock=clock, heard=engine.wake)
    speaking = service_bus(orders.brokers, Service.MONITOR, purpose="out")
    sender = OutboxSender(monitor, speaking, clock, may_send=lambda: lease.holds)
    speaking.start()
    sender.start()
    inbox.start()
    every = 60.0 * orders.purge_minutes
    purging = Purging(monitor, clock, days=orders.signal_days, every_seconds=every)
    purging.start()
    rules = threading.Thread(target=engine.run, args=(stop,), name="rules", daemon=True)
    rules.start()
    while (
        not stop.is_set() and lease.holds and all(part.alive for part in (register, inbox, sender)) and rules.is_alive()
    ):
        if not is_ready and inbox.wait_until_hearing(_LOOK_SECONDS):
            is_ready = True  # from now on the broker keeps for us what devices say, so they may be let in
            say_ready()
        _beat(monitor, inbox, sender, clock.now())
        stop.wait(_LOOK_SECONDS)
    failed = not stop.is_set()  # a deaf, dumb or thoughtless engine ends, and the supervisor starts it anew
    stop.set()
    engine.wake()
    rules.join(_STOP_SECONDS)
    purging.stop()
    inbox.stop()
    sender.stop()
    speaking.stop()
    return failed


def _beat(store: Store, inbox: Inbox, sender: OutboxSender, now: Instant) -> None:
    pulse = Pulse(
        at=now,
        connected=inbox.connected,
        hears_devices=inbox.hears,
        unheard=inbox.unheard,
        unsent_seconds=sender.stuck_seconds,
    )
    try:
        with store.begin(now) as work:
            beat(work.session, pulse)
    except SQLAlchemyError as error:
        log.warning("pulse-not-kept", error=str(error.__cause__ or error))
