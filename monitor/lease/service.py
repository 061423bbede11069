"""Taking, keeping and giving back the leases of sites: one use case each, in one transaction."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from monitor.lease import queries
from monitor.lease.rules import LASTS, Holder, Lease, Tokens, are_held, in_the_way
from registry.ids import SiteId
from registry.store import Work
from registry.store.faults import Fenced


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The leases are ours, under these tokens."""

    tokens: Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """None was taken: this one is not free."""

    lease: Lease


def take(work: Work, sites: Collection[SiteId], holder: Holder, seen_free: Mapping[SiteId, Lease]) -> Taken | Waits:
    """Take the leases of all these sites, or none.

    `seen_free`: those that were free when they were looked at. One that was renewed or taken since then is not free.
    """
    now = queries.store_now(work.session, work.now)
    found = queries.leases_to_take(work.session, sites, holder, now)
    free = [lease.site for lease in found if lease.expires_at is None or seen_free.get(lease.site) == lease]
    obstacle = in_the_way(found, free)
    if obstacle is not None:
        return Waits(lease=obstacle)
    return Taken(tokens=queries.take(work.session, found, holder, now=now, until=now + LASTS))


def renew(work: Work, tokens: Tokens) -> None:
    """Let leases last on.

    Raises:
        Fenced: somebody took one of them over.

    """
    if not queries.let_last(work.session, tokens, queries.store_now(work.session, work.now) + LASTS):
        raise Fenced("another engine holds the lease now")


def give_back(work: Work, tokens: Tokens) -> None:
    """Let the next one have them at once."""
    queries.let_last(work.session, tokens, None)


def insist(session: Session, tokens: Tokens) -> None:
    """Make sure, until the transaction ends, that nobody else acts for these sites.

    Raises:
        Fenced: somebody took one of them over, or nobody holds it any more.

    """
    if not are_held(tokens, queries.tokens_to_write_under(session)):
        raise Fenced("another engine holds the lease now")
