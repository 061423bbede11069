"""Marking what belongs to the house, and recognising it."""

import hmac
from collections.abc import Mapping

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from registry.marks.models import MarkRow


def fingerprint(key: bytes) -> str:
    """What tells one secret key from another and says nothing of it: 256 bits of chance cannot be guessed."""
    return hmac.digest(key, b"dayuan fingerprint", "sha256").hex()


def marks(session: Session) -> dict[str, str]:
    """All marks by name."""
    return {row.name: row.mark for row in session.scalars(select(MarkRow))}


def keep(session: Session, found: Mapping[str, str]) -> None:
    """Write down the marks that there are not yet."""
    known = marks(session)
    session.add_all(MarkRow(name=name, mark=mark) for name, mark in found.items() if name not in known)
    session.flush()


def replace(session: Session, name: str, mark: str) -> None:
    """Let another thing take the place of the one that had this mark."""
    session.execute(update(MarkRow).where(MarkRow.name == name).values(mark=mark))
