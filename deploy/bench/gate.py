"""`dayuan bench gate`: checks that are on disk before they are answered, beside FastAPI with nothing behind it and the usual way."""

import argparse
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

from sqlalchemy import func, select

from deploy.bench.changing import change_passes, hear_of_passes, put_in_force
from deploy.bench.children import Child, a_child
from deploy.bench.compound import GATE, fill_compound
from deploy.bench.decisions import decide_all, weigh_all
from deploy.bench.figures import Latency, Row, middle
from deploy.bench.http_load import Asked, Round, ask
from deploy.bench.machine import cpu_seconds, machine_row, resident_bytes, scratch_folder
from deploy.bench.report import Column, Report, opened_report
from deploy.bench.script import Checks
from deploy.bench.served import Memory, serve_bare, serve_house, serve_orm
from deploy.configuration import Configuration
from deploy.folder import DataFolder
from deploy.stores import open_stores, store_urls
from gateway.entries.models import Entry
from registry.clock import SystemClock
from registry.problems import Refusal
from registry.settings import Settings

_START_SECONDS = 120.0
_ALONE_SECONDS = 600.0
_CHANGES = 8
Arguments = ParamSpec("Arguments")
_WARM_UP_SECONDS = 2.0
BARE, OURS, DEFAULTS, ORM = "bare FastAPI", "durable check", "durable check, Python's own gc", "ORM, commit each"
CHANGING = "durable check, passes change"
COLUMNS = (
    Column("way", "way"),
    Column("connections", "connections", "d"),
    Column("per_second", "a second", ",.0f"),
    Column("of_bare", "× bare", ".2f"),
    Column("of_orm", "× ORM", ".1f"),
    Column("cpu_us", "CPU µs", ".0f"),
    Column("p50_ms", "p50 ms", ".2f"),
    Column("p99_ms", "p99 ms", ".2f"),
    Column("memory_mb", "MB before", ".0f"),
    Column("memory_after_mb", "after", ".0f"),
    Column("wrong", "wrong", "d"),
)


