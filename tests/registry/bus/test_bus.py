"""A client on a real broker: what it hears comes again until it is acknowledged, what it says arrives."""

from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from registry.bus import Bus, NotSent, Received
from tests.conftest import RunningBroker
from tests.makers.register import a_device
from tests.ports import free_port

pytestmark = pytest.mark.broker

NORTH = "oc1.beam.north-01"
EVENTS = "dayuan/v1/oc1/beam/north-01/evt"
Eventually = Callable[..., None]


def test_without_a_broker_a_message_is_not_sent_and_the_caller_is_told(broker: RunningBroker) -> None:
    lonely = Bus(broker.address(NORTH))
    with pytest.raises(NotSent, match="no connection"):
        lonely.publish(EVENTS, b"x", timeout_seconds=0.05)


def test_a_broker_that_comes_later_is_found(broker: RunningBroker) -> None:
    broker.broker.stop()
    client = Bus(broker.address(NORTH))
    client.start()
    broker.restart(a_device())
    assert client.wait_until_connected(20)
    client.publish(EVENTS, b"x")
    client.stop()


def test_a_message_that_is_not_acknowledged_comes_again_after_a_reconnect(
    connect: Callable[..., Bus], eventually: Eventually
) -> None:
    heard: list[Received] = []
    first = connect("monitor", hears=(EVENTS,), handler=heard.append)
    connect(NORTH).publish(EVENTS, b"once")
    eventually(lambda: len(heard) == 1)
    first.stop()
    again: list[Received] = []
    connect("monitor", hears=(EVENTS,), handler=again.append)
    eventually(lambda: len(again) == 1)
    heard[0].acknowledge()  # of a connection that is gone: confirms nothing
    again[0].acknowledge()
    assert (again[0].topic, again[0].payload) == (EVENTS, b"once")


def test_what_was_acknowledged_does_not_come_again(connect: Callable[..., Bus], eventually: Eventually) -> None:
    heard: list[bytes] = []

    def hear(message: Received) -> None:
        heard.append(message.payload)
        message.acknowledge()

    first = connect("monitor", hears=(EVENTS,), handler=hear)
    device = connect(NORTH)
    device.publish(EVENTS, b"first")
    eventually(lambda: heard == [b"first"])
    first.stop()
    device.publish(EVENTS, b"second")
    connect("monitor", hears=(EVENTS,), handler=hear)
    eventually(lambda: len(heard) > 1)
    assert heard == [b"first", b"second"]


def test_a_posted_message_survives_the_brokers_restart(
    broker: RunningBroker, connect: Callable[..., Bus], eventually: Eventually
) -> None:
    device = connect(NORTH)
    broker.broker.stop()
    eventually(lambda: not device.connected)
    receipt = device.post(EVENTS, b"x")
    assert not receipt.arrived
    broker.restart(a_device())
    assert receipt.wait(60)


def test_a_heartbeats_number_confirms_no_message_that_gets_it_later(
    broker: RunningBroker, connect: Callable[..., Bus], eventually: Eventually
) -> None:
    device = connect(NORTH)
    device.publish_unconfirmed(EVENTS.replace("/evt", "/hb"), b"x")
    numbers = device._client._last_mid
    device.publish(EVENTS, b"x")  # whatever was sent before it has left by now
    broker.broker.stop()
    eventually(lambda: not device.connected)
    device._client._last_mid = numbers - 1  # as 65,535 messages later
    assert not device.post(EVENTS, b"x").arrived


def test_other_topics_are_heard_from_now_on(connect: Callable[..., Bus], eventually: Eventually) -> None:
    heard: list[str] = []

    def hear(message: Received) -> None:
        heard.append(message.topic)
        message.acknowledge()

    monitor = connect("monitor", hears=(EVENTS,), handler=hear)
    state = EVENTS.replace("/evt", "/state")
    monitor.change_filters([state])
    device = connect(NORTH)

    def says_state() -> bool:
        device.publish(EVENTS, b"x")
        device.publish(state, b"x")
        return state in heard

    eventually(says_state)
    heard.clear()
    device.publish(EVENTS, b"x")
    device.publish(state, b"x")
    eventually(lambda: state in heard)
    assert EVENTS not in heard


def test_a_refused_filter_is_heard_once_the_broker_grants_it(
    broker: RunningBroker, connect: Callable[..., Bus]
) -> None:
    heard: list[bytes] = []
    monitor = connect("monitor", hears=(EVENTS, "frigate/#"), handler=lambda message: heard.append(message.payload))
    assert monitor.wait_until_heard([EVENTS], 10)
    assert monitor.unheard == {"frigate/#"}
    broker.admit(a_device(), a_device("oc1/gw/frigate", foreign_prefixes=("frigate",)))
    assert monitor.wait_until_heard([EVENTS, "frigate/#"], 10)
    assert not monitor.unheard


def test_without_a_broker_nothing_is_heard(
    broker: RunningBroker, connect: Callable[..., Bus], eventually: Eventually
) -> None:
    monitor = connect("monitor", hears=(EVENTS,), handler=lambda message: message.acknowledge())
    assert monitor.wait_until_heard([EVENTS], 10)
    broker.broker.stop()
    eventually(lambda: monitor.unheard == {EVENTS})
    assert not monitor.wait_until_heard([EVENTS], 0.05)
    broker.restart(a_device())
    assert monitor.wait_until_heard([EVENTS], 20)


def test_a_port_without_a_broker_connects_nobody(broker: RunningBroker) -> None:
    address = broker.address(NORTH)
    client = Bus(type(address)(host="127.0.0.1", port=free_port(), username="a", password="b"))
    client.start()
    assert not client.wait_until_connected(0.2)
    client.stop()


def stumble(_message: Received) -> None:
    raise RuntimeError("a consumer with a fault")


def test_a_client_whose_consumer_fails_is_at_an_end_and_says_so_once(
    connect: Callable[..., Bus], eventually: Eventually
) -> None:
    client = connect("monitor", hears=(EVENTS,), handler=stumble)
    assert (client.alive, client.connected) == (True, True)
    with capture_logs() as logs:
        connect(NORTH).publish(EVENTS, b"x")
        eventually(lambda: not client.alive)
    assert not client.connected
    assert client.fault == "its thread has ended"
    assert client.unheard == {EVENTS}
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["broker-thread-ended"]
    with pytest.raises(NotSent, match="no connection"):
        client.publish(EVENTS, b"x", timeout_seconds=0.05)


def test_the_broker_speaks_the_last_will_of_a_client_whose_thread_ended(
    broker: RunningBroker, connect: Callable[..., Bus], eventually: Eventually
) -> None:
    online = "dayuan/v1/oc1/beam/north-01/online"
    heard: list[bytes] = []
    connect("monitor", hears=(online,), handler=lambda message: heard.append(message.payload))
    device = Bus(broker.address(NORTH), presence_topic=online)
    orders = "dayuan/v1/oc1/beam/north-01/cmd"
    device.consume([orders], stumble)
    device.start()
    eventually(lambda: heard == [b"1"])
    assert device.wait_until_heard([orders], 10)
    connect("monitor", client_id="another").publish(orders, b"x")
    eventually(lambda: heard == [b"1", b"0"])
    device.stop()
