"""Which units somebody answers for, and where."""

from registry.ids import SiteId, UnitId

UnitScope = frozenset[tuple[SiteId | None, UnitId]]
"""Units, each at one site; site None: everywhere."""


def sites_within(scope: UnitScope, known: frozenset[SiteId]) -> frozenset[SiteId]:
    """Those of the known sites at which there is something to see."""
    named = frozenset(site for site, _ in scope if site is not None)
    return known if len(named) < len({site for site, _ in scope}) else named & known
