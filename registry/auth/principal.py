"""Whoever asks: a person who signed in or a program with a token, and where they may do what."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from registry.auth.permissions import AT_A_GATE, FOR_A_GATE, OF_A_UNIT, PROGRAMS, TABLE, Permission, Role
from registry.ids import GateId, SessionId, SiteId, UnitId, UserId
from registry.problems import NotFound


@dataclass(frozen=True, slots=True)
class Grant:
    """A role at one site; `site` None: at all of them. `unit`, `gate`: for that one only; None: for all there."""

    role: Role
    site: SiteId | None
    unit: UnitId | None = None
    gate: GateId | None = None

    def __str__(self) -> str:
        unit = f" for unit {self.unit}" if self.unit is not None else ""
        gate = f" for gate {self.gate}" if self.gate is not None else ""
        return f"{self.role}@{self.site or '*'}{unit}{gate}"

    def holds(self, permission: Permission) -> bool:
        """Whether it holds the permission at all: for its site, for its unit or at its gate."""
        return permission in TABLE[self.role] and (self.gate is None or permission in FOR_A_GATE)

    def reaches(self, permission: Permission) -> bool:
        """Whether it holds the permission for its whole site: one gate's or one unit's is not the site's."""
        return self.holds(permission) and self.unit is None and not (self.gate is not None and permission in AT_A_GATE)


class AllSites:
    """Every site there is or will be; answers `in` like a set of them."""

    def __contains__(self, site: object) -> bool:
        return True

    def __repr__(self) -> str:
        return "ALL"


ALL = AllSites()


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks. `csrf` is the word that every changing request of a browser must carry; None for a token.

    `is_program`: a token without an owner, which acts for no person; its name is `token:<name>`. `only`: a token's
    permissions, where it has fewer than its roles; None: all of them. `session`: the browser's; None for a token.
    """

    id: UserId
    name: str
    grants: frozenset[Grant]
    csrf: str | None = None
    is_program: bool = False
    only: frozenset[Permission] | None = None
    session: SessionId | None = None

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants)

    def holds(self, permission: Permission) -> bool:
        """Whether there is a site, or a unit or gate of one, where they may."""
        return self._is_in_scope(permission) and _holds(self.grants, permission)

    def may(self, permission: Permission, site: SiteId) -> bool:
        return site in self.sites(permission)

    def sites(self, permission: Permission) -> frozenset[SiteId] | AllSites:
        """Where they may, at all gates and for all units; lists show what lies there and nothing else."""
        return _sites(self.grants, permission) if self._is_in_scope(permission) else frozenset()

    def gates(self, permission: Permission) -> frozenset[GateId]:
        """The gates at which they may, beside those of `sites`; for permissions that are asked of a gate."""
        if permission not in AT_A_GATE or not self._is_in_scope(permission):
            return frozenset()
        bound = (grant for grant in self.grants if permission in TABLE[grant.role] and grant.unit is None)
        return frozenset(grant.gate for grant in bound if grant.gate is not None)

    def may_at(self, permission: Permission, site: SiteId, gate: GateId) -> bool:
        """Whether they may at this gate of this site."""
        return self.may(permission, site) or any(
            grant.gate == gate and grant.unit is None and grant.site in {None, site} and permission in TABLE[grant.role]
            for grant in (self.grants if permission in AT_A_GATE and self._is_in_scope(permission) else ())
        )

    def units(self, permission: Permission) -> frozenset[tuple[SiteId | None, UnitId]]:
        """Whose things they may, and where; for permissions that are held for a unit. Site None: everywhere."""
        if permission not in OF_A_UNIT or not self._is_in_scope(permission):
            return frozenset()
        held = (grant for grant in self.grants if grant.holds(permission))
        return frozenset((grant.site, grant.unit) for grant in held if grant.unit is not None)

    def require(self, permission: Permission, site: SiteId) -> None:
        """Go on only where they may.

        Raises:
            NotFound: they may not; what one may not see is not there.

        """
        if not self.may(permission, site):
            raise NotFound

    def manages(self, grants: Iterable[Grant]) -> bool:
        """Whether they manage a user who has these grants: all of them where they manage users."""
        where = self.sites(Permission.USERS_MANAGE)
        held = frozenset(grants)
        return isinstance(where, AllSites) or (bool(held) and all(grant.site in where for grant in held))

    def _is_in_scope(self, permission: Permission) -> bool:
        return self.only is None or permission in self.only


def common(grants: Iterable[Grant], others: Iterable[Grant]) -> frozenset[Grant]:
    """What both allow: a token never outlives the rights of its owner."""
    others = frozenset(others)
    return frozenset(
        Grant(one.role, one.site or other.site, one.unit or other.unit, one.gate or other.gate)
        for one in grants
        for other in others
        if one.role == other.role
        and all(
            mine == theirs or None in {mine, theirs}
            for mine, theirs in ((one.site, other.site), (one.unit, other.unit), (one.gate, other.gate))
        )
    )


def at_gate(grants: Iterable[Grant], gate: GateId, site: SiteId) -> frozenset[Grant]:
    """What of these holds at a gate of `site`; nothing: whoever holds them may do nothing there."""
    grants = frozenset(grants)
    return common(grants, (Grant(grant.role, site, gate=gate) for grant in grants))


def is_machine(grants: Collection[Grant]) -> bool:
    """Whether they are a machine's alone, which stands at one gate: its tokens name it."""
    return bool(grants) and all(grant.role in PROGRAMS for grant in grants)


# Asked at every check of a gate, and the same for as long as somebody's grants are.
@lru_cache(4096)
def _holds(grants: frozenset[Grant], permission: Permission) -> bool:
    return any(grant.holds(permission) for grant in grants)


@lru_cache(4096)
def _sites(grants: frozenset[Grant], permission: Permission) -> frozenset[SiteId] | AllSites:
    where = {grant.site for grant in grants if grant.reaches(permission)}
    if None in where:
        return ALL
    return frozenset(site for site in where if site is not None)
