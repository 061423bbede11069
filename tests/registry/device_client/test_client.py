"""A device's events go through a real broker: what was said while it was cut off comes after, in order, once each."""

from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from registry.bus import Bus, NotSent, Received
from registry.device_client import DeviceClient, DeviceSpool
from registry.ids import DeviceAddress
from tests.conftest import RunningBroker
from tests.fakes.clock import NOON, FixedClock
from tests.makers.register import a_device

pytestmark = pytest.mark.broker

BEAM = DeviceAddress.parse("oc1/beam/north-01")
ROOT = "dayuan/v1/oc1/beam/north-01"
Eventually = Callable[..., None]


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[DeviceSpool]:
    spool = DeviceSpool(tmp_path / "spool.db")
    yield spool
    spool.close()


def test_what_was_said_while_cut_off_comes_after_in_order_and_a_command_is_answered(
    broker: RunningBroker, connect: Callable[..., Bus], eventually: Eventually, spool: DeviceSpool
) -> None:
    heard: list[tuple[str, bytes]] = []

    def hear(message: Received) -> None:
        message.acknowledge()
        heard.append((message.topic.removeprefix(f"{ROOT}/"), message.payload))

    def events() -> list[int]:
        return [orjson.loads(payload)["seq"] for topic, payload in heard if topic == "evt"]

    topics = [f"{ROOT}/{channel}" for channel in ("evt", "online", "cmd/ack")]
    monitor = connect("monitor", hears=topics, handler=hear)
    device = DeviceClient(
        broker.address("oc1.beam.north-01"), BEAM, spool, clock=FixedClock(NOON), on_command=lambda _: (True, "done")
    )
    first = device.event("interrupted", {"beam_ids": ["a"], "dur_ms": 100})
    device.start()
    device.register(20)
    assert device.wait_until_sent(20)
    broker.broker.stop()
    for _ in range(3):
        device.event("interrupted", {"beam_ids": ["a"], "dur_ms": 100})
    assert spool.waiting == 3
    broker.restart(a_device())
    assert device.wait_until_sent(30)
    eventually(lambda: sorted(set(events())) == [1, 2, 3, 4])
    assert list(dict.fromkeys(events())) == [1, 2, 3, 4]
    assert orjson.loads(next(payload for topic, payload in heard if topic == "evt"))["id"] == first
    assert ("online", b"1") in heard

    for moment in ("2026-11-23T04:00:10Z", "2020-01-01T00:00:00Z"):
        command = {"id": "0192d0c8-0000-7000-8000-000000000001", "action": "test", "by": "op", "expires_at": moment}
        monitor.publish(f"{ROOT}/cmd", orjson.dumps(command))
    eventually(lambda: len([1 for topic, _ in heard if topic == "cmd/ack"]) == 2)
    answers = [orjson.loads(payload) for topic, payload in heard if topic == "cmd/ack"]
    assert [(answer["ok"], answer["detail"]) for answer in answers] == [(True, "done"), (False, "it came too late")]
    device.stop()
    eventually(lambda: heard[-1] == ("online", b"0"))


def test_a_device_that_finds_no_broker_is_told_so_and_keeps_its_word(broker: RunningBroker, spool: DeviceSpool) -> None:
    broker.broker.stop()
    device = DeviceClient(broker.address("oc1.beam.north-01"), BEAM, spool)
    device.start()
    device.event("interrupted", {"beam_ids": ["a"], "dur_ms": 100})
    with pytest.raises(NotSent):
        device.register(0.05)
    device.stop()
    assert spool.waiting == 1
