"""Drawn clips for the demo's cameras: a wall, a lawn before it, a walkway, and people who come by.

Nothing in them was filmed, so nobody is in them. The same seed gives the same clip, and it loops without a jump:
at both ends nobody is in the picture.
"""

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from registry.problems import Refusal

Picture: TypeAlias = NDArray[Any]

WIDTH: Final = 640
HEIGHT: Final = 360
RATE: Final = 10  # frames a second
LAWN_TOP: Final = 150  # px; the foot of the wall
LAWN_BOTTOM: Final = 262  # px; the kerb of the walkway
WALK_BOTTOM: Final = 338
LAWN: Final = ((0.0, 0.43), (1.0, 0.43), (1.0, 0.715), (0.0, 0.715))
"""The lawn as a camera's region, in fractions of the picture."""
CODEC: Final = "mp4v"
NOISE_BY_DAY: Final = 2.5  # grey levels, standard deviation
NOISE_AT_NIGHT: Final = 3.5
STEPS_PER_SECOND: Final = 1.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One person's way through the picture; places are of the feet, in pixels."""

    starts_at: float
    seconds: float
    begin: tuple[float, float]
    end: tuple[float, float]
    coat: tuple[int, int, int]

    def feet(self, t: float) -> tuple[float, float] | None:
        """Where the person is at `t` seconds; None when not in the scene."""
        share = (t - self.starts_at) / self.seconds
        if not 0 <= share <= 1:
            return None
        (x0, y0), (x1, y1) = self.begin, self.end
        return x0 + (x1 - x0) * share, y0 + (y1 - y0) * share


PASSER_BY: Final = Walk(starts_at=8.0, seconds=14.0, begin=(-40, 305), end=(680, 318), coat=(60, 45, 40))
CROSSING: Final = Walk(starts_at=34.0, seconds=16.0, begin=(-30, 256), end=(670, 206), coat=(48, 52, 120))
"""The one who crosses the lawn: his feet are on it all the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnScene:
    """What is drawn: `walks` in `seconds` of a day, or a night under the lamps' infrared light."""

    seed: int
    night: bool = False
    seconds: float = 60.0
    walks: tuple[Walk, ...] = (PASSER_BY, CROSSING)
    wind_pixels: float = 1.2


def frames(scene: DrawnScene) -> Iterator[Picture]:
    """Draw the scene's pictures, one after the other: 360 x 640 x 3, uint8, blue green red."""
    chance = np.random.default_rng(scene.seed)
    empty = _scenery(chance)
    sigma = NOISE_AT_NIGHT if scene.night else NOISE_BY_DAY
    # Sensor noise is drawn ahead and shifted about: making it anew for each picture would cost more than all else.
    grain = chance.normal(0, sigma, (HEIGHT + 64, WIDTH + 64)).astype(np.float32)
    for number in range(round(scene.seconds * RATE)):
        t = number / RATE
        picture = _sway(empty, scene.wind_pixels, turn=2 * math.pi * t / scene.seconds, gusts=scene.seconds / 3)
        for walk in sorted(scene.walks, key=lambda walk: walk.begin[1]):
            feet = walk.feet(t)
            if feet is not None:
                draw_person(picture, feet=feet, coat=walk.coat, step=t * STEPS_PER_SECOND)
        if scene.night:
            picture = _by_infrared(picture)
        down, across = chance.integers(0, 64, 2)
        noise = grain[down : down + HEIGHT, across : across + WIDTH, np.newaxis]
        yield np.clip(picture.astype(np.float32) + noise, 0, 255).astype(np.uint8)


def write_clip(path: Path, scene: DrawnScene) -> None:
    """Write the scene as a video; the file appears under its name when it is whole.

    Raises:
        Refusal: the file cannot be written there.

    """
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    writer = cv2.VideoWriter(str(unfinished), cv2.VideoWriter.fourcc(*CODEC), RATE, (WIDTH, HEIGHT))
    if not writer.isOpened():
        raise Refusal(f"The demo's video {path} cannot be written: the folder is not there or may not be written to.")
    try:
        for picture in frames(scene):
            writer.write(picture)
        writer.release()
        unfinished.replace(path)
    finally:
        writer.release()
        unfinished.unlink(missing_ok=True)


def draw_person(picture: Picture, *, feet: tuple[float, float], coat: tuple[int, int, int], step: float) -> None:
    """Draw someone who walks, into the picture; the nearer to the camera, the taller. `step` counts steps taken."""
    x, y = feet
    tall = 42 + 0.42 * (y - LAWN_TOP)
    swing = math.sin(step * math.pi) * 0.16 * tall
    hip, neck = y - 0.48 * tall, y - 0.84 * tall
    trousers, skin = (52, 44, 40), (132, 160, 196)
    thick = max(2, round(0.09 * tall))

    def at(across: float, down: float) -> tuple[int, int]:
        return round(across), round(down)

    shadow = picture.copy()
    cv2.ellipse(shadow, at(x, y), at(0.28 * tall, 0.05 * tall), 0, 0, 360, (30, 40, 34), -1, cv2.LINE_AA)
    cv2.addWeighted(shadow, 0.45, picture, 0.55, 0, dst=picture)
    cv2.line(picture, at(x, hip), at(x - swing, y), trousers, thick, cv2.LINE_AA)
    cv2.line(picture, at(x, hip), at(x + swing, y), trousers, thick, cv2.LINE_AA)
    cv2.line(picture, at(x, neck + 0.05 * tall), at(x + 0.9 * swing, hip), coat, max(2, thick - 1), cv2.LINE_AA)
    cv2.ellipse(picture, at(x, (hip + neck) / 2), at(0.115 * tall, 0.22 * tall), 0, 0, 360, coat, -1, cv2.LINE_AA)
    cv2.circle(picture, at(x, y - 0.91 * tall), max(2, round(0.075 * tall)), skin, -1, cv2.LINE_AA)


