"""What both kinds of broker keep, for whom and how long."""

from collections.abc import Callable

import pytest

from registry.bus import MAX_PAYLOAD_BYTES
from tests.brokers import RealBroker
from tests.contracts.brokers.conftest import NewCaller

pytestmark = pytest.mark.broker

Eventually = Callable[..., None]
NORTH = "oc1.beam.north-01"
OWN = "dayuan/v1/oc1/beam/north-01"
ALL = ("dayuan/v1/#",)


def _numbers(count: int) -> list[bytes]:
    return [str(number).encode() for number in range(count)]


def test_what_comes_while_nobody_listens_is_kept_for_who_has_a_session(call: NewCaller, eventually: Eventually) -> None:
    call("monitor", hears=ALL).stop()
    device = call(NORTH)
    for number in _numbers(50):
        device.say(f"{OWN}/evt", number)
    eventually(device.say(f"{OWN}/evt", b"last").is_published)
    ear = call("monitor", hears=ALL)
    eventually(lambda: b"last" in ear.payloads())
    assert ear.payloads()[:50] == _numbers(50)


def test_what_was_not_acknowledged_comes_again(call: NewCaller, eventually: Eventually) -> None:
    first = call("monitor", hears=ALL, acknowledges=False)
    device = call(NORTH)
    for number in _numbers(5):
        device.say(f"{OWN}/evt", number)
    eventually(lambda: len(first.unacknowledged) == 5)
    for message in first.unacknowledged[:2]:
        first.client.ack(message.mid, message.qos)
    eventually(lambda: not first.client.want_write())
    first.stop()
    again = call("monitor", hears=ALL)
    eventually(lambda: len(again.heard) >= 3)
    assert again.payloads() == _numbers(5)[2:]


def test_a_state_is_told_to_who_comes_later_until_it_is_emptied(call: NewCaller, eventually: Eventually) -> None:
    device = call(NORTH)
    eventually(device.say(f"{OWN}/state", b"armed", retain=True).is_published)
    early = call("monitor", hears=ALL, client_id="early")
    eventually(lambda: early.retained == [(f"{OWN}/state", b"armed")])
    eventually(device.say(f"{OWN}/state", b"", retain=True).is_published)
    eventually(device.say(f"{OWN}/online", b"1", retain=True).is_published)
    late = call("monitor", hears=ALL, client_id="late")
    eventually(lambda: bool(late.heard))
    assert late.heard == [(f"{OWN}/online", b"1")]


def test_a_device_that_vanishes_is_said_to_be_off(call: NewCaller, eventually: Eventually) -> None:
    ear = call("monitor", hears=ALL)
    device = call(NORTH, will=f"{OWN}/online")
    device.say(f"{OWN}/online", b"1", retain=True)
    eventually(lambda: bool(ear.heard))
    device.vanish()
    eventually(lambda: len(ear.heard) == 2)
    assert ear.heard == [(f"{OWN}/online", b"1"), (f"{OWN}/online", b"0")]


def test_a_message_beyond_the_limit_ends_its_senders_connection_and_nobodys_else(
    call: NewCaller, eventually: Eventually
) -> None:
    ear = call("monitor", hears=ALL)
    device = call(NORTH)
    eventually(device.say(f"{OWN}/evt", bytes(MAX_PAYLOAD_BYTES)).is_published)
    eventually(lambda: len(ear.heard) == 1)
    before = device.lost
    device.client.publish(f"{OWN}/evt", bytes(1024 * 1024 + 1), qos=0)
    eventually(lambda: device.lost > before)
    eventually(lambda: device.connected)
    device.say(f"{OWN}/evt", b"after")
    eventually(lambda: b"after" in ear.payloads())
    assert len(ear.heard) == 2
    assert ear.lost == 0


def test_what_was_queued_and_retained_survives_kill_9_of_the_broker(
    house: RealBroker, call: NewCaller, eventually: Eventually
) -> None:
    first = call("monitor", hears=ALL, acknowledges=False)
    device = call(NORTH)
    eventually(device.say(f"{OWN}/state", b"armed", retain=True).is_published)
    said = [device.say(f"{OWN}/evt", number) for number in _numbers(200)]
    eventually(lambda: all(each.is_published() for each in said))
    eventually(lambda: len(first.heard) == 201)
    house.wait_until_saved(eventually)
    house.kill()
    first.stop()
    house.start()
    again = call("monitor", hears=ALL, client_id="of-monitor")
    eventually(lambda: set(_numbers(200)) <= set(again.payloads()))
    late = call("monitor", hears=ALL, client_id="late")
    eventually(lambda: late.retained == [(f"{OWN}/state", b"armed")])
    eventually(lambda: device.connected)
