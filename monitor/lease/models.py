"""The table of leases."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from monitor.tables import Base
from registry.ids import SiteId
from registry.store import InstantColumn


class SiteLease(Base):
    """One row for each site that ever had an engine; it stays when the lease is over, so that its token only grows."""

    __tablename__ = "site_lease"
    __table_args__ = (
        CheckConstraint("token >= 0", name="token"),
        CheckConstraint("expires_at IS NULL OR token > 0", name="held_under_a_token"),
    )

    site: Mapped[SiteId] = mapped_column(String(40), primary_key=True)
    token: Mapped[int] = mapped_column(BigInteger)
    host: Mapped[str] = mapped_column(String(255))
    machine: Mapped[str] = mapped_column(String(120))
    pid: Mapped[int] = mapped_column(BigInteger)
    started: Mapped[int] = mapped_column(BigInteger)
    renewals: Mapped[int] = mapped_column(BigInteger)
    """One more each time it is taken or renewed: what those who wait watch."""
    taken_at: Mapped[datetime] = mapped_column(InstantColumn)
    expires_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    """By the store's own clock, for whoever reads it; None: given back."""
