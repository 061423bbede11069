"""The engine's process: ready once the broker keeps for it what devices say, and giving a sign of life each second."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.processes.engine import stand_by
from monitor.lease.keeper import LeaseKeeper
from registry.store import Store
from tests.conftest import RunningBroker
from tests.fakes.clock import FixedClock
from tests.makers.engines import RunningEngine
from tests.makers.leases import a_holder
from tests.makers.register import a_device, a_register

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


class DeadKeeper(LeaseKeeper):
    """Keeps leases no longer than one look, in which it stumbles."""

    def look(self) -> None:
        raise RuntimeError("a fault of ours")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # it is what this is about
def test_an_engine_whose_lease_can_never_come_does_not_wait_for_it(
    monitor_store: Store, eventually: Eventually
) -> None:
    lease = DeadKeeper(monitor_store, a_register, FixedClock(), holder=a_holder(), is_gone=lambda _: False)
    lease.start()
    stop, ready = threading.Event(), threading.Event()
    waiting = threading.Thread(target=stand_by, args=(lease, stop, ready.set))
    waiting.start()
    eventually(lambda: not lease.alive)
    waiting.join(60)
    has_ended = not waiting.is_alive()
    stop.set()
    waiting.join()
    assert has_ended
    assert (lease.holds, ready.is_set()) == (False, False)
