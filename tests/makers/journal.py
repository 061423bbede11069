"""What tests ask of a journal, and what it answered."""

from concurrent.futures import Future
from typing import Any, cast

import orjson
from sqlalchemy import func, select

from gateway.checks.attempts import Answered, Attempt
from gateway.checks.snapshot import Snapshot
from gateway.desk import Desk
from gateway.entries.models import Entry
from registry.access.facts import AccessFacts
from registry.store import Store


def answer(desk: Desk, attempt: Attempt) -> dict[str, Any]:
    return body(desk.journal.submit(attempt).result(10))


def hear(desk: Desk, facts: AccessFacts) -> None:
    """Have the desk know just this."""
    desk.keeper._snapshot = Snapshot.of(facts)


def body(answered: Answered) -> dict[str, Any]:
    return cast("dict[str, Any]", orjson.loads(answered.body))


def told(answered: dict[str, Any]) -> tuple[str, str]:
    return answered["verdict"], answered["reason"]


def entries(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(Entry)) or 0


def submit_before_start(desk: Desk, attempts: list[Attempt]) -> list["Future[Answered]"]:
    """Have all of these wait before the writer takes the first, so that they share a commit."""
    waiting: list[Future[Answered]] = [Future() for _ in attempts]
    for one in zip(attempts, waiting, strict=True):
        desk.journal._queue.put(one)
    desk.start()
    return waiting
