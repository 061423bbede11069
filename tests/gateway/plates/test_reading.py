"""Plates read from a guard's picture by a process of its own, one picture at a time."""

import asyncio
import socket
from pathlib import Path
from threading import Thread

import cv2
import numpy as np
import pytest

from gateway.plates.client import MOST_WAITING, PlateClient
from gateway.plates.line import LENGTH_BYTES, address_of, framed
from gateway.plates.problems import ReaderAway, TooManyPictures, WeightsMissing
from registry.media.problems import UnreadablePicture
from registry.plates.weights import Missing, Weights, default_models_dir
from tests.makers.plates import a_plate_reader

GREY = bytes(cv2.imencode(".jpg", np.full((120, 160, 3), 128, np.uint8))[1])


@pytest.fixture
def line(tmp_path: Path) -> Path:
    """A socket deeper than the kernel takes addresses."""
    folder = tmp_path / ("deep" * 30)
    folder.mkdir()
    return folder / "plates.sock"


def test_without_weights_the_problem_says_how_to_get_them(line: Path, tmp_path: Path) -> None:
    with a_plate_reader(line, tmp_path), pytest.raises(WeightsMissing, match="dayuan models fetch"):
        asyncio.run(PlateClient(line).read(GREY))


@pytest.mark.parametrize("content", [b"", b"GIF89a", GREY[:40]])
def test_what_is_no_picture_is_said_to_be_none(line: Path, tmp_path: Path, content: bytes) -> None:
    with a_plate_reader(line, tmp_path), pytest.raises(UnreadablePicture):
        asyncio.run(PlateClient(line).read(content))


def test_more_pictures_than_can_be_read_in_time_are_refused_at_once(line: Path, tmp_path: Path) -> None:
    async def all_at_once() -> list[object]:
        client = PlateClient(line)
        reads = (client.read(GREY) for _ in range(MOST_WAITING + 1))
        return list(await asyncio.gather(*reads, return_exceptions=True))

    with a_plate_reader(line, tmp_path):
        outcomes = [type(outcome) for outcome in asyncio.run(all_at_once())]
    assert outcomes == [WeightsMissing] * MOST_WAITING + [TooManyPictures]


def test_only_our_own_user_reaches_the_reader(line: Path, tmp_path: Path) -> None:
    with a_plate_reader(line, tmp_path):
        assert line.stat().st_mode & 0o777 == 0o600
    assert not line.exists()


def test_a_reader_that_is_not_there_is_a_clear_problem_and_the_next_one_is_found(line: Path, tmp_path: Path) -> None:
    client = PlateClient(line)
    with pytest.raises(ReaderAway, match="Type the plate"):
        asyncio.run(client.read(GREY))
    assert client.state().detail == "the plate reader is not running"
    with a_plate_reader(line, tmp_path):
        assert client.state().ready
        with pytest.raises(WeightsMissing):
            asyncio.run(client.read(GREY))


@pytest.mark.parametrize("last_words", [b"", framed(b'{"plates": []}')[:9], framed(b"not json")])
def test_a_reader_that_dies_over_a_picture_is_a_clear_problem(line: Path, last_words: bytes) -> None:
    with address_of(line) as address, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()

        def dying() -> None:
            asker, _ = listener.accept()
            with asker:
                asker.recv(LENGTH_BYTES + len(GREY))
                asker.sendall(last_words)

        reader = Thread(target=dying)
        reader.start()
        with pytest.raises(ReaderAway):
            asyncio.run(PlateClient(line).read(GREY))
        reader.join(60)


def test_a_reader_that_keeps_silent_is_waited_for_no_longer_than_a_guard_has_patience(line: Path) -> None:
    with address_of(line) as address, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        with pytest.raises(ReaderAway):
            asyncio.run(PlateClient(line, patience_seconds=0.05).read(GREY))


def test_who_hangs_up_in_the_middle_of_a_picture_keeps_nobody_from_being_served(line: Path, tmp_path: Path) -> None:
    with a_plate_reader(line, tmp_path):
        with address_of(line) as address, socket.socket(socket.AF_UNIX) as asker:
            asker.connect(address)
            asker.sendall(framed(GREY)[:50])
        with pytest.raises(WeightsMissing):
            asyncio.run(PlateClient(line).read(GREY))


def test_a_real_picture_is_read(real_data: Path, line: Path) -> None:
    models = default_models_dir()
    if isinstance(Weights.load(models), Missing):
        pytest.skip("the plate weights are not there; run: dayuan models fetch")
    crops = sorted((real_data / "plates" / "scenes").glob("*.jpg"))[:5]
    with a_plate_reader(line, models):
        client = PlateClient(line)
        found = [asyncio.run(client.read(crop.read_bytes())) for crop in crops]
    assert any(found), [crop.name for crop in crops]
