"""The clock of a demonstration: as fast as it is asked to be, and never behind what it has shown."""

from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from deploy.demo.building import TIMEZONE
from deploy.folder import DataFolder, write_private
from monitor.anomalies.queries import progress
from monitor.pulse.queries import last_pulse
from registry.clock import Clock, Instant, format_instant, parse_instant
from registry.fast_clock import FastClock
from registry.problems import Refusal
from registry.store import Store

_TOLERANCE = timedelta(minutes=5)
_STEP = timedelta(seconds=1)
_LEAD_SECONDS = 5.0
"""How far ahead a running clock's end is written down, in the machine's seconds: it is written anew every two."""


def end_of(stores: Mapping[str, Store]) -> Instant | None:
    """The latest moment of the house that its store has seen: the engine writes it each second."""
    with stores["monitor"].read() as session:
        pulse, position = last_pulse(session), progress(session)
    return max((*([pulse.at] if pulse else ()), *([position.clock] if position else ())), default=None)


def demo_clock(folder: DataFolder, stores: Mapping[str, Store], speed: float | None, machine: Clock) -> Clock:
    """The clock for this run. One that was ahead of the machine's goes on where it ended, however fast: it never goes back."""
    now = machine.now()
    end = max((moment for moment in (end_of(stores), _kept_end(folder)) if moment is not None), default=now)
    if (speed is None or speed == 1) and end <= now:
        return machine
    return FastClock.begun(end + _STEP if end > now else now, speed or 1.0)


def keep_end(folder: DataFolder, clock: Clock, *, is_over: bool) -> None:
    """Write down where the clock of the next run begins: later than whatever this one has shown by then, also if it is killed.

    The engine's sign of life alone does not do: it is a second old, in which a fast clock shows minutes.

    Args:
        folder: takes it.
        clock: this run's; of the machine's own there is nothing to keep.
        is_over: whether nobody reads the clock any more, so that it ends now; else it is believed to run a few seconds yet.

    Raises:
        OSError: it cannot be written.

    """
    if isinstance(clock, FastClock):
        lead = timedelta(seconds=0 if is_over else clock.speed * _LEAD_SECONDS)
        write_private(folder.demo_clock, format_instant(clock.now() + lead).encode())


def _kept_end(folder: DataFolder) -> Instant | None:
    """What was written down last; None: nothing, or nothing that can be read, and then the store alone tells."""
    try:
        return parse_instant(folder.demo_clock.read_text())
    except (FileNotFoundError, ValueError):
        return None


def told_of(clock: Clock, machine: Clock) -> str | None:
    """What the command says of it; None: it is the machine's own."""
    if not isinstance(clock, FastClock):
        return None
    pace = f"runs {clock.speed:g} times as fast" if clock.speed != 1 else "runs as fast as any other"
    ahead = clock.now() - machine.now() > _TOLERANCE
    where = f" and goes on at {_written(clock.now())}, where its store ends" if ahead else ""
    return f"The demo's clock {pace}{where}."


def refuse_real_time(folder: DataFolder, stores: Mapping[str, Store], now: Instant) -> None:
    """A store that a fast clock has played into the future is for the demo only.

    Raises:
        Refusal: this is one.
    """
    end = end_of(stores)
    if end is not None and end - now > _TOLERANCE and folder.demo_secrets.exists():
        raise Refusal(
            f"The store in {folder.path} was played by a demo's fast clock until {_written(end)}, which is still to come. "
            "Start it with --demo, or name another --data-dir."
        )


def _written(moment: Instant) -> str:
    return f"{moment.astimezone(ZoneInfo(TIMEZONE)):%Y-%m-%d %H:%M}"
