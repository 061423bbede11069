"""Ten minutes of an ordinary day with everything that goes wrong on one: what came in is all there, and memory stays where it was."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deploy.faults.conftest import DATABASE, FILES, Ground, told
from tests.deploy.faults.load import Load, events
from tests.deploy.faults.test_kills import BROKER, ENGINE

pytestmark = [pytest.mark.broker, pytest.mark.soak, pytest.mark.timeout(1800)]

MINUTES = 10
PER_SECOND = 100
WARM_AFTER_MINUTES = 3
MOST_GROWTH_KB = 5 * 1024
_PAUSE = threading.Event()


def _resident_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


@pytest.mark.parametrize("kind", [FILES, DATABASE], indirect=True)
def test_ten_minutes_balance_and_leave_the_memory_as_it_was(
    ground: Ground, eventually: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    said = events(MINUTES * 60 * PER_SECOND, seed=6, repeats=0.02, late=0.01, rate=PER_SECOND)
    load = Load(ground.house, said, rate=PER_SECOND)
    load.begin()
    resident, restarts = [], 0
    engine = ground.process(ENGINE)
    assert engine is not None
    for minute in range(1, MINUTES + 1):
        load.wait_for((minute - 0.5) / MINUTES)
        if ground.server is not None:
            ground.wait_until_the_engine_hears(load, eventually)
        for name in BROKER.split("|"):
            broker = ground.process(name)
            if broker is not None:
                os.kill(broker, signal.SIGTERM if ground.server is not None else signal.SIGKILL)
                restarts += 1
        resident.append(_resident_kb(engine))
    load.end()
    found = ground.count_when_settled(load, eventually)
    told(found, capsys, f"broker restarted each minute; engine's memory by the minute {resident} KB")
    assert restarts == MINUTES
    assert (found.missing, found.doubled, found.not_in_the_journal) == (0, 0, 0)
    with ground.house.client("operator") as operator:
        totals = operator.get("/api/monitor/signals/totals").json()
    assert totals["received"] == totals["stored"] + totals["duplicate"] + totals["dead_letter"]
    assert totals["duplicate"] >= len(said) - found.sent
    assert max(resident[WARM_AFTER_MINUTES:]) - resident[WARM_AFTER_MINUTES - 1] <= MOST_GROWTH_KB
