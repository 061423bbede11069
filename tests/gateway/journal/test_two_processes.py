"""Two processes with one store: one card at two gates at the same instant enters exactly once."""

import multiprocessing
from collections import Counter
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import cast

import orjson
import pytest

from gateway.checks.snapshot import SnapshotKeeper
from gateway.journal.writer import Journal
from gateway.room import ROOM
from registry.ids import GateId
from registry.store import Store
from tests.fakes.clock import FixedClock
from tests.makers.gateway import NORTH, SOUTH, RegistryByHand, a_card, a_holder, access_facts, an_attempt, card_shown

ROUNDS = 50


def show_every_card(database: str, gate: GateId, start: Barrier, results: "multiprocessing.Queue[list[str]]") -> None:
    """Show card after card at one gate, each at the same instant as the other process."""
    cards = (a_card(f"{number:04}", holder=a_holder(f"holder {number}")) for number in range(ROUNDS))
    store = Store.open(ROOM, database)
    keeper = SnapshotKeeper(RegistryByHand(access_facts(*cards)), FixedClock())
    keeper.poll()
    journal = Journal(store, keeper, FixedClock(), attempt_key=b"k" * 32)
    journal.start()
    reasons = []
    for number in range(ROUNDS):
        start.wait(30)
        answered = journal.submit(an_attempt(card_shown(f"{number:04}"), gate=gate)).result(30)
        reasons.append(cast("str", orjson.loads(answered.body)["reason"]))
    journal.stop()
    store.close()
    results.put(reasons)


@pytest.mark.usefixtures("store")
def test_one_card_at_two_gates_of_two_processes_enters_once(tmp_path: Path) -> None:
    processes = multiprocessing.get_context("spawn")
    start, results = processes.Barrier(2), processes.Queue()
    database = f"sqlite:///{tmp_path / 'gateway.db'}"
    both = [
        processes.Process(target=show_every_card, args=(database, gate, start, results), daemon=True)
        for gate in (NORTH, SOUTH)
    ]
    for process in both:
        process.start()
    reasons = [results.get(timeout=60) for _ in both]
    for process in both:
        process.join(10)
    assert Counter(tuple(sorted(pair)) for pair in zip(*reasons, strict=True)) == {("ok", "passback"): ROUNDS}
