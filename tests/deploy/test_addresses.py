import pytest

from deploy.addresses import bracketed, house_url, mqtt_place
from registry.settings import Settings


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:8080"), ("0.0.0.0", "http://127.0.0.1:8080"), ("::1", "http://[::1]:8080")],  # noqa: S104 - not bound
)
def test_the_house_is_named_as_a_program_on_this_machine_reaches_it(host: str, url: str) -> None:
    assert house_url(Settings(host=host)) == url


def test_an_ipv6_address_is_bracketed_and_a_name_is_not() -> None:
    assert (bracketed("::1"), bracketed("gate-house")) == ("[::1]", "gate-house")


def test_devices_are_told_the_broker_that_there_is() -> None:
    assert mqtt_place(Settings(mqtt_port=1884)) == ("127.0.0.1", 1884)
    outside = Settings.model_validate({"broker_url": "mqtt://house:secret@broker.example:1999"})
    assert mqtt_place(outside) == ("broker.example", 1999)
