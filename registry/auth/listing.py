"""The users as a list: who they are, what they may, and how their sign-in stands."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.auth.entry.queries import with_temporary_password
from registry.auth.factor.queries import with_factor
from registry.auth.models import GrantRow, SessionRow, UserRow
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.auth.queries import grant_of
from registry.clock import Instant
from registry.ids import SiteId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedUser:
    """A line of the list. `seen_at`: the last use of a session that is kept."""

    id: UserId
    name: str
    is_disabled: bool
    grants: frozenset[Grant]
    has_factor: bool
    is_password_temporary: bool
    seen_at: Instant | None

    @property
    def roles(self) -> Sequence[Role]:
        return sorted({grant.role for grant in self.grants}, key=list(Role).index)


def listed_users(
    session: Session,
    *,
    within: Collection[SiteId] | None,
    words: str = "",
    role: Role | None = None,
    after: str | None = None,
    limit: int,
) -> Sequence[ListedUser]:
    """Users by name; `within`: only those with a role at one of these compounds, None: all; `after`: a name."""
    found = select(UserRow).order_by(UserRow.name).limit(limit)
    if words:
        found = found.where(UserRow.name.contains(words.strip().lower(), autoescape=True))
    if after is not None:
        found = found.where(UserRow.name > after)
    grants = select(GrantRow.user_id)
    if role is not None:
        found = found.where(UserRow.id.in_(grants.where(GrantRow.role == role)))
    if within is not None:
        found = found.where(UserRow.id.in_(grants.where(GrantRow.site.in_(within))))
    return _told(session, session.scalars(found).all())


def last_seen(session: Session, user_ids: Collection[UUID]) -> dict[UUID, Instant]:
    """When each of these users was last there, as far as their sessions are kept."""
    found = (
        select(SessionRow.user_id, func.max(SessionRow.seen_at).label("seen_at"))
        .where(SessionRow.user_id.in_(user_ids))
        .group_by(SessionRow.user_id)
    )
    return {row.user_id: row.seen_at for row in session.execute(found)}


def _told(session: Session, rows: Iterable[UserRow]) -> Sequence[ListedUser]:
    users = list(rows)
    ids = [user.id for user in users]
    grants: dict[UUID, set[Grant]] = {}
    columns = select(GrantRow.user_id, GrantRow.role, GrantRow.site, GrantRow.unit).where(GrantRow.user_id.in_(ids))
    for user_id, role, site, unit in session.execute(columns):
        grants.setdefault(user_id, set()).add(grant_of(role, site, unit=unit))
    factors, temporary = with_factor(session, ids), with_temporary_password(session, ids)
    seen = last_seen(session, ids)
    return [
        ListedUser(
            id=UserId(user.id),
            name=user.name,
            is_disabled=user.disabled_at is not None,
            grants=frozenset(grants.get(user.id, ())),
            has_factor=user.id in factors,
            is_password_temporary=user.id in temporary,
            seen_at=seen.get(user.id),
        )
        for user in users
    ]
