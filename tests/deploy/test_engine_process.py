"""The engine's process: ready once the broker keeps for it what devices say, and giving a sign of life each second."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from registry.store import Store
from tests.conftest import RunningBroker
from tests.makers.engines import RunningEngine
from tests.makers.register import a_device

pytestmark = pytest.mark.broker

Eventually = Callable[..., None]


@pytest.fixture
def engine(
    broker: RunningBroker, tmp_path: Path, registry_store: Store, gateway_store: Store, monitor_store: Store
) -> Iterator[RunningEngine]:
    broker.broker.stop()
    stores = registry_store, gateway_store, monitor_store
    running = RunningEngine(broker.address("monitor"), tmp_path / "data", *stores)
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
