"""The clock of a demonstration: as fast as it is asked to be, and never behind what its store has seen."""

from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from deploy.demo.building import TIMEZONE
from deploy.folder import DataFolder
from monitor.anomalies.queries import progress
from monitor.pulse.queries import last_pulse
from registry.clock import Clock, Instant
from registry.fast_clock import FastClock
from registry.problems import Refusal
from registry.store import Store

_TOLERANCE = timedelta(minutes=5)
_STEP = timedelta(seconds=1)


def end_of(stores: Mapping[str, Store]) -> Instant | None:
    """The latest moment of the house that its store has seen: the engine writes it each second."""
    with stores["monitor"].read() as session:
        pulse, position = last_pulse(session), progress(session)
    return max((*([pulse.at] if pulse else ()), *([position.clock] if position else ())), default=None)


def demo_clock(stores: Mapping[str, Store], speed: float | None, machine: Clock) -> Clock:
    """The clock for this run. A store that was played ahead of time goes on where it ends, however fast: its time never goes back."""
    now, end = machine.now(), end_of(stores)
    is_ahead = end is not None and end > now
    if (speed is None or speed == 1) and not is_ahead:
        return machine
    return FastClock.begun(end + _STEP if end is not None and is_ahead else now, speed or 1.0)


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
