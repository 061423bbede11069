"""Turns the bytes of a picture into pixels, or says in one sentence why it cannot."""

import struct
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from registry.problems import Unprocessable

Picture = NDArray[np.uint8]
"""(height, width, 3), blue green red."""

LARGEST_PIXELS: Final = 40_000_000
"""A few hundred bytes can claim gigabytes of pixels, so the claim is read before anything is decoded."""
LARGEST_BYTES: Final = 64 * 1024 * 1024
SMALLEST_SIDE: Final = 8

PNG_MAGIC: Final = b"\x89PNG\r\n\x1a\n"
PNG_HEAD: Final = 24
"""Bytes from which the size is known."""
JPEG_MAGIC: Final = b"\xff\xd8"
JPEG_MARK: Final = 0xFF
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xDA)})


class UnreadablePicture(Unprocessable):
    slug = "unreadable-picture"
    title = "The picture cannot be read"


def open_picture(file: Path) -> Picture:
    """Read a picture file; UnreadablePicture if it is none, is broken, or is too large."""
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise UnreadablePicture(f"The file is larger than {LARGEST_BYTES // 1024**2} MB.")
        content = file.read_bytes()
    except OSError as error:
        raise UnreadablePicture(f"The file cannot be opened: {error.strerror}.") from error
    return decode_picture(content)


def decode_picture(content: bytes) -> Picture:
    """Decode a JPEG or PNG of any kind into colour; UnreadablePicture if that cannot be."""
    if not content:
        raise UnreadablePicture("The file is empty.")
    size = claimed_size(content)
    if size is None:
        raise UnreadablePicture("This is not a JPEG or PNG picture.")
    width, height = size
    if width * height > LARGEST_PIXELS:
        raise UnreadablePicture(
            f"The picture has {width} x {height} pixels; {LARGEST_PIXELS // 10**6} million are read at most."
        )
    if min(size) < SMALLEST_SIDE:
        raise UnreadablePicture(f"The picture has only {width} x {height} pixels.")
    try:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise UnreadablePicture("The picture is broken.") from error
    if picture is None:
        raise UnreadablePicture("The picture is broken.")
    return np.asarray(picture, np.uint8)


def claimed_size(content: bytes) -> tuple[int, int] | None:
    """Width and height as the file's own head tells them; None if it is neither JPEG nor PNG."""
    if content.startswith(PNG_MAGIC):
        return struct.unpack(">II", content[16:24]) if content[12:16] == b"IHDR" and len(content) >= PNG_HEAD else None
    return _jpeg_size(content) if content.startswith(JPEG_MAGIC) else None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(content):
        if content[at] != JPEG_MARK:
            return None
        mark = content[at + 1]
        if mark == JPEG_MARK or mark in _JPEG_ALONE:
            at += 1 if mark == JPEG_MARK else 2
        elif mark in _JPEG_SIZES:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        else:
            at += 2 + int.from_bytes(content[at + 2 : at + 4])
    return None
