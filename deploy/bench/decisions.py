"""How long a gate decides, beside a dict, Cedar and pycasbin; and what all that a gate knows costs it."""

import gc
import random
import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from deploy.assembly import RegistryFeed
from deploy.bench.changing import registry_of
from deploy.bench.compound import SITE
from deploy.bench.figures import Row, percentile
from deploy.bench.policies import (
    Ask,
    Model,
    casbin_enforcer,
    cedar_of_rules,
    cedar_of_schedules,
    cedar_of_slices,
    model_of,
    plain_dict,
)
from gateway.checks.rules import Decision
from gateway.checks.snapshot import Snapshot
from gateway.explain.world import Asking, World, shown_by
from registry.access.facts import CredentialFacts, CredentialKind
from registry.clock import Instant
from registry.ids import GateId
from registry.messages.reasons import Verdict
from registry.problems import Refusal

OURS, PLATES, FLOOR = "ours, all rules", "ours, plates", "dict with reason codes"
MOST_ASKED = 20_000
_DAYS = 7
"""So many days the questions are spread over, with ordinary days, a holiday and a worked day of a weekend among them."""
_RIVALS: dict[str, tuple[str, Callable[[Model], Ask], int]] = {
    "Cedar, a policy for each rule": ("cedarpy", cedar_of_rules, 1_000),
    "Cedar, a policy for each schedule": ("cedarpy", cedar_of_schedules, 4_000),
    "Cedar, the same, a slice for each question": ("cedarpy", cedar_of_slices, 4_000),
    "pycasbin, Enforcer": ("casbin", casbin_enforcer, 300),
}
"""What must be installed, how it is prepared, and how many questions it is asked in a round."""


_Questions = list[tuple[CredentialFacts, GateId, Instant]]


class _Way(NamedTuple):
    name: str
    ask: Callable[[Any, GateId, Instant], object]
    asked: Sequence[tuple[object, GateId, Instant]]
    """What is shown in the form in which it is asked, where and when."""
    right: Sequence[object]
    """What should be answered."""


def decide_all(line: Connection, data_dir: Path, begins: Instant, repeats: int) -> None:
    """Say how fast each way decides: a row for each."""
    with closing(registry_of(data_dir)) as store:
        snapshot = Snapshot.of(RegistryFeed(store).load())
    line.send(compared(snapshot, begins, repeats))


def compared(snapshot: Snapshot, begins: Instant, repeats: int) -> list[Row]:
    """Ask each way the same questions in turns.

    Raises:
        Refusal: an answer differs from the plain one.

    """
    draw = random.Random(repeats)  # noqa: S311 - drawn, not secret
    cards = _questions(snapshot, CredentialKind.CARD, begins, draw)
    said = _by_rules(snapshot, cards)
    ours = [_ours(snapshot, OURS, cards, said)]
    if plates := _questions(snapshot, CredentialKind.PLATE, begins, draw):
        ours.append(_ours(snapshot, PLATES, plates, _by_rules(snapshot, plates)))
    first = {way.name: _each_took(way) for way in ours}
    model = model_of(snapshot, SITE, (now for _, _, now in cards))
    keys = [(card.key, gate, now) for card, gate, now in cards]
    is_granted = [decision.verdict is Verdict.GRANTED for decision in said]
    reasons = [decision.reason.value for decision in said]
    ways = [*ours, _Way(FLOOR, plain_dict(model), keys, reasons)]
    for name, (needed, prepared, most) in _RIVALS.items():
        if find_spec(needed) is not None:
            ways.append(_Way(name, prepared(model), keys[:most], is_granted[:most]))
    gc.collect()
    gc.freeze()
    for way in ways:
        _require_right(way)
    took: dict[str, list[float]] = {way.name: [] for way in ways}
    for _ in range(repeats):
        for way in ways:
            took[way.name].append(_together_took(way))
    rates = {name: 1 / median(seconds) for name, seconds in took.items()}
    return [_row(way, rates, first.get(way.name)) | {"rules": len(model.rules)} for way in ways]


def _row(way: _Way, rates: Mapping[str, float], first: Sequence[float] | None) -> dict[str, str | int | float]:
    each = _each_took(way)
    row: dict[str, str | int | float] = {
        "case": "decision",
        "way": way.name,
        "questions": len(way.asked),
        "per_second": rates[way.name],
        "ours_is": rates[OURS] / rates[way.name],
        "p50_us": percentile(each, 0.5) * 1e6,
        "p99_us": percentile(each, 0.99) * 1e6,
        "wrong": 0,
    }
    return row if first is None else row | {"first_p99_us": percentile(first, 0.99) * 1e6}


def _require_right(way: _Way) -> None:
    ask = way.ask
    wrong = [said for (key, gate, now), said in zip(way.asked, way.right, strict=True) if ask(key, gate, now) != said]
    if wrong:
        raise Refusal(
            f"{way.name}: {len(wrong)} of {len(way.asked)} answers are wrong, the first instead of {wrong[0]}."
        )


def _together_took(way: _Way) -> float:
    """Processor seconds for a question, of all in a row."""
    ask, asked = way.ask, way.asked
    began = time.thread_time()
    for key, gate, now in asked:
        ask(key, gate, now)
    return (time.thread_time() - began) / len(asked)


def _each_took(way: _Way) -> list[float]:
    """Seconds on the clock for each question, in order of length."""
    ask, took = way.ask, []
    for key, gate, now in way.asked:
        began = time.perf_counter()
        ask(key, gate, now)
        took.append(time.perf_counter() - began)
    return sorted(took)


def weigh_all(line: Connection, data_dir: Path, begins: Instant) -> None:
    """Say what a gate holds of all credentials once each was shown, counted object by object."""
    with closing(registry_of(data_dir)) as store:
        feed = RegistryFeed(store)
        feed.load()
        gc.collect()
        tracemalloc.start()
        snapshot = Snapshot.of(feed.load())
    gate = next(iter(snapshot.facts.gates))
    for credential in snapshot.credentials.values():
        snapshot.foreseen.verdict(shown_by(credential), gate, begins)
    gc.collect()
    held, many = tracemalloc.get_traced_memory()[0], len(snapshot.credentials)
    row: Row = {"case": "memory", "credentials": many, "mb": held / 1e6, "mb_of_100000": held / many / 10}
    line.send(row)


def _questions(snapshot: Snapshot, kind: CredentialKind, begins: Instant, draw: random.Random) -> _Questions:
    held = [one for one in snapshot.credentials.values() if one.kind is kind]
    gates, minutes = list(snapshot.facts.gates), _DAYS * 1440
    return [
        (draw.choice(held), draw.choice(gates), begins + timedelta(minutes=draw.randrange(minutes)))
        for _ in range(MOST_ASKED if held else 0)
    ]


def _by_rules(snapshot: Snapshot, asked: _Questions) -> list[Decision]:
    """What the rules say, which are asked anew each time."""
    rules = Asking(World(snapshot=snapshot, closed={}))
    return [rules.decision(credential, snapshot.facts.gates[gate], now) for credential, gate, now in asked]


def _ours(snapshot: Snapshot, name: str, asked: _Questions, right: Sequence[Decision]) -> _Way:
    """The way from what is shown to the verdict."""
    shown = [(shown_by(credential), gate, now) for credential, gate, now in asked]
    return _Way(name, snapshot.foreseen.verdict, shown, right)
