"""Rows as JSON lines that either kind of store reads and writes.

What a column holds is read from the schema itself and not from the code: a backup can then be taken of an older schema,
before it is migrated, and restored by a newer version. Each line is an array of the row's values: text, numbers and null
as they are, booleans as 0 and 1, moments as 2026-11-23T02:15:07.312000Z, days as 2026-11-23, UUIDs and bytes in hex,
JSON as its text.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import orjson
import sqlalchemy as sa
from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, MetaData

from monitor.signals.days import make_for
from registry.store import Room

VERSION_TABLE: Final = "alembic_version"
_UUID_DIGITS = 32
_IN_DAYS: Final = ("monitor", "signals")
"""The table that PostgreSQL divides, and its room."""


class Kind(StrEnum):
    """What a column holds, in both kinds of store."""

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    DAY = "day"
    UUID = "uuid"
    BYTES = "bytes"
    JSON = "json"


class Column(BaseModel):
    """A column by name."""

    model_config = ConfigDict(frozen=True)

    name: str
    kind: Kind


class Table(BaseModel):
    """A table by name, its columns in the order of the values in a line."""

    model_config = ConfigDict(frozen=True)

    name: str
    columns: tuple[Column, ...] = Field(strict=False)


def schema_name(connection: Connection, room: Room) -> str | None:
    """The schema of the room's tables; a file has none."""
    return None if connection.dialect.name == "sqlite" else room.name


def revision_of(connection: Connection, room: Room) -> str | None:
    """The revision of the room's schema; None: there is none."""
    schema = schema_name(connection, room)
    if not sa.inspect(connection).has_table(VERSION_TABLE, schema=schema):
        return None
    return connection.scalar(sa.select(sa.column("version_num")).select_from(sa.table(VERSION_TABLE, schema=schema)))


def schema_of(connection: Connection, room: Room) -> MetaData:
    """The room's schema as it is there, without what Alembic keeps; the parts of a table are no tables."""
    found, parts = MetaData(), parts_of_tables(connection, room)
    found.reflect(
        connection,
        schema=schema_name(connection, room),
        only=lambda name, _: name != VERSION_TABLE and name not in parts,
    )
    return found


def parts_of_tables(connection: Connection, room: Room) -> frozenset[str]:
    """The tables of PostgreSQL that are only parts of others, as the days of signals are."""
    if connection.dialect.name == "sqlite":
        return frozenset()
    query = "SELECT relname FROM pg_class WHERE relispartition AND relnamespace = to_regnamespace(:room)"
    return frozenset(connection.scalars(sa.text(query), {"room": room.name}))


def tables_of(connection: Connection, room: Room) -> tuple[Table, ...]:
    """The room's tables as they are there, those that are referred to before those that refer."""
    return tuple(
        Table(name=table.name, columns=tuple(Column(name=c.name, kind=kind_of(c.type)) for c in table.columns))
        for table in schema_of(connection, room).sorted_tables
    )


def kind_of(column: sa.types.TypeEngine[Any]) -> Kind:
    """What a reflected column holds.

    Raises:
        TypeError: none of ours; a test holds every schema against this.

    """
    match column:
        case sa.Uuid():
            return Kind.UUID
        case sa.CHAR() if column.length == _UUID_DIGITS:
            return Kind.UUID
        case sa.JSON():
            return Kind.JSON
        case sa.Boolean():
            return Kind.BOOLEAN
        case sa.DateTime():
            return Kind.INSTANT
        case sa.Date():
            return Kind.DAY
        case sa.LargeBinary():
            return Kind.BYTES
        case sa.Integer():
            return Kind.INTEGER
        case sa.Float():
            return Kind.REAL
        case sa.String():
            return Kind.TEXT
        case _:
            raise TypeError(f"no kind of column: {column!r}")


def count_of(connection: Connection, room: Room, table: str) -> int:
    there = sa.table(table, schema=schema_name(connection, room))
    return connection.scalar(sa.select(sa.func.count()).select_from(there)) or 0


