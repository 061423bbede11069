"""What is known of a stored picture."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.store.columns import InstantColumn
from registry.tables import Base


class MediaRow(Base):
    """A picture of one site. `size` in bytes; `locked`: kept beyond its retention, because somebody needs it."""

    __tablename__ = "media"
    __table_args__ = (
        UniqueConstraint("sha256", "site"),
        CheckConstraint("size > 0", name="media_size"),
        Index("media_retention_at", "retention", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    site: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    retention: Mapped[str] = mapped_column(String(20))
    content_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    at: Mapped[datetime] = mapped_column(InstantColumn)
    locked: Mapped[bool]
