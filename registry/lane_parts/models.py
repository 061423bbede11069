"""The table of lanes' parts."""

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.access.parts import DriverKind, PartRole
from registry.ids import LaneId
from registry.store.choices import choice
from registry.tables import Base


class LanePartRow(Base):
    """A part of a lane."""

    __tablename__ = "lane_part"
    __table_args__ = (CheckConstraint("position IN (1, 2)", name="position"),)

    lane: Mapped[LaneId] = mapped_column(String(40), ForeignKey("lane.id"), primary_key=True)
    role: Mapped[PartRole] = mapped_column(choice(PartRole), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    """Tells two of a role apart; the first barrier, and the first reader, stand at the area from which the lane leads."""
    driver: Mapped[DriverKind] = mapped_column(choice(DriverKind))
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    """As the driver's model in `registry.access.parts` reads them; no secret is among them."""
