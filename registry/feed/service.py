"""Recording changes and reading what came after a version.

A reader that holds version n of a site and reads what is after n can miss nothing: the counter's row stays locked until
the commit, so versions become visible in their order.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from registry.feed.changes import REGISTER_KINDS, Change, ChangeKind
from registry.feed.models import FeedChange, FeedCounter
from registry.ids import SiteId


def open_feed(session: Session, site: SiteId) -> None:
    """Begin the feed of a new site, at version 0."""
    session.add(FeedCounter(site=site, version=0, register_version=0))
    session.flush()


def record_change(session: Session, sites: Iterable[SiteId], kind: ChangeKind, key: str) -> None:
    """Say, in the same transaction, that `key` became different at these sites.

    Sites are locked in the order of their names, so that two writers never wait for each other.
    """
    for site in sorted(set(sites)):
        step = update(FeedCounter).where(FeedCounter.site == site).values(version=FeedCounter.version + 1)
        if kind in REGISTER_KINDS:
            step = step.values(register_version=FeedCounter.version + 1)
        version = session.scalars(
            step.returning(FeedCounter.version).execution_options(synchronize_session=False)
        ).one()
        session.add(FeedChange(site=site, version=version, kind=kind, key=key))
    session.flush()


def record_change_everywhere(session: Session, kind: ChangeKind, key: str) -> None:
    """Say that `key` became different at every site."""
    record_change(session, session.scalars(select(FeedCounter.site)), kind, key)


def pass_over(session: Session, versions: int) -> None:
    """Let every site's feed go on `versions` later, and say that all is to be read anew.

    For a register that was put back to an earlier state: a reader may hold what has since been given out again.
    """
    session.execute(
        update(FeedCounter).values(
            version=FeedCounter.version + versions, register_version=FeedCounter.register_version + versions
        )
    )
    record_change_everywhere(session, ChangeKind.MANY, "restored")


def versions(session: Session) -> dict[SiteId, int]:
    """The newest version of each site."""
    counters = session.execute(select(FeedCounter.site, FeedCounter.version))
    return {site: version for site, version in counters}  # noqa: C416 - a row is no pair to mypy


def register_version(session: Session) -> int:
    """A number that grows whenever a site, gate, device or zone becomes different; whoever polls it misses nothing."""
    return session.scalar(select(func.coalesce(func.sum(FeedCounter.register_version), 0))) or 0


def changes_after(session: Session, known: Mapping[SiteId, int]) -> Sequence[Change]:
    """What came after the known version of each of these sites, oldest first within a site."""
    if not known:
        return []
    later = or_(*((FeedChange.site == site) & (FeedChange.version > version) for site, version in known.items()))
    rows = session.execute(
        select(FeedChange.site, FeedChange.version, FeedChange.kind, FeedChange.key)
        .where(later)
        .order_by(FeedChange.site, FeedChange.version)
    )
    return [Change(site=site, version=version, kind=kind, key=key) for site, version, kind, key in rows]
