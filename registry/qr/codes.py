"""QR codes: made for slips and screens, read from pictures."""

import io
from collections.abc import Sequence
from typing import Final

import cv2
import segno
import zxingcpp

from registry.plates.pictures import Picture

ERROR_CORRECTION: Final = "m"
"""15 % of the code may be dirty or folded: slips are carried in pockets."""
QUIET_ZONE: Final = 4
"""Modules of white around the code, as ISO/IEC 18004 asks."""


def make_qr_svg(text: str) -> str:
    """Draw a code as an SVG element that takes the size of its place; it holds no style, so a strict CSP allows it."""
    drawn = io.BytesIO()
    _drawn(text).save(drawn, kind="svg", border=QUIET_ZONE, xmldecl=False, omitsize=True, light="#fff", nl=False)
    return drawn.getvalue().decode("utf-8")


def qr_modules(text: str) -> Sequence[Sequence[bool]]:
    """The rows of a code with its quiet zone around it; true: dark."""
    return [[bool(module) for module in row] for row in _drawn(text).matrix_iter(border=QUIET_ZONE)]


def read_qr(picture: Picture) -> list[str]:
    """Read every QR code in a picture (height, width, 3; blue green red); a code that holds bytes comes in hexadecimal digits."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    found = zxingcpp.read_barcodes(
        grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode), text_mode=zxingcpp.TextMode.Plain
    )
    binary = zxingcpp.ContentType.Binary
    return [code.bytes.hex() if code.content_type == binary else _text_of(code) for code in found]


def _text_of(code: zxingcpp.Barcode) -> str:
    """Take bytes that are UTF-8 for it: the decoder guesses, and takes a few signs of a short text for Shift JIS."""
    try:
        return code.bytes.decode("utf-8")
    except UnicodeDecodeError:
        return code.text


def _drawn(text: str) -> segno.QRCode:
    """Lay out a code; what is not ASCII says that it is UTF-8, or a reader would guess the encoding."""
    if text.isascii():
        return segno.make_qr(text, error=ERROR_CORRECTION)
    return segno.make_qr(text, error=ERROR_CORRECTION, encoding="utf-8", eci=True)
