"""What stands out from the background, put together into things with a place."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from monitor.cameras.background import Background, Grey, Mask, is_light, texture_of

SMALLEST_SHARE: Final = 0.0005  # of the picture: a person of 14 x 40 px at 720p, a part of it lost
SMALLEST_PIXELS: Final = 12
LIVELY_DIFFERENCE: Final = 6.0  # grey levels between two pictures: more than a sensor's noise after the blur
JOIN: Final = np.ones((9, 5), np.uint8)  # head, body and legs of one person are one above the other
SLICE_DEPTH: Final = 1 / 3  # of its height: where a wide thing, a vehicle, touches the ground


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the small picture; right and bottom are just outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def area(self) -> int:
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def feet(self) -> tuple[tuple[float, float], ...]:
        """Where it touches the ground: a person at the foot of the box, what is wide with all of its lower part."""
        bottom = self.bottom - 1.0
        if self.width < self.height:
            return ((self.centre[0], bottom),)
        return tuple(
            (self.left + self.width * across, bottom - self.height * up)
            for across in (0.25, 0.5, 0.75)
            for up in (0.0, SLICE_DEPTH)
        )

    @property
    def cut(self) -> tuple[slice, slice]:
        """Its rows and columns, to cut it out of a picture."""
        return np.s_[self.top : self.bottom, self.left : self.right]

    def moved(self, across: float, down: float) -> "Box":
        right, lower = round(across), round(down)
        return Box(self.left + right, self.top + lower, self.right + right, self.bottom + lower)

    def grown(self, pixels: int) -> "Box":
        """The same with a margin; it stays inside on the left and at the top."""
        return Box(max(0, self.left - pixels), max(0, self.top - pixels), self.right + pixels, self.bottom + pixels)

    def shared_with(self, other: "Box") -> int:
        """The area that both cover, in pixels."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0, width) * max(0, height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """One thing that stands out; `lively` is the share of its pixels that changed since the picture before."""

    box: Box
    lively: float


def blobs_of(standing_out: Mask, grey: Grey, background: Background, *, lit: Mask) -> list[Blob]:
    """The connected parts of what stands out, speckles left out and near parts of one body joined.

    What is only another light on the scene is marked in `lit` instead.
    """
    joined = cv2.morphologyEx(cv2.medianBlur(standing_out, 3), cv2.MORPH_CLOSE, JOIN)
    if cv2.countNonZero(joined) == 0:
        return []
    # 16 bit labels: three times as fast, and there are never more parts than that in so small a picture.
    count, _labels, stats, _centres = cv2.connectedComponentsWithStats(joined, connectivity=8, ltype=cv2.CV_16U)
    texture, empty_texture = texture_of(grey), texture_of(background.mean)
    smallest = max(SMALLEST_PIXELS, SMALLEST_SHARE * grey.size)
    blobs = []
    for left, top, width, height, pixels in stats[1:count].tolist():
        if pixels < smallest:
            continue
        box = Box(left, top, left + width, top + height)
        body = joined[box.cut]
        if is_light(body, texture[box.cut], empty_texture[box.cut]):
            lit[box.cut] |= body
            continue
        changed = cv2.absdiff(grey[box.cut], background.previous[box.cut])[body > 0] > LIVELY_DIFFERENCE
        blobs.append(Blob(box=box, lively=float(changed.mean())))
    return blobs
