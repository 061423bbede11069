"""The table of devices."""

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from registry.ids import DeviceAddress, SiteId
from registry.messages.topics import DeviceClass
from registry.store.choices import choice
from registry.tables import Base


class Device(Base):
    """A device of a compound; its key is its address `site/class/name`."""

    __tablename__ = "device"
    __table_args__ = (
        CheckConstraint("secret_generation > 0", name="secret_generation"),
        CheckConstraint("(x IS NULL) = (y IS NULL)", name="place_whole"),
        CheckConstraint("kind = 'camera' OR source IS NULL", name="only_cameras_have_a_source"),
        CheckConstraint("heartbeat_seconds BETWEEN 1 AND 86400", name="heartbeat_seconds"),
        CheckConstraint("beams IN (1, 2, 4)", name="beams"),
        CheckConstraint("min_interruption_ms BETWEEN 20 AND 700", name="min_interruption_ms"),
        CheckConstraint(
            "kind = 'beam' OR (beams IS NULL AND min_interruption_ms IS NULL)", name="only_beams_are_interrupted"
        ),
        CheckConstraint("kind <> 'gw' OR gateway IS NULL", name="a_gateway_hangs_on_none"),
    )

    site: Mapped[SiteId] = mapped_column(ForeignKey("site.id"), primary_key=True)
    kind: Mapped[DeviceClass] = mapped_column(choice(DeviceClass), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    enabled: Mapped[bool]
    secret_hash: Mapped[str] = mapped_column(String(72))
    """bcrypt, cost 4, as the broker's configuration has it."""
    secret_generation: Mapped[int]
    foreign_prefixes: Mapped[list[str]] = mapped_column(JSON)
    x: Mapped[float | None]
    y: Mapped[float | None]
    source: Mapped[str | None] = mapped_column(Text)
    """A camera's file or RTSP address; may hold a password."""
    regions: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """`{"id", "polygon", "rules"}` each."""
    adapter: Mapped[str | None] = mapped_column(String(40))
    """Who turns into events what comes on its prefixes, or is pushed; none: it speaks as we do."""
    foreign_id: Mapped[str | None] = mapped_column(String(200))
    """What its gateway calls it."""
    gateway: Mapped[str | None] = mapped_column(String(40))
    """The name of the gateway of its site that it hangs on."""
    is_wireless: Mapped[bool] = mapped_column(server_default=false())
    heartbeat_seconds: Mapped[int | None]
    """None: 60 s."""
    beams: Mapped[int | None]
    min_interruption_ms: Mapped[int | None]

    @property
    def address(self) -> DeviceAddress:
        return DeviceAddress(self.site, str(self.kind), self.name)
