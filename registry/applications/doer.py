"""Who takes a step of an application: what they may, where and for which units."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from registry.auth.permissions import TABLE, Permission, Role
from registry.auth.principal import Principal
from registry.ids import SiteId, UnitId
from registry.sites.scope import sites_of
from registry.units.scope import UnitScope


@dataclass(frozen=True, slots=True, kw_only=True)
class Doer:
    """A user or token at its work on permits."""

    name: str
    roles: frozenset[Role]
    sites: Mapping[Permission, frozenset[SiteId]]
    """Where they may, by permission that is held for whole sites."""
    units: UnitScope
    """The units for which they apply."""

    @classmethod
    def of(cls, session: Session, principal: Principal) -> "Doer":
        office = (Permission.REGISTRY_READ, Permission.REGISTRY_WRITE, Permission.PERMITS_APPROVE)
        return cls(
            name=principal.name,
            roles=principal.roles,
            sites={permission: sites_of(session, principal, permission) for permission in office},
            units=principal.units(Permission.UNIT_APPLY),
        )

    def applies_for(self, unit: UnitId, sites: Collection[SiteId]) -> bool:
        """Whether they answer for this unit at all of these compounds."""
        return all((None, unit) in self.units or (site, unit) in self.units for site in sites)

    def applies(self, unit: UnitId | None, sites: Collection[SiteId]) -> bool:
        """Whether they answer for this unit at one of these compounds."""
        return any((None, unit) in self.units or (site, unit) in self.units for site in sites)

    def holds(self, permission: Permission) -> bool:
        """Whether they may it anywhere."""
        return bool(self.units) if permission is Permission.UNIT_APPLY else bool(self.sites[permission])

    def may(self, permission: Permission, unit: UnitId | None, sites: Collection[SiteId]) -> bool:
        """Whether they may it at all of these compounds."""
        if permission is Permission.UNIT_APPLY:
            return unit is not None and self.applies_for(unit, sites)
        return self.sites[permission] >= set(sites)

    def role_for(self, permission: Permission) -> Role:
        """As what they do it."""
        return next(role for role in Role if role in self.roles and permission in TABLE[role])
