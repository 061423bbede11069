"""Reads and writes the rows of sign-ins under way and of temporary passwords."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from registry.auth.entry.models import PendingRow, TemporaryPasswordRow
from registry.clock import Instant


def pending(session: Session, digest: bytes) -> PendingRow | None:
    return session.get(PendingRow, digest)


def forget(session: Session, digest: bytes) -> None:
    session.execute(delete(PendingRow).where(PendingRow.digest == digest))


def forget_pending(session: Session, *, over_at: Instant) -> None:
    session.execute(delete(PendingRow).where(PendingRow.ends_at <= over_at))


def forget_pending_of(session: Session, user_id: UUID, *, keep: bytes = b"") -> None:
    """Whoever is in the middle of signing in as this user begins anew; `keep`: the digest of the one that does not."""
    session.execute(delete(PendingRow).where(PendingRow.user_id == user_id, PendingRow.digest != keep))


def is_password_temporary(session: Session, user_id: UUID) -> bool:
    return session.get(TemporaryPasswordRow, user_id) is not None


def with_temporary_password(session: Session, user_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of these users who have not chosen a password of their own yet."""
    found = select(TemporaryPasswordRow.user_id).where(TemporaryPasswordRow.user_id.in_(user_ids))
    return frozenset(session.scalars(found))


def set_temporary(session: Session, user_id: UUID, now: Instant) -> None:
    session.merge(TemporaryPasswordRow(user_id=user_id, set_at=now))


def set_own(session: Session, user_id: UUID) -> None:
    session.execute(delete(TemporaryPasswordRow).where(TemporaryPasswordRow.user_id == user_id))
