"""The tables of zones."""

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.devices.facts import ZoneKind
from registry.ids import SiteId, ZoneId
from registry.messages.topics import DeviceClass
from registry.store.choices import choice
from registry.tables import Base


class Zone(Base):
    """A thing one arms. A 24-hour zone is always armed."""

    __tablename__ = "zone"
    __table_args__ = (
        UniqueConstraint("id", "site"),
        CheckConstraint("kind <> '24h' OR armed", name="always_armed"),
    )

    id: Mapped[ZoneId] = mapped_column(String(40), primary_key=True)
    site: Mapped[SiteId] = mapped_column(ForeignKey("site.id"), index=True)
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    kind: Mapped[ZoneKind] = mapped_column(choice(ZoneKind))
    armed: Mapped[bool]
    outline: Mapped[list[list[float]]] = mapped_column(JSON)
    members: Mapped[list["ZoneMemberRow"]] = relationship(lazy="raise", cascade="all, delete-orphan")


class ZoneMemberRow(Base):
    """A device, or one region of a camera, in a zone; both belong to one site."""

    __tablename__ = "zone_member"
    __table_args__ = (
        ForeignKeyConstraint(["zone", "site"], ["zone.id", "zone.site"]),
        ForeignKeyConstraint(["site", "kind", "name"], ["device.site", "device.kind", "device.name"]),
    )

    zone: Mapped[ZoneId] = mapped_column(String(40), primary_key=True)
    site: Mapped[SiteId] = mapped_column(String(40))
    kind: Mapped[DeviceClass] = mapped_column(choice(DeviceClass), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    region: Mapped[str] = mapped_column(String(40), primary_key=True)
    """Empty: the whole device."""


class ZoneNeighbour(Base):
    """Two zones that lie beside each other; written once, the smaller id first."""

    __tablename__ = "zone_neighbour"
    __table_args__ = (CheckConstraint("zone < neighbour", name="ordered"),)

    zone: Mapped[ZoneId] = mapped_column(ForeignKey("zone.id"), primary_key=True)
    neighbour: Mapped[ZoneId] = mapped_column(ForeignKey("zone.id"), primary_key=True)
