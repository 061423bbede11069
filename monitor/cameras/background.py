"""What the scene looks like when nobody is in it, and what stands out from it now.

Sunlight, clouds and a camera's own exposure change the light of a whole part of the picture; a person changes its
texture. So a picture is compared with the background after the background has been given the light of the picture,
part by part, and only what still differs stands out.
"""

from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from registry.video.source import Picture

Grey: TypeAlias = NDArray[Any]
"""height x width, float32, 0 to 255."""
Mask: TypeAlias = NDArray[Any]
"""height x width, uint8, 0 or 255."""

WIDTH: Final = 320  # pixels; a person of 14 x 40 at 720p is still 3 x 10
LEARN_SECONDS: Final = 8.0  # how long the scene takes to become the background
ABSORB_SECONDS: Final = 0.6  # the same, for what was found to be no thing
LEAST_DIFFERENCE: Final = 9.0  # grey levels: what codecs and sensors do by day stays below
NOISE_FACTOR: Final = 4.0  # times the pixel's own mean deviation
SLOPE_FACTOR: Final = 0.22  # of the background's slope: a shake of a quarter pixel is no motion
LIGHT_SCALE: Final = 4  # light is estimated on a picture this many times smaller
LIGHT_WINDOW: Final = (13, 13)  # and averaged over so many of its pixels
LIGHT_LIMITS: Final = (0.35, 2.8)
LIGHT_PRIOR: Final = 4.0  # grey levels of the whole picture's light mixed in, for places where all is occupied
OCCUPIED_WEIGHT: Final = 0.02  # what an occupied place still tells about the light
DARK: Final = 6.0  # grey levels added to both sides of a ratio, so that black stays finite
OUTLIER_FACTOR: Final = 2.0  # times the threshold: a drop of rain counts no more than this as noise
TEXTURE_WINDOW: Final = (7, 7)
LEAST_TEXTURE: Final = 3.0  # grey levels, standard deviation: less may be noise, which proves nothing
LEAST_TEXTURE_PIXELS: Final = 40
SAME_TEXTURE: Final = 0.85  # correlation
THRESHOLD_EVERY: Final = 8  # frames; noise and slopes change slowly


def small_grey(picture: Picture) -> Grey:
    """The picture as the detectors see it: grey, at most `WIDTH` wide, without pixel noise."""
    height, width = picture.shape[:2]
    if width > WIDTH:
        # Averaging every pixel of a large picture would cost more than all the rest: some of them are enough.
        low = max(1, round(height * WIDTH / width))
        if width > 2 * WIDTH:
            picture = cv2.resize(picture, (2 * WIDTH, 2 * low), interpolation=cv2.INTER_LINEAR)
        halved = picture.shape[1] == 2 * WIDTH
        picture = cv2.resize(picture, (WIDTH, low), interpolation=cv2.INTER_AREA if halved else cv2.INTER_LINEAR)
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), dtype=np.float32)


