"""What a supervisor writes down of its processes, and how much each takes."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.system.facts import Career, Ending, HouseFacts
from deploy.system.meter import Meter
from tests.fakes.clock import NOON
from tests.makers.processes import a_house_of, a_process


def test_what_one_process_writes_down_another_reads(tmp_path: Path) -> None:
    file = tmp_path / "processes-up.json"
    facts = a_house_of(a_process(), a_process("web", pid=None, ending=Ending(at=NOON, code=-9)))
    facts.write(file)
    assert HouseFacts.in_file(file) == facts
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize("content", [None, "", "{", '{"form": "up"}'])
def test_where_nothing_legible_is_written_nothing_is_known(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "processes-up.json"
    if content is not None:
        file.write_text(content)
    assert HouseFacts.in_file(file) is None


def test_a_career_counts_restarts_and_keeps_the_last_ending() -> None:
    career = Career("web")
    career.began(1, NOON)
    assert (career.restarts, career.ending) == (0, None)
    career.ended(-9, NOON + timedelta(seconds=1))
    career.ended(1, NOON + timedelta(seconds=2))  # told once
    assert career.ending == Ending(at=NOON + timedelta(seconds=1), code=-9)
    career.began(2, NOON + timedelta(seconds=3))
    assert (career.pid, career.restarts) == (2, 1)


def test_the_meter_sees_what_a_process_takes_and_nothing_of_one_that_is_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    gone = Career("gone")
    gone.began(child.pid, NOON)
    own = Career("own")
    own.began(os.getpid(), NOON)
    meter = Meter()
    assert meter.is_due()
    meter.look("up", [own, gone], NOON)
    assert not meter.is_due()
    child.send_signal(signal.SIGKILL)
    child.communicate()
    found = {process.name: process for process in meter.look("up", [own, gone], NOON).processes}
    assert (found["own"].memory_bytes or 0) > 10_000_000
    assert (found["own"].cpu_seconds or 0) > 0
    assert found["gone"].memory_bytes is None
