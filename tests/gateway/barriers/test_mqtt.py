"""A barrier on a real broker: told and answering in time, or closed."""

from collections.abc import Callable, Iterator

import pytest

from deploy.simulators.barrier import MqttBarriers
from gateway.barriers.driver import NotOpened, Why
from gateway.barriers.mqtt import MqttDriver
from registry.access.parts import MqttSettings
from registry.bus import Bus, Received
from registry.clock import SystemClock
from registry.ids import DeviceAddress
from registry.messages.commands import Acknowledgement
from registry.messages.topics import parse_device_topic
from tests.conftest import RunningBroker
from tests.makers.lane_parts import a_part, an_order
from tests.makers.register import a_device

pytestmark = pytest.mark.broker

Eventually = Callable[..., None]
GATE = DeviceAddress.parse("oc1/gate/oc1-north")
BARRIER = a_part(MqttSettings(device=str(GATE)))


@pytest.fixture
def barriers(broker: RunningBroker) -> Iterator[MqttBarriers]:
    broker.admit(a_device(str(GATE)))
    barriers = MqttBarriers(GATE, broker.address(GATE.username), SystemClock(), passes_after_seconds=None)
    barriers.arrive()
    assert barriers.wait_until_there(60)
    yield barriers
    barriers.leave()


@pytest.fixture
def driver(barriers: MqttBarriers, connect: Callable[..., Bus]) -> MqttDriver:
    """The gateway's, whose answers come back."""
    drivers: list[MqttDriver] = []

    def hear(received: Received) -> None:
        topic = parse_device_topic(received.topic)
        if topic is not None and drivers:
            drivers[0].answered(topic.device, Acknowledgement.model_validate_json(received.payload))
        received.acknowledge()

    acknowledgements = f"dayuan/v1/{barriers.device}/cmd/ack"
    bus = connect("gateway", hears=(acknowledgements,), handler=hear)
    assert bus.wait_until_heard([acknowledgements], 60)
    drivers.append(MqttDriver(bus))
    return drivers[0]


def test_a_barrier_that_is_told_opens_and_says_so(driver: MqttDriver, barriers: MqttBarriers) -> None:
    order = an_order()
    driver.open(BARRIER, order)
    assert barriers.opened == [order.entry_id]


def test_an_open_command_queued_while_the_barrier_was_away_does_not_open_it_afterwards(
    driver: MqttDriver, barriers: MqttBarriers, eventually: Eventually
) -> None:
    barriers.leave()
    late = an_order(good_for_seconds=0.2)
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
    driver: MqttDriver, barriers: MqttBarriers, broker: RunningBroker, eventually: Eventually
) -> None:
    broker.broker.stop()
    eventually(lambda: not driver._bus.connected)
    with pytest.raises(NotOpened) as failure:
        driver.open(BARRIER, an_order())
    assert failure.value.why is Why.NO_LINK
    broker.restart(a_device(str(GATE)))
    eventually(lambda: driver._bus.connected)
    assert barriers.wait_until_there(60)
    order = an_order(good_for_seconds=30)
    driver.open(BARRIER, order)
    assert barriers.opened == [order.entry_id]
