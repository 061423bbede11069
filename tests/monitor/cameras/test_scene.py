"""What counts as somebody, and what is only light, weather or the camera itself. Scenes are drawn."""

from collections.abc import Callable, Iterable
from itertools import islice
from json import loads
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deploy.simulators.drawn_video import CROSSING, HEIGHT, LAWN, WIDTH, DrawnScene, frames
from monitor.cameras.activities import ActivityType, Observation
from monitor.cameras.config import CameraConfig, Region
from monitor.cameras.watcher import Watcher
from registry.messages.events import Phase
from registry.video.source import Frame, Picture, Video
from tests.makers.videos import a_scene, a_walk, as_frames

LAWN_ONLY = CameraConfig(regions=(Region(id="lawn", polygon=LAWN),))


def _watched(pictures: Iterable[Picture]) -> list[Observation]:
    watcher = Watcher(LAWN_ONLY)
    told = [observation for frame in as_frames(pictures) for observation in watcher.see(frame)]
    return told + watcher.finish()


def _of(told: list[Observation], kind: ActivityType) -> list[tuple[Phase, float]]:
    return [(observation.state, observation.t) for observation in told if observation.type is kind]


def _in_light(pictures: Iterable[Picture], gain: Callable[[int], Any]) -> Iterable[Picture]:
    for number, picture in enumerate(pictures):
        yield np.clip(picture.astype(np.float32) * gain(number), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("scene", [DrawnScene(seed=5), DrawnScene(seed=5, night=True)], ids=["day", "night"])
def test_somebody_who_crosses_the_lawn_is_an_intrusion_from_the_first_second_to_the_last(
    scene: DrawnScene,
) -> None:
    told = _watched(frames(scene))
    assert [state for state, _ in _of(told, ActivityType.INTRUSION)] == [Phase.START, Phase.END]
    (_, begins), (_, ends) = _of(told, ActivityType.INTRUSION)
    assert CROSSING.starts_at <= begins <= CROSSING.starts_at + 1.7  # he is in the picture after 0.7 s
    assert CROSSING.starts_at + CROSSING.seconds - 1.7 <= ends <= CROSSING.starts_at + CROSSING.seconds


def test_the_passer_by_on_the_walkway_is_motion_but_no_intrusion() -> None:
    told = _watched(frames(a_scene(walks=(a_walk(begin=(-40, 305), end=(680, 318)),))))
    assert [state for state, _ in _of(told, ActivityType.MOTION)] == [Phase.START, Phase.END]
    assert _of(told, ActivityType.INTRUSION) == []


def test_a_start_names_what_was_seen_and_where_and_its_end_is_of_the_same_activity() -> None:
    told = [one for one in _watched(frames(a_scene(walks=(a_walk(),)))) if one.type is ActivityType.INTRUSION]
    start, end = told
    assert start.activity == end.activity
    assert start.region == end.region == "lawn"
    x, y, width, height = start.objects[0].box
    assert x < WIDTH / 4
    assert LAWN[0][1] * HEIGHT < y + height < LAWN[2][1] * HEIGHT
    assert height > width
    assert start.objects[0].kind == "unknown"


def test_somebody_who_stops_and_stands_is_there_until_he_leaves() -> None:
    comes = a_walk(starts_at=4, seconds=4, begin=(-30, 240), end=(320, 230))
    leaves = a_walk(starts_at=28, seconds=4, begin=(320, 230), end=(670, 240))
    # He shifts his weight now and then, as people do: a step of three pixels and back, every 4 s.
    stands = tuple(
        a_walk(
            starts_at=8 + 2.0 * turn, seconds=1.95, begin=(320 + 3 * (turn % 2), 230), end=(320 + 3 * (turn % 2), 230)
        )
        for turn in range(10)
    )
    told = _watched(frames(a_scene(seconds=36, walks=(comes, *stands, leaves))))
    (_, begins), (state, ends) = _of(told, ActivityType.INTRUSION)
    assert begins < 6
    assert state is Phase.END
    assert 30 < ends < 32.5


def test_an_empty_scene_with_wind_in_the_tree_is_quiet() -> None:
    assert _watched(frames(a_scene(seconds=20))) == []


def test_light_that_jumps_is_nobody() -> None:
    brighter = _in_light(frames(a_scene()), lambda number: 1.0 if number < 60 else 1.4)
    darker = _in_light(frames(a_scene()), lambda number: 1.0 if number < 60 else 0.6)
    assert _watched(brighter) == []
    assert _watched(darker) == []


def test_the_soft_shadow_of_a_cloud_that_passes_is_nobody() -> None:
    across = np.arange(WIDTH, dtype=np.float32)[np.newaxis, :, np.newaxis]
    shadowed = _in_light(
        frames(a_scene(seconds=16)), lambda number: 1 - 0.45 / (1 + np.exp(-((number - 40) * 6 - across) / 60))
    )
    assert _watched(shadowed) == []


def test_a_mast_that_shakes_in_the_wind_is_nobody() -> None:
    chance = np.random.default_rng(4)
    shaken = (
        np.roll(picture, tuple(chance.integers(-1, 2, 2).tolist()), (0, 1)) for picture in frames(a_scene(seconds=20))
    )
    assert _watched(shaken) == []


def test_in_the_rain_somebody_is_still_found() -> None:
    chance = np.random.default_rng(8)

    def rained_on(pictures: Iterable[Picture]) -> Iterable[Picture]:
        for picture in pictures:
            for x, y in chance.integers((0, 0), (WIDTH, HEIGHT - 20), (60, 2)).tolist():
                picture[y : y + 14, x] = 200
            yield picture

    told = _watched(rained_on(frames(a_scene(seconds=16, walks=(a_walk(starts_at=6, seconds=9),)))))
    (_, begins), (_, ends) = _of(told, ActivityType.INTRUSION)
    assert 6 < begins < 9
    assert 13 < ends < 16


def test_light_that_jumps_while_somebody_stands_there_leaves_no_ghost_behind() -> None:
    walked = frames(a_scene(seconds=20, walks=(a_walk(starts_at=3, seconds=9),)))
    told = _watched(_in_light(walked, lambda number: 1.0 if number < 70 else 1.4))
    ends = [t for state, t in _of(told, ActivityType.MOTION) if state is Phase.END]
    assert ends
    assert max(ends) < 13


def test_a_picture_of_another_size_begins_the_scene_anew() -> None:
    told = _watched([*islice(frames(a_scene()), 20), *(picture[:180] for picture in islice(frames(a_scene()), 20))])
    assert told == []


def test_on_a_real_lawn_the_intrusion_is_told_within_a_second_and_nothing_before(real_data: Path) -> None:
    folder = real_data / "video"
    label = loads((folder / "labels.json").read_text(encoding="utf-8"))["vtest.avi"]
    corners = tuple((x / label["width"], y / label["height"]) for x, y in label["intrusion"]["zone_polygon"])
    watcher = Watcher(CameraConfig(regions=(Region(id="lawn", polygon=corners),)))
    told = []
    with Video.open(str(folder / "vtest.avi")) as video:
        while isinstance(taken := video.read(), Frame):
            told += watcher.see(taken)
    begins = [one.frame for one in told if one.type is ActivityType.INTRUSION and one.state is Phase.START]
    first = label["intrusion"]["foot_point_inside_frames"][0][0]
    assert len(begins) == 1
    assert first - label["intrusion"]["tolerance_frames"] <= begins[0] <= first + 10
