"""The whole product as its processes, in an empty folder on free ports."""

import fcntl
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from deploy.demo.opening import open_demo
from deploy.house import closed_afterwards
from registry.clock import SystemClock
from tests.makers.houses import House
from tests.ports import free_port

_PAUSE = Event()
PEOPLE = 1000


@dataclass(slots=True)
class RunningHouse:
    """`dayuan up --demo` as a child process."""

    folder: Path
    port: int
    mqtt_port: int
    arguments: tuple[str, ...] = ("--no-simulators",)
    before: tuple[str, ...] = ()
    """What the command is started by, another program's words."""
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    demo: dict[str, Any] = field(default_factory=dict)

    def start(self) -> None:
        """Start it and wait until it says that it runs."""
        self._close()
        words = [
            "up",
            "--demo",
            "--data-dir",
            str(self.folder),
            "--port",
            str(self.port),
            "--mqtt-port",
            str(self.mqtt_port),
            "--people",
            str(PEOPLE),
        ]
        log = (self.folder.parent / "up.log").open("ab")
        with log:
            self.process = subprocess.Popen(
                [*self.before, sys.executable, "-m", "deploy.command", *words, *self.arguments],
                stdout=subprocess.PIPE,
                stderr=log,
                env=os.environ | self.environment,
            )
        assert self.process.stdout is not None
        if b"Dayuan runs at" not in self.process.stdout.readline():
            self.stop()
            pytest.fail((self.folder.parent / "up.log").read_text())
        self.demo = json.loads((self.folder / "demo.json").read_bytes())

    def tree(self) -> list[int]:
        """The process and all that came of it."""
        assert self.process is not None
        found, waiting = [], [self.process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            children = Path(f"/proc/{pid}/task/{pid}/children")
            waiting += [int(child) for child in children.read_text().split()] if children.exists() else []
        return found

    def kill_tree(self) -> None:
        """SIGKILL for every process, as a power cut would."""
        for pid in self.tree():
            _send(pid, signal.SIGKILL)
        assert self.process is not None
        self.process.wait(60)
        self._close()

    def stop(self) -> int:
        """End it in order; gives the exit code."""
        if self.process is None or self.process.poll() is not None:
            return 0
        self.process.terminate()
        code = self.process.wait(60)
        self._close()
        return code

    def client(self, user: str) -> httpx.Client:
        token = self.demo["users"][user]["token"]
        return httpx.Client(
            base_url=self.demo["url"], headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=60
        )

    def _close(self) -> None:
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be collected does not."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 60
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline, [pid for pid in pids if is_alive(pid)]
        _PAUSE.wait(0.05)


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a demo that was filled and never ran. Tests of what comes later begin with a copy: filling takes longest.

    It is filled once for all workers of a run.
    """
    own = tmp_path_factory.getbasetemp()
    place = House((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "demo" / "data")
    with (place.path.parent.parent / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until it is closed
        if not place.path.exists():
            being_filled = House(tmp_path_factory.mktemp("demo") / "data")
            with closed_afterwards(being_filled.make()) as stores:
                open_demo(
                    being_filled.settings,
                    being_filled.folder,
                    stores,
                    SystemClock(),
                    simulated=False,
                    people=PEOPLE,
                    out=io.StringIO(),
                )
            place.path.parent.mkdir()
            being_filled.path.rename(place.path)
    return place.path


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, demo_folder: Path) -> Iterator[RunningHouse]:
    """A running house; the tests of a module share it."""
    folder = shutil.copytree(demo_folder, tmp_path_factory.mktemp("house") / "data")
    running = RunningHouse(folder, free_port(), free_port())
    running.start()
    yield running
    running.stop()
