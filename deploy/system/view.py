"""The processes and the parts as the page shows them: words, and what to do about what is not as it should be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from signal import Signals

from deploy.system.facts import Ending, HouseFacts, ProcessFacts
from registry.clock import Clock, Instant
from registry.fast_clock import unhurried
from registry.i18n import Translator
from registry.web.readiness import PartState

SILENT_AFTER = timedelta(seconds=15)
"""A supervisor writes every two seconds; one that was silent for so long is gone, and what it said last is the past."""
FORGOTTEN_AFTER = timedelta(days=1)
_LAGS_OF = {"engine": ("monitor-engine", "monitor-rules")}
"""The parts whose lag says how far a process is behind."""
_MEGABYTE = 1024 * 1024
_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessLine:
    """A process. `since`: when it was started; what is None is not known, or it does not run."""

    key: str
    name: str
    runs: bool
    pid: int | None
    since: Instant | None
    restarts: int
    ending: str
    ended_at: Instant | None
    memory_mb: int | None
    cpu_percent: float | None
    lag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartLine:
    """A part of `/readyz`. `advice` is empty while it is ready."""

    key: str
    name: str
    ready: bool
    lag: str
    advice: str


def process_lines(
    houses: Iterable[HouseFacts], states: Mapping[str, PartState], clock: Clock, t: Translator
) -> list[ProcessLine]:
    """A line for each process of each supervisor that was heard in the last day."""
    return [
        _process(process, states, t, is_heard=unhurried(clock, house.at) - house.at <= SILENT_AFTER)
        for house in houses
        if unhurried(clock, house.at) - house.at <= FORGOTTEN_AFTER
        for process in house.processes
    ]


def part_lines(states: Mapping[str, PartState], t: Translator) -> list[PartLine]:
    """A line for each part, those first that are not ready."""
    lines = [
        PartLine(
            key=name,
            name=_part_name(name, t),
            ready=state.ready,
            lag=_seconds(state.lag_seconds, t),
            advice="" if state.ready else _advice(name, t),
        )
        for name, state in states.items()
    ]
    return sorted(lines, key=lambda line: line.ready)


def _process(process: ProcessFacts, states: Mapping[str, PartState], t: Translator, *, is_heard: bool) -> ProcessLine:
    runs = is_heard and process.pid is not None
    parts = [states[name] for name in _LAGS_OF.get(process.name, ()) if name in states]
    lags = [part.lag_seconds for part in parts if part.lag_seconds is not None]
    return ProcessLine(
        key=process.name,
        name=_process_name(process.name, t),
        runs=runs,
        pid=process.pid if runs else None,
        since=process.since if runs else None,
        restarts=process.restarts,
        ending=_ending(process.ending, t),
        ended_at=process.ending.at if process.ending is not None else None,
        memory_mb=round(process.memory_bytes / _MEGABYTE) if runs and process.memory_bytes is not None else None,
        cpu_percent=process.cpu_percent if runs else None,
        lag=_seconds(max(lags, default=None), t) if runs else "",
    )


def _process_name(name: str, t: Translator) -> str:
    """`cameras-2` and `gateway-web` are named by both their words."""
    if t.has(f"system.process_{name}"):
        return t(f"system.process_{name}")
    first, _, second = name.partition("-")
    if first == "cameras":
        return t("system.process_cameras", number=second)
    if t.has(f"system.service_{first}") and t.has(f"system.process_{second}"):
        return f"{t(f'system.process_{second}')} · {t(f'system.service_{first}')}"
    return name


def _part_name(name: str, t: Translator) -> str:
    if t.has(f"system.part_{name}"):
        return t(f"system.part_{name}")
    kind, _, of = name.partition("-")
    if t.has(f"system.kind_{kind}") and t.has(f"system.service_{of}"):
        return f"{t(f'system.kind_{kind}')} · {t(f'system.service_{of}')}"
    return name


def _advice(name: str, t: Translator) -> str:
    kind = name.partition("-")[0]
    key = next((key for key in (f"system.do_{name}", f"system.do_{kind}") if t.has(key)), "system.do_other")
    return t(key)


def _ending(ending: Ending | None, t: Translator) -> str:
    if ending is None:
        return ""
    if ending.cause is not None:
        return t(f"system.ended_{ending.cause.replace('-', '_')}")
    if ending.code is None:
        return t("system.ended")
    if ending.code < 0:
        return t("system.ended_by_signal", signal=_signal(-ending.code))
    return t("system.ended_with_code", code=ending.code)


def _signal(number: int) -> str:
    """Its name; most of the real-time signals have none."""
    try:
        return Signals(number).name
    except ValueError:
        return str(number)


def _seconds(seconds: float | None, t: Translator) -> str:
    if seconds is None:
        return ""
    if seconds < _MINUTE:
        return t("system.seconds", n=f"{seconds:.1f}")
    return t("system.minutes", n=f"{seconds / _MINUTE:.0f}")
