"""The camera file."""

from pathlib import Path

import pytest

from monitor.cameras.config import CameraConfigWrong, read_config

LAWN = 'id = "lawn"\npolygon = [[0.0, 0.4], [1.0, 0.4], [1.0, 0.7]]\n'


def _file(folder: Path, text: str) -> Path:
    path = folder / "camera.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_regions_and_lines_are_read(tmp_path: Path) -> None:
    text = f'[[regions]]\n{LAWN}rules = ["intrusion"]\n[[lines]]\nid = "gate"\npoints = [[0.1, 0.5], [0.9, 0.5]]\n'
    config = read_config(_file(tmp_path, text))
    assert config.regions[0].polygon == ((0.0, 0.4), (1.0, 0.4), (1.0, 0.7))
    assert config.regions[0].rules == ("intrusion",)
    assert config.lines[0].id == "gate"


def test_an_empty_file_watches_for_motion_only(tmp_path: Path) -> None:
    assert read_config(_file(tmp_path, "")).regions == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'[[regions]]\n{LAWN}rules = ["loitering"]', "does not watch for 'loitering' yet"),
        (f'[[regions]]\n{LAWN}rules = ["dancing"]', "there is no rule 'dancing'"),
        ('[[regions]]\nid = "lawn"\npolygon = [[0.0, 0.4], [1.0, 0.4]]', "regions.0.polygon"),
        ('[[regions]]\nid = "lawn"\npolygon = [[0, 330], [180, 345], [400, 430]]', "regions.0.polygon"),
        ('[[regions]]\nid = "lawn"\npolygon = [[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]]', "on one line"),
        ('[[regions]]\nid = "草坪"\npolygon = [[0.0, 0.4], [1.0, 0.4], [1.0, 0.7]]', "regions.0.id"),
        (f"[[regions]]\n{LAWN}[[regions]]\n{LAWN}", "'lawn' is given twice"),
        ('[[lines]]\nid = "gate"\npoints = [[0.1, 0.5]]', "lines.0.points"),
        ("[[zones]]\nid = 1", "zones"),
        ("regions = [", "is no TOML"),
    ],
)
def test_what_cannot_be_is_refused_with_the_place_and_the_reason(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CameraConfigWrong) as refused:
        read_config(_file(tmp_path, text))
    assert said in str(refused.value)
    assert "camera.toml" in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CameraConfigWrong, match="cannot be read"):
        read_config(tmp_path / "missing.toml")
