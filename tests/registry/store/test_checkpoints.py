"""What is committed in an SQLite file lies in its log first, and is brought to its place apart from the commits."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.room import ROOM, Outbox
from registry.store import Store
from registry.store.outbox import announce
from tests.fakes.clock import NOON

LARGE = b"word" * 1_500_000
"""Of more pages than SQLite leaves in a log by itself."""


@pytest.fixture
def store(new_store: Callable[..., Store]) -> Store:
    store = new_store(ROOM)
    store.checkpoint_apart()
    return store


def file_of(store: Store) -> bytes:
    return Path(store.engine.url.database or "").read_bytes()


def test_a_commit_leaves_the_log_to_whoever_brings_it_into_the_file(store: Store) -> None:
    with store.begin(NOON) as work:
        announce(work.session, "a/topic", LARGE)
    assert b"wordword" not in file_of(store)
    store.checkpoint()
    assert b"wordword" in file_of(store)


def test_a_log_that_nobody_brings_in_ends_at_a_commit(store: Store) -> None:
    for _ in range(8):
        with store.begin(NOON) as work:
            announce(work.session, "a/topic", LARGE)
    assert b"wordword" in file_of(store)


def test_a_reader_keeps_no_checkpoint_waiting(store: Store) -> None:
    with store.begin(NOON) as work:
        announce(work.session, "a/topic", LARGE)
    with store.read() as session:
        assert session.query(Outbox).count() == 1
        store.checkpoint()
    assert b"wordword" in file_of(store)
