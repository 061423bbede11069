"""The table of what devices say of themselves. Their silences stand in `monitor.signals.models.DeviceAbsenceRow`."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from monitor.tables import Base
from registry.store import InstantColumn


class DeviceConditionRow(Base):
    """A stretch in which a device had no mains, a low battery or a wrong clock, as it said itself; `until` None: it lasts."""

    __tablename__ = "device_conditions"

    device: Mapped[str] = mapped_column(String(120), primary_key=True)
    condition: Mapped[str] = mapped_column(String(20), primary_key=True)
    since: Mapped[datetime] = mapped_column(InstantColumn, primary_key=True)
    until: Mapped[datetime | None] = mapped_column(InstantColumn)
    noticed_at: Mapped[datetime] = mapped_column(InstantColumn)
    signal_id: Mapped[str] = mapped_column(String(200))
    """Of the event that began it."""
