"""The files of the embedded broker's certificate, looked at before anything is started."""

import ssl
from datetime import UTC, datetime

from cryptography import x509

from deploy.broker.accounts import Certificate
from registry.clock import Instant
from registry.problems import Refusal
from registry.settings import Settings


def certificate_of(settings: Settings, now: Instant | None = None) -> Certificate | None:
    """The certificate that the settings name; None: they name none, and MQTT is spoken in the clear.

    Raises:
        Refusal: one of the two files is missing, they do not belong together, or the certificate is not of today.
    """
    if settings.mqtt_cert is None and settings.mqtt_key is None:
        return None
    if settings.mqtt_cert is None or settings.mqtt_key is None:
        missing = "--mqtt-cert" if settings.mqtt_cert is None else "--mqtt-key"
        raise Refusal(f"A certificate and its private key belong together: name both, {missing} too.")
    pair = Certificate(certificate=settings.mqtt_cert.absolute(), key=settings.mqtt_key.absolute())
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(pair.certificate, pair.key, password=_no_password)
        leaf = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    except ssl.SSLError as error:
        raise Refusal(
            f"The certificate {pair.certificate} and the key {pair.key} cannot be used: {_why(error)}."
        ) from None
    except (OSError, ValueError) as error:
        raise Refusal(f"The broker's certificate cannot be read: {error}.") from None
    moment = now or datetime.now(UTC)
    if not leaf.not_valid_before_utc <= moment < leaf.not_valid_after_utc:
        raise Refusal(
            f"The certificate {pair.certificate} is good from {leaf.not_valid_before_utc:%Y-%m-%d %H:%M} "
            f"to {leaf.not_valid_after_utc:%Y-%m-%d %H:%M} UTC only."
        )
    return pair


def _no_password() -> str:
    raise ValueError("the private key asks for a password; the broker cannot give one")


def _why(error: ssl.SSLError) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return "they do not belong together"
    return (error.reason or "they are not PEM").replace("_", " ").lower()
