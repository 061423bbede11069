"""A broker that somebody else runs: its address made whole, and its door tried before anything is started."""

import ssl
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, urlsplit

import structlog

from registry.bus import BrokerAddress, Door, Trust, try_door
from registry.problems import Refusal

log = structlog.get_logger()


def with_authority(broker_url: str, authority: Path | None) -> str:
    """The broker's address with the authority whose signature its certificate must bear; None: one that this system trusts.

    Raises:
        Refusal: the file holds no certificate, or the address is not of TLS.
    """
    if authority is None:
        return broker_url
    if urlsplit(broker_url).scheme != "mqtts":
        raise Refusal("--mqtt-ca is of use with mqtts:// only; the broker's address is written otherwise.")
    try:
        ssl.create_default_context(cafile=str(authority))
    except OSError as error:
        why = "it holds no certificate in PEM" if isinstance(error, ssl.SSLError) else error.strerror
        raise Refusal(f"The authority's certificate {authority} cannot be used: {why}.") from None
    joint = "&" if urlsplit(broker_url).query else "?"
    return f"{broker_url}{joint}{Trust.AUTHORITY}={quote(str(authority.absolute()))}"


def refuse_wrong_broker(urls: Iterable[str]) -> None:
    """Try the accounts of these addresses. A broker that is not there may still come, so it is only spoken of in the log.

    Raises:
        Refusal: one answers that we do not trust, or that does not take us. That does not mend itself.
    """
    for address in map(BrokerAddress.parse, sorted(set(urls))):
        try:
            door, why = try_door(address)
        except OSError as error:
            raise Refusal(f"The certificate {address.trusted_file} cannot be read: {error}.") from None
        if door is Door.REFUSED:
            hint = " --mqtt-ca names the authority that signed it." if "certificate" in why else ""
            raise Refusal(f"The broker at {address.host}:{address.port} cannot be used: {why}.{hint}")
        if door is Door.CLOSED:
            log.warning("broker-not-there-yet", host=address.host, port=address.port, why=why)
