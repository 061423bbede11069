"""Tables of compounds, areas, gates and lanes. A gate is also a device of class `gate`, with the gate's name."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.access.facts import Direction, Passback
from registry.ids import AreaId, GateId, LaneId, SiteId
from registry.store import InstantColumn
from registry.store.choices import choice
from registry.tables import Base


class Site(Base):
    """A compound."""

    __tablename__ = "site"

    id: Mapped[SiteId] = mapped_column(String(40), primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    timezone: Mapped[str] = mapped_column(String(64))
    outline: Mapped[list[list[float]]] = mapped_column(JSON)
    """Polygon on the site plan, in fractions of its width and height."""
    buildings: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """`{"name_zh", "name_en", "outline"}` each, like `outline`."""


class SitePlan(Base):
    """The drawing of a compound on which its gates, devices and checkpoints are placed, where one was uploaded."""

    __tablename__ = "site_plan"
    __table_args__ = (CheckConstraint("width > 0 AND height > 0", name="size"),)

    site: Mapped[SiteId] = mapped_column(ForeignKey("site.id"), primary_key=True)
    svg: Mapped[str] = mapped_column(Text)
    """Cleaned: shapes and words only."""
    width: Mapped[float]
    height: Mapped[float]
    set_by: Mapped[str] = mapped_column(String(120))
    set_at: Mapped[datetime] = mapped_column(InstantColumn)


class Area(Base):
    """Where people and vehicles are counted."""

    __tablename__ = "area"
    __table_args__ = (
        UniqueConstraint("id", "site"),
        CheckConstraint("passback_minutes > 0", name="passback_minutes"),
        CheckConstraint("capacity_people >= 0 AND capacity_vehicles >= 0", name="capacity"),
    )

    id: Mapped[AreaId] = mapped_column(String(40), primary_key=True)
    site: Mapped[SiteId] = mapped_column(ForeignKey("site.id"), index=True)
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    passback_people: Mapped[Passback] = mapped_column(choice(Passback))
    passback_vehicles: Mapped[Passback] = mapped_column(choice(Passback, check="passback_vehicles"))
    passback_minutes: Mapped[int | None]
    """Who came in longer ago may come in again; None: however long ago it was."""
    capacity_people: Mapped[int | None]
    capacity_vehicles: Mapped[int | None]
    """How many may be inside at a time; None: as many as come."""
    first_person: Mapped[bool] = mapped_column(server_default=false())
    """Whether nobody comes in before somebody who may be the first (首人)."""
    two_person: Mapped[bool] = mapped_column(server_default=false())
    """Whether people come in by twos only (双人)."""


class Gate(Base):
    """A gate of a compound."""

    __tablename__ = "gate"
    __table_args__ = (
        UniqueConstraint("id", "site"),
        CheckConstraint("(x IS NULL) = (y IS NULL)", name="place_whole"),
    )

    id: Mapped[GateId] = mapped_column(String(40), primary_key=True)
    site: Mapped[SiteId] = mapped_column(ForeignKey("site.id"), index=True)
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    x: Mapped[float | None]
    y: Mapped[float | None]
    lanes: Mapped[list["Lane"]] = relationship(lazy="raise", order_by="Lane.position", overlaps="lanes")


class Lane(Base):
    """A lane of a gate, leading from one area of the site to another."""

    __tablename__ = "lane"
    __table_args__ = (
        ForeignKeyConstraint(["gate", "site"], ["gate.id", "gate.site"]),
        ForeignKeyConstraint(["from_area", "site"], ["area.id", "area.site"]),
        ForeignKeyConstraint(["to_area", "site"], ["area.id", "area.site"]),
        UniqueConstraint("gate", "position"),
        CheckConstraint("from_area <> to_area", name="leads_somewhere"),
        CheckConstraint("position >= 0", name="position"),
        CheckConstraint("passage_seconds BETWEEN 1 AND 600", name="passage_seconds"),
    )

    id: Mapped[LaneId] = mapped_column(String(40), primary_key=True)
    site: Mapped[SiteId] = mapped_column(String(40))
    gate: Mapped[GateId] = mapped_column(String(40), index=True)
    position: Mapped[int]
    """Order within the gate; the first is meant where a check names none."""
    direction: Mapped[Direction | None] = mapped_column(choice(Direction))
    """None: used both ways, and the check says which."""
    from_area: Mapped[AreaId] = mapped_column(String(40))
    to_area: Mapped[AreaId] = mapped_column(String(40))
    manned: Mapped[bool]
    interlock: Mapped[bool] = mapped_column(server_default=false())
    """Whether one crossing is over, and its barriers closed, before the next begins (互锁)."""
    passage_seconds: Mapped[int | None]
    """Within this time its sensor must have seen who was let in, or they did not pass; None: it has no sensor."""
    opens_on_fire: Mapped[bool] = mapped_column(server_default=false())
    """Whether a fire alarm opens it; its barriers' own release does not depend on this."""
