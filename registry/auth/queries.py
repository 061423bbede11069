"""Reads and writes the rows of users, sessions and tokens."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from registry.auth import feed
from registry.auth.changes import AuthChangeKind
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
from registry.ids import GateId, SessionId, SiteId, TokenId, UnitId, UserId


def user_named(session: Session, name: str) -> UserRow | None:
    return session.execute(select(UserRow).where(UserRow.name == name)).scalar_one_or_none()


def user(session: Session, user_id: UserId) -> UserRow | None:
    return session.get(UserRow, user_id)


def grants_of(session: Session, user_id: UUID) -> frozenset[Grant]:
    rows = session.execute(select(GrantRow.role, GrantRow.site, GrantRow.unit).where(GrantRow.user_id == user_id))
    return frozenset(grant_of(role, site, unit=unit) for role, site, unit in rows)


def set_grants(session: Session, user_id: UUID, grants: Iterable[Grant]) -> None:
    session.execute(delete(GrantRow).where(GrantRow.user_id == user_id))
    session.add_all(
        GrantRow(user_id=user_id, role=grant.role, site=grant.site or EVERYWHERE, unit=_unit(grant))
        for grant in frozenset(grants)
    )
    feed.record_change(session, AuthChangeKind.USER, user_id)  # of rows that are deleted so, no object tells


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
    columns = select(TokenGrantRow.role, TokenGrantRow.site, TokenGrantRow.unit, TokenGrantRow.gate)
    rows = session.execute(columns.where(TokenGrantRow.token_id == token_id))
    return frozenset(grant_of(role, site, unit=unit, gate=gate) for role, site, unit, gate in rows)


def add_token_grants(session: Session, token_id: UUID, grants: Iterable[Grant]) -> None:
    session.add_all(
        TokenGrantRow(
            token_id=token_id,
            role=grant.role,
            site=grant.site or EVERYWHERE,
            unit=_unit(grant),
            gate=grant.gate or EVERYWHERE,
        )
        for grant in frozenset(grants)
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


def mark_sessions_used(session: Session, uses: Mapping[SessionId, Instant]) -> None:
    """Write down the last use of each of these sessions, where it is later than what is known."""
    for row in session.scalars(select(SessionRow).where(SessionRow.id.in_(uses))):
        row.seen_at = max(row.seen_at, uses[SessionId(row.id)])


def mark_tokens_used(session: Session, uses: Mapping[TokenId, Instant]) -> None:
    """The same for tokens; nobody follows this in the feed, for it decides nothing."""
    for token_id, used_at in uses.items():
        session.execute(update(TokenRow).where(TokenRow.id == token_id).values(used_at=used_at))


def grant_of(role: str, site: str, *, unit: str = EVERYWHERE, gate: str = EVERYWHERE) -> Grant:
    """A grant as it stands in a row."""
    return Grant(
        Role(role),
        None if site == EVERYWHERE else SiteId(site),
        unit=None if unit == EVERYWHERE else UnitId(UUID(unit)),
        gate=None if gate == EVERYWHERE else GateId(gate),
    )


def _unit(grant: Grant) -> str:
    return EVERYWHERE if grant.unit is None else str(grant.unit)
