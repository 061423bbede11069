"""Small pictures."""

import cv2
import numpy as np


def a_picture(suffix: str = "jpg", *, seed: int = 1, size: tuple[int, int] = (64, 48)) -> bytes:
    """An encoded picture of coloured noise, `size` wide and high; another seed is another picture."""
    width, height = size
    noise = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    return cv2.imencode(f".{suffix}", noise)[1].tobytes()
