"""A file under a passphrase: AES-256-GCM in pieces, so that it is written and read without being held whole.

A head (magic, cost, salt), then pieces of 1 MiB, each with its tag. The key is scrypt's of the passphrase and the salt,
a new one for each file; a piece's nonce is its number and whether it is the last, so that none can be taken out, put
elsewhere or cut off unseen.
"""

import os
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC: Final = b"dayuan sealed 1\n"
_PIECE = 1 << 20
_TAG = 16
_SALT = 16
_HEAD = len(MAGIC) + 1 + _SALT
_COST = 17
"""Two to this power is scrypt's n: 128 MiB and a third of a second for each guess."""
_COSTS = range(10, 21)


class NotOpened(Exception):
    """The passphrase is another, or the file was altered or cut."""


@dataclass(slots=True)
class Sealer:
    """Writes what is given to it, sealed, to a stream; `finish` writes the last piece."""

    stream: BinaryIO
    passphrase: bytes = field(repr=False)
    _head: bytes = field(init=False)
    _cipher: AESGCM = field(init=False, repr=False)
    _waiting: bytearray = field(init=False, repr=False, default_factory=bytearray)
    _number: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        salt = os.urandom(_SALT)
        self._head = MAGIC + bytes([_COST]) + salt
        self._cipher = _cipher(self.passphrase, salt, _COST)
        self.stream.write(self._head)

    def write(self, data: bytes) -> int:
        self._waiting += data
        while len(self._waiting) > _PIECE:
            self._seal(bytes(self._waiting[:_PIECE]), is_last=False)
            del self._waiting[:_PIECE]
        return len(data)

    def finish(self) -> None:
        self._seal(bytes(self._waiting), is_last=True)

    def _seal(self, piece: bytes, *, is_last: bool) -> None:
        self.stream.write(self._cipher.encrypt(_nonce(self._number, is_last=is_last), piece, self._head))
        self._number += 1


@dataclass(slots=True)
class Opener:
    """Reads what a `Sealer` wrote. Raises `NotOpened` before it gives a byte that was not sealed so."""

    stream: BinaryIO
    passphrase: bytes = field(repr=False)
    _head: bytes = field(init=False)
    _cipher: AESGCM = field(init=False, repr=False)
    _plain: bytes = field(init=False, repr=False, default=b"")
    _ahead: bytes = field(init=False, repr=False, default=b"")
    _number: int = field(init=False, default=0)
    _ended: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._head = self.stream.read(_HEAD)
        if len(self._head) < _HEAD or not self._head.startswith(MAGIC) or self._head[len(MAGIC)] not in _COSTS:
            raise NotOpened
        self._cipher = _cipher(self.passphrase, self._head[-_SALT:], self._head[len(MAGIC)])
        self._ahead = self.stream.read(_PIECE + _TAG)

    def read(self, size: int) -> bytes:
        parts = []
        while size > 0 and (self._plain or self._next()):
            part, self._plain = self._plain[:size], self._plain[size:]
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def look(self) -> None:
        """Open the first piece, so that a wrong passphrase shows at once."""
        self._next()

    def _next(self) -> bool:
        if self._ended:
            return False
        piece, self._ahead = self._ahead, self.stream.read(_PIECE + _TAG)
        self._ended = not self._ahead
        try:
            self._plain = self._cipher.decrypt(_nonce(self._number, is_last=self._ended), piece, self._head)
        except (InvalidTag, ValueError):
            raise NotOpened from None
        self._number += 1
        return bool(self._plain)


def _cipher(passphrase: bytes, salt: bytes, cost: int) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=1 << cost, r=8, p=1).derive(passphrase))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
