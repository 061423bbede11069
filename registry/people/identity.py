"""ID numbers at rest: sealed with AES-GCM, found by a keyed index, shown masked.

Two keys are derived from one key file, so that who can search cannot read.
"""

import hashlib
import hmac
import os
import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
LONG_NUMBER = 6
"""Digits from which a number may be most of somebody's ID number or phone."""
_RESIDENT = re.compile(r"[1-9][0-9]{16}[0-9X]")
_OTHER = re.compile(r"[A-Z0-9]{6,18}")
_SHORTENED = re.compile(r"[0-9]{15,17}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_RESIDENT_LENGTH = 18


@dataclass(frozen=True, slots=True)
class NotAnIdNumber:
    """Why a text is no ID number; `fault` is a word of the catalogue."""

    fault: str


class CannotOpen(Exception):
    """A sealed number does not fit its key or its person: the key file was changed, or the row was."""


def parse_id_number(raw: str, *, today: date) -> str | NotAnIdNumber:
    """Check a resident's number (GB 11643: date of birth and check digit) or the shape of another document's number."""
    text = searched_number(raw)
    if len(text) != _RESIDENT_LENGTH:
        # A resident's number from which digits are missing must not pass for another document's.
        is_other = _OTHER.fullmatch(text) and not text.isalpha() and not _SHORTENED.fullmatch(text)
        return text if is_other else NotAnIdNumber("shape")
    if not _RESIDENT.fullmatch(text):
        return NotAnIdNumber("shape")
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, text, strict=False))
    if _CHECK_DIGITS[total % 11] != text[-1]:
        return NotAnIdNumber("check_digit")
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return NotAnIdNumber("birth_date")
    return NotAnIdNumber("birth_date") if born > today else text


def searched_number(raw: str) -> str:
    """Bring what somebody typed into the form in which numbers are indexed, without asking whether it is one."""
    return "".join(unicodedata.normalize("NFKC", without_marks(raw)).split()).upper()


def without_marks(raw: str) -> str:
    """A text without what nobody sees of it: the marks of direction and width that copying brings along, control characters."""
    return "".join(each for each in raw if each.isspace() or unicodedata.category(each) not in {"Cc", "Cf"})


def may_stand_in_address(words: str) -> bool:
    """Whether a search may be part of a page's address, which browsers and logs keep: not with a long number in it."""
    return sum(character.isdigit() for character in words) < LONG_NUMBER


def masked(number: str) -> str:
    """The number as screens show it: its first three and its last character."""
    return f"{number[:3]}{'*' * (len(number) - 4)}{number[-1]}"


class IdentityKeys:
    """Seals, opens and indexes ID numbers."""

    __slots__ = ("_index_key", "_seal")

    def __init__(self, key: bytes) -> None:
        """`key`: at least 32 random bytes of the key file."""
        if len(key) < 32:  # noqa: PLR2004 - bytes of AES-256
            raise ValueError("the key for ID numbers is shorter than 32 bytes")
        self._seal = AESGCM(hmac.digest(key, b"dayuan:id-number:seal", hashlib.sha256))
        self._index_key = hmac.digest(key, b"dayuan:id-number:index", hashlib.sha256)

    def seal(self, number: str, person: bytes) -> bytes:
        """Encrypt a number for one person (the bytes of the id), so that it cannot be moved to another's row."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._seal.encrypt(nonce, number.encode(), person)

    def open(self, sealed: bytes, person: bytes) -> str:
        """Decrypt a number.

        Raises:
            CannotOpen: another key, another person's row, or a damaged value.

        """
        try:
            return self._seal.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], person).decode()
        except InvalidTag as error:
            raise CannotOpen("the sealed ID number does not fit the key file") from error

    def index(self, number: str) -> bytes:
        """The 32-byte look-up key of a number."""
        return hmac.digest(self._index_key, number.encode(), hashlib.sha256)
