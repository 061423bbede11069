"""Which sites somebody may see, as the names that queries want."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.auth.permissions import Permission
from registry.auth.principal import AllSites, Principal
from registry.ids import SiteId
from registry.sites.models import Site


def sites_of(session: Session, principal: Principal, permission: Permission) -> frozenset[SiteId]:
    """The sites at which this principal holds the permission."""
    where = principal.sites(permission)
    return frozenset(session.scalars(select(Site.id))) if isinstance(where, AllSites) else where
