"""Reads and writes the rows of accounts at a provider."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from registry.auth.outside.models import OutsideIdentityRow


def identity(session: Session, issuer: str, subject: str) -> OutsideIdentityRow | None:
    return session.get(OutsideIdentityRow, (issuer, subject))


def identity_of(session: Session, user_id: UUID, issuer: str) -> OutsideIdentityRow | None:
    """As whom the provider knows this user."""
    found = select(OutsideIdentityRow).where(OutsideIdentityRow.user_id == user_id, OutsideIdentityRow.issuer == issuer)
    return session.scalars(found).one_or_none()


def is_linked(session: Session, user_id: UUID) -> bool:
    """Whether somebody at a provider signs in as this user."""
    found = select(OutsideIdentityRow.user_id).where(OutsideIdentityRow.user_id == user_id).limit(1)
    return session.scalar(found) is not None


def remove_identities(session: Session, user_id: UUID) -> None:
    session.execute(delete(OutsideIdentityRow).where(OutsideIdentityRow.user_id == user_id))
    session.expire_all()
