import pytest

from registry.ids import DeviceAddress
from registry.messages.topics import Channel, DeviceTopic, every_device, parse_device_topic

NORTH = DeviceAddress.parse("oc1/beam/north-01")


@pytest.mark.parametrize("channel", list(Channel))
def test_every_channel_of_a_device_is_read_as_it_is_written(channel: Channel) -> None:
    topic = DeviceTopic(NORTH, channel)
    assert parse_device_topic(str(topic)) == topic


@pytest.mark.parametrize(
    "topic",
    [
        "frigate/events",
        "dayuan/v1/oc1/beam/north-01",
        "dayuan/v1/oc1/beam/north-01/evt/more",
        "dayuan/v1/oc1/kettle/north-01/evt",
        "dayuan/v1/OC1/beam/north-01/evt",
        "dayuan/v1/oc1/_alarm/x",
        "x/dayuan/v1/oc1/beam/north-01/evt",
        "dayuan/v2/oc1/beam/north-01/evt",
        "",
    ],
)
def test_a_foreign_topic_is_not_taken_for_ours(topic: str) -> None:
    assert parse_device_topic(topic) is None


def test_one_filter_hears_a_channel_of_all_devices() -> None:
    assert every_device(Channel.EVENT) == "dayuan/v1/+/+/+/evt"
