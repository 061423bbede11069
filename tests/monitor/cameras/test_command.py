"""`dayuan cameras watch`."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from deploy.simulators.drawn_video import LAWN, write_clip
from monitor.cameras.command import watch
from registry.problems import Refusal
from tests.makers.videos import a_clip, a_scene, a_walk, cut_short


@pytest.fixture
def crossing(tmp_path: Path) -> Path:
    path = tmp_path / "crossing.avi"
    write_clip(path, a_scene(seconds=12, walks=(a_walk(),)))
    return path


@pytest.fixture
def lawn(tmp_path: Path) -> Path:
    path = tmp_path / "camera.toml"
    path.write_text(f'[[regions]]\nid = "lawn"\nrules = ["intrusion"]\npolygon = {[list(point) for point in LAWN]}\n')
    return path


def _lines(source: Path, config: Path | None = None) -> list[dict[str, Any]]:
    out = io.StringIO()
    assert watch(str(source), config=config, as_json=True, fast=True, out=out) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_line_is_an_event_and_the_last_is_the_summary(crossing: Path, lawn: Path) -> None:
    *events, summary = _lines(crossing, lawn)
    assert [(event["type"], event["state"]) for event in events] == [
        ("dayuan.camera.motion", "start"),
        ("dayuan.camera.intrusion", "start"),
        ("dayuan.camera.motion", "end"),
        ("dayuan.camera.intrusion", "end"),
    ]
    assert all(event["t"] == pytest.approx(event["frame"] / 10) for event in events)
    assert {event["data"].get("region") for event in events} == {None, "lawn"}
    assert events[1]["data"]["objects"][0]["kind"] == "unknown"
    assert summary["summary"]["frames"] == 120
    assert summary["summary"]["fps_processed"] > 0


def test_without_a_camera_file_motion_is_told(crossing: Path) -> None:
    assert {line["type"] for line in _lines(crossing)[:-1]} == {"dayuan.camera.motion"}


def test_people_get_sentences(crossing: Path, lawn: Path) -> None:
    out = io.StringIO()
    watch(str(crossing), config=lawn, as_json=False, fast=True, out=out)
    *sentences, summary = out.getvalue().splitlines()
    assert "enters lawn" in sentences[1]
    assert summary.startswith("120 frames in ")


def test_of_a_video_that_breaks_off_what_was_seen_stands_and_the_end_is_refused(crossing: Path) -> None:
    cut_short(crossing, share=0.75)
    out = io.StringIO()
    with pytest.raises(Refusal, match=r"breaks off after .* What was seen until then is told above"):
        watch(str(crossing), config=None, as_json=True, fast=True, out=out)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line.get("state") for line in lines] == ["start", "end", None]
    assert lines[-1]["summary"]["frames"] > 60


def test_a_video_at_its_own_rate_takes_its_own_time(tmp_path: Path) -> None:
    out = io.StringIO()
    assert (
        watch(str(a_clip(tmp_path / "short.avi", pictures=6, rate=10)), config=None, as_json=True, fast=False, out=out)
        == 0
    )
    assert json.loads(out.getvalue())["summary"]["seconds"] >= 0.4


@pytest.mark.parametrize(("source", "said"), [("missing.avi", "There is no file"), (".", "is a folder")])
def test_a_source_that_is_none_is_refused_before_anything_is_printed(tmp_path: Path, source: str, said: str) -> None:
    out = io.StringIO()
    with pytest.raises(Refusal, match=said):
        watch(str(tmp_path / source), config=None, as_json=True, fast=True, out=out)
    assert out.getvalue() == ""
