"""Keys of OSDP peripherals: derived, as the secrets of devices are, so that none is stored and each can be made again."""

import hashlib
import hmac

from registry.access.parts import OsdpSettings

KEY_BYTES = 16
"""Of a secure channel's base key (SCBK, AES-128)."""


def channel_key(device_key: bytes, settings: OsdpSettings) -> bytes:
    """The base key of a peripheral's secure channel; `device_key`: the data folder's. A new `settings.key` makes another."""
    label = f"osdp:{settings.line}:{settings.pd}:{settings.key}"
    return hmac.digest(device_key, label.encode(), hashlib.sha256)[:KEY_BYTES]
