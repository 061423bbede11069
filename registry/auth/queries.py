"""Reads and writes the rows of users, sessions and tokens."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from registry.auth.models import (
    EVERYWHERE,
    GrantRow,
    SessionRow,
    TokenGrantRow,
    TokenRow,
    UserRow,
    WrongTriesRow,
)
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.auth.rules import WrongTries
from registry.clock import Instant
from registry.ids import SiteId, UserId


def user_named(session: Session, name: str) -> UserRow | None:
    return session.execute(select(UserRow).where(UserRow.name == name)).scalar_one_or_none()


def user(session: Session, user_id: UserId) -> UserRow | None:
    return session.get(UserRow, user_id)


def grants_of(session: Session, user_id: UUID) -> frozenset[Grant]:
    rows = session.execute(select(GrantRow.role, GrantRow.site).where(GrantRow.user_id == user_id))
    return frozenset(_grant(role, site) for role, site in rows)


def set_grants(session: Session, user_id: UUID, grants: Iterable[Grant]) -> None:
    session.execute(delete(GrantRow).where(GrantRow.user_id == user_id))
    session.add_all(
        GrantRow(user_id=user_id, role=grant.role, site=grant.site or EVERYWHERE) for grant in frozenset(grants)
    )


def session_row(session: Session, digest: bytes) -> SessionRow | None:
    return session.get(SessionRow, digest)


def session_by_id(session: Session, session_id: UUID) -> SessionRow | None:
    return session.execute(select(SessionRow).where(SessionRow.id == session_id)).scalar_one_or_none()


def open_sessions(session: Session, user_id: UUID | None) -> Sequence[tuple[SessionRow, UserRow]]:
    """The sessions that nobody ended, each with whose it is; of one user or, with None, of all."""
    found = select(SessionRow, UserRow).join(UserRow, UserRow.id == SessionRow.user_id)
    if user_id is not None:
        found = found.where(SessionRow.user_id == user_id)
    rows = session.execute(found.where(SessionRow.ended_at.is_(None)))
    return [(row, owner) for row, owner in rows]


def open_sessions_of(session: Session, user_id: UUID) -> Sequence[SessionRow]:
    return session.scalars(select(SessionRow).where(SessionRow.user_id == user_id, SessionRow.ended_at.is_(None))).all()


def token_row(session: Session, digest: bytes) -> TokenRow | None:
    return session.execute(select(TokenRow).where(TokenRow.digest == digest)).scalar_one_or_none()


def token_by_id(session: Session, token_id: UUID) -> TokenRow | None:
    return session.get(TokenRow, token_id)


def live_tokens(session: Session) -> Sequence[tuple[TokenRow, str | None]]:
    """The tokens that were not revoked, each with its owner's name, oldest first."""
    owned = select(TokenRow, UserRow.name).outerjoin(UserRow, UserRow.id == TokenRow.owner_id)
    rows = session.execute(owned.where(TokenRow.revoked_at.is_(None)).order_by(TokenRow.id))
    return [(token, owner) for token, owner in rows]


def token_grants(session: Session, token_id: UUID) -> frozenset[Grant]:
    rows = session.execute(select(TokenGrantRow.role, TokenGrantRow.site).where(TokenGrantRow.token_id == token_id))
    return frozenset(_grant(role, site) for role, site in rows)


def add_token_grants(session: Session, token_id: UUID, grants: Iterable[Grant]) -> None:
    session.add_all(
        TokenGrantRow(token_id=token_id, role=grant.role, site=grant.site or EVERYWHERE) for grant in frozenset(grants)
    )


def wrong_tries(session: Session, who: str) -> WrongTries | None:
    row = session.get(WrongTriesRow, who)
    return None if row is None else WrongTries(count=row.count, last_at=row.last_at)


def save_wrong_tries(session: Session, who: str, tries: WrongTries) -> None:
    session.merge(WrongTriesRow(who=who, count=tries.count, last_at=tries.last_at))


def forget_tries(session: Session, *, before: Instant) -> None:
    session.execute(delete(WrongTriesRow).where(WrongTriesRow.last_at <= before))


def forget_sessions(session: Session, *, over_at: Instant) -> None:
    session.execute(delete(SessionRow).where(SessionRow.ends_at <= over_at))


def forgive(session: Session, who: str) -> None:
    session.execute(delete(WrongTriesRow).where(WrongTriesRow.who == who))


def _grant(role: str, site: str) -> Grant:
    return Grant(Role(role), None if site == EVERYWHERE else SiteId(site))
