"""A registry in which a pass changes all the time, and what it costs a gate to hear of it."""

import os
import time
from contextlib import closing
from itertools import cycle
from multiprocessing.connection import Connection
from pathlib import Path

from deploy.assembly import RegistryFeed
from deploy.bench.compound import SITE
from deploy.bench.figures import Row, percentile
from deploy.bench.machine import resident_bytes
from deploy.folder import DataFolder
from deploy.stores import open_stores, store_urls
from gateway.checks.snapshot import Snapshot
from registry.clock import SystemClock
from registry.credentials.rules import Step
from registry.ids import CredentialId
from registry.passes.service import change_card
from registry.settings import Settings
from registry.store import Store

PAUSE_SECONDS = 0.05
"""Between two changes. A gate asks for them twice a second, so each time it hears of one."""


def change_passes(line: Connection, data_dir: Path, card: CredentialId) -> None:
    """Suspend and reinstate a card, again and again, from one word of the line to the next, which is said back."""
    with closing(_registry(data_dir)) as store:
        steps = cycle((Step.SUSPEND, Step.REINSTATE))
        while _is_told(line):
            _change(store, card, next(steps))
            while not line.poll(PAUSE_SECONDS):
                _change(store, card, next(steps))
            line.send(line.recv())


def hear_of_passes(line: Connection, data_dir: Path, card: CredentialId) -> None:
    """Say what it costs to hear of all passes, as a gate does when it starts, and of one that changed."""
    with closing(_registry(data_dir)) as store:
        feed = RegistryFeed(store)
        memory, began = resident_bytes(os.getpid()), time.perf_counter()
        snapshot = Snapshot.of(feed.load())
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


def _hear_of_one(store: Store, feed: RegistryFeed, snapshot: Snapshot, card: CredentialId, step: Step) -> float:
    _change(store, card, step)
    began = time.perf_counter()
    snapshot.apply(feed.changes(snapshot.facts.versions))
    return time.perf_counter() - began


def _change(store: Store, card: CredentialId, step: Step) -> None:
    now = SystemClock().now()
    with store.begin(now) as work:
        change_card(work.session, card, step, within={SITE}, reason="bench", by="bench", now=now)


def _registry(data_dir: Path) -> Store:
    return open_stores(store_urls(Settings(data_dir=data_dir)), DataFolder(data_dir).key("audit"))["registry"]


def _is_told(line: Connection) -> bool:
    try:
        line.recv()
    except EOFError:
        return False
    return True
