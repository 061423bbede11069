"""The database, the disk, the network or the clock fails for a while: the house waits, goes on, and has lost nothing."""

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.deploy.faults.conftest import DATABASE, FILES, Cable, Ground, told
from tests.deploy.faults.load import Load, events

pytestmark = [pytest.mark.broker, pytest.mark.timeout(1800)]

Eventually = Callable[..., None]
SHORT = (240, 3.0)
LONG = (100_000, 60.0)


def forms(short_on: str, *others: str) -> pytest.MarkDecorator:
    """The short form on one ground, for `make test`; the long one on all of them, for `make soak`."""
    long = [pytest.param(kind, *LONG, marks=pytest.mark.soak) for kind in (short_on, *others)]
    return pytest.mark.parametrize(("kind", "count", "seconds"), [(short_on, *SHORT), *long], indirect=["kind"])


_PAUSE = threading.Event()


def judge(ground: Ground, load: Load, eventually: Eventually, capsys: pytest.CaptureFixture[str], fault: str) -> None:
    """Let the load end, wait until the house is ready again, and hold what is stored against what was said and told."""
    load.end()
    found = ground.count_when_settled(load, eventually)
    told(found, capsys, fault)
    assert (found.missing, found.doubled, found.not_in_the_journal) == (0, 0, 0)
    assert found.stored == found.sent
    assert found.granted > 0
    with ground.house.client("operator") as operator:
        # The rules have a hundred thousand events before them.
        eventually(lambda: operator.get("/readyz").status_code == 200, 300)


@forms(DATABASE)
def test_a_database_that_is_gone_for_a_while(
    ground: Ground, count: int, seconds: float, eventually: Eventually, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ground.server is not None
    load = Load(ground.house, events(count, seed=2), rate=count / (2 * seconds))
    load.begin()
    load.wait_for(0.3)
    ground.server.stop()
    _PAUSE.wait(seconds)
    ground.server.start()
    judge(ground, load, eventually, capsys, f"database gone for {seconds:.0f} s")


@forms(FILES, DATABASE)
def test_a_disk_that_is_full_for_a_while(
    ground_on_a_small_disk: Ground,
    count: int,
    seconds: float,
    eventually: Eventually,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The data folder is on the full disk; with PostgreSQL the rows are elsewhere, and only broker, logs and pictures have no room."""
    ground = ground_on_a_small_disk
    load = Load(ground.house, events(count, seed=3), rate=count / (2 * seconds))
    load.begin()
    load.wait_for(0.3)
    filler = ground.house.folder.parent / "filler"
    refused_before, full = load.unavailable, 0.0
    with filler.open("wb", buffering=0) as file:
        while full < seconds or (ground.server is None and load.unavailable == refused_before):
            assert full < seconds + 60, "the disk was full and everything was written all the same"
            with suppress(OSError):
                while file.write(bytes(64 * 1024)):
                    pass
            _PAUSE.wait(0.1)
            full += 0.1
    filler.unlink()
    judge(
        ground,
        load,
        eventually,
        capsys,
        f"disk full for {full:.0f} s, {load.unavailable - refused_before} checks refused",
    )


@forms(DATABASE, FILES)
def test_a_network_that_is_cut_for_a_while(
    ground_behind_a_cable: tuple[Ground, Cable],
    count: int,
    seconds: float,
    eventually: Eventually,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Devices, readers and the database are on the other side of the cable."""
    ground, cable = ground_behind_a_cable
    load = Load(ground.house, events(count, seed=4), host=cable.house, rate=count / (2 * seconds))
    load.begin()
    load.wait_for(0.3)
    cable.cut()
    _PAUSE.wait(seconds)
    cable.mend()
    judge(ground, load, eventually, capsys, f"network cut for {seconds:.0f} s")


@forms(FILES, DATABASE)
def test_a_clock_that_is_put_forward_by_an_hour_and_back(
    ground_with_a_clock: tuple[Ground, Path],
    count: int,
    seconds: float,
    eventually: Eventually,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ground, clock = ground_with_a_clock
    load = Load(ground.house, events(count, seed=5), rate=count / (2 * seconds))
    load.begin()
    load.wait_for(0.3)
    clock.write_text("+1h\n")
    load.wait_for(0.6)
    clock.write_text("+0\n")
    judge(ground, load, eventually, capsys, "clock an hour ahead, then right again")
