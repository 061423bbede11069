"""The web application of the three rooms, put together on the stores of a data folder."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI

import deploy.system.pages
import gateway.web
import monitor.web
import registry.pages
from deploy.folder import DataFolder
from deploy.forms import GATEWAY, MONITOR, REGISTRY, WHOLE
from deploy.processes.watch import Living
from deploy.provider import provider_of
from deploy.register_keeper import RegisterKeeper
from deploy.system.parts import SystemParts
from gateway.desk import Desk
from gateway.plates.client import PlateClient
from monitor.adapters.catalogue import ADAPTERS
from monitor.dependencies import MonitorParts
from registry.access.facts import AccessChanges, AccessFacts
from registry.access.reading import access_changes, load_access
from registry.auth.directory import Directory
from registry.auth.factor.keys import FactorKeys
from registry.clock import Clock
from registry.devices.check import device_check
from registry.ids import SiteId
from registry.keyring import Keyring
from registry.media.store import MediaStore
from registry.passes.digests import digest_key
from registry.people.identity import IdentityKeys
from registry.people.search import write_missing
from registry.qr.passes import verifying_keys
from registry.settings import Settings
from registry.sites.queries import site_words
from registry.store import Store
from registry.web.app import create_app
from registry.web.parts import Parts


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


@dataclass(frozen=True, slots=True, kw_only=True)
class WebHouse:
    """The application and those of its parts that run: to be started before the first request and stopped after the last."""

    app: FastAPI
    parts: Parts
    desk: Desk | None
    """Where the gateway is served."""
    register: RegisterKeeper | None
    """Where the monitor is served."""

    @property
    def living(self) -> tuple[Living, ...]:
        """What has threads that the process cannot do without."""
        return tuple(part for part in (self.parts.directory, self.register, self.desk) if part is not None)

    def run(self, running: ExitStack) -> None:
        """Start what runs; `running` stops it."""
        for part in (self.register, self.desk):
            if part is not None:
                part.start()
                running.callback(part.stop)


def assemble(
    settings: Settings, stores: Mapping[str, Store], clock: Clock, *, rooms: Sequence[str] = WHOLE.rooms
) -> WebHouse:
    """Put the application of these rooms together; the stores must have their tables, the registry's is always among them."""
    folder = DataFolder(settings.data_dir)
    desk = desk_of(folder, stores, clock) if GATEWAY in rooms else None
    register = RegisterKeeper(stores[REGISTRY]) if MONITOR in rooms else None
    parts = Parts(
        clock=clock,
        settings=settings,
        stores=stores,
        media=MediaStore(folder.media, stores[REGISTRY], clock),
        directory=Directory(stores[REGISTRY], clock),
        factor_keys=FactorKeys(folder.key("second-factor")),
        password_words=site_words,
        provider=provider_of(settings, folder, clock),
        devices=device_check(stores[REGISTRY]),
        adapters={name: {"zh": adapter.zh, "en": adapter.en} for name, adapter in ADAPTERS.items()},
    )
    parts.rooms["deploy"] = SystemParts(folder.run)
    # A request is held against one route after the other: the gates' come first, for there somebody waits.
    routers: list[APIRouter] = []
    if desk is not None:
        parts.rooms[GATEWAY] = desk
        routers += gateway.web.routers()
    if REGISTRY in rooms:
        keys = IdentityKeys(folder.key("identity"))
        with stores[REGISTRY].begin(clock.now()) as work:
            write_missing(work.session, keys)
        parts.rooms[REGISTRY] = Keyring(identity=keys, device_key=folder.key("device"), pass_key=folder.pass_key())
        routers += registry.pages.routers()
    if register is not None:
        parts.rooms[MONITOR] = MonitorParts(register=register)
        routers += monitor.web.routers()
    app = create_app(parts, [*routers, deploy.system.pages.router])
    return WebHouse(app=app, parts=parts, desk=desk, register=register)


def desk_of(folder: DataFolder, stores: Mapping[str, Store], clock: Clock) -> Desk:
    """The gateway's desk, to be started; the stores must have their tables."""
    return Desk(
        store=stores[GATEWAY],
        feed=RegistryFeed(stores[REGISTRY]),
        clock=clock,
        pass_keys=verifying_keys(folder.pass_key()),
        plates=PlateClient(folder.plate_reader),
        attempt_key=folder.key("attempt"),
        pin_key=digest_key(folder.key("device")),
    )
