import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from registry.media.problems import UnreadablePicture
from registry.media.rules import MAX_PIXELS
from registry.plates.pictures import decode_picture, open_picture


def encoded(suffix: str, *, width: int = 40, height: int = 30) -> bytes:
    written, content = cv2.imencode(suffix, np.full((height, width, 3), 90, np.uint8))
    assert written
    return content.tobytes()


def a_png_that_claims(width: int, height: int) -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_a_picture_is_decoded_in_colour(suffix: str) -> None:
    assert decode_picture(encoded(suffix)).shape == (30, 40, 3)


def test_a_picture_that_claims_too_many_pixels_is_refused_undecoded() -> None:
    with pytest.raises(UnreadablePicture, match="100000 x 100000 pixels"):
        decode_picture(a_png_that_claims(100_000, 100_000))


def test_the_largest_picture_that_is_kept_is_the_largest_that_is_read() -> None:
    with pytest.raises(UnreadablePicture, match="broken"):
        decode_picture(a_png_that_claims(MAX_PIXELS // 8, 8))
    with pytest.raises(UnreadablePicture, match="pixels"):
        decode_picture(a_png_that_claims(MAX_PIXELS // 8 + 1, 8))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"not a picture", "no JPEG, PNG or WebP"),
        (b"\xff\xd8\xff", "no JPEG, PNG or WebP"),
        (a_png_that_claims(40, 30), "broken"),
        (encoded(".png")[:60], "broken"),
        (encoded(".png", width=4, height=4), "only 4 x 4"),
    ],
)
def test_what_is_no_picture_is_told_in_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(UnreadablePicture, match=sentence):
        decode_picture(content)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadablePicture, match="cannot be opened"):
        open_picture(tmp_path / "none.jpg")
