"""Reading, locking and writing leases.

On PostgreSQL a write of the holder locks its leases FOR KEY SHARE: that lets the renewal through, and makes whoever takes a
lease over wait until the write is committed. On SQLite there is one writer at a time anyway.
"""

from collections.abc import Collection, Sequence
from typing import Any, cast

from sqlalchemy import Select, Table, func, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from monitor.lease.models import SiteLease
from monitor.lease.rules import Holder, Lease, Tokens
from registry.clock import Instant
from registry.ids import SiteId

_LEASES = cast("Table", SiteLease.__table__)
_STANDING = (
    select(_LEASES.c.site, _LEASES.c.token)
    .where(_LEASES.c.expires_at.is_not(None))
    .with_for_update(read=True, key_share=True)
)
"""Asked in each transaction of an engine, so it is as short as it can be."""


def leases(session: Session) -> Sequence[Lease]:
    """All leases that ever were, in the order of the sites."""
    return _read(session, select(_LEASES).order_by(_LEASES.c.site))


def leases_to_take(session: Session, sites: Collection[SiteId], holder: Holder, now: Instant) -> Sequence[Lease]:
    """The leases of these sites, locked until the transaction ends; one that never was is there, free, from now on."""
    dialect = postgresql if _is_postgresql(session) else sqlite
    free = [
        {"site": site, "token": 0, **_of(holder), "renewals": 0, "taken_at": now, "expires_at": None}
        for site in sorted(sites)
    ]
    session.execute(dialect.insert(_LEASES).on_conflict_do_nothing(), free)
    return _read(session, _of_sites(sites).with_for_update())


def tokens_to_write_under(session: Session) -> Tokens:
    """The tokens of all leases that stand; nobody takes one over until the transaction ends."""
    return {row.site: row.token for row in session.execute(_STANDING)}


def take(session: Session, leases: Collection[Lease], holder: Holder, *, now: Instant, until: Instant) -> Tokens:
    """Give locked leases to this holder; gives their new tokens."""
    session.execute(
        update(_LEASES)
        .where(_LEASES.c.site.in_([lease.site for lease in leases]))
        .values(
            token=_LEASES.c.token + 1,
            **_of(holder),
            renewals=_LEASES.c.renewals + 1,
            taken_at=now,
            expires_at=until,
        )
    )
    return {lease.site: lease.token + 1 for lease in leases}


def let_last(session: Session, tokens: Tokens, until: Instant | None) -> bool:
    """Renew all these leases, or give them back (None); False when one is no longer held under its token."""
    done = session.execute(
        update(_LEASES)
        .where(tuple_(_LEASES.c.site, _LEASES.c.token).in_(list(tokens.items())), _LEASES.c.expires_at.is_not(None))
        .values(expires_at=until, renewals=_LEASES.c.renewals + 1)
    )
    return bool(cast("Any", done).rowcount == len(tokens))


def store_now(session: Session, now: Instant) -> Instant:
    """The moment by the store's own clock: a server's, or for a file that of the machine, which `now` is."""
    if not _is_postgresql(session):
        return now
    told: Instant = session.execute(select(func.clock_timestamp())).scalar_one()
    return told


def _of_sites(sites: Collection[SiteId]) -> Select[Any]:
    return select(_LEASES).where(_LEASES.c.site.in_(sites)).order_by(_LEASES.c.site)


def _read(session: Session, query: Select[Any]) -> Sequence[Lease]:
    return [
        Lease(
            site=row.site,
            token=row.token,
            holder=Holder(host=row.host, machine=row.machine, pid=row.pid, started=row.started),
            renewals=row.renewals,
            taken_at=row.taken_at,
            expires_at=row.expires_at,
        )
        for row in session.execute(query)
    ]


def _of(holder: Holder) -> dict[str, object]:
    return {"host": holder.host, "machine": holder.machine, "pid": holder.pid, "started": holder.started}


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
