"""Commands to a device and their answers (CONTRACT 2)."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from registry.ids import NAME_PATTERN
from registry.messages.envelope import WireInstant

LONGEST_HOLD_SECONDS = 600
Area = Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")]
Words = Annotated[str, Field(max_length=1000)]


class Command(BaseModel):
    """An order to a device or a room. Whoever receives it past `expires_at` refuses it."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: UUID
    action: str = Field(max_length=80)
    by: str = Field(max_length=200)
    expires_at: WireInstant


class OpenBarrier(Command):
    action: Literal["open"] = "open"
    entry_id: UUID
    hold_seconds: float = Field(gt=0, le=LONGEST_HOLD_SECONDS)
    lane: str | None = Field(default=None, max_length=40, description="of the device's lanes; none: it has one")
    barrier: int = Field(default=1, ge=1, le=2, description="which of the lane's barriers")


class Lockdown(Command):
    """Nobody crosses a border of these areas but who may in a lockdown. `area` none: all areas of the site."""

    action: Literal["lockdown"] = "lockdown"
    area: Area | None = None
    on: bool
    words: Words = ""


class ThreatLevel(Command):
    """From now on the borders of this area ask for this clearance. `area` none: all areas of the site."""

    action: Literal["threat_level"] = "threat_level"
    area: Area | None = None
    level: int = Field(ge=0, le=5)
    words: Words = ""


class Muster(Command):
    """Begin a muster list of who is inside, unless one is open."""

    action: Literal["muster"] = "muster"
    because: Literal["fire_alarm", "evacuation", "command", "drill"] = "command"


class OpenEscapeLanes(Command):
    """Open the lanes that are configured for it. The hardware's own release does not depend on this."""

    action: Literal["open_escape_lanes"] = "open_escape_lanes"


RoomCommand = Annotated[Lockdown | ThreatLevel | Muster | OpenEscapeLanes, Field(discriminator="action")]
"""What a gateway does when another room tells it to."""


class Acknowledgement(BaseModel):
    """A device's answer on `cmd/ack`, with the command's id."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: UUID
    ok: bool
    detail: str | None = Field(default=None, max_length=1000)
