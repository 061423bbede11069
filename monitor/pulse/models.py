"""The table of the engine's sign of life."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Double
from sqlalchemy.orm import Mapped, mapped_column

from monitor.tables import Base
from registry.store import InstantColumn


class PulseRow(Base):
    """The newest sign: one row, written anew each second."""

    __tablename__ = "pulse"
    __table_args__ = (CheckConstraint('"only" = 1', name="ck_pulse_one_row"),)

    only: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    at: Mapped[datetime] = mapped_column(InstantColumn)
    connected: Mapped[bool]
    hears_devices: Mapped[bool]
    unheard: Mapped[int]
    unsent_seconds: Mapped[float] = mapped_column(Double)
