"""The days of signals on PostgreSQL: a table for each, so that what is over goes with its table. A file of SQLite has one table.

A signal's position tells its day: on a new day the counter goes on at `first_position` of it. So the tables of days follow
each other as the positions do, whoever reads on from a position reads the last of them alone, and a position is unique
without another column in its key. That (source, id) is unique is kept by `seen`, which is not divided. There is no table
for what fits no day: who stores the first signal of a day makes its table, unless the purge made it ahead. What a store
held before it had days, and what counts on from there, is in `signals_before`.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Pool, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from monitor.signals.models import ROOM_OF_A_DAY
from registry.clock import Instant
from registry.store.locks import hold

_SCHEMA = "monitor"
_NOT_GIVEN = "55P03"
_EPOCH = date(1970, 1, 1)
_NAME = re.compile(r"signals_(\d{4})(\d\d)(\d\d)")
_READY: WeakKeyDictionary[Pool, date] = WeakKeyDictionary()
"""The day that a process has seen the counter to be in; it never goes back."""


def first_position(day: date) -> int:
    """The lowest position of a signal that is stored on this day (UTC)."""
    return (day - _EPOCH).days * ROOM_OF_A_DAY


def table_of(day: date) -> str:
    return f"signals_{day:%Y%m%d}"


def go_on_at(session: Session, now: Instant) -> None:
    """Have what is stored now lie in its day's table. Call it with the lock of the inbox; a clock set back changes nothing."""
    connection = session.connection()
    day, pool = now.date(), connection.engine.pool
    if connection.dialect.name != "postgresql" or day <= _READY.get(pool, date.min):
        return
    last = connection.scalar(text("SELECT last_value FROM monitor.signals_position_seq")) or 0
    if last < first_position(day):
        make_ahead(session, [day])
        connection.execute(
            text(f"ALTER SEQUENCE {_SCHEMA}.signals_position_seq RESTART WITH {first_position(day)}")
        )  # undone with all else

    @event.listens_for(session, "after_commit", once=True)
    def committed(_: Session) -> None:
        _READY[pool] = day


def make_ahead(session: Session, days: Iterable[date]) -> None:
    """Make the tables of these days, where there are none; who stores or reads meanwhile does not wait."""
    hold(session, "days of signals")
    _make(session.connection(), days)


def make_for(connection: Connection, positions: Iterable[int]) -> None:
    """Make the tables in which these positions lie, which another store gave to signals; nobody else may make any now."""
    numbers = {position // ROOM_OF_A_DAY for position in positions}
    _make(connection, {_EPOCH + timedelta(days=number) for number in numbers if number > 0})


def _make(connection: Connection, days: Iterable[date]) -> None:
    for day in sorted(set(days) - set(days_there(connection))):
        # PARTITION OF would lock out readers and writers while it is made; to attach a table that is there does not.
        connection.execute(
            text(f"DROP TABLE IF EXISTS {_SCHEMA}.{table_of(day)}")
        )  # one that was let go and not yet dropped
        connection.execute(text(f"CREATE TABLE {_SCHEMA}.{table_of(day)} (LIKE {_SCHEMA}.signals INCLUDING DEFAULTS)"))
        connection.execute(
            text(
                f"ALTER TABLE {_SCHEMA}.signals ATTACH PARTITION {_SCHEMA}.{table_of(day)}"
                f" FOR VALUES FROM ({first_position(day)}) TO ({first_position(day + timedelta(days=1))})"
            )
        )


def days_there(connection: Connection) -> list[date]:
    """The days that have a table, the first one first; on SQLite none has."""
    return _days(connection, "relispartition")


def days_let_go(connection: Connection) -> list[date]:
    """The days whose tables are no longer part of the signals and still there."""
    return _days(connection, "NOT relispartition")


def let_go(connection: Connection, day: date) -> None:
    """Take a day's table out of the signals.

    Raises:
        OperationalError: `is_in_use`: somebody reads in them; we do not wait, because others would wait behind us.

    """
    connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
    connection.execute(text(f"ALTER TABLE {_SCHEMA}.signals DETACH PARTITION {_SCHEMA}.{table_of(day)}"))


def is_in_use(error: OperationalError) -> bool:
    """Whether a lock was not given in time."""
    return getattr(error.orig, "sqlstate", None) == _NOT_GIVEN


def drop(connection: Connection, day: date) -> None:
    """Drop a day's table that was let go; nobody waits for it."""
    connection.execute(text(f"DROP TABLE {_SCHEMA}.{table_of(day)}"))


def _days(connection: Connection, which: str) -> list[date]:
    if connection.dialect.name != "postgresql":
        return []
    names = connection.scalars(
        text(
            "SELECT relname FROM pg_class"  # noqa: S608 - one of the two words above
            f" WHERE relnamespace = to_regnamespace('{_SCHEMA}') AND relkind = 'r' AND {which}"
        )
    )
    found = [_NAME.fullmatch(name) for name in names]
    return sorted(date(*map(int, each.groups())) for each in found if each is not None)
