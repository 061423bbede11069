"""A broker's address is read once, and its password is never shown."""

import pytest

from registry.bus import BrokerAddress


def test_an_address_says_who_and_where() -> None:
    address = BrokerAddress.parse("mqtt://monitor:p%40ss@broker.example:1884")
    assert (address.host, address.port, address.username, address.password) == (
        "broker.example",
        1884,
        "monitor",
        "p@ss",
    )
    assert not address.tls


@pytest.mark.parametrize(("url", "port", "tls"), [("mqtt://a:b@h", 1883, False), ("mqtts://a:b@h", 8883, True)])
def test_the_scheme_says_the_port_and_whether_it_is_encrypted(url: str, port: int, *, tls: bool) -> None:
    address = BrokerAddress.parse(url)
    assert (address.port, address.tls) == (port, tls)


@pytest.mark.parametrize(
    "url", ["", "http://a:b@h", "mqtt://h", "mqtt://a@h", "mqtt://:b@h", "mqtt://a:b@", "mqtt://a:b@h:x"]
)
def test_what_is_no_address_or_names_nobody_is_refused(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the sentence is urllib's in one case
        BrokerAddress.parse(url)


def test_the_password_is_in_no_print() -> None:
    address = BrokerAddress.parse("mqtt://monitor:geheim@h")
    assert "geheim" not in repr(address)
    assert "geheim" not in address.session_name()


def test_an_address_is_written_as_it_is_read() -> None:
    address = BrokerAddress.parse("mqtts://a.b:c%2Fd@[::1]:9000")
    assert BrokerAddress.parse(address.url()) == address


def test_a_session_is_named_by_account_and_secret() -> None:
    one, other = (BrokerAddress.parse(f"mqtt://oc1.beam.a:{password}@h") for password in ("x", "y"))
    assert one.session_name().startswith("oc1-beam-a-")
    assert one.session_name() != other.session_name()
