"""Plates read from a guard's picture, one picture at a time."""

import asyncio
from pathlib import Path

import cv2
import numpy as np
import pytest

from gateway.plates.worker import MOST_WAITING, PlateWorker, TooManyPictures, WeightsMissing
from registry.media.problems import UnreadablePicture
from registry.plates.weights import Missing, Weights, default_models_dir

GREY = bytes(cv2.imencode(".jpg", np.full((120, 160, 3), 128, np.uint8))[1])


def test_without_weights_the_problem_says_how_to_get_them(tmp_path: Path) -> None:
    worker = PlateWorker(tmp_path)
    with pytest.raises(WeightsMissing, match="dayuan models fetch"):
        asyncio.run(worker.read(GREY))
    worker.close()


@pytest.mark.parametrize("content", [b"", b"GIF89a", GREY[:40]])
def test_what_is_no_picture_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    worker = PlateWorker(tmp_path)
    with pytest.raises(UnreadablePicture):
        asyncio.run(worker.read(content))
    worker.close()


def test_more_pictures_than_can_be_read_in_time_are_refused_at_once(tmp_path: Path) -> None:
    worker = PlateWorker(tmp_path)

    async def all_at_once() -> list[object]:
        reads = (worker.read(GREY) for _ in range(MOST_WAITING + 1))
        return list(await asyncio.gather(*reads, return_exceptions=True))

    outcomes = [type(outcome) for outcome in asyncio.run(all_at_once())]
    assert outcomes == [WeightsMissing] * MOST_WAITING + [TooManyPictures]
    worker.close()


def test_a_real_picture_is_read(real_data: Path) -> None:
    models = default_models_dir()
    if isinstance(Weights.load(models), Missing):
        pytest.skip("the plate weights are not there; run: dayuan models fetch")
    worker = PlateWorker(models)
    crops = sorted((real_data / "plates" / "scenes").glob("*.jpg"))[:5]
    found = [asyncio.run(worker.read(crop.read_bytes())) for crop in crops]
    assert any(found), [crop.name for crop in crops]
    worker.close()
