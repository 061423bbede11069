"""A clock that runs faster than the machine's, the same in every process that is told of it."""

import subprocess
import sys
import time
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from registry.clock import parse_instant
from registry.fast_clock import FastClock, unhurried
from tests.fakes.clock import NOON, FixedClock


def test_it_runs_so_many_times_as_fast() -> None:
    clock = FastClock(origin=NOON, since=time.monotonic() - 10, speed=60)
    assert timedelta(minutes=10) <= clock.now() - NOON < timedelta(minutes=13)


def test_it_begins_at_its_origin_and_never_goes_back() -> None:
    clock = FastClock.begun(NOON, 600)
    read = [clock.now() for _ in range(100)]
    assert read[0] >= NOON
    assert read == sorted(read)


def test_another_process_reads_the_same_time() -> None:
    clock = FastClock.begun(NOON, 1)
    code = (
        "from registry.clock import format_instant, parse_instant; from registry.fast_clock import FastClock;"
        f"print(format_instant(FastClock(origin=parse_instant('{NOON.isoformat()}'), since={clock.since!r}, speed=1).now()))"
    )
    before = clock.now()
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    read = parse_instant(answer.stdout.strip())
    assert before - timedelta(milliseconds=1) <= read <= clock.now()


@given(st.floats(1, 600), st.floats(0, 1000))
def test_how_long_somebody_is_silent_does_not_depend_on_the_speed(speed: float, seconds: float) -> None:
    clock = FastClock(origin=NOON, since=time.monotonic() - seconds, speed=speed)
    silent = (unhurried(clock, NOON) - NOON).total_seconds()
    assert seconds - 0.001 <= silent < seconds + 5


def test_on_the_machines_clock_now_is_now() -> None:
    assert unhurried(FixedClock(), NOON - timedelta(days=1)) == NOON
