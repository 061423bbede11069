"""Where nothing can be written down, nothing is opened, and the journal goes on afterwards."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from gateway.checks.attempts import (
    NotWrittenDown,
)
from gateway.desk import Desk
from gateway.journal.writer import Journal
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.gateway import (
    RegistryByHand,
    a_card,
    a_permit,
    access_facts,
    an_attempt,
    card_shown,
    plate_shown,
)
from tests.makers.journal import answer, body, entries, submit_before_start, told

pytestmark = pytest.mark.both_stores


@pytest.fixture(autouse=True)
def facts(register: RegistryByHand) -> None:
    register.facts = access_facts(a_card(), a_permit())


@pytest.mark.sqlite
def test_a_locked_store_opens_nothing_and_leaves_nothing_behind(desk: Desk, store: Store) -> None:
    journal = Journal(store, desk.keeper, desk.clock, attempt_key=b"k" * 32, patience_seconds=0.1)
    journal.start()
    with store.begin(NOON) as other:
        other.session.connection()
        with pytest.raises(NotWrittenDown):
            asyncio.run(journal.check(an_attempt()))
    journal.stop()
    assert told(answer(desk, an_attempt(plate_shown()))) == ("granted", "ok")
    assert entries(store) == 1


@pytest.mark.sqlite
def test_a_full_disk_opens_nothing_and_the_journal_goes_on_when_there_is_room(desk: Desk, store: Store) -> None:
    answer(desk, an_attempt(plate_shown()))
    with store.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    largest(store, pages)
    failures = 0
    for _ in range(60):
        try:
            answer(desk, an_attempt(card_shown(uuid4().hex)))
        except NotWrittenDown:
            failures += 1
    assert failures > 0
    written = entries(store)
    largest(store, 1_000_000)
    assert told(answer(desk, an_attempt())) == ("granted", "ok")
    assert entries(store) == written + 1


def largest(store: Store, pages: int) -> None:
    """Let the file grow to so many pages and no further, whichever connection of the pool is used from now on."""

    def limit(connection: Any, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}").close()

    event.listen(store.engine, "checkout", limit)


def test_before_the_registry_answers_a_gate_is_told_that_nothing_is_known(
    make_desk: Callable[[], Desk], register: RegistryByHand, store: Store
) -> None:
    register.failure = ConnectionError("not there")
    desk = make_desk()
    desk.start()
    with pytest.raises(Exception, match="Nothing is known"):
        answer(desk, an_attempt())
    assert entries(store) == 0


def test_a_journal_that_was_stopped_takes_nothing(desk: Desk) -> None:
    desk.journal.stop()
    with pytest.raises(NotWrittenDown):
        desk.journal.submit(an_attempt())


def test_what_waits_when_the_journal_stops_is_answered(make_desk: Callable[[], Desk]) -> None:
    desk = make_desk()
    waiting = submit_before_start(desk, [an_attempt(card_shown(str(number))) for number in range(700)])
    desk.stop()
    assert {body(one.result(0))["verdict"] for one in waiting} == {"refer"}
