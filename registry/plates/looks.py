"""Cuts plates out of a picture and lays them flat for the recogniser.

A look is a strip 160 wide and 48 high. The numbers are fractions of the strip that lie outside the plate's corners.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import dist
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from registry.plates.pictures import Picture

STRIP_HEIGHT: Final = 48
STRIP_WIDTH: Final = 160
"""A plate is 440 x 140 mm; drawn wider than its own shape the recogniser takes one province for another."""
WIDE_STRIP_WIDTH: Final = 240
"""Gives the recogniser half as many columns again: equal neighbours (99999) stay apart that run together at 160."""
FLAT_WIDTH: Final = 288
"""Pixels to which a plate is laid flat before it is made small: finer than any strip."""

Corners = NDArray[np.float32]
"""(4, 2), pixels: top left, top right, bottom right, bottom left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """Room around the plate, as fractions of the strip."""

    side: float
    top: float
    bottom: float


TIGHT: Final = Margin(side=0, top=0, bottom=0)
ROOMY: Final = Margin(side=0.03, top=0.08, bottom=0.08)
SINGLE_ROW: Final = (TIGHT, ROOMY)
DOUBLE_ROW: Final = (Margin(side=0.03, top=0.05, bottom=0.05), Margin(side=0.03, top=0.16, bottom=0.05))
"""The detector learned single rows: of two rows it may cut the upper one, so one look reaches higher."""
ROWS_MEET: Final = 0.36
"""Of a double-row plate's height: GA 36 has characters of 60 mm over characters of 110 mm on 220 mm."""
UPPER_WIDTH: Final = 120
LOWER_WIDTH: Final = 112
UPPER_INSET: Final = 20
"""Pixels of the flat plate at either end of the upper row where no character stands."""
DOUBLE_ROW_BELOW: Final = 2.5
"""Width to height: a single row has 3.1 (3.4 new energy) seen from the front, a double row 2 or 1.6."""


def corners_of_box(left: float, top: float, right: float, bottom: float) -> Corners:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def shape_of(corners: Corners) -> float:
    """Width to height of the quadrangle, by its mean opposite sides."""
    top_left, top_right, bottom_right, bottom_left = corners.astype(np.float64)
    width = dist(top_left, top_right) + dist(bottom_left, bottom_right)
    height = dist(top_left, bottom_left) + dist(top_right, bottom_right)
    return width / max(height, 1e-3)


def lay_flat(picture: Picture, corners: Corners, margin: Margin, height: int) -> Picture:
    """Draw the plate as seen from the front, FLAT_WIDTH wide."""
    left, right = FLAT_WIDTH * margin.side, FLAT_WIDTH * (1 - margin.side)
    place = corners_of_box(left, height * margin.top, right, height * (1 - margin.bottom))
    turn = cv2.getPerspectiveTransform(corners.astype(np.float32), place)
    size = (FLAT_WIDTH, height)
    flat = cv2.warpPerspective(picture, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(flat, np.uint8)


def single_row(picture: Picture, corners: Corners) -> Sequence[Picture]:
    """Strips of a plate whose characters stand in one row."""
    return [_strip(lay_flat(picture, corners, margin, height=FLAT_WIDTH // 3), STRIP_WIDTH) for margin in SINGLE_ROW]


def wide_row(picture: Picture, corners: Corners) -> Picture:
    """A strip of a plate in one row, drawn wider than its own shape."""
    return _strip(lay_flat(picture, corners, ROOMY, height=FLAT_WIDTH // 3), WIDE_STRIP_WIDTH)


def double_row(picture: Picture, corners: Corners) -> Sequence[tuple[Picture, Picture]]:
    """Upper and lower strips of a plate whose characters stand in two rows."""
    rows = []
    for margin in DOUBLE_ROW:
        height = FLAT_WIDTH * 2 // 3
        flat = lay_flat(picture, corners, margin, height)
        begins = height * margin.top
        high = height * (1 - margin.top - margin.bottom)
        upper = flat[: round(begins + high * ROWS_MEET), UPPER_INSET:-UPPER_INSET]
        lower = flat[round(begins + high * ROWS_MEET) :]
        rows.append((_strip(upper, UPPER_WIDTH), _strip(lower, LOWER_WIDTH)))
    return rows


def _strip(flat: Picture, width: int) -> Picture:
    return np.asarray(cv2.resize(flat, (width, STRIP_HEIGHT), interpolation=cv2.INTER_LINEAR), np.uint8)
