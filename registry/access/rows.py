"""Which rows are read, all of a table or those that changed, and in which form."""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect, Select, String, TypeCoerce, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.types import TypeDecorator

from registry.credentials.columns import CredentialColumns
from registry.ids import CredentialId, LevelId, SiteId

_AT_ONCE = 2_000
"""Rows that are held at a time."""


class _Number(TypeDecorator[int]):
    """An id as its number. To make UUIDs of the hundred thousands that are only compared would take half of a gate's start."""

    impl = String
    cache_ok = True

    def result_processor(self, dialect: Dialect, _coltype: object) -> Callable[[Any], int]:
        # SQLite keeps hex digits; the driver of PostgreSQL gives UUIDs of its own.
        return partial(int, base=16) if dialect.name == "sqlite" else attrgetter("int")


def number(column: InstrumentedAttribute[Any]) -> TypeCoerce[int]:
    """The number of an id that is never NULL."""
    return type_coerce(column, _Number())


def each(session: Session, rows: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    """The rows as the driver gives them, some at a time: no objects are made of them and not all are held at once."""
    found = session.connection().execute(rows, execution_options={"yield_per": _AT_ONCE})
    for some in found.partitions():
        yield from some


def sites_of(
    session: Session,
    owner: InstrumentedAttribute[UUID] | InstrumentedAttribute[CredentialId],
    site: InstrumentedAttribute[SiteId],
    only: Collection[UUID] | None,
) -> dict[int, frozenset[SiteId]]:
    """Which sites each row names; equal sets are one object, for there are thousands of rows and few sets."""
    found: dict[int, frozenset[SiteId]] = {}
    nowhere: frozenset[SiteId] = frozenset()
    known: dict[frozenset[SiteId], frozenset[SiteId]] = {}
    for id_, name in each(session, chosen(select(number(owner), site), owner, only)):
        opens = found.get(id_, nowhere) | {name}
        found[id_] = known.setdefault(opens, opens)
    return found


def levels_of(
    session: Session,
    owner: InstrumentedAttribute[CredentialId],
    level: InstrumentedAttribute[LevelId],
    only: Collection[UUID] | None,
) -> dict[int, tuple[LevelId, ...]]:
    """The levels of each row that has any, in their order; equal ones are one object."""
    found: dict[int, tuple[int, ...]] = {}
    for id_, one in each(session, chosen(select(number(owner), number(level)), owner, only)):
        found[id_] = (*found.get(id_, ()), one)
    named = {those: tuple(LevelId(UUID(int=one)) for one in sorted(those)) for those in set(found.values())}
    return {id_: named[those] for id_, those in found.items()}


def replacements(
    session: Session,
    table: type[CredentialColumns],
    columns: Collection[InstrumentedAttribute[Any]],
    written: Callable[..., str],
) -> Mapping[int, str]:
    """The number of the newest in the place of each that was replaced; `written` makes it of these columns.

    All of the table, whatever changed: they are few.
    """
    rows = session.execute(
        select(number(table.replaces_id), number(table.id), *columns).where(table.replaces_id.is_not(None))
    ).all()
    after = {lost: (new, written(*said)) for lost, new, *said in rows}
    newest = {}
    for lost, (new, said) in after.items():
        last, name = new, said
        while last in after:
            last, name = after[last]
        newest[lost] = name
    return newest


def chosen(rows: Select, column: InstrumentedAttribute[UUID], only: Collection[UUID] | None) -> Select:  # type: ignore[type-arg]
    return rows if only is None else rows.where(column.in_(only))
