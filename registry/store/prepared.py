"""Statements for the few places that run thousands a second: written as SQLAlchemy's, compiled once, said to the driver itself.

SQLAlchemy's own way costs some 30 µs a statement and as much a row, more than the database takes for them. What a
column's type does to a value is done here too, and an error of the driver leaves as SQLAlchemy's.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from sqlalchemy import ColumnElement, Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.types import TypeEngine

from registry.store.postgresql import without_values

Statement = Select[Any] | Insert | Update | Delete
Convert = Callable[[Any], Any]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The text that the driver is given, and what the types do to values on their way in and out."""

    sql: str
    places: tuple[int, ...] | None
    """For each mark in the text, the place of its value among those given; None: they are given in this order."""
    binds: tuple[tuple[int, Convert], ...]
    """The marks whose values must be converted."""
    columns: tuple[tuple[int, Convert], ...]
    """The places of what is selected that must be converted."""

    def bound(self, values: Sequence[Any]) -> list[Any]:
        try:
            bound = list(values) if self.places is None else [values[place] for place in self.places]
            for mark, bind in self.binds:
                bound[mark] = bind(bound[mark])
        except Exception as error:
            raise StatementError(f"{type(error).__name__}: {error}", None, None, error) from error
        return bound

    def read(self, row: Sequence[Any]) -> Sequence[Any]:
        if not self.columns:
            return row
        values = list(row)
        for place, convert in self.columns:
            values[place] = convert(values[place])
        return values


class Prepared:
    """One statement. Its values are given by place, in the order of `names`: its parameters, or the columns of an INSERT."""

    def __init__(self, statement: Statement | Mapping[str, Statement], names: Sequence[str]) -> None:
        """Prepare; where the two kinds of store need different ones, `statement` has them by the name of the dialect."""
        self._statement = statement
        self._names = tuple(names)
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, connection: Connection, *values: Any) -> list[Sequence[Any]]:
        """What a SELECT finds, in the transaction of `connection`."""
        compiled = self._for(connection.dialect)
        bound = compiled.bound(values)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(compiled.sql, bound)
            return [compiled.read(row) for row in cursor.fetchall()]
        except connection.dialect.loaded_dbapi.Error as error:
            _fail(connection, error)
        finally:
            cursor.close()

    def many(self, connection: Connection, rows: Iterable[Sequence[Any]]) -> int:
        """Run it for each of these rows of values, in the transaction of `connection`; gives how many rows changed."""
        compiled = self._for(connection.dialect)
        bound = [compiled.bound(values) for values in rows]
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(compiled.sql, bound)
            return int(cursor.rowcount)
        except connection.dialect.loaded_dbapi.Error as error:
            _fail(connection, error)
        finally:
            cursor.close()

    def _for(self, dialect: Dialect) -> _Compiled:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = self._made(dialect)
        return compiled

    def _made(self, dialect: Dialect) -> _Compiled:
        statement = self._statement[dialect.name] if isinstance(self._statement, Mapping) else self._statement
        kind: Callable[..., Dialect] = type(dialect)
        by_place = kind(paramstyle="qmark" if dialect.name == "sqlite" else "format")
        columns = list(self._names) if isinstance(statement, Insert) else None
        text = statement.compile(dialect=by_place, column_keys=columns)
        places = tuple(self._names.index(name) for name in text.positiontup or ())
        inward = enumerate(_inward(text.binds[name].type, dialect) for name in text.positiontup or ())
        outward = enumerate(_outward(column.type, dialect) for column in _selected(statement))
        return _Compiled(
            sql=str(text),
            places=None if places == tuple(range(len(self._names))) else places,
            binds=tuple((mark, convert) for mark, convert in inward if convert is not None),
            columns=tuple((place, convert) for place, convert in outward if convert is not None),
        )


def padded(values: Sequence[Value]) -> tuple[Value, ...]:
    """The same values, the last repeated until they are a power of two: so a list in a statement has few lengths."""
    return (*values, *[values[-1]] * ((1 << (len(values) - 1).bit_length()) - len(values)))


def _selected(statement: Statement) -> Iterable[ColumnElement[Any]]:
    return statement.selected_columns if isinstance(statement, Select) else ()


def _inward(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _outward(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _fail(connection: Connection, error: Any) -> NoReturn:
    dialect = connection.dialect
    without_values(error)
    is_lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    if is_lost:
        connection.invalidate(error)
    raise DBAPIError.instance(
        None,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_lost,
        dialect=dialect,
    ) from error
