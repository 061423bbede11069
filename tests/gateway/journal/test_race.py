"""Eight processes with one store: one card at both gates of each at the same instant enters exactly once."""

import multiprocessing
from collections import Counter
from multiprocessing.synchronize import Barrier
from typing import cast

import orjson
import pytest
from sqlalchemy import func, select

from gateway.checks.snapshot import SnapshotKeeper
from gateway.entries.models import Entry
from gateway.journal.writer import Journal
from gateway.presence.models import Presence
from gateway.room import ROOM
from registry.messages.reasons import Verdict
from registry.store import Store
from tests.fakes.clock import FixedClock
from tests.makers.gateway import NORTH, SOUTH, RegistryByHand, a_card, a_holder, access_facts, an_attempt, card_shown

pytestmark = pytest.mark.both_stores

PROCESSES = 8
GATES = (NORTH, SOUTH)
STARTED_SECONDS = 120.0
"""Eight interpreters start on two cores that others use too."""

Reasons = list[list[str]]
"""What one process was told, round by round."""


def show_every_card(url: str, rounds: int, start: Barrier, results: "multiprocessing.Queue[Reasons]") -> None:
    """Show card after card at both gates, each at the same instant as all the other processes."""
    cards = (a_card(f"{number:04}", holder=a_holder(f"holder {number}")) for number in range(rounds))
    store = Store.open(ROOM, url)
    keeper = SnapshotKeeper(RegistryByHand(access_facts(*cards)), FixedClock())
    keeper.poll()
    journal = Journal(store, keeper, FixedClock(), attempt_key=b"k" * 32)
    journal.start()
    told: Reasons = []
    for number in range(rounds):
        start.wait(STARTED_SECONDS)
        asked = [journal.submit(an_attempt(card_shown(f"{number:04}"), gate=gate)) for gate in GATES]
        told.append([cast("str", orjson.loads(each.result(60).body)["reason"]) for each in asked])
    journal.stop()
    store.close()
    results.put(told)


@pytest.mark.parametrize(
    "rounds", [25, pytest.param(1000, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])], ids=["short", "long"]
)
def test_one_card_at_sixteen_gates_of_eight_processes_enters_once(store: Store, rounds: int) -> None:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    start: Barrier = processes.Barrier(PROCESSES)
    results: multiprocessing.Queue[Reasons] = processes.Queue()
    url = store.engine.url.render_as_string(hide_password=False)
    racing = [
        processes.Process(target=show_every_card, args=(url, rounds, start, results), daemon=True)
        for _ in range(PROCESSES)
    ]
    for process in racing:
        process.start()
    told = [results.get(timeout=STARTED_SECONDS + rounds) for _ in racing]
    for process in racing:
        process.join(60)
    for of_one_round in zip(*told, strict=True):
        assert Counter(reason for reasons in of_one_round for reason in reasons) == {"ok": 1, "passback": 15}
    with store.read() as session:
        granted = select(func.count()).where(Entry.verdict == Verdict.GRANTED)
        assert session.scalar(granted) == rounds
        assert session.scalar(select(func.count()).select_from(Entry)) == rounds * PROCESSES * len(GATES)
        assert session.scalar(select(func.count()).select_from(Presence)) == rounds