HEARD_COLUMNS = (
    Column("passes", "passes", ",d"),
    Column("all_ms", "heard of all, ms", ",.0f"),
    Column("all_mb", "MB", ",.0f"),
    Column("mb_of_100000", "held of 100,000, MB", ",.0f"),
    Column("one_ms", "heard of one that changed, ms", ".1f"),
    Column("force_p50_ms", "in force, p50 ms", ",.0f"),
    Column("force_p99_ms", "p99 ms", ",.0f"),
)
DECISION_COLUMNS = (
    Column("way", "decision"),
    Column("questions", "questions", ",d"),
    Column("per_second", "a CPU second", ",.0f"),
    Column("ours_is", "ours is ×", ",.1f"),
    Column("p50_us", "p50 µs", ",.1f"),
    Column("p99_us", "p99 µs", ",.1f"),
    Column("first_p99_us", "asked first, p99 µs", ",.1f"),
    Column("wrong", "wrong", "d"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured."""

    people: int
    connections: int
    seconds: float
    repeats: int


@dataclass(slots=True, kw_only=True)
class _Server:
    """What is asked, while its process runs."""

    child: Child
    port: int
    memory_before: int = 0
    asked: int = 0
    rounds: dict[tuple[str, int], list[tuple[Asked, float]]] = field(default_factory=dict)
    """By way and number of connections: what came of each round, and the processor seconds that the server used in it."""


def gate(options: argparse.Namespace, configuration: Configuration) -> int:
    plan = Plan(
        people=options.people, connections=options.connections, seconds=options.seconds, repeats=options.repeats
    )
    report = opened_report("gate", as_json=options.json)
    with scratch_folder(configuration.settings.data_dir.absolute()) as folder:
        machine = machine_row(folder)
        rows, heard, decisions = measure(plan, folder, report)
    report.show_machine(machine)
    report.show(f"Checks at a gate, medians of {plan.repeats}", COLUMNS, rows)
    report.show("What it costs a gate to hear of passes", HEARD_COLUMNS, [heard])
    report.show("The decision alone, of the same facts, hours and questions", DECISION_COLUMNS, decisions)
    return 0


def measure(plan: Plan, folder: Path, report: Report) -> tuple[list[Row], Row, list[Row]]:
    """Measure every way in shuffled rounds.

    A row for each way and number of connections, one of hearing of passes, and one for each way to decide.

    Raises:
        Refusal: a grant that was answered is not in the journal, or one of the processes ended.

    """
    rounds = [(way, connections) for way in (BARE, OURS, DEFAULTS, ORM) for connections in (plan.connections, 1)]
    rounds.append((CHANGING, plan.connections))
    order = random.Random(plan.repeats)  # noqa: S311 - shuffled, not secret
    with report.progress(3 + len(rounds) * plan.repeats) as begin, ExitStack() as running:
        begin("filling the registry")
        first, second = DataFolder(folder / "first"), DataFolder(folder / "second")
        compound = fill_compound(first, plan.people, SystemClock().now())
        shutil.copytree(first.path, second.path)
        begin("deciding")
        decisions: list[Row] = _told(folder, decide_all, first.path, compound.begins, plan.repeats)
        begin("hearing of passes")
        heard: Row = {
            **_told(folder, hear_of_passes, first.path, compound.spare),
            **_told(folder, weigh_all, first.path, compound.begins),
            **_told(folder, put_in_force, first.path, compound.spare, _CHANGES * plan.repeats),
            "case": "passes",
        }
        script = Checks(gate=GATE, cards=compound.cards, token=compound.token)
        asker = running.enter_context(a_child(folder / "asker.log", ask))
        log = folder / "server.log"
        children = {
            BARE: running.enter_context(a_child(log, serve_bare, Memory.SETTLED)),
            OURS: running.enter_context(a_child(log, serve_house, first.path, Memory.SETTLED)),
            DEFAULTS: running.enter_context(a_child(log, serve_house, second.path, Memory.DEFAULT)),
            ORM: running.enter_context(a_child(log, serve_orm, folder, compound.cards, Memory.SETTLED)),
        }
        servers = {way: _Server(child=child, port=child.hear(_START_SECONDS)) for way, child in children.items()}
        servers[CHANGING] = servers[OURS]
        changer = running.enter_context(a_child(folder / "changer.log", change_passes, first.path, compound.spare))
        for way in children:
            server = servers[way]
            _ask(asker, server, script, connections=plan.connections, seconds=min(plan.seconds, _WARM_UP_SECONDS))
            server.memory_before = resident_bytes(server.child.pid)
        for _ in range(plan.repeats):
            order.shuffle(rounds)
            for way, connections in rounds:
                begin(f"{way}, {connections} connections")
                server = servers[way]
                with _changes(changer) if way == CHANGING else nullcontext():
                    used = cpu_seconds(server.child.pid)
                    asked = _ask(asker, server, script, connections=connections, seconds=plan.seconds)
                    round_ = (asked, cpu_seconds(server.child.pid) - used)
                server.rounds.setdefault((way, connections), []).append(round_)
        rows = [row for way in children for row in _rows(servers[way])]
    for way, place in ((OURS, first), (DEFAULTS, second)):
        _require_written(way, place, servers[way])
    return _with_ratios(rows), heard, decisions


def _told(
    folder: Path,
    work: Callable[Concatenate[Connection, Arguments], None],
    *arguments: Arguments.args,
    **named: Arguments.kwargs,
) -> Any:
    """What a child says that measures by itself."""
    with a_child(folder / f"{work.__name__}.log", work, *arguments, **named) as child:
        return child.hear(_ALONE_SECONDS)


@contextmanager
def _changes(changer: Child) -> Iterator[None]:
    """Have a pass change all the time."""
    changer.say("begin")
    yield
    changer.say("end")
    changer.hear(_START_SECONDS)


def _ask(asker: Child, server: _Server, script: Checks, *, connections: int, seconds: float) -> Asked:
    asker.say(Round(port=server.port, script=script, first=server.asked, connections=connections, seconds=seconds))
    asked: Asked = asker.hear(seconds + _START_SECONDS)
    if asked.wrong:
        raise Refusal(f"{asked.wrong} answers were no grants, the first {asked.first_wrong!r}.")
    server.asked += len(asked.seconds)
    return asked


def _rows(server: _Server) -> Iterator[Row]:
    for (way, connections), rounds in server.rounds.items():
        each: list[Row] = []
        for asked, used in rounds:
            latency = Latency.of(asked.seconds)
            each.append(
                {
                    "case": "check",
                    "way": way,
                    "connections": connections,
                    "per_second": len(asked.seconds) / asked.took_seconds,
                    "p50_ms": latency.p50_ms,
                    "p99_ms": latency.p99_ms,
                    "cpu_us": used / len(asked.seconds) * 1e6,
                    "wrong": asked.wrong,
                    "memory_mb": server.memory_before / 1e6,
                    "memory_after_mb": resident_bytes(server.child.pid) / 1e6,
                }
            )
        yield middle(each)


def _with_ratios(rows: Sequence[Row]) -> list[Row]:
    rate = {(row["way"], row["connections"]): float(row["per_second"]) for row in rows}
    return [
        {
            **row,
            "of_bare": float(row["per_second"]) / rate[BARE, row["connections"]],
            "of_orm": float(row["per_second"]) / rate[ORM, row["connections"]],
        }
        for row in rows
    ]


def _require_written(way: str, place: DataFolder, server: _Server) -> None:
    """Compare the journal with the grants that were answered.

    Raises:
        Refusal: they differ.

    """
    store = open_stores(store_urls(Settings(data_dir=place.path)), place.key("audit"))["gateway"]
    with store.read() as session:
        written = session.scalar(select(func.count()).select_from(Entry))
    store.close()
    if written != server.asked:
        raise Refusal(f"{way}: {server.asked} grants were answered and {written} are in the journal.")
