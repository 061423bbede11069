"""Inserting many rows with few words: statements made once and handed to the driver, for what is written a thousand times a second.

SQLite: one statement for up to 256 rows, because its driver lets other threads run while a statement runs, and 4 µs a row is half
of what a statement for each row takes. PostgreSQL: the driver's pipeline, 13 µs a row of client's time; arrays where rows that are
known already are to be passed over, because only one statement can say which were new.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, cast

from sqlalchemy import Dialect, Table
from sqlalchemy.orm import Session

Row = tuple[Any, ...]

_SIZES = (256, 64, 16, 4, 1)
"""Rows of one statement on SQLite: few sizes, so that its driver keeps them all prepared."""


class ManyRows:
    """Rows of one table: tuples of the named columns, in their order; other columns get their database default."""

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        self._table = table
        self._columns = tuple(columns)
        self._names = ", ".join(f'"{name}"' for name in columns)

    def insert(self, session: Session, rows: Sequence[Row]) -> None:
        """Insert all."""
        dialect = session.get_bind().dialect
        ready = self._stored(dialect, rows)
        connection = session.connection()
        if dialect.name == "postgresql":
            if ready:
                marks = ", ".join(["%s"] * len(self._columns))
                connection.exec_driver_sql(f"{self._into()} VALUES ({marks})", list(ready))
            return
        for part in _parts(ready):
            connection.exec_driver_sql(f"{self._into()} {self._values(len(part))}", tuple(chain.from_iterable(part)))

    def insert_new(self, session: Session, rows: Sequence[Row], told: Sequence[str]) -> list[Row]:
        """Insert those that break no unique constraint; gives the `told` columns of each that was inserted."""
        dialect = session.get_bind().dialect
        ready = self._stored(dialect, rows)
        connection = session.connection()
        rest = f"ON CONFLICT DO NOTHING RETURNING {', '.join(told)}"
        if dialect.name == "postgresql":
            if not ready:
                return []
            arrays = ", ".join(f"%s::{type_}[]" for type_ in self._types(dialect))
            statement = f"{self._into()} SELECT * FROM unnest({arrays}) {rest}"  # noqa: S608 - names of our own tables
            answer = connection.exec_driver_sql(statement, tuple(list(column) for column in zip(*ready, strict=True)))
            return [tuple(row) for row in answer]
        new: list[Row] = []
        for part in _parts(ready):
            statement = f"{self._into()} {self._values(len(part))} {rest}"
            new.extend(tuple(row) for row in connection.exec_driver_sql(statement, tuple(chain.from_iterable(part))))
        return new

    def _into(self) -> str:
        return f'INSERT INTO "{self._table.name}" ({self._names})'

    @lru_cache  # noqa: B019 - made once for each table, and kept as long as the program runs
    def _values(self, rows: int) -> str:
        marks = f"({', '.join('?' * len(self._columns))})"
        return f"VALUES {', '.join([marks] * rows)}"

    def _types(self, dialect: Dialect) -> list[str]:
        return [self._table.c[name].type.compile(dialect) for name in self._columns]

    def _stored(self, dialect: Dialect, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows as the driver wants them."""
        changes = self._changes(dialect)
        if not changes:
            return rows
        ready: list[Row] = []
        for row in rows:
            values = list(row)
            for place, change in changes:
                values[place] = change(values[place])
            ready.append(tuple(values))
        return ready

    def _changes(self, dialect: Dialect) -> list[tuple[int, Callable[[Any], Any]]]:
        """The columns whose values are stored otherwise than Python has them, as SQLAlchemy would do it."""
        found: list[tuple[int, Callable[[Any], Any]]] = []
        for place, name in enumerate(self._columns):
            change = self._table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
            if change is not None:
                found.append((place, cast("Callable[[Any], Any]", change)))
        return found


def _parts(rows: Sequence[Row]) -> list[Sequence[Row]]:
    parts: list[Sequence[Row]] = []
    begin = 0
    for size in _SIZES:
        while len(rows) - begin >= size:
            parts.append(rows[begin : begin + size])
            begin += size
    return parts
