"""Over whom somebody who manages users has a say: over those whose every role lies at compounds of their own."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from sqlalchemy.orm import Session

from registry.auth import queries
from registry.auth.models import UserRow
from registry.auth.permissions import Permission
from registry.auth.principal import AllSites, Grant, Principal
from registry.auth.requires import requires
from registry.ids import SiteId, UserId
from registry.problems import Conflict, Forbidden, NotFound

Manager = Annotated[Principal, Depends(requires(Permission.USERS_MANAGE))]


class NoSuchUser(NotFound):
    slug = "no-such-user"
    title = "There is no such user here"


class WorksElsewhereToo(Forbidden):
    slug = "works-elsewhere-too"
    title = "This user works at compounds that you do not answer for"


class OwnAccount(Conflict):
    slug = "own-account"
    title = "Nobody does this to their own account; another administrator can"


@dataclass(frozen=True, slots=True)
class Reach:
    """The compounds whose users somebody manages; None: all of them, and users without a role."""

    sites: frozenset[SiteId] | None

    @classmethod
    def of(cls, manager: Principal) -> "Reach":
        sites = manager.sites(Permission.USERS_MANAGE)
        return cls(None if isinstance(sites, AllSites) else sites)

    def sees(self, grants: Collection[Grant]) -> bool:
        return self.sites is None or any(grant.site in self.sites for grant in grants)

    def rules(self, grants: Collection[Grant]) -> bool:
        """Whether all that somebody may lies within: else a password reset here would open what lies elsewhere."""
        return self.sites is None or all(grant.site in self.sites for grant in grants)

    def gives(self, grant: Grant) -> bool:
        """Whether this role may be given and taken."""
        return self.sites is None or grant.site in self.sites


def seen_user(session: Session, manager: Principal, user_id: UserId) -> tuple[UserRow, frozenset[Grant]]:
    """A user and what they may.

    Raises:
        NoSuchUser: there is none, or nothing of theirs lies at the manager's compounds.

    """
    user = queries.user(session, user_id)
    grants = queries.grants_of(session, user_id)
    if user is None or not Reach.of(manager).sees(grants):
        raise NoSuchUser
    return user, grants


def managed_user(session: Session, manager: Principal, user_id: UserId) -> UserRow:
    """A user whom the manager may shut out, give a password, or sign out.

    Raises:
        NoSuchUser: there is none here.
        OwnAccount: it is the manager.
        WorksElsewhereToo: it is for somebody with a wider reach.

    """
    user, grants = seen_user(session, manager, user_id)
    if user.id == manager.id:
        raise OwnAccount
    if not Reach.of(manager).rules(grants):
        raise WorksElsewhereToo
    return user
