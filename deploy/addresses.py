"""Addresses as URLs and configurations have them."""

from registry.bus import BrokerPlace, Trust
from registry.settings import Settings

_ANY = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not bound


def bracketed(host: str) -> str:
    """A host as it stands before a port: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def reachable(host: str) -> str:
    """Where a program on this machine finds what listens on `host`."""
    return "127.0.0.1" if host in _ANY else host


def house_url(settings: Settings) -> str:
    """Where pages and API are, as a program on this machine says it."""
    return f"http://{bracketed(reachable(settings.host))}:{settings.port}"


def embedded_broker(settings: Settings) -> BrokerPlace:
    """Where programs of this machine find the embedded broker, and which certificate they believe: its own, or its authority's."""
    host = reachable(settings.host)
    if settings.mqtt_cert is None:
        return BrokerPlace(host=host, port=settings.mqtt_port)
    trust, file = Trust.CERTIFICATE, settings.mqtt_cert
    if settings.mqtt_ca is not None:
        trust, file = Trust.AUTHORITY, settings.mqtt_ca
    return BrokerPlace(host=host, port=settings.mqtt_port, tls=True, trust=trust, trusted_file=file.absolute())


def mqtt_place(settings: Settings) -> tuple[str, int]:
    """Host and port at which devices of this machine reach the broker, the embedded one or the outside one."""
    if settings.broker_url is not None:
        address = BrokerPlace.parse(settings.broker_url.get_secret_value())
        return address.host, address.port
    return reachable(settings.host), settings.mqtt_port
