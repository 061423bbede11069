"""Finds plates in a picture: a box, four corners and a confidence for each.

The network is a RetinaFace with plate corners in place of face marks. It answers for a grid of prior boxes at three
strides; each answer is an offset from its prior, in units of the prior's size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from registry.plates.sessions import open_session

STRIDES: Final = (8, 16, 32)
PRIOR_SIZES: Final = ((24, 48), (96, 192), (384, 768))
"""Side lengths in pixels of the square priors at each stride, as the network was trained."""
MEAN_BGR: Final = np.array([104, 117, 123], np.float32)
MARK_ORDER: Final = (2, 3, 0, 1)
"""The network gives bottom right, bottom left, top left, top right."""
CENTRE_VARIANCE: Final = 0.1
SIZE_VARIANCE: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A place in the picture where a plate seems to be."""

    corners: NDArray[np.float32]
    """(4, 2), pixels of the whole picture: top left, top right, bottom right, bottom left of the plate itself."""
    box: NDArray[np.float32]
    """(4,), upright: left, top, right, bottom."""
    confidence: float


class Detector:
    """Runs the plate detector on pictures of any size."""

    def __init__(self, model: Path) -> None:
        self._session = open_session(model)

    def find(self, picture: NDArray[np.uint8], *, long_side: int, at_least: float) -> list[Sighting]:
        """Find plates with the picture scaled so that its longer side has this many pixels; best first."""
        height, width = picture.shape[:2]
        scale = long_side / max(height, width)
        size = (max(32, round(width * scale)), max(32, round(height * scale)))
        scaled = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        rows, columns = scaled.shape[:2]
        tensor = (scaled.astype(np.float32) - MEAN_BGR).transpose(2, 0, 1)[None]
        loc, conf, marks = self._session.run(None, {"image": tensor})
        chosen = np.flatnonzero(conf[0, :, 1] >= at_least)
        if not chosen.size:
            return []
        priors = _priors(rows, columns)[chosen]
        centre, side = priors[:, :2], priors[:, 2:]
        middle = centre + loc[0, chosen, :2] * CENTRE_VARIANCE * side
        half = side * np.exp(loc[0, chosen, 2:] * SIZE_VARIANCE) / 2
        boxes = np.concatenate((middle - half, middle + half), axis=1)
        corners = centre[:, None] + marks[0, chosen].reshape(-1, 4, 2)[:, MARK_ORDER] * CENTRE_VARIANCE * side[:, None]
        shrink = np.array([width / columns, height / rows], np.float32)
        return keep_best(
            [
                Sighting(corners=corner * shrink, box=box * np.tile(shrink, 2), confidence=float(score))
                for corner, box, score in zip(corners, boxes, conf[0, chosen, 1], strict=True)
            ]
        )


def keep_best(sightings: Sequence[Sighting], overlap: float = 0.4) -> list[Sighting]:
    """Keep the surest of sightings that overlap by more than this share of their union."""
    kept: list[Sighting] = []
    for sighting in sorted(sightings, key=lambda each: -each.confidence):
        if all(shared_area(sighting.box, other.box) <= overlap for other in kept):
            kept.append(sighting)
    return kept


def shared_area(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Share of two upright boxes' union that both cover, 0 to 1."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return float(both / (sum(areas) - both))


@lru_cache(maxsize=64)
def _priors(rows: int, columns: int) -> NDArray[np.float32]:
    """Priors (n, 4) for a picture of this size: centre x and y, width, height, in pixels."""
    grids = []
    for stride, sizes in zip(STRIDES, PRIOR_SIZES, strict=True):
        down, across = np.mgrid[0 : -(-rows // stride), 0 : -(-columns // stride)]
        centres = (np.stack((across, down), axis=-1).reshape(-1, 1, 2) + 0.5) * stride
        sides = np.array(sizes, np.float32).reshape(1, -1, 1).repeat(2, axis=2)
        grid = np.broadcast_to(centres, (len(centres), len(sizes), 2))
        grids.append(np.concatenate((grid, np.broadcast_to(sides, grid.shape)), axis=2).reshape(-1, 4))
    return np.concatenate(grids).astype(np.float32)
