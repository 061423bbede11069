"""Rows for every table of a schema, whatever its revision: plausible values, every constraint kept, nothing left out."""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from deploy.backup.rows import Kind, kind_of, schema_of
from registry.store import InstantColumn, Room

ROWS = 5
_WORDS = '大院 "{}" \\N \\\\ {{}}\n\t🚧 e\u0301'
_FIRST = datetime(2026, 11, 1, 16, 0, 0, 1, tzinfo=UTC)


def fill(connection: Connection, room: Room, rows: int = ROWS, *, but: Collection[str] = ()) -> dict[str, int]:
    """Put rows into every table that there is, `but` these; gives how many each has.

    The n-th row of a table refers to the n-th row of every other, so that keys of several columns fit.
    """
    made: dict[str, list[dict[str, Any]]] = {}
    for table in schema_of(connection, room).sorted_tables:
        if table.name in but:
            continue
        checks = _checks(connection, table)
        count = 1 if any(re.search(r"\b(id|only) = 1\b", check) for check in checks) else rows
        count -= table.name == "zone_neighbour"  # the last one has none after it
        if table.name != "site" and table.primary_key.columns.keys() == [
            "site"
        ]:  # one for each site, and all lies at one
            count = 1
        made[table.name] = []
        for number in range(count):
            made[table.name].append(_row(table, number, made, checks))
        typed = [sa.column(column.name, _type(column)) for column in table.columns]
        plain = sa.table(table.name, *typed, schema=table.schema)
        connection.execute(sa.delete(plain))  # what a migration put there itself
        connection.execute(sa.insert(plain), made[table.name])
    return {name: len(there) for name, there in made.items()}


LEFT_OUT = {"entry": {"trace"}, "arming_group": {"is_told"}}
"""Columns of earlier schemas that are no more: of each table, what no later store keeps."""


def kept_columns(connection: Connection, room: Room) -> dict[str, list[str]]:
    """The columns of each table as they are now, without those that a later schema leaves out."""
    tables = schema_of(connection, room).tables.values()
    return {
        table.name: [column.name for column in table.columns if column.name not in LEFT_OUT.get(table.name, ())]
        for table in tables
    }


def everything(
    connection: Connection, room: Room, only: Mapping[str, Collection[str]] | None = None
) -> dict[str, list[str]]:
    """Every row of every table, as text that two stores of either kind have in common.

    `only`: these columns of these tables.
    """
    found = {}
    for table in schema_of(connection, room).sorted_tables:
        if only is not None and table.name not in only:
            continue
        columns = [one for one in table.columns if only is None or one.name in only[table.name]]
        typed = [sa.column(column.name, _type(column)) for column in sorted(columns, key=lambda one: one.name)]
        plain = sa.table(table.name, *typed, schema=table.schema)
        found[table.name] = sorted(repr(tuple(row)) for row in connection.execute(sa.select(*typed).select_from(plain)))
    return found


def _type(column: sa.Column[Any]) -> sa.types.TypeEngine[Any]:
    match kind_of(column.type):
        case Kind.INSTANT:
            return InstantColumn()
        case Kind.UUID:
            return sa.Uuid()
        case Kind.JSON:
            return sa.JSON(none_as_null=True)
        case _:
            return column.type


def _checks(connection: Connection, table: sa.Table) -> list[str]:
    found = sa.inspect(connection).get_check_constraints(table.name, schema=table.schema)
    return [
        check["sqltext"].replace('"', "").replace("::text", "").replace("(", " ").replace(")", " ") for check in found
    ]


