"""The parts of a lane as the gateway uses them: what reads, opens and sees there, and how each is spoken to."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from registry.ids import DeviceAddress, GateId, LaneId, SiteId
from registry.messages.topics import DeviceClass

LAST_PD_ADDRESS = 126
"""Of a peripheral on an OSDP line; 127 speaks to all."""
LAST_DOOR = 4
"""Of the doors of a UHPPOTE controller."""
_LINE = r"^(tcp://[A-Za-z0-9.-]{1,80}:\d{1,5}|unix:///[\w./-]{1,90}|serial:///dev/[\w./-]{1,60}(\?baud=(9600|19200|38400|57600|115200))?)$"
_CONTROLLER_ADDRESS = r"^(\d{1,3}\.){3}\d{1,3}(:\d{1,5})?$"


class PartRole(StrEnum):
    """What a part is there for."""

    READER = "reader"
    BARRIER = "barrier"
    SENSOR = "sensor"
    """Sees that somebody passed."""
    CAMERA = "camera"


class DriverKind(StrEnum):
    """How a part is spoken to."""

    MQTT = "mqtt"
    OSDP = "osdp"
    UHPPOTE = "uhppote"


TAKES = {
    DriverKind.MQTT: frozenset({PartRole.BARRIER, PartRole.SENSOR, PartRole.CAMERA}),
    DriverKind.OSDP: frozenset({PartRole.READER, PartRole.BARRIER}),
    DriverKind.UHPPOTE: frozenset({PartRole.READER, PartRole.BARRIER}),
}
"""The parts that each can be. A reader that speaks HTTP is no part: it asks at `/api/gateway/checks` with its own token."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _device(text: str) -> str:
    kind = DeviceAddress.parse(text).kind
    if kind not in {DeviceClass.GATE, DeviceClass.CAMERA}:
        raise ValueError("a lane's device is of class gate, its camera of class camera")
    return text


class MqttSettings(_Settings):
    """A device on the broker, `site/gate/name`; the gate's own device may have several parts."""

    driver: Literal[DriverKind.MQTT] = DriverKind.MQTT
    device: Annotated[str, Field(max_length=122), AfterValidator(_device)]


class OsdpSettings(_Settings):
    """A peripheral on an OSDP line; the key of its secure channel is derived (`registry.lane_parts.keys`), never stored."""

    driver: Literal[DriverKind.OSDP] = DriverKind.OSDP
    line: str = Field(pattern=_LINE, description="tcp://host:port, unix:///path or serial:///dev/ttyUSB0?baud=9600")
    pd: int = Field(ge=0, le=LAST_PD_ADDRESS, description="the peripheral's address on the line")
    number: int = Field(default=0, ge=0, le=7, description="which of its readers, or of its outputs")
    contact: int | None = Field(default=None, ge=0, le=7, description="the input that is active while it stands open")
    key: int = Field(default=1, ge=1, le=9999, description="which key the peripheral has; a new number is a new key")


class UhppoteSettings(_Settings):
    """A door of a UHPPOTE controller."""

    driver: Literal[DriverKind.UHPPOTE] = DriverKind.UHPPOTE
    controller: int = Field(ge=1, le=2**32 - 1, description="the serial number")
    address: str = Field(pattern=_CONTROLLER_ADDRESS, description="IPv4, with a port where it is not 60000")
    door: int = Field(ge=1, le=LAST_DOOR)


PartSettings = Annotated[MqttSettings | OsdpSettings | UhppoteSettings, Field(discriminator="driver")]
SETTINGS: TypeAdapter[PartSettings] = TypeAdapter(PartSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class LanePart:
    """One part of a lane. `position` tells two of a role apart; of barriers the first stands at `from_area`."""

    site: SiteId
    gate: GateId
    lane: LaneId
    role: PartRole
    position: int
    settings: MqttSettings | OsdpSettings | UhppoteSettings

    @property
    def name(self) -> str:
        """As logs, programs and the guard's console name it: `oc1-north-1/barrier-1`."""
        return f"{self.lane}/{self.role}-{self.position}"
