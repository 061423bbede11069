"""Two engines on one database: exactly one acts; the other takes over when it is killed, or stands still for too long."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from deploy.folder import DataFolder
from deploy.holder import is_gone
from deploy.house import open_newest
from monitor.lease.queries import leases
from monitor.lease.rules import SHARED, Lease
from monitor.signals import queries
from registry.bus import Bus
from registry.settings import Settings
from registry.store import Store
from registry.store.postgresql import lock_number
from tests.conftest import RunningBroker
from tests.fakes.clock import NOON
from tests.makers.engines import RunningEngine
from tests.makers.events import BEAM, an_event, event_topic, on_the_wire
from tests.makers.registry import a_device
from tests.ports import free_port

pytestmark = [pytest.mark.broker, pytest.mark.both_stores, pytest.mark.timeout(300)]

Eventually = Callable[..., None]
Stores = tuple[Store, Store, Store]
Pair = tuple[RunningEngine, RunningEngine]
_LOOKS = 10
"""So often a lock is looked for: what an engine asked a server for before it stood still is done when the server gets to it."""


@pytest.fixture
def stores(registry_store: Store, gateway_store: Store, monitor_store: Store) -> Stores:
    with registry_store.begin(NOON) as work:
        a_device(work.session, BEAM)
    return registry_store, gateway_store, monitor_store


@pytest.fixture
def start(broker: RunningBroker, tmp_path: Path, stores: Stores) -> Iterator[Callable[[], RunningEngine]]:
    """Starts another engine on the same stores, from a data folder of its own."""
    with ExitStack() as running:

        def one_more() -> RunningEngine:
            number = len(list(tmp_path.glob("house-*")))
            engine = RunningEngine(broker.address("monitor"), tmp_path / f"house-{number}", *stores)
            running.callback(engine.stop)
            return engine

        yield one_more


def the_lease(store: Store) -> Lease | None:
    with store.read() as session:
        return next((lease for lease in leases(session) if lease.site == SHARED), None)


def acts(engine: RunningEngine, store: Store) -> bool:
    lease = the_lease(store)
    return lease is not None and lease.expires_at is not None and lease.holder.pid == engine.process.pid


def ids(store: Store) -> list[str]:
    with store.read() as session:
        return [signal.id for signal in queries.signals_after(session, 0, limit=100_000)]


def everything(store: Store) -> dict[str, list[Any]]:
    """Every row of every table."""
    with store.read() as session:
        tables = store.room.base.metadata.sorted_tables
        return {table.name: sorted(map(repr, session.execute(table.select()))) for table in tables}


def stand_still_between_two_writes(engine: RunningEngine, store: Store) -> None:
    """Stop it where it holds no lock: one that stops in the middle of a write keeps everybody waiting, whatever it is."""
    is_free = _file_is_free if store.is_file else _server_is_free
    pause = threading.Event()
    engine.stand_still()
    looks = 0
    while looks < _LOOKS:
        if is_free(store):
            looks += 1
        else:
            engine.go_on()
            pause.wait(0.02)
            engine.stand_still()
            looks = 0
        pause.wait(0.02)


def _file_is_free(store: Store) -> bool:
    with closing(sqlite3.connect(str(store.engine.url.database), timeout=0.1, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        return True


def _server_is_free(store: Store) -> bool:
    """Whether nobody has the turn to write, and nobody who needs none holds a lease's row."""
    turn = select(func.pg_try_advisory_xact_lock(lock_number("turn", store.room.name)))
    try:
        with store.engine.execution_options(turn="beside").begin() as connection:
            connection.execute(text("LOCK TABLE site_lease IN EXCLUSIVE MODE NOWAIT"))
            return bool(connection.execute(turn).scalar_one())
    except OperationalError:
        return False


@pytest.fixture
def pair(start: Callable[[], RunningEngine], monitor_store: Store, eventually: Eventually) -> Pair:
    """The engine that acts, and the one that stands by."""
    engines = [start(), start()]
    for engine in engines:
        eventually(engine.has_spoken)
    acting, standing_by = sorted(engines, key=lambda engine: acts(engine, monitor_store), reverse=True)
    assert acts(acting, monitor_store)
    assert not acts(standing_by, monitor_store)
    return acting, standing_by


def test_the_engine_that_stands_by_takes_over_from_one_that_is_killed(
    pair: Pair, connect: Callable[..., Bus], monitor_store: Store, eventually: Eventually
) -> None:
    acting, standing_by = pair
    device = connect("oc1.beam.north-01")
    receipts = []
    for number in range(300):
        if number == 100:
            eventually(lambda: bool(ids(monitor_store)))
            held = the_lease(monitor_store)
            assert held is not None
            assert not is_gone(held.holder)
            acting.kill()
            assert is_gone(held.holder)  # so the other waits for nothing
        receipts.append(device.post(event_topic(), on_the_wire(an_event(f"e-{number}"))))
    eventually(lambda: acts(standing_by, monitor_store))
    assert all(receipt.wait(60) for receipt in receipts)
    eventually(lambda: len(ids(monitor_store)) == 300)
    assert sorted(ids(monitor_store)) == sorted(f"e-{number}" for number in range(300))
    lease = the_lease(monitor_store)
    assert lease is not None
    assert lease.token == 2


def test_an_engine_that_stood_still_longer_than_its_lease_writes_nothing_when_it_goes_on(
    pair: Pair, connect: Callable[..., Bus], monitor_store: Store, eventually: Eventually
) -> None:
    paused, successor = pair
    device = connect("oc1.beam.north-01")
    receipts = [device.post(event_topic(), on_the_wire(an_event(f"e-{number}"))) for number in range(1000)]
    eventually(lambda: bool(ids(monitor_store)))
    stand_still_between_two_writes(paused, monitor_store)
    eventually(lambda: acts(successor, monitor_store))
    assert all(receipt.wait(60) for receipt in receipts)
    eventually(lambda: len(ids(monitor_store)) == 1000)
    eventually(lambda: _is_judged(monitor_store))
    stand_still_between_two_writes(successor, monitor_store)  # from here on only the one that was paused could write
    before = everything(monitor_store)
    paused.go_on()
    assert paused.process.wait(60) == 1
    assert everything(monitor_store) == before


def _is_judged(store: Store) -> bool:
    with store.read() as session:
        last = session.execute(text("SELECT max(position) FROM signals")).scalar_one()
        return bool(session.execute(text("SELECT position FROM engine_progress")).scalar() == last)


def up(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "deploy.command", "up", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_second_house_on_the_database_of_a_running_one_is_refused_in_one_sentence(
    broker: RunningBroker, tmp_path: Path, database: str, request: pytest.FixtureRequest, eventually: Eventually
) -> None:
    folder = tmp_path / "data"
    words = ["--data-dir", str(folder), "--port", str(free_port()), "--mqtt-port", str(free_port())]
    url = None if database == "sqlite" else request.getfixturevalue("postgres").empty()
    words += ["--store-url", url] if url is not None else []
    settings = Settings.model_validate({"data_dir": folder, "store_url": url})
    DataFolder(folder).prepare()
    stores = open_newest(settings, DataFolder(folder).key("audit"))
    engine = RunningEngine(broker.address("monitor"), tmp_path / "other", *stores.values())
    eventually(lambda: acts(engine, stores["monitor"]))
    refused = up(*words)
    engine.stop()
    for store in stores.values():
        store.close()
    if url is not None:
        request.getfixturevalue("postgres").give_back(url)
    assert refused.returncode == 2
    assert f"Another engine acts on this store: process {engine.process.pid} on " in refused.stderr
    assert refused.stderr.count("\n") == 1
