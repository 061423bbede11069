"""The web process: the pages and the API of the three rooms, and the senders of what the registry and the gateway announce."""

import gc
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import REGISTRY

import gateway.web
import monitor.web
import registry.pages
from deploy.anchor import AuditAnchor
from deploy.broker.users import Service
from deploy.checkups import register_checkups
from deploy.folder import DataFolder
from deploy.house import open_stores
from deploy.live import AlarmNews
from deploy.metrics import MonitorCollector
from deploy.processes.orders import HouseOrders, say_ready
from deploy.register_keeper import RegisterKeeper
from deploy.services import service_bus
from gateway.desk import Desk
from gateway.plates.worker import PlateWorker
from monitor.dependencies import MonitorParts
from registry.access.facts import AccessChanges, AccessFacts
from registry.access.reading import access_changes, load_access
from registry.auth.directory import Directory
from registry.bus import OutboxSender
from registry.clock import SystemClock
from registry.devices.check import device_check
from registry.ids import SiteId
from registry.keyring import Keyring
from registry.media.store import MediaStore
from registry.people.identity import IdentityKeys
from registry.qr.passes import verifying_keys
from registry.settings import Settings
from registry.store import Store
from registry.web.app import create_app
from registry.web.parts import Parts
from registry.web.serving import server

_GC_THRESHOLDS = (100_000, 50, 1000)
"""Measured in performance.md 4: the 99th percentile of durable checks falls from 20-34 ms to 3-4 ms."""


class WebOrders(HouseOrders):
    """For the web process."""

    host: str
    port: int
    models_dir: Path
    default_language: str


@dataclass(frozen=True, slots=True)
class RegistryFeed:
    """The gateway's feed where the registry's store is on the same machine."""

    store: Store

    def load(self) -> AccessFacts:
        with self.store.read() as session:
            return load_access(session)

    def changes(self, since: Mapping[SiteId, int]) -> AccessChanges:
        with self.store.read() as session:
            return access_changes(session, since)


def _listening() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    say_ready()


def main() -> int:
    orders = WebOrders.received()
    folder = DataFolder(orders.data_dir)
    clock = SystemClock()
    stores = open_stores(orders.stores, folder.key("audit"))
    pass_key = folder.pass_key()
    register = RegisterKeeper(stores["registry"])
    desk = Desk(
        store=stores["gateway"],
        feed=RegistryFeed(stores["registry"]),
        clock=clock,
        pass_keys=verifying_keys(pass_key),
        plates=PlateWorker(orders.models_dir),
        attempt_key=folder.key("attempt"),
    )
    keyring = Keyring(identity=IdentityKeys(folder.key("identity")), device_key=folder.key("device"), pass_key=pass_key)
    parts = Parts(
        clock=clock,
        settings=Settings(
            data_dir=orders.data_dir,
            host=orders.host,
            port=orders.port,
            models_dir=orders.models_dir,
            default_language=orders.default_language,
        ),
        stores=stores,
        media=MediaStore(folder.media, stores["registry"], clock),
        directory=Directory(stores["registry"], clock),
        devices=device_check(stores["registry"]),
        rooms={"registry": keyring, "gateway": desk, "monitor": MonitorParts(register=register)},
    )
    app = create_app(parts, [*registry.pages.routers(), *gateway.web.routers(), *monitor.web.routers()])
    buses = {
        service: service_bus(orders.brokers, service) for service in (Service.REGISTRY, Service.GATEWAY, Service.WEB)
    }
    register_checkups(
        parts.readiness,
        clock=clock,
        desk=desk,
        monitor=stores["monitor"],
        buses={service.value: bus for service, bus in buses.items()},
    )
    REGISTRY.register(MonitorCollector(stores["monitor"]))
    with ExitStack() as running:
        for store in stores.values():
            running.callback(store.close)
        for service in (Service.REGISTRY, Service.GATEWAY):
            sender = OutboxSender(stores[service.value], buses[service], clock)
            buses[service].start()
            running.callback(buses[service].stop)
            sender.start()
            running.callback(sender.stop)
        for part in (
            register,
            desk,
            AlarmNews(buses[Service.WEB], parts.hub),
            AuditAnchor(stores, clock, folder.audit_heads),
        ):
            part.start()
            running.callback(part.stop)
        server(app, host=orders.host, port=orders.port, listening=_listening).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
