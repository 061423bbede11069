"""Opening a room's store, and its unit of work: one transaction, one moment, one commit."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from registry.clock import Instant
from registry.store import postgresql
from registry.store.outbox import OutboxColumns
from registry.store.prepared import Bare, bare_transaction
from registry.store.turns import Line, Ticket

_CHANGED = "changed"
_LINES: WeakKeyDictionary[Engine, Line] = WeakKeyDictionary()
"""Of the files of SQLite that this process has open: where its writers queue."""
_LONGEST_LOG_PAGES = 10_000
"""Of 4 KiB. A longer log is brought into the file by the commit that finds it so, even where others do it."""


@dataclass(frozen=True, slots=True)
class Room:
    """One of the three rooms: its name, its tables and where its migrations lie."""

    name: str
    base: type[DeclarativeBase]
    outbox: type[OutboxColumns]
    audit: type[Any]
    migrations: Path


@dataclass(frozen=True, slots=True)
class Work:
    """A unit of work: what a use case is given. It never commits; whoever opened it does."""

    session: Session
    now: Instant


@dataclass(slots=True)
class Store:
    """A room's database. `begin`, `begin_beside` and `begin_bare` are the only ways to write to it."""

    room: Room
    engine: Engine
    audit_key: bytes | None = field(default=None, repr=False)
    """Key of the audit chain; a store opened without one can be read and written, but nothing can be audited in it."""
    after_commit: Callable[[], None] | None = None
    """Called after each commit: wakes the sender of the outbox."""
    before_write: Callable[[Session], None] | None = None
    """Called first in each transaction that writes: what it raises keeps the transaction from doing anything."""
    _followers: dict[str, list[Callable[[], None]]] = field(init=False, repr=False, default_factory=dict)
    _writing: sessionmaker[Session] = field(init=False, repr=False)
    _beside: sessionmaker[Session] = field(init=False, repr=False)
    _reading: sessionmaker[Session] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        info = {"room": self.room, "audit_key": self.audit_key}
        self._writing = sessionmaker(self.engine, expire_on_commit=False, info=info)
        beside = self.engine.execution_options(turn="beside")
        self._beside = sessionmaker(beside, expire_on_commit=False, info=info)
        # What one reads in one session is of one moment, in both kinds of database.
        snapshot = {} if self.is_file else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        readers = self.engine.execution_options(turn="reader", **snapshot)
        self._reading = sessionmaker(readers, expire_on_commit=False, autoflush=False, info=info)

    @classmethod
    def open(cls, room: Room, url: str, *, audit_key: bytes | None = None) -> "Store":
        """Open the store of `room` at an SQLAlchemy URL. Creates no tables: see `migrate`.

        A file holds one room (`sqlite:////data/registry.db`); a database of PostgreSQL holds all three
        (`postgresql+psycopg://user:password@host/name`), each in a schema of its name.
        """
        engine = _sqlite(url) if url.startswith("sqlite") else postgresql.engine_of(room.name, url)
        return cls(room, engine, audit_key)

    @property
    def is_file(self) -> bool:
        """Whether it is a file of SQLite, and not a schema of PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def begin(self, now: Instant) -> Iterator[Work]:
        """One transaction: committed when the block ends, rolled back when it raises.

        One at a time in each room, whichever process asks: what was read in it still holds when it is committed.
        """
        with self._one_transaction(self._writing, now) as work:
            yield work

    @contextmanager
    def begin_beside(self, now: Instant) -> Iterator[Work]:
        """Like `begin`, for a use case that locks by itself what it relies on: on PostgreSQL it waits for no other writer."""
        with self._one_transaction(self._beside, now) as work:
            yield work

    @contextmanager
    def begin_bare(self) -> Iterator[Bare]:
        """Like `begin_beside`, for a use case of prepared statements alone: a session would cost more than they do."""
        ticket = self._ticket()
        try:
            if ticket is not None:
                ticket.take()
            with bare_transaction(self.engine) as bare:
                yield bare
        finally:
            if ticket is not None:
                ticket.give_back()
        if self.after_commit is not None:
            self.after_commit()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; nothing done in it is kept."""
        with self._reading() as session:
            yield session

    def checkpoint_apart(self) -> None:
        """Let no commit of this process wait for a checkpoint, as long as somebody calls `checkpoint` again and again.

        A checkpoint brings what is in the log of an SQLite file to its places in the file: some hundred pages, synced twice.
        """
        if self.is_file and not event.contains(self.engine, "connect", _leave_the_log):
            event.listen(self.engine, "connect", _leave_the_log)
            self.engine.dispose()  # so that all connections are new ones

    def checkpoint(self) -> None:
        """Bring what is in the log of an SQLite file to its places in the file; nobody waits for it, and it waits for nobody."""
        with closing(self.engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")

    def when_changed(self, what: str, act: Callable[[], None]) -> None:
        """Call `act` after each commit of this process that `tell_after_commit` said to be about `what`."""
        self._followers.setdefault(what, []).append(act)

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _one_transaction(self, sessions: sessionmaker[Session], now: Instant) -> Iterator[Work]:
        ticket = self._ticket()
        bind = {} if ticket is None else {"bind": self.engine.execution_options(ticket=ticket)}
        try:
            with sessions(**bind) as session, session.begin():
                if self.before_write is not None:
                    self.before_write(session)
                yield Work(session, now)
        finally:
            if ticket is not None:
                ticket.give_back()
        if self.after_commit is not None:
            self.after_commit()
        for what in session.info.get(_CHANGED, ()):
            for act in self._followers.get(what, ()):
                act()

    def _ticket(self) -> Ticket | None:
        """A place among those of this process who write to the file; None: it is no file."""
        line = _LINES.get(self.engine)
        return None if line is None else Ticket(line)


def _leave_the_log(connection: Any, _record: object) -> None:
    connection.cursor().execute(f"PRAGMA wal_autocheckpoint={_LONGEST_LOG_PAGES}").close()


def tell_after_commit(session: Session, what: str) -> None:
    """Say that `what` became different: who follows it in this process is told once that is committed."""
    session.info.setdefault(_CHANGED, set()).add(what)


def _sqlite(url: str) -> Engine:
    """WAL, every commit synced to disk, and writers that queue at BEGIN instead of failing in the middle."""
    # An error of the database goes to the log, where no plate, name or phone may stand.
    engine = create_engine(url, hide_parameters=True)

    _LINES[engine] = Line()

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see below
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Any) -> None:
        options = connection.get_execution_options()
        reads = options.get("turn") == "reader"
        if "ticket" in options:
            options["ticket"].take()
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine
