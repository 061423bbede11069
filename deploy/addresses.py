"""Addresses as URLs and configurations have them."""

from registry.bus import BrokerAddress
from registry.settings import Settings

_ANY = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not bound


def bracketed(host: str) -> str:
    """A host as it stands before a port: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def house_url(settings: Settings) -> str:
    """Where pages and API are, as a program on this machine says it."""
    host = "127.0.0.1" if settings.host in _ANY else settings.host
    return f"http://{bracketed(host)}:{settings.port}"


def mqtt_place(settings: Settings) -> tuple[str, int]:
    """Host and port at which devices of this machine reach the broker, the embedded one or the outside one."""
    if settings.broker_url is not None:
        address = BrokerAddress.parse(settings.broker_url.get_secret_value())
        return address.host, address.port
    return "127.0.0.1" if settings.host in _ANY else settings.host, settings.mqtt_port
