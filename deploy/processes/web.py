"""The process that serves pages and API of one room or of all, and sends what those of the registry and the gateway announce."""

from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from typing import Protocol

from prometheus_client import REGISTRY as METRICS

from deploy.anchor import AuditAnchor
from deploy.assembly import WebHouse, assemble
from deploy.broker.metrics import RefusalCollector
from deploy.broker.users import Service
from deploy.checkups import embedded_broker, register_checkups
from deploy.folder import DataFolder
from deploy.forms import BROKER, GATEWAY, MONITOR, REGISTRY
from deploy.live import AlarmNews, ArmingNews, SignalNews, live_path
from deploy.metrics import HouseCollector, MonitorCollector, OutboxCollector
from deploy.processes.orders import WebOrders, say_ready
from deploy.processes.watch import Living, Watch
from deploy.reminding import Reminding
from deploy.services import service_bus
from deploy.stores import open_stores
from deploy.tuning import settle_memory
from gateway.barriers.hardware import Hardware
from registry.bus import Bus, OutboxSender
from registry.lane_parts.keys import channel_key
from registry.settings import Settings
from registry.store import Store
from registry.web.serving import server

_SPEAKS = {REGISTRY: Service.REGISTRY, GATEWAY: Service.GATEWAY}
"""The monitor's outbox is sent by its engine."""


class _Part(Living, Protocol):
    def start(self) -> None: ...

    def stop(self) -> None: ...


def _listening() -> None:
    settle_memory()
    say_ready()


def main() -> int:
    orders = WebOrders.received()
    folder = DataFolder(orders.data_dir)
    clock = orders.clock
    every_store = open_stores(orders.stores, folder.key("audit"))
    stores = {room: store for room, store in every_store.items() if room == REGISTRY or room in orders.rooms}
    house = assemble(_settings(orders), stores, clock, rooms=orders.rooms)
    speakers = {service: stores[room] for room, service in _SPEAKS.items() if room in orders.rooms}
    services = [*speakers, *([Service.WEB] if MONITOR in orders.rooms else [])]
    buses = {service: service_bus(orders.brokers, service) for service in services}
    senders = {service: OutboxSender(store, buses[service], clock) for service, store in speakers.items()}
    _let_be_watched(orders, folder, house, buses, senders)
    serving = server(house.app, host=orders.host, port=orders.port, listening=_listening)
    further = _further_parts(orders, folder, house, buses, every_store)
    watch = Watch([*senders.values(), *house.living, *further], serving.end)
    with ExitStack() as running:
        for store in every_store.values():
            running.callback(store.close)
        for service, sender in senders.items():
            buses[service].start()
            running.callback(buses[service].stop)
            sender.start()
            running.callback(sender.stop)
        house.run(running)
        for part in further:
            part.start()
            running.callback(part.stop)
        watch.start()
        running.callback(watch.stop)
        serving.run()
    return int(watch.failed)


def _settings(orders: WebOrders) -> Settings:
    return Settings(
        data_dir=orders.data_dir,
        host=orders.host,
        port=orders.port,
        public_url=orders.public_url,
        default_language=orders.default_language,
        **orders.sign_in,
    )


def _let_be_watched(
    orders: WebOrders,
    folder: DataFolder,
    house: WebHouse,
    buses: Mapping[Service, Bus],
    senders: Mapping[Service, OutboxSender],
) -> None:
    """Fill `/readyz` and `/metrics`."""
    parts = house.parts
    register_checkups(
        parts.readiness,
        clock=parts.clock,
        desk=house.desk,
        monitor=parts.stores[MONITOR] if MONITOR in orders.rooms else None,
        buses={service.value: bus for service, bus in buses.items()},
        senders={service.value: sender for service, sender in senders.items()},
    )
    facts = folder.processes_of(orders.form)
    if orders.form == BROKER.name:
        parts.readiness.register("broker", embedded_broker(facts))
    METRICS.register(HouseCollector(facts, parts.readiness))
    METRICS.register(RefusalCollector(orders.data_dir))
    METRICS.register(OutboxCollector([parts.stores[room] for room in orders.rooms]))
    if MONITOR in orders.rooms:
        METRICS.register(MonitorCollector(parts.stores[MONITOR]))


def _further_parts(
    orders: WebOrders,
    folder: DataFolder,
    house: WebHouse,
    buses: Mapping[Service, Bus],
    stores: Mapping[str, Store],
) -> list[_Part]:
    parts: list[_Part] = []
    clock = house.parts.clock
    if house.desk is not None:
        device_key = folder.key("device")
        parts.append(Hardware(house.desk, buses[Service.GATEWAY], partial(channel_key, device_key)))
    if MONITOR in orders.rooms:
        hub, bus = house.parts.hub, buses[Service.WEB]
        monitor = stores[MONITOR]
        parts += [AlarmNews(bus, hub), SignalNews(monitor, hub), ArmingNews(monitor, hub, clock)]
        parts.append(live_path(hub, monitor, bus, clock))
    if REGISTRY in orders.rooms:
        parts += [AuditAnchor(stores, clock, folder.audit_heads), Reminding(stores[REGISTRY], clock)]
    return parts
