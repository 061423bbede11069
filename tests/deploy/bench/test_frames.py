"""The hand-made publisher speaks MQTT to a real broker."""

from collections.abc import Callable

import pytest

from deploy.bench import words
from deploy.bench.frames import WINDOW, Publisher
from registry.bus import Bus, Received
from registry.problems import Refusal
from tests.conftest import RunningBroker

pytestmark = pytest.mark.broker
EVENTS = [words.event(number) for number in range(3 * WINDOW)]


@pytest.fixture
def heard(connect: Callable[..., Bus]) -> list[bytes]:
    payloads: list[bytes] = []

    def take(received: Received) -> None:
        payloads.append(received.payload)
        received.acknowledge()

    connect("monitor", hears=tuple(words.FILTERS), handler=take)
    return payloads


def test_what_the_broker_confirmed_arrives_in_order(
    broker: RunningBroker, heard: list[bytes], eventually: Callable[[Callable[[], bool]], None]
) -> None:
    probe = words.event(words.PROBE)
    with Publisher(broker.address("oc1.beam.north-01")) as publisher:
        # What is published before the subscription stands is for nobody.
        eventually(lambda: publisher.publish(words.TOPIC, [probe]).confirmed == {0} and probe in heard)
        published = publisher.publish(words.TOPIC, EVENTS)
    assert published.confirmed == set(range(len(EVENTS)))
    eventually(lambda: len([payload for payload in heard if payload != probe]) >= len(EVENTS))
    assert [payload for payload in heard if payload != probe] == EVENTS


def test_at_a_steady_rate_each_message_is_due_at_its_own_moment(broker: RunningBroker) -> None:
    with Publisher(broker.address("oc1.beam.north-01")) as publisher:
        published = publisher.publish(words.TOPIC, EVENTS[:50], per_second=1000)
    assert [round((after - before) / 1e6) for before, after in zip(published.at, published.at[1:], strict=False)] == [
        1
    ] * 49


def test_a_stranger_cannot_publish(broker: RunningBroker) -> None:
    with pytest.raises(Refusal, match="refused the publisher"):
        Publisher(broker.address("oc1.beam.north-01", password="not the password"))


def test_an_event_says_its_number() -> None:
    assert words.number_of(words.event(417)) == 417
    assert words.number_of_id("bench-0000000417") == 417
