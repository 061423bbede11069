"""One moment of all three rooms, held still for reading while everything goes on.

**Why one moment.** The rooms refer to each other by id without a foreign key: an entry of the gateway names a card of
the registry, an alarm of the monitor names pictures that the registry knows. Three moments one after the other would
leave, whatever their order, either something that refers to what is not in the backup, or something that one room had
handed over and the other had not yet taken. So there is one:

- PostgreSQL: one REPEATABLE READ transaction reads the schemas of all rooms.
- SQLite: for some milliseconds we are the writer of all three files, so that nobody commits; in that time a reading
  transaction begins in each of them, and WAL shows it that moment for as long as it lasts.

What was committed before is in the backup, in every room; what comes after is not. Two things lie outside of a store:

- **Pictures** are written to their files before their row is committed and are never changed, so the files that the rows
  name can be copied afterwards. Only what a person or a retention takes away meanwhile is then missing, and is listed.
- **The broker** holds what was sent and not yet taken, typically some milliseconds of it; it is not in the backup. What a
  room had not yet seen acknowledged is in its outbox and is sent again: the receiver knows repeats by (source, id).

The file of announced audit heads is read before the moment: what it names is then in the chains.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from sqlite3 import SQLITE_BUSY, OperationalError
from typing import Any

from sqlalchemy import Connection, text

from deploy.backup.contents import StoreKind
from registry.problems import Refusal
from registry.store import Room, Store

_TRIES = 6
_TURN_MILLISECONDS = 5_000
"""Less than others wait for us: whoever holds one room and waits for another must not meet us doing the same."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A connection for reading each room, all at one moment."""

    rooms: Mapping[str, tuple[Room, Connection]]
    kind: StoreKind


@contextmanager
def cut(stores: Mapping[str, Store]) -> Iterator[Cut]:
    """Hold one moment of the rooms until the block ends.

    Raises:
        Refusal: others write so much that there is no moment to be had.

    """
    first = next(iter(stores.values()))
    with ExitStack() as held:
        if first.is_file:
            connections = _of_files(stores, held)
        else:
            reading = first.engine.execution_options(
                turn="reader", isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            one = held.enter_context(reading.connect())
            for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
                one.execute(text(f"SET LOCAL {limit} = 0"))  # a full store takes its time
            connections = dict.fromkeys(stores, one)
        kind = StoreKind.SQLITE if first.is_file else StoreKind.POSTGRESQL
        yield Cut({name: (store.room, connections[name]) for name, store in stores.items()}, kind)


def _of_files(stores: Mapping[str, Store], held: ExitStack) -> dict[str, Connection]:
    for attempt in range(1, _TRIES + 1):
        try:
            with ExitStack() as writing:
                for store in stores.values():
                    _be_the_writer(store, writing)
                return {name: _reader(store, held) for name, store in stores.items()}
        except OperationalError as error:
            if error.sqlite_errorcode != SQLITE_BUSY:
                raise
            if attempt == _TRIES:
                raise Refusal("The stores are so busy that no moment of them can be had. Try again later.") from None
    raise AssertionError


def _be_the_writer(store: Store, writing: ExitStack) -> None:
    connection = store.engine.raw_connection()
    writing.callback(connection.invalidate)  # closes it, and with it ends what it holds
    raw: Any = connection.driver_connection
    raw.execute(f"PRAGMA busy_timeout={_TURN_MILLISECONDS}")
    raw.execute("BEGIN IMMEDIATE")


def _reader(store: Store, held: ExitStack) -> Connection:
    connection = held.enter_context(store.engine.execution_options(turn="reader").connect())
    connection.execute(text("SELECT count(*) FROM sqlite_schema"))  # the moment is that of the first read
    return connection
