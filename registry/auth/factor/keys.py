"""What seals second factors at rest. Two keys are derived from one key file: who can compare cannot read."""

import hashlib
import hmac
import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from registry.auth.factor.rules import typed_code

_NONCE_BYTES = 12
_KEY_BYTES = 32


class CannotOpen(Exception):
    """A sealed secret does not fit its key or its user: the key file was changed, or the row was."""


class FactorKeys:
    """Seals and opens the secrets of second factors, and digests recovery codes."""

    __slots__ = ("_digest_key", "_seal")

    def __init__(self, key: bytes) -> None:
        """`key`: at least 32 random bytes of the key file."""
        if len(key) < _KEY_BYTES:
            raise ValueError("the key for second factors is shorter than 32 bytes")
        self._seal = AESGCM(hmac.digest(key, b"dayuan:second-factor:seal", hashlib.sha256))
        self._digest_key = hmac.digest(key, b"dayuan:second-factor:recovery", hashlib.sha256)

    def seal(self, secret: str, user_id: UUID) -> bytes:
        """Encrypt a secret for one user, so that it cannot be moved to another's row."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._seal.encrypt(nonce, secret.encode(), user_id.bytes)

    def open(self, sealed: bytes, user_id: UUID) -> str:
        """Decrypt a secret.

        Raises:
            CannotOpen: another key, another user's row, or a damaged value.

        """
        try:
            return self._seal.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], user_id.bytes).decode()
        except InvalidTag as error:
            raise CannotOpen("the sealed secret does not fit the key file") from error

    def digest(self, code: str, user_id: UUID) -> bytes:
        """What the store keeps of a recovery code, 32 bytes."""
        return hmac.digest(self._digest_key, user_id.bytes + typed_code(code).encode(), hashlib.sha256)
