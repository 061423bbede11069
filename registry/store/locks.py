"""Locks with a name, for use cases that write beside others."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.store.postgresql import lock_number


def hold(session: Session, *names: str) -> None:
    """Be the only one with a lock of these names until the transaction ends. SQLite has one writer at a time anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(lock_number(*names))))
