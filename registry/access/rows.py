"""Which rows are read: all of a table, or those that changed."""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from registry.credentials.columns import CredentialColumns
from registry.ids import CredentialId, LevelId, SiteId


def sites_of(
    session: Session,
    owner: InstrumentedAttribute[UUID] | InstrumentedAttribute[CredentialId],
    site: InstrumentedAttribute[SiteId],
    only: Collection[UUID] | None,
) -> dict[UUID, frozenset[SiteId]]:
    """Which sites each row names; equal sets are one object, for there are thousands of rows and few sets."""
    found: dict[UUID, frozenset[SiteId]] = {}
    known: dict[frozenset[SiteId], frozenset[SiteId]] = {}
    for id_, name in session.execute(chosen(select(owner, site), owner, only)):
        opens = found.get(id_, frozenset()) | {name}
        found[id_] = known.setdefault(opens, opens)
    return found


def levels_of(
    session: Session,
    owner: InstrumentedAttribute[CredentialId],
    level: InstrumentedAttribute[LevelId],
    only: Collection[UUID] | None,
) -> dict[UUID, tuple[LevelId, ...]]:
    """The levels of each row that has any, in their order; equal ones are one object."""
    found: dict[UUID, tuple[LevelId, ...]] = {}
    known: dict[tuple[LevelId, ...], tuple[LevelId, ...]] = {}
    for id_, one in session.execute(chosen(select(owner, level), owner, only).order_by(level)):
        those = (*found.get(id_, ()), one)
        found[id_] = known.setdefault(those, those)
    return found


def replacements(
    session: Session,
    table: type[CredentialColumns],
    columns: Collection[InstrumentedAttribute[Any]],
    number: Callable[..., str],
) -> Mapping[UUID, str]:
    """The number of the newest in the place of each that was replaced; `number` makes it of these columns.

    All of the table, whatever changed: they are few.
    """
    rows = session.execute(select(table.replaces_id, table.id, *columns).where(table.replaces_id.is_not(None))).all()
    after = {lost: (new, number(*said)) for lost, new, *said in rows}
    newest = {}
    for lost, (new, said) in after.items():
        last, name = new, said
        while last in after:
            last, name = after[last]
        newest[lost] = name
    return newest


def chosen(rows: Select, column: InstrumentedAttribute[UUID], only: Collection[UUID] | None) -> Select:  # type: ignore[type-arg]
    return rows if only is None else rows.where(column.in_(only))
