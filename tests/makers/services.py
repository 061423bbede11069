"""The services of a house that run apart, as processes, and the little that is in their register."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx

from deploy.folder import DataFolder
from registry.auth import service
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.clock import SystemClock
from registry.devices.secrets import device_secret
from registry.ids import DeviceAddress, SiteId
from registry.room import ROOM
from registry.store import Store
from tests.conftest import REPOSITORY
from tests.makers.events import BEAM
from tests.makers.registry import DEVICE_KEY, a_card, a_device, a_gate, a_site
from tests.makers.web import PASSWORD
from tests.ports import free_port

SITE = SiteId("oc1")
CARD = "04A1B2C3D4"
ROLES = (Role.GUARD, Role.OPERATOR, Role.CLERK, Role.ADMIN)
GREETING = b"runs at"


@dataclass(slots=True)
class Services:
    """Services on one data folder and one database. Each has a free port of its own."""

    folder: DataFolder
    store_url: str
    mqtt_port: int = field(default_factory=free_port)
    ports: dict[str, int] = field(default_factory=dict)
    tokens: dict[Role, str] = field(default_factory=dict)
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def begin(self, name: str) -> None:
        """Start a service, and do not wait for it."""
        port = self.ports.setdefault(name, free_port())
        with self.words_of(name).open("ab") as words:
            self.running[name] = subprocess.Popen(
                [*self.command(name), "--port", str(port)], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=words
            )

    def command(self, name: str) -> list[str]:
        broker = (
            ["--mqtt-port", str(self.mqtt_port)]
            if name == "broker"
            else ["--broker-url", f"mqtt://127.0.0.1:{self.mqtt_port}"]
        )
        folder = ["--data-dir", str(self.folder.path), "--store-url", self.store_url]
        return [sys.executable, "-m", "deploy.command", "serve", name, *folder, *broker]

    def wait_for(self, name: str) -> None:
        """Wait until a service says that it runs."""
        output = self.running[name].stdout
        assert output is not None
        assert GREETING in output.readline(), self.words_of(name).read_text()

    def words_of(self, name: str) -> Path:
        """What the service said on standard error."""
        return self.folder.path.parent / f"{name}.words"

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def client(self, name: str, role: Role | None = None) -> httpx.Client:
        headers = {} if role is None else {"Authorization": f"Bearer {self.tokens[role]}"}
        return httpx.Client(base_url=self.url(name), headers=headers, trust_env=False, timeout=60)

    def end(self, name: str) -> int:
        """End a service in order; gives its exit code."""
        process = self.running.pop(name)
        process.terminate()
        code = process.wait(60)
        if process.stdout is not None:
            process.stdout.close()
        return code

    def fill(self) -> None:
        """Put a gate, a card, a beam and a user of each role into the register."""
        now = SystemClock().now()
        store = Store.open(ROOM, self.store_url, audit_key=self.folder.key("audit"))
        with store.begin(now) as work:
            a_site(work.session)
            a_gate(work.session)
            a_card(work.session, CARD, valid_from=now - timedelta(days=1), valid_until=now + timedelta(days=1))
            for address in (BEAM, "oc1/gate/oc1-north"):
                a_device(work.session, address)
            for role in ROLES:
                grant = Grant(role, SITE if role is not Role.ADMIN else None)
                service.add_user(work.session, name=role, password=PASSWORD, grants=[grant], now=now)
                self.tokens[role] = service.add_token(work.session, name=role, grants=[grant], owner=role, now=now)
        store.close()

    @property
    def beam_secret(self) -> str:
        return device_secret(DEVICE_KEY, DeviceAddress.parse(BEAM), 1)


@contextmanager
def services_on(path: Path, store_url: str) -> Iterator[Services]:
    """Services that can be started; those that run are ended with the block."""
    services = Services(DataFolder(path), store_url)
    services.folder.prepare()
    (path / "keys" / "device").write_bytes(DEVICE_KEY)
    try:
        yield services
    finally:
        for process in services.running.values():
            process.terminate()
        for name in list(services.running):
            services.end(name)
