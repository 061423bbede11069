"""Showing foreign bytes to a person: as text without what could play tricks, and as a dump. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

SHOWN_BYTES = 4096
"""What a page shows; the whole can be loaded."""
_WIDTH = 16
_PRINTABLE = range(0x20, 0x7F)


@dataclass(frozen=True, slots=True)
class DumpLine:
    """Sixteen bytes: where they stand, in hexadecimal, and as ASCII with a dot for what is none."""

    offset: str
    octets: str
    text: str


def dump(raw: bytes) -> Iterator[DumpLine]:
    for start in range(0, len(raw), _WIDTH):
        part = raw[start : start + _WIDTH]
        text = "".join(chr(octet) if octet in _PRINTABLE else "." for octet in part)
        yield DumpLine(f"{start:06x}", part.hex(" ").ljust(_WIDTH * 3 - 1), text)


def as_text(raw: bytes) -> str:
    """Read as UTF-8; what is none, and signs that cannot be seen or turn the line round, become a replacement sign."""
    decoded = raw.decode("utf-8", errors="replace")
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "\N{REPLACEMENT CHARACTER}" for sign in decoded)
