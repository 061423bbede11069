"""The table of the last purge."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Double
from sqlalchemy.orm import Mapped, mapped_column

from monitor.tables import Base
from registry.store import InstantColumn


class PurgeRow(Base):
    """What the last purge took away: one row. `longest_ms`: of the transactions for which others waited."""

    __tablename__ = "purge"
    __table_args__ = (CheckConstraint('"only" = 1', name="ck_purge_one_row"),)

    only: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    ended_at: Mapped[datetime] = mapped_column(InstantColumn)
    signals: Mapped[int] = mapped_column(BigInteger)
    dead_letters: Mapped[int] = mapped_column(BigInteger)
    absences: Mapped[int] = mapped_column(BigInteger)
    longest_ms: Mapped[float] = mapped_column(Double)
