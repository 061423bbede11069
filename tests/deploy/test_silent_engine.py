"""An engine that stands still is told everywhere: to machines that ask, and on the operators' pages."""

import json
import signal
from collections.abc import Callable
from os import kill
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.conftest import RunningHouse

pytestmark = pytest.mark.broker


def engine_of(house: RunningHouse) -> int:
    return next(pid for pid in house.tree() if "deploy.processes.engine" in Path(f"/proc/{pid}/cmdline").read_text())


def test_an_engine_that_stands_still_is_told_to_machines_and_to_pages(
    house: RunningHouse, eventually: Callable[..., None]
) -> None:
    engine = engine_of(house)
    with house.client("operator") as operator:

        def is_ready() -> bool:
            answer = operator.get("/readyz")
            ready: bool = answer.json()["parts"]["monitor-engine"]["ready"]
            return ready and answer.status_code == 200

        def told() -> dict[str, Any]:
            with operator.stream("GET", "/control-room/stream") as stream:
                said = next(line for line in stream.iter_lines() if line.startswith("data: "))
            found: dict[str, Any] = json.loads(said.removeprefix("data: "))
            return found

        eventually(is_ready)
        eventually(lambda: told() == {"live": True})
        kill(engine, signal.SIGSTOP)
        eventually(lambda: not is_ready())
        eventually(lambda: told()["live"] is False)
        assert told()["since"] is not None
        kill(engine, signal.SIGCONT)
        eventually(is_ready)
        eventually(lambda: told() == {"live": True})
