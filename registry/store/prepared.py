"""Statements for the few places that run thousands a second: written as SQLAlchemy's, compiled once, said to the driver itself.

SQLAlchemy's own way costs some 30 µs a statement and as much a row, more than the database takes for them. What a
column's type does to a value is done here too, and an error of the driver leaves as SQLAlchemy's.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import chain
from operator import attrgetter
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Dialect,
    Engine,
    Enum,
    Insert,
    PoolProxiedConnection,
    Select,
    Update,
    Uuid,
)
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.types import TypeEngine

from registry.store.postgresql import without_values

Statement = Select[Any] | Insert | Update | Delete
Convert = Callable[[Any], Any]
Value = TypeVar("Value")
_SIZES = (64, 32, 16, 8, 4, 2, 1)
"""Rows of one statement on SQLite."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The text that the driver is given, and what the types do to values on their way in and out."""

    sql: str
    several: Callable[[int], str] | None
    """The same text for so many rows at once; None: the driver is given one after the other."""
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

    def rows(self, place: "Connection | Bare", *values: Any) -> list[Sequence[Any]]:
        """What a SELECT finds, in the transaction of `place`."""
        compiled = self._for(place.dialect)
        bound = compiled.bound(values)
        with cursor_of(place) as cursor:
            cursor.execute(compiled.sql, bound)
            return [compiled.read(row) for row in cursor.fetchall()]

    def many(self, place: "Connection | Bare", rows: Iterable[Sequence[Any]]) -> int:
        """Run it for each of these rows of values, in the transaction of `place`; gives how many rows changed."""
        compiled = self._for(place.dialect)
        bound = [compiled.bound(values) for values in rows]
        with cursor_of(place) as cursor:
            if compiled.several is None:
                cursor.executemany(compiled.sql, bound)
                return int(cursor.rowcount)
            changed = 0
            for part in in_parts(bound):
                cursor.execute(compiled.several(len(part)), list(chain.from_iterable(part)))
                changed += cursor.rowcount
            return changed

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
            several=_several_rows(str(text)) if dialect.name == "sqlite" and isinstance(statement, Insert) else None,
            places=None if places == tuple(range(len(self._names))) else places,
            binds=tuple((mark, convert) for mark, convert in inward if convert is not None),
            columns=tuple((place, convert) for place, convert in outward if convert is not None),
        )


class Bare:
    """A transaction for prepared statements alone, on the driver's own connection: SQLAlchemy's costs more than they do."""

    def __init__(self, dialect: Dialect, connection: PoolProxiedConnection) -> None:
        self.dialect = dialect
        self.connection = connection

    def invalidate(self, error: BaseException) -> None:
        """Never use this connection again."""
        self.connection.invalidate(error)


@contextmanager
def bare_transaction(engine: Engine) -> Iterator[Bare]:
    """Committed when the block ends, rolled back when it raises. On SQLite nobody else writes meanwhile."""
    failures = engine.dialect.loaded_dbapi.Error
    try:
        connection = engine.raw_connection()
    except failures as error:
        without_values(error)
        raise _as_sqlalchemys(error, engine.dialect) from error
    bare = Bare(engine.dialect, connection)
    try:
        if bare.dialect.name == "sqlite":  # a driver of PostgreSQL begins by itself
            connection.cursor().execute("BEGIN IMMEDIATE")
        yield bare
        connection.commit()
    except failures as error:
        raise _told(bare, error) from error
    finally:
        connection.close()  # which takes back what is not committed


@contextmanager
def cursor_of(place: Connection | Bare) -> Iterator[Any]:
    """The driver's own cursor in the transaction of `place`; what it raises leaves as SQLAlchemy's."""
    cursor = place.connection.cursor()
    try:
        yield cursor
    except place.dialect.loaded_dbapi.Error as error:
        raise _told(place, error) from error
    finally:
        cursor.close()


def _told(place: Connection | Bare, error: Any) -> Exception:
    """An error of the driver as SQLAlchemy's, without the values; a connection that is lost is not used again."""
    without_values(error)
    is_lost = place.dialect.is_disconnect(error, place.connection.dbapi_connection, None)
    if is_lost:
        place.invalidate(error)
    return _as_sqlalchemys(error, place.dialect, is_lost=is_lost)


def _as_sqlalchemys(error: Any, dialect: Dialect, *, is_lost: bool = False) -> Exception:
    base = dialect.loaded_dbapi.Error
    found = DBAPIError.instance(
        None, None, error, base, hide_parameters=True, connection_invalidated=is_lost, dialect=dialect
    )
    return cast("Exception", found)


def padded(values: Sequence[Value]) -> tuple[Value, ...]:
    """The same values, the last repeated until they are a power of two: so a list in a statement has few lengths."""
    return (*values, *[values[-1]] * ((1 << (len(values) - 1).bit_length()) - len(values)))


def _selected(statement: Statement) -> Iterable[ColumnElement[Any]]:
    return statement.selected_columns if isinstance(statement, Select) else ()


def _inward(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    """What a type does to a value; for the two most frequent the same in one call, where SQLAlchemy makes four."""
    processor = kind.dialect_impl(dialect).bind_processor(dialect)
    if processor is None or kind.__class__ not in (Enum, Uuid):
        return processor
    as_stored = attrgetter("_value_" if isinstance(kind, Enum) else "hex")
    expected = kind.python_type
    return lambda value: as_stored(value) if value.__class__ is expected else processor(value)


def _outward(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _several_rows(text: str) -> Callable[[int], str]:
    """Make, of an INSERT of one row, one of several: SQLite's driver lets the other threads run at every statement."""
    head, _, rest = text.partition(" VALUES ")
    marks, closing, tail = rest.partition(")")

    @cache
    def several(count: int) -> str:
        return f"{head} VALUES {', '.join([marks + closing] * count)}{tail}"

    return several


def in_parts(rows: Sequence[Value], sizes: Sequence[int] = _SIZES) -> Iterator[Sequence[Value]]:
    """The rows in parts of few different sizes, so that a driver keeps the statements of all."""
    begin = 0
    for size in sizes:
        while len(rows) - begin >= size:
            yield rows[begin : begin + size]
            begin += size
