"""The whole product on a fast clock, as its processes."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from registry.clock import Instant, SystemClock, parse_instant
from tests.deploy.conftest import RunningHouse
from tests.ports import free_port

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

HOUR = timedelta(hours=1)


@pytest.fixture
def house(tmp_path: Path, demo_folder: Path) -> Iterator[RunningHouse]:
    folder = shutil.copytree(demo_folder, tmp_path / "data")
    running = RunningHouse(folder, free_port(), free_port(), ("--no-simulators", "--speed", "600"))
    yield running
    running.stop()


def time_at_the_gate(house: RunningHouse) -> Instant:
    """When an attempt was decided that is made now."""
    shown = {"kind": "plate", "value": house.demo["examples"]["plate_unknown"]}
    body = {"attempt_id": str(uuid4()), "gate": "oc1-north", "direction": "in", "credential": shown}
    with house.client("guard") as guard:
        entry = guard.post("/api/gateway/checks", json=body).json()["entry_id"]
        return parse_instant(guard.get(f"/api/gateway/entries/{entry}").json()["decided_at"])


@pytest.mark.parametrize("ending", [RunningHouse.kill_tree, pytest.param(RunningHouse.stop, marks=pytest.mark.soak)])
def test_a_fast_house_is_well_says_how_fast_it_is_and_goes_on_where_it_ended(
    house: RunningHouse, eventually: Any, ending: Callable[[RunningHouse], object]
) -> None:
    house.start()
    with httpx.Client(base_url=house.demo["url"], trust_env=False) as anybody:
        eventually(lambda: anybody.get("/readyz").status_code == 200)
        assert 'data-clock-speed="600"' in anybody.get("/sign-in").text
    eventually(lambda: time_at_the_gate(house) - SystemClock().now() > HOUR)
    before = time_at_the_gate(house)
    ending(house)

    house.arguments = ("--no-simulators",)
    house.start()
    assert house.process is not None
    assert house.process.stdout is not None
    assert b"goes on at" in house.process.stdout.readline()
    assert time_at_the_gate(house) > before
    with httpx.Client(base_url=house.demo["url"], trust_env=False) as anybody:
        eventually(lambda: anybody.get("/readyz").status_code == 200)
        assert 'data-clock-speed="1"' in anybody.get("/sign-in").text
