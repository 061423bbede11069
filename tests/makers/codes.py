"""Pictures of QR codes, as a camera sees what the product draws."""

import re
from xml.etree import ElementTree as ET

import cv2
import numpy as np

from registry.qr.codes import make_qr_svg

_STEP = re.compile(r"([Mmh])(-?[\d.]+)(?: ?(-?[\d.]+))?")


def a_picture_of_code(text: str, *, module_pixels: int = 6) -> bytes:
    """A PNG of the code that the product draws for this text, with so many pixels for each module."""
    drawn = ET.fromstring(make_qr_svg(text))  # noqa: S314 - we wrote it
    side = int(float(drawn.attrib["viewBox"].split()[2]))
    strokes = next(path.attrib["d"] for path in drawn.iter() if path.get("stroke"))
    modules = np.full((side, side), 255, np.uint8)
    x = y = 0.0
    for command, first, second in _STEP.findall(strokes):
        match command:
            case "M":
                x, y = float(first), float(second)
            case "m":
                x, y = x + float(first), y + float(second)
            case _:
                modules[int(y), int(x) : int(x) + int(first)] = 0
                x += float(first)
    grown = modules.repeat(module_pixels, axis=0).repeat(module_pixels, axis=1)
    return cv2.imencode(".png", grown)[1].tobytes()
