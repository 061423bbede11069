"""What tests of several rooms need: a clock that stands, stores on a temporary folder, a real broker, the real data."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import gateway.room
import monitor.room
import registry.room
from deploy.broker.configuration import BrokerPlaces
from deploy.broker.process import Broker
from deploy.broker.users import Service, broker_users
from registry.bus import BrokerAddress, Bus
from registry.devices.facts import DeviceFacts, Register
from registry.store import Room, Store
from tests.fakes.clock import FixedClock
from tests.makers.register import PASSWORD, a_device, a_register, service_hashes

REPOSITORY = Path(__file__).parent.parent
AUDIT_KEY = bytes(range(32))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where nothing may be missing, as in continuous integration, a skipped test is a hole and fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("DAYUAN_TEST_NOTHING_MISSING") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def real_data() -> Path:
    """The folder of real pictures, videos and payloads; it is not part of the project."""
    named = os.environ.get("DAYUAN_TEST_DATA")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"there is no real data at {folder}; DAYUAN_TEST_DATA names another folder")
    return folder


def _fresh(room: Room, folder: Path) -> Store:
    store = Store.open(room, f"sqlite:///{folder / room.name}.db", audit_key=AUDIT_KEY)
    room.base.metadata.create_all(store.engine)
    return store


@pytest.fixture
def registry_store(tmp_path: Path) -> Iterator[Store]:
    store = _fresh(registry.room.ROOM, tmp_path)
    yield store
    store.close()


@pytest.fixture
def gateway_store(tmp_path: Path) -> Iterator[Store]:
    store = _fresh(gateway.room.ROOM, tmp_path)
    yield store
    store.close()


@pytest.fixture
def monitor_store(tmp_path: Path) -> Iterator[Store]:
    store = _fresh(monitor.room.ROOM, tmp_path)
    yield store
    store.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(slots=True)
class RunningBroker:
    """A real NATS server with the accounts of a register; every password is `PASSWORD`."""

    broker: Broker
    port: int

    def admit(self, *devices: DeviceFacts) -> Register:
        """Make these the devices that there are; the broker reloads."""
        register = a_register(*devices)
        assert self.broker.reload(broker_users(register, service_hashes()))
        return register

    def address(self, username: str, password: str = PASSWORD) -> BrokerAddress:
        return BrokerAddress(host="127.0.0.1", port=self.port, username=username, password=password)

    def restart(self, *devices: DeviceFacts) -> None:
        self.broker.start(broker_users(a_register(*devices), service_hashes()))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    """A broker that knows our services and the device `oc1/beam/north-01`."""
    port = free_port()
    child = Broker(BrokerPlaces(host="127.0.0.1", port=port, folder=tmp_path / "broker"))
    child.start(broker_users(a_register(a_device()), service_hashes()))
    yield RunningBroker(child, port)
    child.stop()


@pytest.fixture
def connect(broker: RunningBroker) -> Iterator[Callable[..., Bus]]:
    """Gives connected clients of the broker, by account; they leave when the test ends."""
    clients: list[Bus] = []

    def connected(
        username: str | Service, *, hears: tuple[str, ...] = (), handler: object = None, client_id: str | None = None
    ) -> Bus:
        client = Bus(broker.address(str(username)), client_id=client_id)
        if callable(handler):
            client.consume(hears, handler)
        clients.append(client)
        client.start()
        assert client.wait_until_connected(10)
        return client

    yield connected
    for client in clients:
        client.stop()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait until something is true, 20 s at most, and fail when it does not become so."""
    pause = threading.Event()

    def wait(condition: Callable[[], bool], seconds: float = 20.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not become true in time"
            pause.wait(0.01)

    return wait