def _scenery(chance: np.random.Generator) -> Picture:
    picture = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    picture[:46] = (214, 196, 172)
    picture[46:LAWN_TOP] = (118, 128, 152)
    for row, top in enumerate(range(46, LAWN_TOP, 10)):
        cv2.line(picture, (0, top), (WIDTH, top), (96, 106, 128), 1)
        for left in range(-12 * (row % 2), WIDTH, 24):
            cv2.line(picture, (left, top), (left, min(top + 10, LAWN_TOP)), (96, 106, 128), 1)
    cv2.rectangle(picture, (0, 40), (WIDTH, 47), (84, 88, 96), -1)
    picture[LAWN_TOP:LAWN_BOTTOM] = (58, 112, 88)
    picture[LAWN_BOTTOM:] = (146, 150, 152)
    for left in range(-WIDTH, 2 * WIDTH, 44):
        begin, end = (left, LAWN_BOTTOM), (left + round((left - WIDTH / 2) * 0.3), HEIGHT)
        cv2.line(picture, begin, end, (124, 128, 130), 1, cv2.LINE_AA)
    for down in (LAWN_BOTTOM, 282, 308, WALK_BOTTOM):
        cv2.line(picture, (0, down), (WIDTH, down), (120, 124, 126), 2 if down == LAWN_BOTTOM else 1)
    grass = cv2.GaussianBlur(chance.normal(0, 40, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 1.2)
    stone = cv2.GaussianBlur(chance.normal(0, 14, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 0.8)
    picture[LAWN_TOP:LAWN_BOTTOM] += grass[LAWN_TOP:LAWN_BOTTOM, :, np.newaxis]
    picture[46:LAWN_TOP] += stone[46:LAWN_TOP, :, np.newaxis]
    picture[LAWN_BOTTOM:] += stone[LAWN_BOTTOM:, :, np.newaxis]
    _plant_tree(picture, chance)
    light = np.linspace(0.92, 1.06, WIDTH, dtype=np.float32)[np.newaxis, :, np.newaxis]
    return np.asarray(np.clip(picture * light, 0, 255), dtype=np.uint8)


TREE: Final = (500, 630, 2, 128)  # left, right, top, bottom in px: before the wall, above the lawn


def _plant_tree(picture: Picture, chance: np.random.Generator) -> None:
    left, right, top, bottom = TREE
    middle = ((left + right) // 2, (top + bottom) // 2)
    cv2.rectangle(picture, (middle[0] - 5, middle[1]), (middle[0] + 5, LAWN_TOP + 8), (48, 58, 74), -1)
    for _ in range(420):
        angle, far = chance.uniform(0, 2 * math.pi), math.sqrt(chance.uniform(0, 1))
        leaf = (
            round(middle[0] + math.cos(angle) * far * (right - left) * 0.42),
            round(middle[1] + math.sin(angle) * far * (bottom - top) * 0.42),
        )
        shade = float(chance.uniform(0.55, 1.25))
        cv2.circle(picture, leaf, int(chance.integers(3, 7)), (38 * shade, 92 * shade, 66 * shade), -1, cv2.LINE_AA)


def _sway(empty: Picture, wind_pixels: float, *, turn: float, gusts: float) -> Picture:
    """The scene with its tree in the wind; the trunk's foot stays where it is.

    `turn` goes from 0 to a full turn over the clip, and whole numbers of gusts fit into it: the tree loops as well.
    """
    picture = empty.copy()
    left, right, top, bottom = TREE
    rows = np.arange(top, bottom, dtype=np.float32)[:, np.newaxis]
    columns = np.arange(left, right, dtype=np.float32)[np.newaxis, :]
    bend = (bottom - rows) / (bottom - top)
    slow, fast = round(gusts) * turn, round(2.6 * gusts) * turn
    gust = wind_pixels * (math.sin(slow) + 0.5 * math.sin(fast + 1))
    across = (columns + bend * (gust + 0.6 * wind_pixels * np.sin(fast + rows / 9))).astype(np.float32)
    down = np.broadcast_to(rows, across.shape).astype(np.float32)
    picture[top:bottom, left:right] = cv2.remap(empty, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return picture


def _by_infrared(picture: Picture) -> Picture:
    """The same at night: grey, dark at the edges, lit where the camera's own lamp reaches."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    down, across = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    far = ((across - WIDTH / 2) / (0.62 * WIDTH)) ** 2 + ((down - 0.68 * HEIGHT) / (0.62 * HEIGHT)) ** 2
    lit = grey * (0.16 + 0.5 * np.exp(-far))
    return np.asarray(cv2.cvtColor(np.clip(lit, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR))
