"""The keyed digests by which PINs are found: nothing else of a PIN is kept."""

import hmac
from hashlib import sha256


def digest_key(secret: bytes) -> bytes:
    """The key of the digests; `secret` is that of the house from which devices' secrets are derived."""
    return hmac.digest(secret, b"dayuan:pin:index", sha256)


def digest_of(key: bytes, pin: str) -> bytes:
    """Under what a PIN is found; `key` of `digest_key`."""
    return hmac.digest(key, pin.encode(), sha256)
