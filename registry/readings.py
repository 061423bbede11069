"""Who read whose data: a line of the audit, written in the transaction in which the answer is made."""

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

from registry.audit.chain import record
from registry.auth.principal import Principal
from registry.ids import SiteId
from registry.store import Work


class Query(StrEnum):
    """What a list was asked by. The words themselves are written down nowhere."""

    ALL = "all"
    WORDS = "words"
    ID_NUMBER = "id_number"

    @classmethod
    def of(cls, words: str) -> "Query":
        return cls.WORDS if words.strip() else cls.ALL


def record_reading(work: Work, reader: Principal, act: str, subject: str, sites: Iterable[SiteId]) -> None:
    """Write down that somebody read one thing that says something of a person."""
    for site in sorted(sites):
        record(work.session, actor=reader.name, action=act, site=site, subject=subject, now=work.now)


def record_listing(
    work: Work, reader: Principal, what: str, query: Query, *, rows: int, person: UUID | None = None
) -> None:
    """Write down that somebody read a list, once for all its rows; `person`: the one whom an ID number found."""
    sites = {grant.site for grant in reader.grants}
    record(
        work.session,
        actor=reader.name,
        action=f"{what}-listed",
        site=sites.pop() if len(sites) == 1 else None,
        subject=what if person is None else f"person:{person}",
        facts={"query": query, "rows": rows},
        now=work.now,
    )
