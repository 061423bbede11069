"""A demonstration's clock: fast, and never back behind what it has shown."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

import monitor.room
from deploy.demo.clock import demo_clock, end_of, keep_end, refuse_real_time, told_of
from deploy.folder import DataFolder
from monitor.pulse.queries import beat
from monitor.pulse.rules import Pulse
from registry.clock import Instant
from registry.fast_clock import FastClock
from registry.problems import Refusal
from registry.store import Store
from tests.conftest import NewStore
from tests.fakes.clock import NOON, FixedClock

AHEAD = NOON + timedelta(days=5)


@pytest.fixture
def stores(new_store: NewStore) -> Mapping[str, Store]:
    return {"monitor": new_store(monitor.room.ROOM)}


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    return folder


def played_until(stores: Mapping[str, Store], moment: Instant) -> None:
    with stores["monitor"].begin(moment) as work:
        beat(work.session, Pulse(at=moment, connected=True, hears_devices=True, unheard=0, unsent_seconds=0))


def test_without_a_wish_the_machines_clock_is_the_demos(folder: DataFolder, stores: Mapping[str, Store]) -> None:
    machine = FixedClock()
    played_until(stores, NOON - timedelta(hours=1))
    for speed in (None, 1.0):
        assert demo_clock(folder, stores, speed, machine) is machine
    assert told_of(machine, machine) is None


def test_a_fast_clock_begins_now(folder: DataFolder, stores: Mapping[str, Store]) -> None:
    assert end_of(stores) is None
    clock = demo_clock(folder, stores, 60.0, FixedClock())
    assert isinstance(clock, FastClock)
    assert (clock.origin, clock.speed) == (NOON, 60.0)
    assert told_of(clock, FixedClock()) == "The demo's clock runs 60 times as fast."


@pytest.mark.parametrize("speed", [None, 1.0, 60.0])
def test_a_store_that_was_played_into_the_future_goes_on_where_it_ends(
    folder: DataFolder, stores: Mapping[str, Store], speed: float | None
) -> None:
    played_until(stores, AHEAD)
    clock = demo_clock(folder, stores, speed, FixedClock())
    assert isinstance(clock, FastClock)
    assert AHEAD < clock.origin < AHEAD + timedelta(minutes=1)
    assert clock.speed == (speed or 1.0)
    assert "goes on at 2026-11-28 12:0" in (told_of(clock, FixedClock()) or "")


@pytest.mark.parametrize("is_over", [True, False], ids=["stopped", "killed"])
def test_the_next_run_begins_later_than_what_this_one_showed_last(
    folder: DataFolder, stores: Mapping[str, Store], *, is_over: bool
) -> None:
    played_until(stores, AHEAD)
    clock = FastClock.begun(AHEAD + timedelta(hours=3), 600.0)
    shown = clock.now() + (timedelta() if is_over else timedelta(minutes=40))  # four seconds of the machine's later
    keep_end(folder, clock, is_over=is_over)
    following = demo_clock(folder, stores, None, FixedClock())
    assert isinstance(following, FastClock)
    assert shown < following.origin < shown + timedelta(hours=1)


def test_nothing_is_kept_of_the_machines_own_clock(folder: DataFolder, stores: Mapping[str, Store]) -> None:
    keep_end(folder, FixedClock(AHEAD), is_over=False)
    machine = FixedClock()
    assert demo_clock(folder, stores, None, machine) is machine


def test_where_nobody_can_read_what_was_kept_the_store_tells(folder: DataFolder, stores: Mapping[str, Store]) -> None:
    played_until(stores, AHEAD)
    folder.demo_clock.write_text("yesterday")
    clock = demo_clock(folder, stores, None, FixedClock())
    assert isinstance(clock, FastClock)
    assert AHEAD < clock.origin < AHEAD + timedelta(minutes=1)


def test_only_the_demo_may_go_on_in_the_future(folder: DataFolder, stores: Mapping[str, Store]) -> None:
    played_until(stores, AHEAD)
    refuse_real_time(folder, stores, NOON)  # not a demo's: its machine's clock was set back, which the engine tells
    folder.demo_secrets.write_bytes(b"{}")
    with pytest.raises(Refusal, match=r"until 2026-11-28 12:00.*--demo"):
        refuse_real_time(folder, stores, NOON)
    refuse_real_time(folder, stores, AHEAD)
