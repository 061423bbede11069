"""The engine's process: ready once the broker keeps for it what devices say, and giving a sign of life each second."""

import os
import selectors
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.broker.users import Service
from deploy.folder import DataFolder
from deploy.processes.orders import HouseOrders
from monitor.pulse.queries import last_pulse
from monitor.pulse.rules import Pulse
from registry.store import Store
from tests.conftest import REPOSITORY, RunningBroker
from tests.makers.register import a_device

pytestmark = pytest.mark.broker

Eventually = Callable[..., None]


class RunningEngine:
    """The engine as a child process."""

    def __init__(self, broker: RunningBroker, folder: Path, *stores: Store) -> None:
        self._monitor = next(store for store in stores if store.room.name == "monitor")
        DataFolder(folder).prepare()
        orders = HouseOrders(
            process="engine",
            parent=os.getpid(),
            log_json=True,
            data_dir=folder,
            stores={store.room.name: str(store.engine.url) for store in stores},
            brokers={Service.MONITOR.value: broker.address(Service.MONITOR).url()},
        )
        self.process = subprocess.Popen(
            [sys.executable, "-m", "deploy.processes.engine"],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self.process.stdin is not None
        self.process.stdin.write(orders.model_dump_json().encode())
        self.process.stdin.close()

    def has_spoken(self) -> bool:
        """Whether it has said that it is ready."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            return bool(selector.select(timeout=0))

    @property
    def _output(self) -> int:
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    def pulse(self) -> Pulse | None:
        with self._monitor.read() as session:
            return last_pulse(session)

    def hears(self) -> bool:
        pulse = self.pulse()
        return pulse is not None and pulse.hears_devices

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        if self.process.stdout is not None:
            self.process.stdout.close()


@pytest.fixture
def engine(
    broker: RunningBroker, tmp_path: Path, registry_store: Store, gateway_store: Store, monitor_store: Store
) -> Iterator[RunningEngine]:
    broker.broker.stop()
    running = RunningEngine(broker, tmp_path / "data", registry_store, gateway_store, monitor_store)
    yield running
    running.stop()


def test_an_engine_is_ready_when_the_broker_hears_for_it_and_says_when_it_is_deaf_again(
    engine: RunningEngine, broker: RunningBroker, eventually: Eventually
) -> None:
    eventually(lambda: engine.pulse() is not None)
    deaf = engine.pulse()
    assert deaf is not None
    assert not deaf.connected
    assert not deaf.hears_devices
    assert not engine.has_spoken()
    broker.restart(a_device())
    eventually(engine.hears)
    eventually(engine.has_spoken)
    broker.broker.stop()
    eventually(lambda: not engine.hears())
    assert engine.process.poll() is None
