"""What tests of several rooms need: a clock that stands, stores on a temporary folder, a real broker, the real data."""

import gc
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import settings

import gateway.room
import monitor.room
import registry.auth.secrets
import registry.room
from deploy.broker.accounts import BrokerPlaces
from deploy.broker.nats import Nats
from deploy.broker.users import Service, broker_users
from deploy.tuning import settle_memory
from registry.bus import BrokerAddress, Bus
from registry.devices.facts import DeviceFacts, Register
from registry.store import Room, Store
from tests.fakes.clock import FixedClock
from tests.makers.files import all_tables, copy_of_empty
from tests.makers.register import PASSWORD, a_device, a_register, service_hashes
from tests.ports import free_port
from tests.postgres import NoPostgres, Postgres, a_postgres

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("dayuan", deadline=None)
settings.load_profile("dayuan")

REPOSITORY = Path(__file__).parent.parent
AUDIT_KEY = bytes(range(32))


def pytest_configure() -> None:
    """What is collected stays: looking through it for garbage again and again took a sixth of the time of the tests."""
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    gc.enable()
    settle_memory()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where nothing may be missing, as in continuous integration, a skipped test is a hole and fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("DAYUAN_TEST_NOTHING_MISSING") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session", autouse=True)
def _quick_hashes() -> Iterator[None]:
    """Passwords of this process are hashed in a moment: as the product does it, users took a third of the time of the tests.

    Its own parameters are tested in `test_passwords.py`, in a process of their own.
    """
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry.auth.secrets, "_HASHER", quick)
        patch.setattr(registry.auth.secrets, "_NOBODY", quick.hash("nobody"))
        yield


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real server in which tests make databases."""
    with ExitStack() as running:
        try:
            server = running.enter_context(a_postgres())
        except NoPostgres as missing:
            pytest.skip(str(missing))
        yield server


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let what is marked `both_stores` run on SQLite and on PostgreSQL; everything else runs on SQLite."""
    if "database" in metafunc.fixturenames and metafunc.definition.get_closest_marker("both_stores"):
        only_sqlite = metafunc.definition.get_closest_marker("sqlite")
        metafunc.parametrize("database", ["sqlite"] if only_sqlite else ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database that the test runs on."""
    return str(getattr(request, "param", "sqlite"))


MakeStoreUrl = Callable[..., str]


@pytest.fixture
def store_url(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> Iterator[MakeStoreUrl]:
    """`store_url(room)`: the URL of a store with nothing in it; `store_url(room, make_tables)`: with those tables."""
    made: list[str] = []

    def new(room: Room, make_tables: Callable[[Store], object] | None = None) -> str:
        if database == "sqlite":
            file = tmp_path / f"{room.name}{len(made) or ''}.db"
            made.append(f"sqlite:///{file}")
            if make_tables is not None:
                copy_of_empty(room, file, make_tables)
            return made[-1]
        server: Postgres = request.getfixturevalue("postgres")
        made.append(server.empty() if make_tables is None else server.with_tables(room, make_tables))
        return made[-1]

    yield new
    for url in made if database == "postgresql" else ():
        request.getfixturevalue("postgres").give_back(url)


NewStore = Callable[..., Store]


@pytest.fixture
def new_store(store_url: MakeStoreUrl) -> Iterator[NewStore]:
    """`new_store(room)`: an empty store of that room with all its tables, closed after the test."""
    with ExitStack() as opened:

        def new(room: Room, make_tables: Callable[[Store], object] = all_tables) -> Store:
            store = Store.open(room, store_url(room, make_tables), audit_key=AUDIT_KEY)
            opened.callback(store.close)
            return store

        yield new


@pytest.fixture
def registry_store(new_store: NewStore) -> Store:
    return new_store(registry.room.ROOM)


@pytest.fixture
def gateway_store(new_store: NewStore) -> Store:
    return new_store(gateway.room.ROOM)


@pytest.fixture
def monitor_store(new_store: NewStore) -> Store:
    return new_store(monitor.room.ROOM)


@dataclass(slots=True)
class RunningBroker:
    """A real NATS server with the accounts of a register; every password is `PASSWORD`."""

    broker: Nats
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
    child = Nats(BrokerPlaces(host="127.0.0.1", port=port, folder=tmp_path / "broker"))
    child.start(broker_users(a_register(a_device()), service_hashes()))
    yield RunningBroker(child, port)
    child.stop()


@pytest.fixture
def connect(broker: RunningBroker, eventually: Callable[[Callable[[], bool]], None]) -> Iterator[Callable[..., Bus]]:
    """Gives connected clients of the broker, by account; they leave when the test ends.

    One that `hears` has the broker's answer to each of its filters: what is said from then on reaches it.
    """
    clients: list[Bus] = []

    def connected(
        username: str | Service, *, hears: tuple[str, ...] = (), handler: object = None, client_id: str | None = None
    ) -> Bus:
        client = Bus(broker.address(str(username)), client_id=client_id)
        if callable(handler):
            client.consume(hears, handler)
        clients.append(client)
        client.start()
        assert client.wait_until_connected(60)
        eventually(lambda: not client._subscriptions._asked)
        return client

    yield connected
    for client in clients:
        client.stop()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait until something is true, a minute at most, and fail when it does not become so.

    It is long because it costs nothing but where something is wrong, and a busy machine is not.
    """
    pause = threading.Event()

    def wait(condition: Callable[[], bool], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not become true in time"
            pause.wait(0.01)

    return wait