class Background:
    """A running picture of the empty scene with its own noise, pixel by pixel."""

    def __init__(self, first: Grey) -> None:
        self.mean: Grey = first.copy()
        self.previous: Grey = first
        self._deviation: Grey = np.full_like(first, 2.0)
        self._threshold: Grey = self._threshold_now()
        self._expected: Grey = first
        self._frames = 1

    def difference(self, grey: Grey, occupied: Mask) -> Grey:
        """How far each pixel is from the background in the light of now, grey levels.

        `occupied` is where things are known to be: they do not tell what the light is.
        """
        size = (max(1, grey.shape[1] // LIGHT_SCALE), max(1, grey.shape[0] // LIGHT_SCALE))
        now = cv2.resize(grey, size, interpolation=cv2.INTER_AREA) + DARK
        then = cv2.resize(self.mean, size, interpolation=cv2.INTER_AREA) + DARK
        taken = cv2.resize(occupied, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        free = 1.0 - taken * ((1 - OCCUPIED_WEIGHT) / 255)
        now_free, then_free = now * free, then * free
        overall = float(now_free.sum() / then_free.sum())
        light = (cv2.blur(now_free, LIGHT_WINDOW) + LIGHT_PRIOR * overall) / (
            cv2.blur(then_free, LIGHT_WINDOW) + LIGHT_PRIOR
        )
        light = cv2.resize(np.clip(light, *LIGHT_LIMITS), grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
        self._expected = self.mean * light
        return np.asarray(cv2.absdiff(grey, self._expected))

    def standing_out(self, difference: Grey) -> Mask:
        """Where the difference is more than this place's noise and edges explain."""
        return np.asarray(cv2.compare(difference, self._threshold, cv2.CMP_GT))

    def learn(self, grey: Grey, difference: Grey, *, kept: Mask, absorbed: Mask, seconds: float) -> None:
        """Let the background follow the scene; where it is `kept` it follows the light only; `absorbed` becomes background soon.

        `seconds` have passed since the picture before. Called after `difference` of the same picture.
        """
        self._frames += 1
        rate = max(1.0 / self._frames, min(1.0, seconds / LEARN_SECONDS))
        free = cv2.bitwise_not(kept)
        cv2.accumulateWeighted(grey, self.mean, rate, free)
        cv2.accumulateWeighted(
            np.minimum(difference, OUTLIER_FACTOR * self._threshold), self._deviation, min(rate, 0.2), free
        )
        if kept.any():
            cv2.accumulateWeighted(self._expected, self.mean, rate, kept)
        if absorbed.any():
            cv2.accumulateWeighted(grey, self.mean, min(1.0, seconds / ABSORB_SECONDS), absorbed)
        self.previous = grey
        if self._frames % THRESHOLD_EVERY == 0 or self._frames < THRESHOLD_EVERY:
            self._threshold = self._threshold_now()

    def _threshold_now(self) -> Grey:
        across = np.abs(cv2.Sobel(self.mean, cv2.CV_32F, 1, 0, scale=0.25))
        down = np.abs(cv2.Sobel(self.mean, cv2.CV_32F, 0, 1, scale=0.25))
        slope = cv2.max(across, down) * SLOPE_FACTOR
        noise = self._deviation * NOISE_FACTOR
        return np.asarray(np.maximum(cv2.max(noise, slope), LEAST_DIFFERENCE), dtype=np.float32)


def texture_of(grey: Grey) -> Grey:
    """The picture without its light: what a surface can be known by."""
    return np.asarray(cv2.subtract(grey, cv2.blur(grey, TEXTURE_WINDOW)))


def is_light(body: Mask, now: Grey, then: Grey) -> bool:
    """Is this the same surface in another light: a shadow's or headlamp's edge, not a thing.

    `now` and `then` are textures, of the picture and of the background. It is told only where there is a texture to
    be known by. All three are the same cut-out.
    """
    if cv2.countNonZero(body) < LEAST_TEXTURE_PIXELS:
        return False
    mean_now, spread_now = (float(value[0, 0]) for value in cv2.meanStdDev(now, mask=body))
    mean_then, spread_then = (float(value[0, 0]) for value in cv2.meanStdDev(then, mask=body))
    if min(spread_now, spread_then) < LEAST_TEXTURE:
        return False
    together = cv2.mean(cv2.multiply(now, then), mask=body)[0] - mean_now * mean_then
    return together / (spread_now * spread_then) > SAME_TEXTURE


def is_hole(mask: Mask, grey: Grey, background: Grey) -> bool:
    """Is this what a thing left behind that stood there when the background was learnt, not a thing.

    A thing brings its own outline into the picture; the hole it leaves has its outline in the background.
    All three are the same cut-out.
    """
    body = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    outline = cv2.morphologyEx(body, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    if not outline.any():
        return True
    return _steepness(background, outline) > 1.15 * _steepness(grey, outline)


def _steepness(grey: Grey, where: NDArray[Any]) -> float:
    across = np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0))
    down = np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    return float((across + down)[where].mean())
