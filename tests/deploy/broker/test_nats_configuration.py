"""Users and places become a configuration of explicit lines."""

from pathlib import Path

import pytest

from deploy.broker.accounts import BrokerPlaces, BrokerUser
from deploy.broker.nats_configuration import configuration, subjects

PLACES = BrokerPlaces(host="127.0.0.1", port=1883, folder=Path("/data/broker"))


def a_broker_user(name: str = "web", *, publish: tuple[str, ...] = (), subscribe: tuple[str, ...] = ()) -> BrokerUser:
    return BrokerUser(name=name, password_hash="$2b$04$abc", publish=publish, subscribe=subscribe)


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("dayuan/v1/oc1/beam/north-01/evt", ("dayuan.v1.oc1.beam.north-01.evt",)),
        ("dayuan/v1/+/+/+/evt", ("dayuan.v1.*.*.*.evt",)),
        ("frigate/#", ("frigate.>", "frigate")),
        ("#", (">",)),
        ("zigbee2mqtt/0x00.1", ("zigbee2mqtt.0x00//1",)),
        ("a//b", ("a./.b",)),
    ],
)
def test_a_topic_is_said_in_the_words_of_nats(topic: str, said: tuple[str, ...]) -> None:
    assert subjects(topic) == said


@pytest.mark.parametrize("topic", ["", "counter/Entry Counter", "a/*", "a/>", "a\nb", "a/\x00"])
def test_a_topic_that_nats_cannot_say_is_refused(topic: str) -> None:
    with pytest.raises(ValueError, match="cannot be a topic"):
        subjects(topic)


def test_who_may_publish_nothing_is_denied_everything() -> None:
    assert 'publish: {allow: [], deny: [">"]}' in configuration([a_broker_user()], PLACES)


def test_the_order_of_users_does_not_matter() -> None:
    one, other = a_broker_user("a"), a_broker_user("b")
    assert configuration([one, other], PLACES) == configuration([other, one], PLACES)


def test_a_password_hash_is_text_and_no_variable() -> None:
    assert 'password: "$2b$04$abc"' in configuration([a_broker_user()], PLACES)


def test_nobody_without_a_name_is_foreseen() -> None:
    text = configuration([a_broker_user()], PLACES)
    assert "no_auth_user" not in text
    assert 'allowed_connection_types: ["MQTT"]' in text
