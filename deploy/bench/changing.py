"""A registry in which a pass changes all the time, and what it costs a gate to hear of it."""

import os
import random
import time
from contextlib import closing
from itertools import cycle
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event, Thread

from deploy.assembly import RegistryFeed
from deploy.bench.compound import GATE, SITE
from deploy.bench.figures import Row, percentile
from deploy.bench.machine import resident_bytes
from deploy.folder import DataFolder
from deploy.stores import open_stores, store_urls
from gateway.checks.shown import CardShown
from gateway.checks.snapshot import Snapshot, SnapshotKeeper
from gateway.desk import POLL_SECONDS
from registry.clock import SystemClock
from registry.credentials.rules import Step
from registry.ids import CredentialId
from registry.messages.reasons import Reason
from registry.passes.service import change_card
from registry.settings import Settings
from registry.store import Store

_LOOK_SECONDS = 0.001
PAUSE_SECONDS = 0.05
"""Between two changes. A gate asks for them twice a second, so each time it hears of one."""


def change_passes(line: Connection, data_dir: Path, card: CredentialId) -> None:
    """Suspend and reinstate a card, again and again, from one word of the line to the next, which is said back."""
    with closing(registry_of(data_dir)) as store:
        steps = cycle((Step.SUSPEND, Step.REINSTATE))
        while _is_told(line):
            _change(store, card, next(steps))
            while not line.poll(PAUSE_SECONDS):
                _change(store, card, next(steps))
            line.send(line.recv())


def hear_of_passes(line: Connection, data_dir: Path, card: CredentialId) -> None:
    """Say what it costs to hear of all passes, as a gate does when it starts, and of one that changed."""
    with closing(registry_of(data_dir)) as store:
        feed = RegistryFeed(store)
        memory, began = resident_bytes(os.getpid()), time.perf_counter()
        keeper = SnapshotKeeper(feed, SystemClock())
        keeper.poll()
        snapshot = keeper.snapshot
        took, taken = time.perf_counter() - began, resident_bytes(os.getpid()) - memory
        each = sorted(_hear_of_one(store, feed, snapshot, card, step) for step in (Step.SUSPEND, Step.REINSTATE) * 5)
    row: Row = {
        "case": "passes",
        "passes": len(snapshot.credentials),
        "all_ms": took * 1e3,
        "all_mb": taken / 1e6,
        "one_ms": percentile(each, 0.5) * 1e3,
    }
    line.send(row)


def put_in_force(line: Connection, data_dir: Path, card: CredentialId, changes: int) -> None:
    """Say how long after its commit a change of a card decides at a gate that asks for changes as often as ours do."""
    draw = random.Random(changes)  # noqa: S311 - drawn, not secret
    with closing(registry_of(data_dir)) as store:
        keeper = SnapshotKeeper(RegistryFeed(store), SystemClock())
        keeper.poll()
        stop = Event()
        poller = Thread(target=_poll, args=(keeper, stop), daemon=True)
        poller.start()
        took = []
        for _, step in zip(range(changes), cycle((Step.SUSPEND, Step.REINSTATE)), strict=False):
            time.sleep(draw.uniform(0, POLL_SECONDS))
            took.append(_in_force(store, keeper, card, step))
        stop.set()
        poller.join()
    took.sort()
    row: Row = {
        "changes": changes,
        "force_p50_ms": percentile(took, 0.5) * 1e3,
        "force_p99_ms": percentile(took, 0.99) * 1e3,
    }
    line.send(row)


def _poll(keeper: SnapshotKeeper, stop: Event) -> None:
    while not stop.wait(POLL_SECONDS):
        keeper.poll()


def _in_force(store: Store, keeper: SnapshotKeeper, card: CredentialId, step: Step) -> float:
    key = keeper.snapshot.credentials[card].key
    shown = CardShown(raw=key, key=key)
    _change(store, card, step)
    began = time.perf_counter()
    is_told = False
    while not is_told:
        time.sleep(_LOOK_SECONDS)
        decision = keeper.snapshot.foreseen.verdict(shown, GATE, SystemClock().now())
        is_suspended = decision is not None and decision.reason is Reason.SUSPENDED
        is_told = is_suspended is (step is Step.SUSPEND)
    return time.perf_counter() - began


def _hear_of_one(store: Store, feed: RegistryFeed, snapshot: Snapshot, card: CredentialId, step: Step) -> float:
    _change(store, card, step)
    began = time.perf_counter()
    snapshot.apply(feed.changes(snapshot.facts.versions))
    return time.perf_counter() - began


def _change(store: Store, card: CredentialId, step: Step) -> None:
    now = SystemClock().now()
    with store.begin(now) as work:
        change_card(work.session, card, step, within={SITE}, reason="bench", by="bench", now=now)


def registry_of(data_dir: Path) -> Store:
    """The registry's store of a data folder."""
    return open_stores(store_urls(Settings(data_dir=data_dir)), DataFolder(data_dir).key("audit"))["registry"]


def _is_told(line: Connection) -> bool:
    try:
        line.recv()
    except EOFError:
        return False
    return True
