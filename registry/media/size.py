"""How many pixels a picture claims to have, read from its header before anything is unpacked. Pure."""

import struct

_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD8)})


def pixels_of(data: bytes) -> int | None:
    """Width times height of a JPEG, PNG or WebP; None: the header says none."""
    try:
        if data.startswith(b"\x89PNG"):
            width, height = struct.unpack_from(">II", data, 16)
        elif data.startswith(b"RIFF"):
            width, height = _webp(data)
        else:
            width, height = _jpeg(data)
    except (struct.error, ValueError):
        return None
    return int(width) * int(height)


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
