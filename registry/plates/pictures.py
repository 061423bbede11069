"""Turns the bytes of a picture into pixels, or says in one sentence why it cannot."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from registry.media.problems import UnreadablePicture
from registry.media.rules import MAX_PIXELS
from registry.media.size import size_of

Picture = NDArray[np.uint8]
"""(height, width, 3), blue green red."""

LARGEST_BYTES: Final = 64 * 1024 * 1024
"""Of a file on this machine; what comes over the network is bounded before."""
SMALLEST_SIDE: Final = 8


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
    """Decode a JPEG, PNG or WebP of any kind into colour; UnreadablePicture if that cannot be.

    A few hundred bytes can claim gigabytes of pixels, so the claim is read before anything is decoded.
    """
    if not content:
        raise UnreadablePicture("The file is empty.")
    size = size_of(content)
    if size is None:
        raise UnreadablePicture("This is no JPEG, PNG or WebP picture.")
    width, height = size
    if width * height > MAX_PIXELS:
        raise UnreadablePicture(
            f"The picture has {width} x {height} pixels; {MAX_PIXELS // 10**6} million are read at most."
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
