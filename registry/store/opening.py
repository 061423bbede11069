"""Opening a room's store, and its unit of work: one transaction, one moment, one commit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from registry.clock import Instant
from registry.store.outbox import OutboxColumns


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
    """A room's database. `begin` is the only way to write to it."""

    room: Room
    engine: Engine
    audit_key: bytes | None = field(default=None, repr=False)
    """Key of the audit chain; a store opened without one can be read and written, but nothing can be audited in it."""
    after_commit: Callable[[], None] | None = None
    """Called after each commit: wakes the sender of the outbox."""
    _writing: sessionmaker[Session] = field(init=False, repr=False)
    _reading: sessionmaker[Session] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        info = {"room": self.room, "audit_key": self.audit_key}
        self._writing = sessionmaker(self.engine, expire_on_commit=False, info=info)
        readers = self.engine.execution_options(sqlite_begin="BEGIN")
        self._reading = sessionmaker(readers, expire_on_commit=False, autoflush=False, info=info)

    @classmethod
    def open(cls, room: Room, url: str, *, audit_key: bytes | None = None) -> "Store":
        """Open the store of `room` at an SQLAlchemy URL (`sqlite:////data/registry.db`). Creates no tables: see `migrate`."""
        # An error of the database goes to the log, where no plate, name or phone may stand.
        engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"), hide_parameters=True)
        if engine.dialect.name == "sqlite":
            _prepare_sqlite(engine)
        return cls(room, engine, audit_key)

    @contextmanager
    def begin(self, now: Instant) -> Iterator[Work]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        with self._writing.begin() as session:
            yield Work(session, now)
        if self.after_commit is not None:
            self.after_commit()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; nothing done in it is kept."""
        with self._reading() as session:
            yield session

    def close(self) -> None:
        self.engine.dispose()


def _prepare_sqlite(engine: Engine) -> None:
    """WAL, every commit synced to disk, and writers that queue at BEGIN instead of failing in the middle."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see below
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Any) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN IMMEDIATE"))
