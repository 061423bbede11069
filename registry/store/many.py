"""Inserting many rows with few words: statements made once and handed to the driver, for what is written a thousand times a second.

SQLite: one statement for up to 256 rows, because its driver lets other threads run while a statement runs, and 4 µs a row is half
of what a statement for each row takes. PostgreSQL: COPY in binary, 0.6 µs a row of the client's time and 5 µs of everybody's; a
statement for each row took 7 and 11, arrays 16 and 23 (batches of 500 signals, one run).
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry.store.prepared import cursor_of, in_parts

Row = tuple[Any, ...]

_SIZES = (256, 128, 64, 32, 16, 8, 4, 2, 1)
"""Rows of one statement on SQLite: few sizes, so that its driver keeps them all prepared."""


class ManyRows:
    """Rows of one table: tuples of the named columns, in their order; other columns get their database default."""

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        self._table = table
        self._columns = tuple(columns)
        names = ", ".join(f'"{name}"' for name in columns)
        self._place = f'"{table.name}" ({names})'
        self._into = f"INSERT INTO {self._place}"
        marks = f"({', '.join('?' * len(columns))})"
        self._inserts = {size: f"{self._into} VALUES {', '.join([marks] * size)}" for size in _SIZES}
        self._stored_otherwise: dict[str, list[tuple[int, Callable[[Any], Any]]]] = {}

    def insert(self, session: Session, rows: Sequence[Row]) -> None:
        """Insert all.

        Raises:
            IntegrityError: one of them breaks a constraint; then the transaction is to be rolled back.

        """
        if not rows:
            return
        connection = session.connection()
        ready = self._stored(connection.dialect, rows)
        if connection.dialect.name == "postgresql":
            self._copy(connection, ready)
            return
        with cursor_of(connection) as cursor:
            for part in in_parts(ready, _SIZES):
                cursor.execute(self._inserts[len(part)], tuple(chain.from_iterable(part)))

    def insert_new(self, session: Session, rows: Sequence[Row], told: Sequence[str]) -> list[Row]:
        """Insert those that break no unique constraint; gives the `told` columns of each that was inserted.

        Tried first as if all were new, which they mostly are: a database that has to say which were takes twice as long.
        """
        if not rows:
            return []
        connection = session.connection()
        ready = self._stored(connection.dialect, rows)
        if connection.dialect.name == "postgresql":
            return self._copy_new(connection, ready, told)
        new: list[Row] = []
        for part in in_parts(ready, _SIZES):
            values = tuple(chain.from_iterable(part))
            try:
                with cursor_of(connection) as cursor:
                    cursor.execute(self._inserts[len(part)], values)
                new += self._told(part, told)
            except IntegrityError:  # which undoes this statement and nothing else
                with cursor_of(connection) as cursor:
                    cursor.execute(f"{self._inserts[len(part)]} {_new_only(told)}", values)
                    new += cursor.fetchall()
        return new

    def _copy(self, connection: Connection, rows: Iterable[Row]) -> None:
        with cursor_of(connection) as cursor, cursor.copy(f"COPY {self._place} FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(self._types)
            for row in rows:
                copy.write_row(row)

    def _copy_new(self, connection: Connection, rows: Sequence[Row], told: Sequence[str]) -> list[Row]:
        connection.exec_driver_sql("SAVEPOINT all_new")
        try:
            self._copy(connection, rows)
        except IntegrityError:
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT all_new")
        else:
            return self._told(rows, told)
        arrays = ", ".join(f"%s::{type_}[]" for type_ in self._types)
        statement = f"{self._into} SELECT * FROM unnest({arrays}) {_new_only(told)}"  # noqa: S608 - names of our own tables
        with cursor_of(connection) as cursor:
            cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])
            return cast("list[Row]", cursor.fetchall())

    def _told(self, rows: Iterable[Row], told: Sequence[str]) -> list[Row]:
        places = [self._columns.index(name) for name in told]
        if len(places) == 1:
            return [(row[places[0]],) for row in rows]
        return list(map(itemgetter(*places), rows))

    @cached_property
    def _types(self) -> list[str]:
        """What PostgreSQL calls the columns' types; a length is of the column, not of the type."""
        kinds = (self._table.c[name].type.compile(postgresql.dialect()) for name in self._columns)  # type: ignore[no-untyped-call]
        return [kind.partition("(")[0].lower() for kind in kinds]

    def _stored(self, dialect: Dialect, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows as the driver wants them."""
        changes = self._changes(dialect)
        if not changes:
            return rows
        columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
        for place, change in changes:
            columns[place] = map(change, columns[place])
        return list(zip(*columns, strict=True))

    def _changes(self, dialect: Dialect) -> list[tuple[int, Callable[[Any], Any]]]:
        """The columns whose values are stored otherwise than Python has them, as SQLAlchemy would do it."""
        found = self._stored_otherwise.get(dialect.name)
        if found is None:
            kinds = (self._table.c[name].type.dialect_impl(dialect) for name in self._columns)
            binds = ((place, kind.bind_processor(dialect)) for place, kind in enumerate(kinds))
            found = self._stored_otherwise[dialect.name] = [
                (place, cast("Callable[[Any], Any]", change)) for place, change in binds if change is not None
            ]
        return found


def _new_only(told: Sequence[str]) -> str:
    return f"ON CONFLICT DO NOTHING RETURNING {', '.join(told)}"
