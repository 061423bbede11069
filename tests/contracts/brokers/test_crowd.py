"""Five hundred devices that all come back at the same moment, as after a power cut."""

import asyncio
import threading
import time
from collections.abc import Callable

import pytest
import structlog

from registry.bus import Bus, Received
from tests.brokers import RealBroker
from tests.fakes.crowd import Crowd
from tests.makers.register import a_device

pytestmark = pytest.mark.broker

log = structlog.get_logger()

DEVICES = 500
LONGEST_SECONDS = 60.0
PATIENCE_SECONDS = 15.0
"""The longest that a word of ours to a page may be under way meanwhile: what NATS had handed over when it was killed it hands
over again after 5 s, on a machine that has 500 other things to do."""


def test_five_hundred_devices_come_back_and_our_own_words_get_through(
    house: RealBroker, eventually: Callable[..., None]
) -> None:
    devices = [a_device(f"oc1/beam/wall-{number:03}") for number in range(DEVICES)]
    house.admit(*devices)
    crowd = Crowd([house.address(device.address.username) for device in devices])
    events: list[bytes] = []
    arrived: dict[str, float] = {}

    def count(message: Received) -> None:
        events.append(message.payload)
        message.acknowledge()

    def note(message: Received) -> None:
        arrived[message.topic] = time.monotonic()
        message.acknowledge()

    monitor, web = Bus(house.address("monitor")), Bus(house.address("web"))
    monitor.consume(("dayuan/v1/+/+/+/evt",), count)
    web.consume(("dayuan/v1/+/_alarm/+",), note)
    for bus in (monitor, web):
        bus.start()
    assert monitor.wait_until_heard({"dayuan/v1/+/+/+/evt"}, 10)
    assert web.wait_until_heard({"dayuan/v1/+/_alarm/+"}, 10)

    said: dict[str, float] = {}
    done = threading.Event()

    def speak() -> None:
        number = 0
        while not done.wait(0.1):
            topic = f"dayuan/v1/oc1/_alarm/{number}"
            if monitor.connected and web.connected:
                said[topic] = time.monotonic()
                monitor.post(topic, b"{}")
                number += 1

    speaking = threading.Thread(target=speak)
    speaking.start()
    with asyncio.Runner() as crowded:
        crowded.run(crowd.come())
        eventually(lambda: len(events) >= DEVICES)
        house.wait_until_saved(
            eventually
        )  # our sessions are older than the last save, as they are in a house that runs
        house.kill()
        crowded.run(crowd.leave())
        house.start()
        seconds = crowded.run(crowd.come())
        eventually(lambda: len(events) >= 2 * DEVICES)
        crowded.run(crowd.leave())
    done.set()
    speaking.join()
    # A word that was under way when the broker was killed comes after the reconnect, or again.
    eventually(lambda: set(said) <= set(arrived))
    delays = sorted(arrived[topic] - said[topic] for topic in said)
    for bus in (monitor, web):
        bus.stop()
    log.info("crowd-is-back", kind=house.kind, seconds=max(seconds), words=len(delays), longest_seconds=delays[-1])
    assert len(seconds) == DEVICES
    assert max(seconds) < LONGEST_SECONDS
    assert delays[-1] < PATIENCE_SECONDS
