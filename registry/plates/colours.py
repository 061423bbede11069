"""Tells the ground colour of a plate that was laid flat."""

from typing import Final

import cv2
import numpy as np

from registry.plates.grammar import PlateColour
from registry.plates.pictures import Picture

LEAST_SHARE: Final = 0.3
"""Of the plate's pixels; below it no colour is told."""
COLOURED: Final = 60
"""Saturation, of 255, from which a pixel has a hue; it must also be as bright as DIM."""
DIM: Final = 40
DARK: Final = 70
BRIGHT: Final = 120
"""Brightness, of 255: below DARK a pixel without a hue is black, from BRIGHT on it is white."""
HUES: Final = {PlateColour.YELLOW: (10, 36), PlateColour.GREEN: (36, 93), PlateColour.BLUE: (93, 136)}
"""Half-open ranges of OpenCV's hue, 0 to 179."""
GREEN_WEIGHT: Final = 1.6
"""A small new-energy plate is white above and green below, so green may win with a smaller share."""
YELLOW_END: Final = 4
"""A large new-energy plate is yellow on its left fifth, behind the province and the authority, and green beyond."""
YELLOW_END_SHARE: Final = 0.35


def ground_colour(flat: Picture) -> PlateColour | None:
    """Colour of most of the plate, without its rim; None when nothing prevails."""
    height, width = flat.shape[:2]
    inner = flat[height // 8 : height - height // 8, width // 16 : width - width // 16]
    hue, saturation, value = cv2.split(cv2.cvtColor(inner, cv2.COLOR_BGR2HSV))
    coloured = (saturation >= COLOURED) & (value >= DIM)
    of_hue = {colour: coloured & (hue >= low) & (hue < high) for colour, (low, high) in HUES.items()}
    shares = {colour: float(np.mean(pixels)) for colour, pixels in of_hue.items()}
    left_end = of_hue[PlateColour.YELLOW][:, : inner.shape[1] // YELLOW_END]
    if shares[PlateColour.GREEN] >= LEAST_SHARE and np.mean(left_end) >= YELLOW_END_SHARE:
        return PlateColour.YELLOW_GREEN
    shares[PlateColour.GREEN] *= GREEN_WEIGHT
    shares[PlateColour.WHITE] = float(np.mean(~coloured & (value >= BRIGHT)))
    shares[PlateColour.BLACK] = float(np.mean(~coloured & (value < DARK)))
    best = max(shares, key=lambda colour: shares[colour])
    return best if shares[best] >= LEAST_SHARE else None