def _row(table: sa.Table, number: int, made: Mapping[str, list[dict[str, Any]]], checks: list[str]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    keys = {column.name for column in table.primary_key}
    for place, column in enumerate(table.columns):
        row[column.name] = _value(table, column, number, place, is_key=column.name in keys, checks=checks)
    if table.name in _FITTING:
        row |= {name: value for name, value in _FITTING[table.name](number).items() if name in row}
    for reference in table.foreign_key_constraints:
        if reference.referred_table is table:
            row |= _one_before(reference, made[table.name])
            continue
        there = made[reference.referred_table.name]
        # All of it lies at one site. A lane leads from one area to the next; of two neighbours the first is the lesser;
        # nobody is their own landlord, host, or second file.
        next_one = not {"to_area", "neighbour", "landlord_id", "other_id", "gone_id"}.isdisjoint(reference.column_keys)
        parent = there[0 if reference.referred_table.name == "site" else (number + next_one) % len(there)]
        for element in reference.elements:
            row[element.parent.name] = parent[element.column.name]
    if {"tenancy_id", "project_id"} <= row.keys():  # what rests on something rests on one thing
        row["project_id" if number % 2 else "tenancy_id"] = None
    return row


def _one_before(reference: sa.ForeignKeyConstraint, made: list[dict[str, Any]]) -> dict[str, Any]:
    """What the first row of a table has none of, and each later one finds in the row before."""
    return {each.parent.name: made[-1][each.column.name] if made else None for each in reference.elements}


_SETTLED: Mapping[str, Any] = {
    "settled_verdict": "granted",
    "settled_reason": "ok_guard",
    "settled_at": _FIRST,
    "settled_by": "guard",
    "settled_because": "known",
    "settled_words": "大院",
}
_CLOSED: Mapping[str, Any] = {"state": "closed", "closed_at": _FIRST, "verdict": "nuisance"}
_OPEN: Mapping[str, Any] = {"state": "new", "closed_at": None, "verdict": None}
_ON_THE_BROKER = {"driver": "mqtt", "settings": {"driver": "mqtt", "device": "oc1/gate/north"}}
_FITTING: Mapping[str, Callable[[int], dict[str, Any]]] = {
    "site": lambda _: {"timezone": "Asia/Shanghai"},
    "device": lambda _: {"kind": "camera", "beams": None, "min_interruption_ms": None},
    "zone": lambda _: {"armed": True},
    "room": lambda _: {"use": "office"},
    "vehicle_permit": lambda _: {"year": 2026},
    "permit_series": lambda number: {"year": 2026 + number, "effective_at": _FIRST, "overlap_until": _FIRST},
    "permit_application": lambda _: {"state": "issued"},
    "entry": lambda number: {"verdict": "refer", **(_SETTLED if number % 2 else dict.fromkeys(_SETTLED))},
    "alarm": lambda number: {"priority": 1 + number % 4, **(_CLOSED if number % 2 else _OPEN)},
    "gate_rights": lambda number: {"clearance": number, "may_escort": False},
    "lane_part": lambda number: {"role": "barrier", "position": 1 + number % 2, **_ON_THE_BROKER},
    "barrier_state": lambda number: {"barrier": 1 + number % 2},
    "opening": lambda _: {"kind": "override", "because": "known"},
    "arming_group": lambda _: {"exit_seconds": 30, "by_hand": True},
    "bypass": lambda _: {"ended_at": _FIRST + timedelta(days=50), "ended_by": "赵班长"},
    "inbox_totals": lambda _: {"received": 6, "stored": 3, "duplicate": 2, "dead_letter": 1},
}
"""What a CHECK of several columns, or of a range, asks for."""


def _value(table: sa.Table, column: sa.Column[Any], number: int, place: int, *, is_key: bool, checks: list[str]) -> Any:
    seed = f"{table.name}.{column.name}.{number}"
    words = _words(column.name, checks)
    if column.nullable and number % 3 == 2:
        return None
    match kind_of(column.type):
        case Kind.TEXT if words:
            return words[number % len(words)]
        case Kind.TEXT:
            length = getattr(column.type, "length", None) or 100
            text = f"{column.name}-{number}" if is_key or length < 60 else f"{number} {_WORDS.format(number)}"
            return text[-length:]
        case Kind.INTEGER:
            return number + 1
        case Kind.REAL:
            return number + 0.1
        case Kind.BOOLEAN:
            return number % 2 == 0
        case Kind.INSTANT:
            is_late = re.search(r"until|end|expires|closed|off", column.name) is not None
            return _FIRST + timedelta(days=number + 100 * is_late, hours=place)
        case Kind.DAY:
            return _FIRST.date() + timedelta(days=number + 100 * ("end" in column.name))
        case Kind.UUID:
            return UUID(bytes=hashlib.md5(seed.encode(), usedforsecurity=False).digest())
        case Kind.BYTES:
            return hashlib.sha256(seed.encode()).digest()
        case Kind.JSON:
            return [{"number": number, "words": _WORDS}]


def _words(column: str, checks: list[str]) -> list[str]:
    """The words that a CHECK allows for a column."""
    for check in checks:
        allowed = re.search(rf"\b{column}\s+IN\b(.*)|\b{column}\s.*=\s*ANY\b(.*)", check, re.IGNORECASE)
        if allowed:
            return re.findall(r"'([^']+)'", allowed[0])
    return []
