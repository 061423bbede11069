"""The whole house ends in time, whatever its processes are about."""

import shutil
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from os import kill
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from deploy.folder import DataFolder
from deploy.system.facts import HouseFacts
from tests.deploy.conftest import RunningHouse, wait_until_gone
from tests.makers.machine import within
from tests.makers.plates import lines_of
from tests.ports import free_port

pytestmark = pytest.mark.broker

PICTURE = bytes(cv2.imencode(".jpg", np.full((480, 640, 3), 128, np.uint8))[1])


@pytest.fixture
def house(tmp_path: Path, demo_folder: Path) -> Iterator[RunningHouse]:
    running = RunningHouse(shutil.copytree(demo_folder, tmp_path / "data"), free_port(), free_port())
    running.start()
    yield running
    running.stop()


def test_a_house_ends_within_five_seconds_with_a_stream_open_and_a_picture_being_read(
    house: RunningHouse, eventually: Callable[..., None]
) -> None:
    facts = HouseFacts.in_file(DataFolder(house.folder).processes_of("up"))
    assert facts is not None
    reader, web = (process.pid for process in facts.processes if process.name in {"plates", "web"})
    assert reader is not None
    assert web is not None
    tree = house.tree()

    def read() -> httpx.Response:
        with house.client("guard") as guard:
            return guard.post("/api/gateway/plates/readings", files={"picture": PICTURE})

    with house.client("operator") as operator, ThreadPoolExecutor(1) as asking:
        stream = operator.stream("GET", "/control-room/stream", params={"site": "oc1"})
        with stream as answer:
            assert answer.status_code == 200
            kill(reader, signal.SIGSTOP)  # it has the picture and never answers
            lines = lines_of(web)
            reading = asking.submit(read)
            eventually(lambda: lines_of(web) > lines)
            began = time.monotonic()
            code = house.stop()
            took = time.monotonic() - began
        assert reading.result(30).status_code == 503
    assert (code, took < within(5.0)) == (0, True), took
    wait_until_gone(tree)
