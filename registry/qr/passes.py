"""A pass as a text in a QR code, signed so that a gate can trust it without asking anybody.

    "DY1:" + base32( claims, signature )
    claims = 1 byte layout · 4 bytes key id · 16 bytes credential id · 4 + 4 bytes not before, not after (seconds since
    1970, big endian) · site names joined by commas
    signature = Ed25519, 64 bytes, over a fixed word and the claims

Upper-case letters and digits only: the code is drawn in its dense alphanumeric mode, and no blank is lost on the way.
There is exactly one text for one pass: what decodes but would not be written so is refused.
"""

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from registry.clock import Instant
from registry.ids import NAME_PATTERN, CredentialId, SiteId

PREFIX: Final = "DY1:"
LONGEST_TEXT: Final = 200
"""Characters: a code of 200 is still read from a phone's cracked screen at arm's length."""
PURPOSE: Final = b"dayuan pass 1\n"
"""Signed with the claims, so that a signature made for another purpose with the same key is worth nothing here."""
LAYOUT: Final = 1
HEAD: Final = struct.Struct(">B4s16sII")
SIGNATURE_BYTES: Final = 64
LATEST_SECONDS: Final = 2**32 - 1

_SITES = re.compile(rf"{NAME_PATTERN}(,{NAME_PATTERN})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class PassClaims:
    """What a pass says: this credential, at these sites, from `not_before` until just before `not_after`."""

    credential: CredentialId
    sites: frozenset[SiteId]
    not_before: Instant
    not_after: Instant

    def __post_init__(self) -> None:
        for moment in (self.not_before, self.not_after):
            if moment.tzinfo is None or moment.microsecond:
                raise ValueError("a pass begins and ends at a whole second of a known time zone")
            if not 0 <= moment.timestamp() <= LATEST_SECONDS:
                raise ValueError("a pass begins and ends between 1970 and 2106")
        if self.not_before >= self.not_after:
            raise ValueError("a pass ends after it begins")
        if not _SITES.fullmatch(",".join(self.sites)):
            raise ValueError("a pass names at least one site, each by its short name")


@dataclass(frozen=True, slots=True)
class BadSignature:
    """It looks like one of our passes, but none of our keys signed just this."""


@dataclass(frozen=True, slots=True)
class NotOurs:
    """A text of another kind."""


def new_signing_key() -> bytes:
    """Make a signing key, as PEM; whoever keeps it lets nobody but its owner read it."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def load_key(pem: bytes) -> Ed25519PrivateKey:
    """Read a signing key; ValueError if the PEM holds none, or one of another kind."""
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("passes are signed with an Ed25519 key")  # noqa: TRY004  # the file's content is wrong
    return key


def key_id(key: Ed25519PublicKey) -> str:
    """Name a key by itself: 8 hexadecimal digits."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:8]


def verifying_keys(*keys: Ed25519PrivateKey) -> dict[str, Ed25519PublicKey]:
    """What gates need: the public halves by key id, of the key in use and of earlier ones whose passes still run."""
    return {key_id(key.public_key()): key.public_key() for key in keys}


def sign_pass(key: Ed25519PrivateKey, claims: PassClaims) -> str:
    """Write a pass as the text of its QR code; ValueError when it names more sites than a code can hold."""
    head = HEAD.pack(
        LAYOUT,
        bytes.fromhex(key_id(key.public_key())),
        claims.credential.bytes,
        int(claims.not_before.timestamp()),
        int(claims.not_after.timestamp()),
    )
    body = head + ",".join(sorted(claims.sites)).encode("ascii")
    text = _written(body + key.sign(PURPOSE + body))
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"a pass for {len(claims.sites)} sites does not fit into one code")
    return text


def verify_pass(keys: Mapping[str, Ed25519PublicKey], text: str) -> PassClaims | BadSignature | NotOurs:
    """Read a pass and make sure that one of these keys signed it; whether it is valid now is for the caller."""
    if not text.startswith(PREFIX):
        return NotOurs()
    content = _read(text)
    if content is None or len(content) < HEAD.size + 1 + SIGNATURE_BYTES:
        return BadSignature()
    body, signature = content[:-SIGNATURE_BYTES], content[-SIGNATURE_BYTES:]
    layout, signer, credential, begins, ends = HEAD.unpack_from(body)
    key = keys.get(signer.hex())
    if key is None or layout != LAYOUT:
        return BadSignature()
    try:
        key.verify(signature, PURPOSE + body)
    except InvalidSignature:
        return BadSignature()
    return PassClaims(
        credential=CredentialId(UUID(bytes=credential)),
        sites=frozenset(SiteId(site) for site in body[HEAD.size :].decode("ascii").split(",")),
        not_before=datetime.fromtimestamp(begins, UTC),
        not_after=datetime.fromtimestamp(ends, UTC),
    )


def _written(content: bytes) -> str:
    return PREFIX + base64.b32encode(content).decode("ascii").rstrip("=")


def _read(text: str) -> bytes | None:
    """Give the bytes of a text that is written exactly as we write it."""
    digits = text.removeprefix(PREFIX)
    if len(text) > LONGEST_TEXT or not digits.isascii():
        return None
    try:
        content = base64.b32decode(digits + "=" * (-len(digits) % 8))
    except binascii.Error:
        return None
    return content if _written(content) == text else None
