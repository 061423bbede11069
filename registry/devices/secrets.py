"""Secrets of devices: derived, so that the data folder's key file can make each again; stored as bcrypt only."""

import hashlib
import hmac

import bcrypt

from registry.ids import DeviceAddress

BCRYPT_COST = 4
"""The secret has 128 random bits; a higher cost would only slow the broker's sign-ins."""


def device_secret(key: bytes, address: DeviceAddress, generation: int) -> str:
    """The plain secret of a device: 32 hexadecimal characters. A new generation makes the old one worthless."""
    return hmac.new(key, f"{address}:{generation}".encode(), hashlib.sha256).hexdigest()[:32]


def hash_secret(secret: str) -> str:
    """What the register and the broker keep of a secret."""
    return bcrypt.hashpw(secret.encode(), bcrypt.gensalt(BCRYPT_COST, prefix=b"2a")).decode()


def matches(secret: str, secret_hash: str) -> bool:
    """Tell whether this is the device's secret."""
    return len(secret) <= 64 and bcrypt.checkpw(secret.encode(), secret_hash.encode())  # noqa: PLR2004 - ours have 32
