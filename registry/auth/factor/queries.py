"""Reads and writes the rows of second factors."""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from registry.auth.factor.models import FactorRow, RecoveryCodeRow


def factor(session: Session, user_id: UUID) -> FactorRow | None:
    """What somebody began or has; it counts when it is confirmed."""
    return session.get(FactorRow, user_id)


def has_factor(session: Session, user_id: UUID) -> bool:
    """Whether a code is asked of this user."""
    row = factor(session, user_id)
    return row is not None and row.confirmed_at is not None


def with_factor(session: Session, user_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of these users of whom a code is asked."""
    confirmed = select(FactorRow.user_id).where(FactorRow.user_id.in_(user_ids), FactorRow.confirmed_at.is_not(None))
    return frozenset(session.scalars(confirmed))


def remove_factor(session: Session, user_id: UUID) -> None:
    session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id))
    session.execute(delete(FactorRow).where(FactorRow.user_id == user_id))
    session.expire_all()


def set_recovery_codes(session: Session, user_id: UUID, digests: Iterable[bytes]) -> None:
    session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id))
    session.add_all(RecoveryCodeRow(user_id=user_id, digest=digest, used_at=None) for digest in digests)


def recovery_code(session: Session, user_id: UUID, digest: bytes) -> RecoveryCodeRow | None:
    return session.get(RecoveryCodeRow, (user_id, digest))


def recovery_codes_left(session: Session, user_id: UUID) -> int:
    unused = select(func.count()).where(RecoveryCodeRow.user_id == user_id, RecoveryCodeRow.used_at.is_(None))
    return session.scalar(unused) or 0
