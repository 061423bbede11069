"""How a device proves itself over HTTP: with its MQTT user and secret."""

import base64
import binascii
from collections.abc import Callable

from registry.ids import DeviceAddress

DeviceCheck = Callable[[str, str], DeviceAddress | None]
"""`(username, secret)` → the device, or None when there is none such, it is shut out, or the secret is wrong. It may
take milliseconds (bcrypt, store), so it is called from a thread."""


def no_devices(_username: str, _secret: str) -> DeviceAddress | None:
    """Where no device register is: nobody gets in."""
    return None


def basic_credentials(header: str) -> tuple[str, str] | None:
    """Read `Authorization: Basic …`; None: it is something else or unreadable."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, secret) if colon else None
