"""Makers of pictures and clips. Scenes are drawn; a scene's light and weather are changed picture by picture."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from deploy.simulators.drawn_video import HEIGHT, RATE, WIDTH, DrawnScene, Walk, frames
from registry.video.source import Frame, Picture

SEED = 20261123


def a_scene(
    *, seconds: float = 12.0, walks: tuple[Walk, ...] = (), night: bool = False, wind_pixels: float = 1.2
) -> DrawnScene:
    return DrawnScene(seed=SEED, seconds=seconds, walks=walks, night=night, wind_pixels=wind_pixels)


def a_walk(
    *,
    starts_at: float = 4.0,
    seconds: float = 6.0,
    begin: tuple[float, float] = (-30, 240),
    end: tuple[float, float] = (670, 220),
) -> Walk:
    """Somebody who walks; by default across the lawn, from the left edge to the right one."""
    return Walk(starts_at=starts_at, seconds=seconds, begin=begin, end=end, coat=(48, 52, 120))


def as_frames(pictures: Iterable[Picture], *, rate: float = RATE) -> Iterator[Frame]:
    """Give pictures the numbers and times that a camera of this rate would give them."""
    for number, picture in enumerate(pictures):
        yield Frame(number=number, t=number / rate, picture=picture)


def a_clip(path: Path, *, pictures: int = 20, rate: float = 10, size: tuple[int, int] = (64, 48)) -> Path:
    """Write a small video: each picture is a plain grey, lighter than the one before."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), rate, size)
    for number in range(pictures):
        writer.write(np.full((size[1], size[0], 3), 20 + 5 * (number % 40), np.uint8))
    writer.release()
    return path


def cut_short(path: Path, *, share: float) -> Path:
    """Take the end of a file away, as a full disk or a lost connection does."""
    whole = path.read_bytes()
    path.write_bytes(whole[: round(len(whole) * share)])
    return path


def never_back(moments: Iterable[float]) -> bool:
    return all(before < after for before, after in pairwise(moments))


def a_crossing_clip(path: Path) -> Path:
    """Write a clip of five seconds, made to be played again and again, in which somebody crosses the lawn (three times as fast)."""
    scene = a_scene(seconds=15.0, walks=(a_walk(starts_at=2.0, seconds=5.0),))
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 3 * RATE, (WIDTH, HEIGHT))
    for picture in frames(scene):
        writer.write(picture)
    writer.release()
    return path
