"""A broker that stores nothing more since the disk was full is started anew once there is room, and not again and again."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from deploy.broker.accounts import BrokerPlaces
from deploy.broker.nats import Nats
from deploy.broker.nats_log import stores_nothing_by
from deploy.broker.revival import Revival, has_room

FAULT = "JetStream stream '$G > $MQTT_msgs' critical write error: write 1.blk: no space left on device"


@dataclass
class SaidToBe(Nats):
    """A broker of which the log says this."""

    places: BrokerPlaces
    fault: str | None = None


def a_broker(folder: Path, fault: str | None) -> SaidToBe:
    return SaidToBe(BrokerPlaces(host="127.0.0.1", port=1883, folder=folder), fault)


@pytest.mark.parametrize(
    ("said", "stores_nothing"),
    [
        (FAULT, True),
        ("JetStream failed to store a msg on stream '$G > $MQTT_msgs': write 1.blk: no space left on device", True),
        ("JetStream resource limits exceeded for server", True),
        ("JetStream out of resources, will be DISABLED", True),
        ('127.0.0.1:5 - mid:5 - "s-pub" - ack pipeline stopped', False),
        ('127.0.0.1:5 - mid:5 - "JetStream out of resources, will be DISABLED" - ack pipeline stopped', False),
    ],
)
def test_the_log_tells_that_the_broker_stores_nothing_more(said: str, *, stores_nothing: bool) -> None:
    line = f"[496] 2026/11/23 12:43:16.800363 [ERR] {said}".encode()
    assert stores_nothing_by(line) == (said if stores_nothing else None)


def test_it_is_started_anew_once_and_the_log_says_why(tmp_path: Path) -> None:
    revival = Revival()
    assert not revival.is_due(a_broker(tmp_path, None))
    with capture_logs() as logged:
        assert revival.is_due(a_broker(tmp_path, FAULT))
        assert not revival.is_due(a_broker(tmp_path, FAULT))
    assert [(line["event"], line["fault"]) for line in logged] == [("broker-starts-anew-after-full-disk", FAULT)]


def test_it_waits_for_room_and_says_so_once(tmp_path: Path) -> None:
    revival, gone = Revival(), tmp_path / "gone"
    with capture_logs() as logged:
        assert not revival.is_due(a_broker(gone, FAULT))
        assert not revival.is_due(a_broker(gone, FAULT))
    assert [line["event"] for line in logged] == ["broker-stores-nothing"]
    gone.mkdir()
    assert revival.is_due(a_broker(gone, FAULT))


def test_a_disk_that_takes_nothing_has_no_room(tmp_path: Path) -> None:
    assert has_room(tmp_path)
    assert not has_room(Path("/proc"))
    assert list(tmp_path.iterdir()) == []
