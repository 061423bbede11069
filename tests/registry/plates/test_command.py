import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from registry.plates.command import read_plates
from registry.plates.weights import Weights
from registry.problems import Refusal


def a_picture_file(folder: Path, name: str) -> Path:
    cv2.imwrite(str(folder / name), np.full((240, 320, 3), 120, np.uint8))
    return folder / name


def test_without_networks_one_sentence_names_the_command_that_brings_them(tmp_path: Path) -> None:
    out = io.StringIO()
    with pytest.raises(Refusal, match="dayuan models fetch"):
        read_plates([a_picture_file(tmp_path, "a.png")], models_dir=tmp_path, as_json=True, out=out)
    assert out.getvalue() == ""


def test_a_broken_file_is_told_in_its_line_and_the_others_go_on(plate_weights: Weights, tmp_path: Path) -> None:
    broken, whole = tmp_path / "broken.jpg", a_picture_file(tmp_path, "whole.png")
    broken.write_bytes(b"no picture")
    out, err = io.StringIO(), io.StringIO()
    models = plate_weights.detector.parent
    assert read_plates([broken, whole], models_dir=models, as_json=True, out=out, err=err) == 2
    first, second = [json.loads(line) for line in out.getvalue().splitlines()]
    assert first["file"] == str(broken)
    assert first["plates"] == []
    assert first["error"] == "This is no JPEG, PNG or WebP picture."
    assert second.keys() == {"file", "plates", "ms"}
    assert err.getvalue() == ""


def test_piped_without_json_one_line_sums_up(plate_weights: Weights, tmp_path: Path) -> None:
    out, err = io.StringIO(), io.StringIO()
    files = [a_picture_file(tmp_path, name) for name in ("a.png", "b.png")]
    assert read_plates(files, models_dir=plate_weights.detector.parent, as_json=False, out=out, err=err) == 0
    assert len(out.getvalue().splitlines()) == 2
    assert err.getvalue().startswith("2 pictures, 0 plates, 0 unreadable")
    assert err.getvalue().count("\n") == 1


def test_a_plate_in_a_json_line_has_the_fields_of_the_contract(plate_weights: Weights, real_data: Path) -> None:
    out = io.StringIO()
    file = real_data / "plates" / "scenes" / "s003.jpg"
    assert read_plates([file], models_dir=plate_weights.detector.parent, as_json=True, out=out) == 0
    (plate,) = json.loads(out.getvalue())["plates"]
    assert plate.keys() == {"text", "score", "box", "color", "kind"}
    assert (plate["text"], plate["kind"]) == ("川AR9X49", "civil")
    assert np.array(plate["box"]).shape == (4, 2)
