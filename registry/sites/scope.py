"""Which sites somebody may see, as the names that queries want."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.auth.permissions import Permission
from registry.auth.principal import AllSites, Principal
from registry.ids import SiteId
from registry.problems import Conflict
from registry.sites.models import Site


class HeldElsewhere(Conflict):
    slug = "held-elsewhere"
    title = "Another office has registered it already"


def sites_of(session: Session, principal: Principal, permission: Permission) -> frozenset[SiteId]:
    """The sites at which this principal holds the permission."""
    where = principal.sites(permission)
    return frozenset(session.scalars(select(Site.id))) if isinstance(where, AllSites) else where


def require_seen(holding: Collection[SiteId], within: Collection[SiteId]) -> None:
    """Refuse to speak of a row that is in the way at `holding`, where somebody of `within` sees none of these sites.

    Raises:
        HeldElsewhere: without any fact of the row.

    """
    if set(holding).isdisjoint(within):
        raise HeldElsewhere("Another office has registered it already: ask the security office to settle it.")
