"""A real broker of either kind for tests, with the accounts of a register; what a machine lacks is told, not failed."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from deploy.broker.accounts import BrokerPlaces, BrokerUser, Certificate
from deploy.broker.kinds import Broker, broker_of
from deploy.broker.mosquitto_configuration import mosquitto_hash
from deploy.broker.users import Service, broker_users
from registry.bus import BrokerAddress, BrokerPlace, Trust
from registry.devices.facts import DeviceFacts
from registry.devices.secrets import hash_secret
from registry.settings import BrokerKind
from tests.makers.register import PASSWORD, a_device, a_register


def why_not(kind: BrokerKind) -> str | None:
    """Why this kind of broker cannot run here; None: it can."""
    if kind is BrokerKind.MOSQUITTO and shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin") is None:
        return "mosquitto is not installed (on Debian: apt install mosquitto)"
    return None


@cache
def hashed(kind: BrokerKind, password: str) -> str:
    """As this kind reads it, and each time the same: a new hash of an old password would end the connection."""
    return mosquitto_hash(password) if kind is BrokerKind.MOSQUITTO else hash_secret(password)


@dataclass(slots=True, kw_only=True)
class RealBroker:
    """A running broker. Every account's password is `PASSWORD`, unless `passwords` has another for the device."""

    kind: BrokerKind
    child: Broker
    port: int
    devices: tuple[DeviceFacts, ...] = ()
    passwords: dict[str, str] = field(default_factory=dict)

    def start(self, *devices: DeviceFacts) -> None:
        self.devices = devices or self.devices
        self.child.start(self._accounts())

    def admit(self, *devices: DeviceFacts, passwords: Mapping[str, str] | None = None) -> None:
        """Make these the devices there are, with other passwords for some; the broker takes them while it runs."""
        self.devices = devices
        self.passwords.update(passwords or {})
        assert self.child.reload(self._accounts())

    def kill(self) -> None:
        """End it as a power cut would: no word of goodbye."""
        pid = self.child.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    def wait_until_saved(self, eventually: Callable[..., None]) -> None:
        """Wait until all that it has confirmed so far is safe from `kill`: mosquitto saves each second (docs/brokers.md)."""
        if self.kind is BrokerKind.MOSQUITTO:
            database = self.child.places.folder / "mosquitto.db"

            def saved_at() -> int:
                return database.stat().st_mtime_ns if database.exists() else 0

            said_at = time.time_ns()
            eventually(lambda: saved_at() > said_at)  # this one may have begun before the last word
            first = saved_at()
            eventually(lambda: saved_at() > first)

    def address(self, username: str, password: str = PASSWORD) -> BrokerAddress:
        certificate = self.child.places.certificate
        place = BrokerPlace(
            host="127.0.0.1",
            port=self.port,
            tls=certificate is not None,
            trust=Trust.CERTIFICATE if certificate else None,
            trusted_file=certificate.certificate if certificate else None,
        )
        return place.signed_in(username, password)

    def _accounts(self) -> tuple[BrokerUser, ...]:
        return broker_users(
            a_register(*self.devices),
            dict.fromkeys(Service, hashed(self.kind, PASSWORD)),
            device_hash=lambda device: hashed(self.kind, self.passwords.get(str(device.address), PASSWORD)),
        )


def a_broker(
    kind: BrokerKind, folder: Path, port: int, *, durable: bool = False, certificate: Certificate | None = None
) -> RealBroker:
    """A broker that knows our services and the device `oc1/beam/north-01`; not started yet."""
    places = BrokerPlaces(host="127.0.0.1", port=port, folder=folder, durable=durable, certificate=certificate)
    return RealBroker(kind=kind, child=broker_of(kind, places), port=port, devices=(a_device(),))
