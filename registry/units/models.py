"""The table of units."""

from sqlalchemy import String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from registry.ids import UnitId
from registry.tables import Base


class Unit(Base):
    """An office or company that answers for its people and vehicles (责任单位)."""

    __tablename__ = "unit"

    id: Mapped[UnitId] = mapped_column(Uuid, primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(80), unique=True)
    name_en: Mapped[str] = mapped_column(String(80))
