"""Whoever asks: a person who signed in or a program with a token, and where they may do what."""

from collections.abc import Iterable
from dataclasses import dataclass

from registry.auth.permissions import TABLE, Permission, Role
from registry.ids import SiteId, UserId
from registry.problems import NotFound


@dataclass(frozen=True, slots=True)
class Grant:
    """A role at one site; `site` None: at all of them."""

    role: Role
    site: SiteId | None

    def __str__(self) -> str:
        return f"{self.role}@{self.site or '*'}"


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

    `is_program`: a token without an owner, which acts for no person; its name is `token:<name>`.
    """

    id: UserId
    name: str
    grants: frozenset[Grant]
    csrf: str | None = None
    is_program: bool = False

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants)

    def holds(self, permission: Permission) -> bool:
        """Whether there is a site where they may."""
        return any(permission in TABLE[grant.role] for grant in self.grants)

    def may(self, permission: Permission, site: SiteId) -> bool:
        return site in self.sites(permission)

    def sites(self, permission: Permission) -> frozenset[SiteId] | AllSites:
        """Where they may; lists show what lies there and nothing else."""
        where = {grant.site for grant in self.grants if permission in TABLE[grant.role]}
        if None in where:
            return ALL
        return frozenset(site for site in where if site is not None)

    def require(self, permission: Permission, site: SiteId) -> None:
        """Go on only where they may.

        Raises:
            NotFound: they may not; what one may not see is not there.

        """
        if not self.may(permission, site):
            raise NotFound


def common(grants: Iterable[Grant], others: Iterable[Grant]) -> frozenset[Grant]:
    """What both allow: a token never outlives the rights of its owner."""
    found = set()
    others = frozenset(others)
    for grant in grants:
        for other in others:
            if grant.role == other.role and (grant.site == other.site or None in (grant.site, other.site)):
                found.add(Grant(grant.role, grant.site or other.site))
    return frozenset(found)
