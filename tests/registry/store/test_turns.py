"""Those who write to a file of SQLite in one process take turns, in the order in which they came."""

from collections.abc import Callable
from threading import Event, Thread

import pytest
from sqlalchemy import text

from registry.store import Store
from registry.store.opening import _LINES
from registry.store.turns import Line, Ticket
from tests.fakes.clock import NOON

Eventually = Callable[..., None]
_WRITING = text("UPDATE site SET name_en = name_en")


def line_of(store: Store) -> Line:
    return _LINES[store.engine]


def waiting(line: Line) -> int:
    return len(line._waiting)


def in_line(line: Line, name: str, came: list[str], go_on: Event) -> Thread:
    """Somebody who joins the line, says so when the turn is theirs, and leaves when they are told."""

    def stand() -> None:
        assert line.join()
        came.append(name)
        assert go_on.wait(60)
        line.leave()

    thread = Thread(target=stand, daemon=True)
    thread.start()
    return thread


def test_who_came_first_goes_first(eventually: Eventually) -> None:
    line, came, go_on = Line(), list[str](), Event()
    assert line.join()
    threads = []
    for place, name in enumerate(("first", "second", "third"), 1):
        threads.append(in_line(line, name, came, go_on))
        eventually(lambda place=place: waiting(line) == place)
    line.leave()
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert came == ["first", "second", "third"]
    assert line.join()


def test_whose_turn_does_not_come_stops_waiting_and_keeps_nobody_behind_them() -> None:
    line = Line()
    assert line.join()
    assert not line.join(patience_seconds=0.01)
    assert waiting(line) == 0
    line.leave()
    assert line.join()


def test_a_ticket_takes_its_turn_once_and_gives_back_what_it_has() -> None:
    line = Line()
    never_used, ticket = Ticket(line), Ticket(line)
    never_used.give_back()
    ticket.take()
    ticket.take()
    assert not line.join(patience_seconds=0.01)
    ticket.give_back()
    ticket.give_back()
    assert line.join()


def test_a_transaction_that_fails_gives_its_turn_back(registry_store: Store) -> None:
    with pytest.raises(ZeroDivisionError), registry_store.begin(NOON) as work:
        work.session.execute(text("SELECT 1"))
        raise ZeroDivisionError
    with registry_store.begin_bare():
        pass


def test_transactions_of_one_process_are_made_in_the_order_in_which_they_came(
    registry_store: Store, eventually: Eventually
) -> None:
    if not registry_store.is_file:
        pytest.skip("a database of PostgreSQL has its own queue")
    line, came = line_of(registry_store), list[str]()

    def write(name: str) -> None:
        with registry_store.begin(NOON) as work:
            work.session.execute(_WRITING)
            came.append(name)

    threads = []
    with registry_store.begin_beside(NOON) as work:
        work.session.execute(_WRITING)
        for place, name in enumerate(("seldom", "often", "often"), 1):
            threads.append(Thread(target=write, args=(name,), daemon=True))
            threads[-1].start()
            eventually(lambda place=place: waiting(line) == place)
    for thread in threads:
        thread.join(60)
    assert came == ["seldom", "often", "often"]
