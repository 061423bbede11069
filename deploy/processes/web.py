"""The web process: the pages and the API of the three rooms, and the senders of what the registry and the gateway announce."""

import sys
from contextlib import ExitStack
from pathlib import Path

from prometheus_client import REGISTRY

from deploy.anchor import AuditAnchor
from deploy.assembly import assemble, settle_memory
from deploy.broker.metrics import RefusalCollector
from deploy.broker.users import Service
from deploy.checkups import register_checkups
from deploy.folder import DataFolder
from deploy.house import open_stores
from deploy.live import AlarmNews, live_path
from deploy.metrics import MonitorCollector
from deploy.processes.orders import HouseOrders, say_ready
from deploy.processes.watch import Watch
from deploy.services import service_bus
from registry.bus import OutboxSender
from registry.clock import SystemClock
from registry.settings import Settings
from registry.web.serving import server


class WebOrders(HouseOrders):
    """For the web process."""

    host: str
    port: int
    models_dir: Path
    default_language: str


def _listening() -> None:
    settle_memory()
    say_ready()


def main() -> int:
    orders = WebOrders.received()
    folder = DataFolder(orders.data_dir)
    clock = SystemClock()
    stores = open_stores(orders.stores, folder.key("audit"))
    settings = Settings(
        data_dir=orders.data_dir,
        host=orders.host,
        port=orders.port,
        models_dir=orders.models_dir,
        default_language=orders.default_language,
    )
    house = assemble(settings, stores, clock)
    buses = {
        service: service_bus(orders.brokers, service) for service in (Service.REGISTRY, Service.GATEWAY, Service.WEB)
    }
    senders = {
        service: OutboxSender(stores[service.value], buses[service], clock)
        for service in (Service.REGISTRY, Service.GATEWAY)
    }
    register_checkups(
        house.parts.readiness,
        clock=clock,
        desk=house.desk,
        monitor=stores["monitor"],
        buses={service.value: bus for service, bus in buses.items()},
        senders={service.value: sender for service, sender in senders.items()},
    )
    REGISTRY.register(RefusalCollector(orders.data_dir))
    REGISTRY.register(MonitorCollector(stores["monitor"]))
    serving = server(house.app, host=orders.host, port=orders.port, listening=_listening)
    watch = Watch(senders.values(), serving.end)
    with ExitStack() as running:
        for store in stores.values():
            running.callback(store.close)
        for service, sender in senders.items():
            buses[service].start()
            running.callback(buses[service].stop)
            sender.start()
            running.callback(sender.stop)
        house.run(running)
        for part in (
            AlarmNews(buses[Service.WEB], house.parts.hub),
            live_path(house.parts.hub, stores["monitor"], buses[Service.WEB], clock),
            AuditAnchor(stores, clock, folder.audit_heads),
            watch,
        ):
            part.start()
            running.callback(part.stop)
        serving.run()
    return int(watch.failed)


if __name__ == "__main__":
    sys.exit(main())
