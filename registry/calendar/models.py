"""The table of days that a compound set itself."""

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.access.facts import DayKind
from registry.ids import SiteId
from registry.store.choices import choice
from registry.tables import Base


class CalendarDay(Base):
    """What a day is at one compound, whatever the public calendar says."""

    __tablename__ = "calendar_day"

    site: Mapped[SiteId] = mapped_column(ForeignKey("site.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[DayKind] = mapped_column(choice(DayKind))
    name_zh: Mapped[str] = mapped_column(String(40))
    name_en: Mapped[str] = mapped_column(String(40))
    set_by: Mapped[str] = mapped_column(String(120))
