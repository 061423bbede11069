"""The supervisor with real children: what it says of one that refuses, one that ends, and one that is killed."""

import signal
import time
from collections.abc import Callable, Iterator
from os import getpid, kill
from pathlib import Path

import pytest

from deploy.processes.orders import Orders, PlateOrders
from deploy.supervisor import Child, Supervisor
from registry.problems import Refusal
from tests.deploy.conftest import wait_until_gone
from tests.fakes.clock import NOON, FixedClock
from tests.makers.machine import within

Eventually = Callable[..., None]


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    running = Supervisor(tmp_path, FixedClock())
    yield running
    running.stop()


def plates(folder: Path) -> Child:
    """A reader in this folder, which waits in readiness for pictures."""
    (folder / "run").mkdir(exist_ok=True)
    orders = PlateOrders(process="plates", parent=getpid(), log_json=True, data_dir=folder, models_dir=folder)
    return Child("plates", "deploy.processes.plates", lambda: orders)


def test_a_child_that_is_killed_is_started_anew_and_its_career_tells_it(
    supervisor: Supervisor, tmp_path: Path, eventually: Eventually
) -> None:
    child = plates(tmp_path)
    supervisor.start(child)
    first = child.career.pid
    assert first is not None
    kill(first, signal.SIGKILL)

    def is_back() -> bool:
        supervisor.tend()
        return child.career.restarts == 1 and child.is_running

    eventually(is_back)
    assert child.career.pid != first
    assert child.career.ending is not None
    assert (child.career.ending.code, child.career.ending.at) == (-9, NOON)


def test_a_child_that_cannot_begin_is_told_with_its_last_words(supervisor: Supervisor, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file where a folder must be")
    orders = PlateOrders(process="plates", parent=getpid(), log_json=False, data_dir=tmp_path, models_dir=tmp_path)
    with pytest.raises(Refusal, match=r"The plates process did not start: NotADirectoryError"):
        supervisor.start(Child("plates", "deploy.processes.plates", lambda: orders))


def test_a_child_that_refuses_is_told_in_its_own_words(supervisor: Supervisor) -> None:
    orders = Orders(process="refusing", parent=getpid(), log_json=True)
    with pytest.raises(Refusal, match=r"^The time is not ripe\. Come back later\.$"):
        supervisor.start(Child("refusing", "tests.fakes.refusing_process", lambda: orders))


def test_children_end_together_in_time_also_one_that_does_not_listen(supervisor: Supervisor, tmp_path: Path) -> None:
    child = plates(tmp_path)
    supervisor.start(child)
    pid = child.career.pid
    assert pid is not None
    kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < within(5.0)
    wait_until_gone([pid])
