"""Simulated devices on a real broker: many connections, one thread."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from deploy.broker.users import Service
from deploy.simulators.crowd import Crowd
from deploy.simulators.orders import DeviceAccount
from registry.bus import Bus, Received
from registry.ids import DeviceAddress
from tests.conftest import RunningBroker
from tests.fakes.clock import NOON
from tests.makers.register import PASSWORD, a_device

pytestmark = pytest.mark.broker

ADDRESSES = [DeviceAddress.parse(f"oc1/{kind}/{number}") for kind in ("beam", "panic", "gate") for number in range(20)]
EVERYTHING = ("dayuan/v1/+/+/+/evt", "dayuan/v1/+/+/+/hb", "dayuan/v1/+/+/+/online")


def account(address: DeviceAddress, password: str = PASSWORD) -> DeviceAccount:
    return DeviceAccount(address=str(address), username=address.username, password=password)


@pytest.fixture
def crowd(broker: RunningBroker) -> Iterator[Crowd]:
    broker.admit(*(a_device(str(address)) for address in ADDRESSES))
    crowd = Crowd(broker.address("nobody"), [account(address) for address in ADDRESSES])
    yield crowd
    crowd.leave()


@pytest.fixture
def heard(crowd: Crowd, connect: Callable[..., Bus]) -> list[tuple[str, bytes]]:  # noqa: ARG001 - its devices are admitted first
    found: list[tuple[str, bytes]] = []

    def handler(received: Received) -> None:
        found.append((received.topic, received.payload))
        received.acknowledge()

    bus = connect(Service.MONITOR, hears=EVERYTHING, handler=handler)
    assert bus.wait_until_heard(EVERYTHING, 10)
    return found


def until(crowd: Crowd, eventually: Any, condition: Callable[[], bool]) -> None:
    def served() -> bool:
        crowd.serve(0.02)
        return condition()

    eventually(served)


def test_every_device_is_there_lives_and_tells_its_own_events(
    crowd: Crowd, heard: list[tuple[str, bytes]], eventually: Any
) -> None:
    until(crowd, eventually, lambda: crowd.present == len(ADDRESSES))
    crowd.beat()
    crowd.tell(ADDRESSES[0], "interrupted", {"state": "instant", "beam_ids": ["a"]}, NOON)
    topics = {f"dayuan/v1/{address}/{channel}" for address in ADDRESSES for channel in ("online", "hb")}
    event_topic = f"dayuan/v1/{ADDRESSES[0]}/evt"
    until(crowd, eventually, lambda: topics | {event_topic} <= {topic for topic, _ in heard})
    said = json.loads(next(payload for topic, payload in heard if topic == event_topic))
    assert (said["source"], said["type"], said["seq"]) == (ADDRESSES[0].source, "dayuan.beam.interrupted", 1)
    assert all(payload == b"1" for topic, payload in heard if topic.endswith("/online"))


def test_who_leaves_says_so_and_who_vanishes_is_told_of(
    crowd: Crowd, heard: list[tuple[str, bytes]], eventually: Any
) -> None:
    until(crowd, eventually, lambda: crowd.present == len(ADDRESSES))
    vanishing = crowd.members[ADDRESSES[3]]
    assert vanishing.line is not None
    vanishing.line.shutdown(2)
    until(crowd, eventually, lambda: (vanishing.presence_topic, b"0") in heard)
    until(crowd, eventually, lambda: crowd.present == len(ADDRESSES))  # it came back
    crowd.leave()
    gone = {(f"dayuan/v1/{address}/online", b"0") for address in ADDRESSES}
    eventually(lambda: gone <= set(heard))


def test_they_come_back_after_the_broker_was_away(crowd: Crowd, broker: RunningBroker, eventually: Any) -> None:
    until(crowd, eventually, lambda: crowd.present == len(ADDRESSES))
    broker.broker.stop()
    until(crowd, eventually, lambda: crowd.present == 0)
    crowd.beat()
    crowd.tell(ADDRESSES[0], "interrupted", {"state": "instant"}, NOON)  # nobody hears it, and nothing breaks
    broker.restart(*(a_device(str(address)) for address in ADDRESSES))
    until(crowd, eventually, lambda: crowd.present == len(ADDRESSES))


def test_a_device_whose_secret_was_renewed_stays_outside_and_keeps_nobody_else_out(
    broker: RunningBroker, eventually: Any
) -> None:
    broker.admit(*(a_device(str(address)) for address in ADDRESSES))
    others = [account(address) for address in ADDRESSES[1:]]
    crowd = Crowd(broker.address("nobody"), [account(ADDRESSES[0], "an-old-secret"), *others])
    until(crowd, eventually, lambda: crowd.present == len(others))
    assert not crowd.members[ADDRESSES[0]].is_in
    crowd.leave()
