"""Which certificate of a broker we believe, and in plain words why we do not believe one."""

import ssl
from enum import StrEnum
from pathlib import Path


class Trust(StrEnum):
    """What stands in a file of certificates. The value is its word in a broker's address."""

    AUTHORITY = "ca"
    """Of an authority: it must have signed the broker's, and that must be of the host's name."""
    CERTIFICATE = "certificate"
    """The broker's own: it must be this one, by whatever name the host is reached."""


def trusting(trust: Trust | None, file: Path | None) -> ssl.SSLContext:
    """Make a context that believes what `file` says; None: the authorities of this system.

    Raises:
        OSError: the file cannot be read or holds no certificate.

    """
    context = ssl.create_default_context(cafile=None if file is None else str(file))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if trust is Trust.CERTIFICATE:
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # it need not be signed by itself
    return context


def fault_of_connection(error: BaseException) -> str:
    """Say in words why there is no connection, for people who look after brokers."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted: {error.verify_message.rstrip('.')}"
        case ssl.SSLError():
            return f"it does not speak TLS as we do: {(error.reason or str(error)).replace('_', ' ').lower()}"
        case ConnectionRefusedError():
            return "nothing listens there"
        case TimeoutError():
            return "it does not answer"
        case OSError():
            return error.strerror or str(error)
        case _:
            return str(error)
