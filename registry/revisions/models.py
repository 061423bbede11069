"""The table of revisions."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.store import InstantColumn
from registry.tables import Base


class Revision(Base):
    """One record as it was after one change. Numbers of documents are never kept here."""

    __tablename__ = "revision"
    __table_args__ = (CheckConstraint("number > 0", name="number"),)

    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    """As in the audit: `person:<id>`."""
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Counts from 1; the highest is how it is now."""
    action: Mapped[str] = mapped_column(String(60))
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(InstantColumn)
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)
