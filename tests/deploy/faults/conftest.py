"""A house on each ground: SQLite and NATS, PostgreSQL and mosquitto; on a small disk, behind a cable, with a clock of its own."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.deploy.conftest import RunningHouse
from tests.deploy.faults.load import Count, Load, stored
from tests.ports import free_port
from tests.postgres import NoPostgres, Server

FILES = "SQLite and NATS"
DATABASE = "PostgreSQL and mosquitto"
_MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
_SLEEP = Path(__file__).with_name("without_clock_nanosleep")
_SMALL_DISK = "1500m"


@dataclass(slots=True)
class Ground:
    """What the house stands on. `server` None: its stores are files."""

    house: RunningHouse
    server: Server | None

    @property
    def urls(self) -> dict[str, str]:
        """Where each room's rows are."""
        if self.server is None:
            return {room: f"sqlite:///{self.house.folder}/{room}.db" for room in ("monitor", "gateway")}
        return dict.fromkeys(("monitor", "gateway"), self.server.url)

    def process(self, name: str) -> int | None:
        """The pid of one of the house's processes, by its program or module; None: it does not run now."""
        for pid in self.house.tree():
            command = Path(f"/proc/{pid}/cmdline")
            if command.exists():
                program, *words = command.read_bytes().decode().split("\0")
                if name in (Path(program).name, *words[:3]):
                    return pid
        return None

    def wait_until_the_engine_hears(self, load: Load, eventually: Callable[..., None]) -> None:
        """Wait until all that was said before is stored and something said since, so by an engine that lives now."""
        before = set(load.posted)

        def hears() -> bool:
            kept = stored(self.urls)
            return kept >= before and (kept > before or len(kept) == len({each.id for each in load.said}))

        self._wait_while_it_goes_on(hears, eventually)

    def wait_until_all_is_stored(self, load: Load, eventually: Callable[..., None]) -> None:
        """Wait until what was said is stored; whoever calls holds the load."""
        self._wait_while_it_goes_on(lambda: stored(self.urls) >= set(load.posted), eventually)

    def count_when_settled(self, load: Load, eventually: Callable[..., None]) -> Count:
        """What is in the stores once the inbox has nothing left to do."""
        self._wait_while_it_goes_on(lambda: Count.of(load, self.urls).missing == 0, eventually)
        return Count.of(load, self.urls)

    def _wait_while_it_goes_on(self, condition: Callable[[], bool], eventually: Callable[..., None]) -> None:
        """However long it takes on a busy machine: as long as more is stored each two minutes."""
        before = len(stored(self.urls))
        while not condition():
            eventually(partial(self._has_more_than, before), 120)
            before = len(stored(self.urls))

    def _has_more_than(self, count: int) -> bool:
        return len(stored(self.urls)) > count


@dataclass(frozen=True, slots=True)
class Cable:
    """Two ends of a cable: the house's, in a network of its own, and ours."""

    name: str
    house: str
    ours: str

    def cut(self) -> None:
        _ip("link", "set", self.name, "down")

    def mend(self) -> None:
        _ip("link", "set", self.name, "up")


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    """The ground that the test asks for."""
    return str(request.param)


@pytest.fixture
def ground(kind: str, tmp_path: Path, demo_folder: Path) -> Iterator[Ground]:
    """A house of its own on each ground, running."""
    with _ground(kind, demo_folder, tmp_path) as standing:
        yield standing


@pytest.fixture
def ground_on_a_small_disk(kind: str, tmp_path: Path, demo_folder: Path) -> Iterator[Ground]:
    """The house's data folder is on a disk of its own that can be filled."""
    disk = tmp_path / "disk"
    disk.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_SMALL_DISK}", "tmpfs", str(disk)], check=True)
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip("a disk of a known size is mounted for this; only root may do that")
    try:
        with _ground(kind, demo_folder, disk) as standing:
            yield standing
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.fixture
def ground_behind_a_cable(kind: str, tmp_path: Path, demo_folder: Path) -> Iterator[tuple[Ground, Cable]]:
    """The house is in a network of its own; devices, readers and the database are at the other end of the cable."""
    number = os.getpid() % 250
    cable = Cable(f"dy{number}", f"10.77.{number}.2", f"10.77.{number}.1")
    network = f"dayuan-{number}"
    try:
        _ip("netns", "add", network)
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip("a network of its own is made for this, with iproute2; only root may do that")
    try:
        _ip("link", "add", cable.name, "type", "veth", "peer", "name", "house", "netns", network)
        _ip("addr", "add", f"{cable.ours}/24", "dev", cable.name)
        # While the cable is cut, nothing looks for the house on another way out of this machine.
        _ip("route", "add", "unreachable", f"10.77.{number}.0/24", "metric", "9999")
        _ip("-n", network, "addr", "add", f"{cable.house}/24", "dev", "house")
        _ip("-n", network, "link", "set", "lo", "up")
        _ip("-n", network, "link", "set", "house", "up")
        cable.mend()
        with _ground(
            kind, demo_folder, tmp_path, listens=cable.ours, host=cable.house, before=("ip", "netns", "exec", network)
        ) as standing:
            yield standing, cable
    finally:
        _ip("netns", "delete", network)
        _ip("route", "delete", "unreachable", f"10.77.{number}.0/24", "metric", "9999")


@pytest.fixture
def ground_with_a_clock(kind: str, tmp_path: Path, demo_folder: Path) -> Iterator[tuple[Ground, Path]]:
    """The house's processes read their clock through a file that says by how much it is wrong."""
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not libraries:
        pytest.skip("clocks are put forward with Debian's libfaketime; it is not here")
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    environment = {
        "LD_PRELOAD": str(libraries[0]),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(_SLEEP), os.environ.get("PYTHONPATH")))),
    }
    with _ground(kind, demo_folder, tmp_path, environment=environment) as standing:
        yield standing, clock


@contextmanager
def _ground(
    kind: str,
    filled: Path,
    folder: Path,
    *,
    listens: str = "127.0.0.1",
    host: str = "127.0.0.1",
    before: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
) -> Iterator[Ground]:
    with ExitStack() as opened:
        server = None
        words = ["--no-simulators", "--host", host]
        if kind == DATABASE:
            if _MOSQUITTO is None:
                pytest.skip("there is no mosquitto here; install Debian's mosquitto")
            try:
                server = opened.enter_context(Server.started(listens))
            except NoPostgres as why:
                pytest.skip(str(why))
            words += ["--broker", "mosquitto", "--store-url", server.url]
        else:
            shutil.copytree(filled, folder / "data")
        house = RunningHouse(
            folder / "data", free_port(), free_port(), tuple(words), before=before, environment=environment or {}
        )
        opened.callback(house.stop)
        house.start()
        yield Ground(house, server)


def told(count: Count, capsys: pytest.CaptureFixture[str], fault: str) -> None:
    """Write the figures of one fault where whoever waits for the run sees them."""
    with capsys.disabled():
        print(f"\n{fault}: {count}")  # noqa: T201 - a figure that was seen


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
