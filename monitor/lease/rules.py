"""When a lease may be taken, and what is said of it. Pure.

No two clocks are ever compared, so none that is set forward or back lets two engines act: whoever waits for a lease
watches by its own steady clock whether it is still renewed. What was begun under an older token is never committed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from registry.clock import Instant
from registry.ids import SiteId

LASTS = timedelta(seconds=5)
"""A lease that is not renewed for so long is over, for its holder as for those who wait."""
RENEWED = timedelta(seconds=1)
"""How often its holder renews it, and those who wait look."""
SHARED = SiteId("_monitor")
"""What belongs to no site (how far the rules have come, dead letters of nowhere) stands under a lease like a site."""

Tokens = Mapping[SiteId, int]
"""What a holder has: the fencing token of each site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """An engine's process. `machine` is where its `pid` means something; `started` tells it from a later one of that number."""

    host: str
    machine: str
    pid: int
    started: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """How a site's lease stands. `expires_at` by the store's clock; None: it was given back.

    `renewals` is what those who wait watch: a clock may stand still or be set back, this only grows.
    """

    site: SiteId
    token: int
    holder: Holder
    renewals: int
    taken_at: Instant
    expires_at: Instant | None


def is_free(lease: Lease, *, silent: timedelta, is_gone: bool) -> bool:
    """Whether another may take a lease.

    `silent`: for how long it was watched and not renewed; `is_gone`: its holder's process is known to have ended.
    """
    return lease.expires_at is None or is_gone or silent >= LASTS


def in_the_way(leases: Collection[Lease], free: Collection[SiteId]) -> Lease | None:
    """Of leases that are wanted all or none: the first that is not free."""
    return next((lease for lease in sorted(leases, key=lambda each: each.site) if lease.site not in free), None)


def are_held(tokens: Tokens, standing: Tokens) -> bool:
    """Whether all these tokens are still among those that stand."""
    return tokens.items() <= standing.items()


def told(lease: Lease) -> str:
    """Who holds a lease, and since when, as part of a sentence."""
    return f"process {lease.holder.pid} on {lease.holder.host} since {lease.taken_at:%Y-%m-%d %H:%M:%S} UTC"
