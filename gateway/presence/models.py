"""The table of who and what is inside."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from gateway.tables import Base
from registry.ids import AreaId, SiteId
from registry.store import InstantColumn


class Presence(Base):
    """One person or vehicle that is inside. Who is outside has no row."""

    __tablename__ = "presence"
    # Each crossing touches one row, so it is kept in one tree and not in three.
    __table_args__ = ({"sqlite_with_rowid": False},)

    site: Mapped[SiteId] = mapped_column(String(40), primary_key=True)
    subject: Mapped[str] = mapped_column(String(640), primary_key=True)
    area: Mapped[AreaId] = mapped_column(String(40))
    since: Mapped[datetime] = mapped_column(InstantColumn)
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("entry.id"))
    forgiven_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    """Since when anti-passback does not ask about it: a guard has said so."""
