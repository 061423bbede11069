"""Reads the number plates in a picture.

Detector, then once more on a close view of each find (its corners are finer there), then the plate is laid flat and
read twice, and the texts that a plate may have are weighed against both looks and the colour of its ground.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp
from typing import Final

import cv2
import numpy as np

from registry.plates import looks
from registry.plates.colours import ground_colour
from registry.plates.decoding import BLANK, Columns, candidates, log_likelihoods
from registry.plates.detector import Detector, Sighting, keep_best, shared_area
from registry.plates.grammar import COLOURS_OF, Plate, PlateColour, PlateKind, parse_plate
from registry.plates.pictures import Picture
from registry.plates.reading import PlateReading
from registry.plates.recogniser import Recogniser
from registry.plates.weights import Weights

SOUGHT_SIDES: Final = (480, 800, 1200)
"""Pixels of the picture's longer side at which plates are sought, one after the other until a find is sure."""
MOST_ENLARGED: Final = 1.5
"""Beyond that a larger view of a small picture shows nothing new."""
CLOSE_SIDE: Final = 320
SURE: Final = 0.8
LEAST_CONFIDENCE: Final = 0.3
"""Detector's confidence below which a find is passed over."""
LEAST_SCORE: Final = 0.4
"""Score below which a text is a guess: it is not told."""
MOST_PLATES: Final = 8
"""Finds read in one picture, the surest first: a bound on the time that a crowded car park takes."""
TEXTS_TRIED: Final = 4
SURE_SCORE: Final = 0.85
WRONG_GROUND: Final = -3.0
"""Added to the logarithm of a text's likelihood when its kind is never on a ground of the colour seen."""
RARE: Final = {PlateKind.ARMY: -5.0, PlateKind.ARMED_POLICE: -3.0, PlateKind.FARM: -3.0}
"""Kinds without a province first, or with digits only, fit misread ordinary plates, and are seen much less often."""
CLOSE_UP_WIDTH: Final = 480
CLOSE_UP_SHAPE: Final = 1.4
"""A picture not wider than this, in pixels, and wider than high by this, may be a plate cut out by somebody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    plate: Plate
    score: float


class PlateReader:
    """Reads plates with the given networks; opening them takes a fraction of a second, so keep one."""

    def __init__(self, weights: Weights) -> None:
        self._detector = Detector(weights.detector)
        self._recogniser = Recogniser(weights.recogniser)

    def read(self, picture: Picture) -> list[PlateReading]:
        """Read a picture (height, width, 3; blue green red); best first, each text once."""
        readings = [self._read_at(picture, corners) for corners in self._find(picture)]
        best: dict[str, PlateReading] = {}
        for reading in sorted(filter(None, readings), key=lambda each: -each.score):
            best.setdefault(reading.text, reading)
        return list(best.values())

    def _find(self, picture: Picture) -> list[looks.Corners]:
        height, width = picture.shape[:2]
        if width <= CLOSE_UP_WIDTH and width >= CLOSE_UP_SHAPE * height:
            return self._find_close_up(picture) or [looks.corners_of_box(0, 0, width, height)]
        found: list[Sighting] = []
        for side in SOUGHT_SIDES:
            found = keep_best([*found, *self._detector.find(picture, long_side=side, at_least=LEAST_CONFIDENCE)])
            if (found and found[0].confidence >= SURE) or side > MOST_ENLARGED * max(height, width):
                break
        return [self._closer(picture, sighting) for sighting in found[:MOST_PLATES]]

    def _find_close_up(self, picture: Picture) -> list[looks.Corners]:
        """Find the plate in a picture that it fills: the detector needs some room around it."""
        height, width = picture.shape[:2]
        room = (width // 4, height // 2)
        roomy = cv2.copyMakeBorder(picture, room[1], room[1], room[0], room[0], cv2.BORDER_REPLICATE)
        found = self._detector.find(np.asarray(roomy, np.uint8), long_side=CLOSE_SIDE, at_least=LEAST_CONFIDENCE)
        return [sighting.corners - np.array(room, np.float32) for sighting in found[:MOST_PLATES]]

    def _closer(self, picture: Picture, sighting: Sighting) -> looks.Corners:
        """Corners as seen from near; those from afar if the plate is not seen again."""
        left, top, right, bottom = sighting.box
        reach = 0.9 * max(right - left, bottom - top)
        across, down = (left + right) / 2, (top + bottom) / 2
        x, y = max(0, int(across - reach)), max(0, int(down - reach))
        near = picture[y : int(down + reach), x : int(across + reach)]
        if min(near.shape[:2]) < looks.STRIP_HEIGHT // 6:
            return sighting.corners
        shift = np.array([x, y], np.float32)
        for again in self._detector.find(near, long_side=CLOSE_SIDE, at_least=0.1):
            if shared_area(again.box + np.tile(shift, 2), sighting.box) > LEAST_CONFIDENCE:
                return again.corners + shift
        return sighting.corners

    def _read_at(self, picture: Picture, corners: looks.Corners) -> PlateReading | None:
        colour = ground_colour(looks.lay_flat(picture, corners, looks.TIGHT, height=looks.FLAT_WIDTH // 3))
        best = _weigh(self._recogniser.read(looks.single_row(picture, corners)), colour)
        if best is None or best.score < SURE_SCORE:
            second = [best, *(_weigh(seen, colour) for seen in self._second_looks(picture, corners))]
            best = max(filter(None, second), key=lambda read: read.score, default=None)
        if best is None or best.score < LEAST_SCORE:
            return None
        box = tuple((round(float(x), 1), round(float(y), 1)) for x, y in corners)
        return PlateReading(
            text=best.plate.text, score=round(best.score, 4), box=box, color=colour, kind=best.plate.kind
        )

    def _second_looks(self, picture: Picture, corners: looks.Corners) -> Iterator[list[Columns]]:
        """What a plate may show that was not surely read: equal characters side by side, or two rows."""
        yield self._recogniser.read([looks.wide_row(picture, corners)])
        if looks.shape_of(corners) < looks.DOUBLE_ROW_BELOW:
            for rows in looks.double_row(picture, corners):
                upper, lower = self._recogniser.read(rows)
                yield [np.concatenate((upper, _gap(upper), lower))]


def _weigh(seen: Sequence[Columns], colour: PlateColour | None) -> _Read | None:
    """Choose the text that all looks together make likeliest."""
    texts = list(dict.fromkeys(text for columns in seen for text in candidates(columns, tries=TEXTS_TRIED)))
    if not texts:
        return None
    likelihoods = np.mean([log_likelihoods(columns, texts) for columns in seen], axis=0)
    reads = []
    for text, likelihood in zip(texts, likelihoods, strict=True):
        plate = parse_plate(text)
        if isinstance(plate, Plate):
            total = float(likelihood) + _prior(plate.kind, colour)
            reads.append(_Read(plate=plate, score=exp(min(total / len(text), 0.0))))
    return max(reads, key=lambda read: read.score, default=None)


def _prior(kind: PlateKind, colour: PlateColour | None) -> float:
    """Logarithm of how much likelier or less likely a kind is made by the ground and by how common it is."""
    fits = colour is None or colour in COLOURS_OF[kind]
    return RARE.get(kind, 0.0) + (0.0 if fits else WRONG_GROUND)


def _gap(columns: Columns) -> Columns:
    """One column in which nothing stands, so that equal characters across two rows stay two."""
    gap = np.zeros((1, columns.shape[1]), np.float32)
    gap[0, BLANK] = 1
    return gap
