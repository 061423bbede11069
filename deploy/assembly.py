"""The web application of the three rooms, put together on the stores of a data folder."""

import gc
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from fastapi import FastAPI

import gateway.web
import monitor.web
import registry.pages
from deploy.folder import DataFolder
from deploy.register_keeper import RegisterKeeper
from gateway.desk import Desk
from gateway.plates.worker import PlateWorker
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
from registry.people.identity import IdentityKeys
from registry.plates.weights import default_models_dir
from registry.qr.passes import verifying_keys
from registry.settings import Settings
from registry.sites.queries import site_words
from registry.store import Store
from registry.web.app import create_app
from registry.web.parts import Parts

_GC_THRESHOLDS = (100_000, 50, 1000)
"""Measured in performance.md 4: the 99th percentile of durable checks falls from 20-34 ms to 3-4 ms."""


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
    desk: Desk
    register: RegisterKeeper

    def run(self, running: ExitStack) -> None:
        """Start what runs; `running` stops it."""
        for part in (self.register, self.desk):
            part.start()
            running.callback(part.stop)


def assemble(settings: Settings, stores: Mapping[str, Store], clock: Clock) -> WebHouse:
    """Put the application together; the stores must have their tables."""
    folder = DataFolder(settings.data_dir)
    pass_key = folder.pass_key()
    register = RegisterKeeper(stores["registry"])
    desk = Desk(
        store=stores["gateway"],
        feed=RegistryFeed(stores["registry"]),
        clock=clock,
        pass_keys=verifying_keys(pass_key),
        plates=PlateWorker(settings.models_dir or default_models_dir()),
        attempt_key=folder.key("attempt"),
    )
    keyring = Keyring(identity=IdentityKeys(folder.key("identity")), device_key=folder.key("device"), pass_key=pass_key)
    parts = Parts(
        clock=clock,
        settings=settings,
        stores=stores,
        media=MediaStore(folder.media, stores["registry"], clock),
        directory=Directory(stores["registry"], clock),
        factor_keys=FactorKeys(folder.key("second-factor")),
        password_words=site_words,
        devices=device_check(stores["registry"]),
        rooms={"registry": keyring, "gateway": desk, "monitor": MonitorParts(register=register)},
    )
    # A request is held against one route after the other: the gates' come first, for there somebody waits.
    app = create_app(parts, [*gateway.web.routers(), *registry.pages.routers(), *monitor.web.routers()])
    return WebHouse(app=app, parts=parts, desk=desk, register=register)


def settle_memory() -> None:
    """Set the garbage collector for a process that has loaded what it keeps: it looks through that never again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
