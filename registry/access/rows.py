"""Which rows are read: all of a table, or those that changed."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from registry.ids import CredentialId, SiteId


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


def chosen(rows: Select, column: InstrumentedAttribute[UUID], only: Collection[UUID] | None) -> Select:  # type: ignore[type-arg]
    return rows if only is None else rows.where(column.in_(only))
