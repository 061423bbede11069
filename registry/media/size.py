"""How wide and high a picture claims to be, read from its header before anything is unpacked. Pure."""

import struct

from registry.media.rules import content_type_of

_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD8)})


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height of a JPEG, PNG or WebP; None: it is none, or its header does not say."""
    try:
        match content_type_of(data):
            case "image/png":
                return _png(data)
            case "image/webp":
                return _webp(data)
            case "image/jpeg":
                return _jpeg(data)
            case _:
                return None
    except (struct.error, ValueError):
        return None


def _png(data: bytes) -> tuple[int, int]:
    chunk, width, height = struct.unpack_from(">4sII", data, 12)
    if chunk != b"IHDR":
        raise ValueError("the size does not come first")
    return width, height


def _jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    while True:
        marker, kind = struct.unpack_from(">BB", data, at)
        if marker != 0xFF:  # noqa: PLR2004 - the byte that begins every marker of a JPEG
            raise ValueError("no marker where one must be")
        if kind == 0xFF:  # noqa: PLR2004 - fill byte before a marker
            at += 1
        elif kind in _JPEG_BARE:
            at += 2
        elif kind in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        else:
            (length,) = struct.unpack_from(">H", data, at + 2)
            at += 2 + length


def _webp(data: bytes) -> tuple[int, int]:
    match data[12:16]:
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", data, 26)
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", data, 21)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            width = int.from_bytes(data[24:27], "little") + 1
            height = int.from_bytes(data[27:30], "little") + 1
            return width, height
        case _:
            raise ValueError("no picture in this RIFF")
