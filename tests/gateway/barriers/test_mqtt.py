"""A barrier on a real broker: told and answering in time, or closed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.simulators.barrier import MqttBarriers
from gateway.barriers.driver import NotOpened, Why
from gateway.barriers.mqtt import MqttDriver
from registry.access.parts import MqttSettings
from registry.bus import Bus, Received
from registry.clock import SystemClock
from registry.ids import DeviceAddress
from registry.messages.commands import Acknowledgement
from registry.settings import BrokerKind
from tests.brokers import RealBroker, a_broker, why_not
from tests.makers.lane_parts import a_part, an_order
from tests.makers.register import a_device
from tests.ports import free_port

pytestmark = pytest.mark.broker

Eventually = Callable[..., None]
GATE = DeviceAddress.parse("oc1/gate/oc1-north")
BARRIER = a_part(MqttSettings(device=str(GATE)))


@pytest.fixture(params=list(BrokerKind))
def real(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealBroker]:
    missing = why_not(request.param)
    if missing is not None:
        pytest.skip(missing)
    broker = a_broker(request.param, tmp_path / "broker", free_port())
    broker.start(a_device(str(GATE)))
    yield broker
    broker.child.stop()


@pytest.fixture
def barriers(real: RealBroker) -> Iterator[MqttBarriers]:
    barriers = MqttBarriers(GATE, real.address(GATE.username), SystemClock(), passes_after_seconds=None)
    barriers.arrive()
    assert barriers.wait_until_there(60)
    yield barriers
    barriers.leave()


@pytest.fixture
def driver(barriers: MqttBarriers, real: RealBroker) -> Iterator[MqttDriver]:
    """The gateway's, whose answers come back."""
    bus, acknowledgements = Bus(real.address("gateway")), f"dayuan/v1/{barriers.device}/cmd/ack"
    driver = MqttDriver(bus)

    def hear(received: Received) -> None:
        driver.answered(barriers.device, Acknowledgement.model_validate_json(received.payload))
        received.acknowledge()

    bus.consume([acknowledgements], hear)
    bus.start()
    assert bus.wait_until_heard([acknowledgements], 60)
    yield driver
    bus.stop()


def test_a_barrier_that_is_told_opens_and_says_so(driver: MqttDriver, barriers: MqttBarriers) -> None:
    order = an_order()
    driver.open(BARRIER, order)
    assert barriers.opened == [order.entry_id]


def test_an_open_command_queued_while_the_barrier_was_away_does_not_open_it_afterwards(
    driver: MqttDriver, barriers: MqttBarriers, eventually: Eventually
) -> None:
    barriers.leave()
    late = an_order(good_for_seconds=2)
    with pytest.raises(NotOpened) as failure:
        driver.open(BARRIER, late)
    assert failure.value.why is Why.NO_ANSWER
    barriers.arrive()
    eventually(lambda: bool(barriers.refused))
    assert barriers.refused == [late.id]
    order = an_order()
    driver.open(BARRIER, order)
    assert barriers.opened == [order.entry_id]


def test_without_the_broker_nothing_is_sent_and_nothing_opens_when_it_is_back(
    driver: MqttDriver, barriers: MqttBarriers, real: RealBroker, eventually: Eventually
) -> None:
    real.child.stop()
    eventually(lambda: not driver._bus.connected)
    with pytest.raises(NotOpened) as failure:
        driver.open(BARRIER, an_order())
    assert failure.value.why is Why.NO_LINK
    real.start()
    eventually(lambda: driver._bus.connected)
    assert barriers.wait_until_there(60)
    order = an_order(good_for_seconds=30)
    driver.open(BARRIER, order)
    assert barriers.opened == [order.entry_id]
