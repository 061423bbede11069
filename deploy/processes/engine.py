"""The engine's process: hears the broker, stores what it hears, runs the rules, announces alarms."""

import signal
import sys
import threading
from types import FrameType

import structlog
from sqlalchemy.exc import SQLAlchemyError

from deploy.broker.users import Service
from deploy.folder import DataFolder
from deploy.house import open_stores
from deploy.processes.orders import HouseOrders, say_ready
from deploy.register_keeper import RegisterKeeper
from deploy.services import service_bus
from monitor.engine import Engine
from monitor.pulse.queries import beat
from monitor.pulse.rules import Pulse
from monitor.signals.inbox import Inbox
from registry.bus import OutboxSender
from registry.clock import Instant, SystemClock
from registry.store import Store

log = structlog.get_logger()

_LOOK_SECONDS = 1.0
_STOP_SECONDS = 3.0


def main() -> int:
    orders = HouseOrders.received()
    stop = threading.Event()

    def told_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, told_to_stop)
    clock = SystemClock()
    stores = open_stores(orders.stores, DataFolder(orders.data_dir).key("audit"))
    register = RegisterKeeper(stores["registry"])
    register.start()
    engine = Engine(stores["monitor"], register, clock)
    hearing = service_bus(orders.brokers, Service.MONITOR)
    inbox = Inbox(store=stores["monitor"], bus=hearing, register=register, clock=clock, heard=engine.wake)
    speaking = service_bus(orders.brokers, Service.MONITOR, purpose="out")
    sender = OutboxSender(stores["monitor"], speaking, clock)
    speaking.start()
    sender.start()
    inbox.start()
    rules = threading.Thread(target=engine.run, args=(stop,), name="rules", daemon=True)
    rules.start()
    is_ready = False
    while not stop.is_set() and inbox.alive and rules.is_alive() and sender.alive:
        if not is_ready and inbox.wait_until_hearing(_LOOK_SECONDS):
            is_ready = True  # from now on the broker keeps for us what devices say, so they may be let in
            say_ready()
        _beat(stores["monitor"], inbox, sender, clock.now())
        stop.wait(_LOOK_SECONDS)
    failed = not stop.is_set()  # a deaf, dumb or thoughtless engine ends, and the supervisor starts it anew
    stop.set()
    engine.wake()
    rules.join(_STOP_SECONDS)
    inbox.stop()
    sender.stop()
    speaking.stop()
    register.stop()
    for store in stores.values():
        store.close()
    return int(failed)


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


if __name__ == "__main__":
    sys.exit(main())
