"""The demo's drawn clips."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from deploy.simulators.drawn_video import PASSER_BY, DrawnScene, frames, write_clip
from registry.problems import Refusal
from registry.video.source import Ended, Frame, Video
from tests.makers.videos import a_scene


def test_the_same_seed_draws_the_same_pictures_and_another_seed_others() -> None:
    first, again, other = (next(frames(DrawnScene(seed=seed))) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_nobody_is_in_the_first_and_the_last_picture_so_it_loops_without_a_jump() -> None:
    scene = DrawnScene(seed=1, wind_pixels=0)
    pictures = list(frames(scene))
    at_both_ends = np.abs(pictures[0].astype(int) - pictures[-1].astype(int)).mean()
    with_somebody = pictures[round((PASSER_BY.starts_at + PASSER_BY.seconds / 2) * 10)]
    assert at_both_ends < 5
    assert np.abs(pictures[0].astype(int) - with_somebody.astype(int)).max() > 80


def test_at_night_all_is_grey_and_dark() -> None:
    night = next(frames(DrawnScene(seed=1, night=True)))
    assert night.mean() < 80
    assert np.array_equal(night[:, :, 0], night[:, :, 2])


def test_a_clip_is_a_whole_video_and_nothing_else_is_left_in_the_folder(tmp_path: Path) -> None:
    write_clip(tmp_path / "north.avi", a_scene(seconds=2))
    assert [path.name for path in tmp_path.iterdir()] == ["north.avi"]
    with Video.open(str(tmp_path / "north.avi")) as video:
        taken = [video.read() for _ in range(21)]
    assert all(isinstance(one, Frame) for one in islice(taken, 20))
    assert taken[20] == Ended(frames=20)


def test_a_folder_that_is_not_there_is_refused_with_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="cannot be written"):
        write_clip(tmp_path / "missing" / "north.avi", a_scene(seconds=1))
