import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from registry.plates.grammar import Plate, PlateColour, parse_plate
from registry.plates.pictures import Picture, open_picture
from registry.plates.reader import PlateReader

EVERY = 12
"""Every so many of the real scenes: a quick part of the whole, which is measured by itself."""


def normalised(text: str) -> str:
    return text[:2] + text[2:].replace("O", "0").replace("I", "1")


def an_empty_yard(width: int = 960, height: int = 540) -> Picture:
    grey = np.linspace(60, 180, height)[:, None, None]
    return np.broadcast_to(grey, (height, width, 3)).astype(np.uint8)


def labelled(real_data: Path, which: str) -> list[dict[str, str]]:
    with (real_data / "plates" / which / "labels.csv").open(encoding="utf-8", newline="") as labels:
        return list(csv.DictReader(labels))


def test_an_empty_yard_has_no_plate(plate_reader: PlateReader) -> None:
    assert plate_reader.read(an_empty_yard()) == []


def test_a_sign_that_only_looks_like_a_plate_is_not_read(plate_reader: PlateReader) -> None:
    picture = an_empty_yard()
    cv2.rectangle(picture, (400, 240), (580, 300), (180, 60, 20), thickness=-1)
    cv2.putText(picture, "EXIT", (420, 285), cv2.FONT_HERSHEY_DUPLEX, 1.5, (255, 255, 255), 3)
    assert plate_reader.read(picture) == []


@pytest.mark.parametrize("size", [(8, 8), (9, 480), (2000, 12)])
def test_a_picture_of_any_shape_is_read_without_complaint(plate_reader: PlateReader, size: tuple[int, int]) -> None:
    assert plate_reader.read(np.full((*size, 3), 128, np.uint8)) == []


def test_most_plates_of_real_scenes_are_read(plate_reader: PlateReader, real_data: Path) -> None:
    plates = right = 0
    for row in labelled(real_data, "scenes")[::EVERY]:
        picture = open_picture(real_data / "plates" / "scenes" / row["file"])
        read = {normalised(reading.text) for reading in plate_reader.read(picture)}
        truths = [normalised(text) for text in row["texts"].split(";") if text]
        plates += len(truths)
        right += sum(truth in read for truth in truths)
    assert plates >= 15
    assert right / plates >= 0.86


@pytest.mark.parametrize("which", ["scenes", "crops"])
def test_nothing_is_read_where_there_is_no_plate(plate_reader: PlateReader, real_data: Path, which: str) -> None:
    without = [row["file"] for row in labelled(real_data, which) if not row["texts" if which == "scenes" else "text"]]
    assert without
    for file in without:
        assert plate_reader.read(open_picture(real_data / "plates" / which / file)) == []


def test_two_rows_and_equal_neighbours_are_read_from_real_crops(plate_reader: PlateReader, real_data: Path) -> None:
    rows = [row for row in labelled(real_data, "crops") if row["layout"] == "double" or row["color"] == "green"]
    readings = [plate_reader.read(open_picture(real_data / "plates" / "crops" / row["file"])) for row in rows]
    right = [
        bool(read) and normalised(read[0].text) == normalised(row["text"])
        for row, read in zip(rows, readings, strict=True)
    ]
    assert len(rows) >= 10
    assert sum(right) / len(right) >= 0.8


def test_a_reading_is_complete(plate_reader: PlateReader, real_data: Path) -> None:
    blue = next(row for row in labelled(real_data, "scenes") if row["color_of_first"] == "blue")
    picture = open_picture(real_data / "plates" / "scenes" / blue["file"])
    best = plate_reader.read(picture)[0]
    height, width = picture.shape[:2]
    assert parse_plate(best.text) == Plate(raw=best.text, text=best.text, kind=best.kind)
    assert 0.4 <= best.score <= 1
    assert best.color is PlateColour.BLUE
    assert len(best.box) == 4
    assert all(-width < x < 2 * width and -height < y < 2 * height for x, y in best.box)
