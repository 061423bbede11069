"""Users and places become mosquitto's three files: explicit lines, nobody without a name."""

from dataclasses import replace
from pathlib import Path

import pytest

from deploy.broker.accounts import BrokerPlaces, BrokerUser, Certificate
from deploy.broker.mosquitto_configuration import configuration, mosquitto_hash, passwords, rights

PLACES = BrokerPlaces(host="127.0.0.1", port=1883, folder=Path("/data/broker"))
WEB = BrokerUser(name="web", password_hash="$7$x", publish=(), subscribe=("dayuan/v1/+/_alarm/+",))
BEAM = BrokerUser(
    name="oc1.beam.a", password_hash="$7$y", publish=("dayuan/v1/oc1/beam/a/evt", "counter/a b/#"), subscribe=("x/cmd",)
)


def test_each_account_has_its_own_lines_and_no_pattern() -> None:
    text = rights([WEB, BEAM])
    assert text.splitlines() == [
        "user oc1.beam.a",
        "topic write dayuan/v1/oc1/beam/a/evt",
        "topic write counter/a b/#",
        "topic read x/cmd",
        "",
        "user web",
        "topic read dayuan/v1/+/_alarm/+",
    ]
    assert "pattern" not in text


def test_the_order_of_users_does_not_matter() -> None:
    assert (passwords([WEB, BEAM]), rights([WEB, BEAM])) == (passwords([BEAM, WEB]), rights([BEAM, WEB]))
    assert passwords([WEB, BEAM]) == "oc1.beam.a:$7$y\nweb:$7$x\n"


def test_nobody_without_a_name_is_foreseen() -> None:
    assert "allow_anonymous false" in configuration(PLACES).splitlines()


@pytest.mark.parametrize("topic", ["", " a", "a ", "a\nuser web", "a\tb", "a\x00"])
def test_a_topic_that_a_line_cannot_say_is_refused(topic: str) -> None:
    with pytest.raises(ValueError, match="cannot be a topic"):
        rights([replace(BEAM, publish=(topic,))])


def test_a_secret_has_one_line_and_two_secrets_share_nothing() -> None:
    assert mosquitto_hash("one") == mosquitto_hash("one")
    one, other = (mosquitto_hash(secret).split("$") for secret in ("one", "other"))
    assert one[:3] == ["", "7", "101"]
    assert not {one[3], one[4]} & {other[3], other[4]}


def test_a_durable_broker_saves_with_each_message_and_another_each_second() -> None:
    durable = configuration(replace(PLACES, durable=True)).splitlines()
    assert {"autosave_on_changes true", "autosave_interval 1"} <= set(durable)
    assert "autosave_on_changes true" not in configuration(PLACES).splitlines()


def test_with_a_certificate_the_port_speaks_tls() -> None:
    certificate = Certificate(certificate=Path("/tls/broker.pem"), key=Path("/tls/broker.key"))
    lines = configuration(replace(PLACES, certificate=certificate)).splitlines()
    assert {"certfile /tls/broker.pem", "keyfile /tls/broker.key", "tls_version tlsv1.2"} <= set(lines)
    assert "certfile" not in configuration(PLACES)
