"""The accounts of our own processes on the broker: derived from a key of the data folder, as the devices' are."""

import hashlib
import hmac
from collections.abc import Mapping

from deploy.broker.users import Service
from registry.bus import BrokerAddress, BrokerPlace, Bus
from registry.problems import Refusal


def service_secrets(key: bytes) -> dict[Service, str]:
    """The plain secret of each service, 128 bits in hexadecimal."""
    return {service: hmac.digest(key, f"service:{service}".encode(), hashlib.sha256).hex()[:32] for service in Service}


def service_urls(place: BrokerPlace, secrets: Mapping[Service, str]) -> dict[str, str]:
    """The MQTT URL of each service, for the process that speaks as it."""
    return {service.value: place.signed_in(service.value, secret).url() for service, secret in secrets.items()}


def outside_urls(broker_url: str, secrets: Mapping[Service, str]) -> dict[str, str]:
    """The MQTT URL of each service at a broker that another process or somebody else runs.

    With the account of its address for all; an address without one means a broker of ours with the same keys
    (`dayuan serve broker`), where each service has its own.

    Raises:
        Refusal: the address is none.
    """
    scheme, separator, place = broker_url.partition("://")
    urls = {
        service.value: broker_url if "@" in place else f"{scheme}{separator}{service.value}:{secret}@{place}"
        for service, secret in secrets.items()
    }
    for url in urls.values():
        try:
            BrokerAddress.parse(url)
        except ValueError as error:
            raise Refusal(f"The broker's address cannot be used: {error}.") from None
    return urls


def service_bus(urls: Mapping[str, str], service: Service, *, purpose: str = "") -> Bus:
    """A client for one of our processes; its session's name differs from that of every other, also with one account for all."""
    address = BrokerAddress.parse(urls[service.value])
    return Bus(
        address, client_id="-".join(filter(None, (service.value, purpose, address.session_name().rpartition("-")[2])))
    )