def lines_of(connection: Connection, room: Room, table: Table, *, at_once: int) -> Iterator[list[bytes]]:
    """Every row of a table as lines, some at a time."""
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        chosen = ", ".join(_FROM_SQLITE.get(c.kind, "{}").format(_quoted(c.name)) for c in table.columns)
        cursor = raw.execute(f"SELECT {chosen} FROM {_quoted(table.name)}")  # noqa: S608 - names of our own schema
        while rows := cursor.fetchmany(at_once):
            yield [orjson.dumps(row) for row in rows]
        return
    values = sql.SQL(", ").join(
        sql.SQL(_FROM_POSTGRESQL.get(c.kind, "{}")).format(sql.Identifier(c.name)) for c in table.columns
    )
    statement = sql.SQL("COPY (SELECT json_build_array({}) FROM {}) TO STDOUT").format(
        values, sql.Identifier(room.name, table.name)
    )
    lines: list[bytes] = []
    with raw.cursor() as cursor, cursor.copy(statement) as copy:
        for row in copy:
            # In COPY's text form JSON, which has no control signs, differs by its doubled backslashes alone.
            lines.append(bytes(row).rstrip(b"\n").replace(b"\\\\", b"\\"))
            if len(lines) == at_once:
                yield lines
                lines = []
    if lines:
        yield lines


def write_lines(connection: Connection, room: Room, table: Table, lines: Sequence[bytes]) -> None:
    """Put these rows into a table.

    Raises:
        ValueError: a line is none of a row.

    """
    rows: list[list[Any]] = orjson.loads(b"[" + b",".join(lines) + b"]")
    if any(type(row) is not list or len(row) != len(table.columns) for row in rows):
        raise ValueError("a line is none of a row")
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        _turn(rows, table, {Kind.BYTES: bytes.fromhex})
        names = ", ".join(_quoted(column.name) for column in table.columns)
        places = ", ".join(_TO_SQLITE.get(column.kind, "?") for column in table.columns)
        raw.executemany(f"INSERT INTO {_quoted(table.name)} ({names}) VALUES ({places})", rows)  # noqa: S608 - likewise
        return
    if (room.name, table.name) == _IN_DAYS:
        place = [column.name for column in table.columns].index("position")
        make_for(connection, {row[place] for row in rows if type(row[place]) is int})
    _turn(rows, table, {Kind.BYTES: "\\x{}".format})
    names_there = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(room.name, table.name), names_there)
    with raw.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def count_on(connection: Connection, room: Room) -> None:
    """Let PostgreSQL's counters go on after the highest number that is there; SQLite does so by itself."""
    if connection.dialect.name == "sqlite":
        return
    columns = connection.execute(
        sa.text(
            "SELECT table_name, column_name, pg_get_serial_sequence(format('%I.%I', table_schema, table_name), column_name)"
            " FROM information_schema.columns WHERE table_schema = :room"
        ),
        {"room": room.name},
    )
    for table, column, sequence in columns.all():
        if sequence is not None:
            highest = sa.select(sa.func.max(sa.column(column, sa.BigInteger))).select_from(
                sa.table(table, schema=room.name)
            )
            connection.execute(
                sa.select(sa.func.setval(sequence, sa.func.coalesce(highest.scalar_subquery() + 1, 1), False))
            )


_FROM_SQLITE: Mapping[Kind, str] = {
    Kind.INSTANT: "replace({0}, ' ', 'T') || 'Z'",
    Kind.BYTES: "CASE WHEN {0} IS NOT NULL THEN lower(hex({0})) END",
    Kind.JSON: "CAST({0} AS TEXT)",
}
_TO_SQLITE: Mapping[Kind, str] = {Kind.INSTANT: "replace(substr(?, 1, 26), 'T', ' ')"}
_FROM_POSTGRESQL: Mapping[Kind, str] = {
    Kind.INSTANT: """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
    Kind.BYTES: "encode({}, 'hex')",
    Kind.UUID: "replace({}::text, '-', '')",
    Kind.BOOLEAN: "{}::int",
    Kind.JSON: "{}::text",
}


def _turn(rows: list[list[Any]], table: Table, ways: Mapping[Kind, Callable[[str], Any]]) -> None:
    """Turn, in place, the values of the columns of these kinds."""
    for place, column in enumerate(table.columns):
        way = ways.get(column.kind)
        if way is not None:
            for row in rows:
                if row[place] is not None:
                    row[place] = way(row[place])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
