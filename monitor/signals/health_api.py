"""`/api/monitor/devices/…/health`: how one device is heard."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict

from monitor.dependencies import MonitorReading
from monitor.signals import health
from monitor.signals.asking import SignalReader
from registry.auth.permissions import Permission
from registry.ids import NAME_PATTERN, DeviceAddress, SiteId
from registry.messages.envelope import WireInstant
from registry.messages.topics import DeviceClass
from registry.problems import NotFound, problems

router = APIRouter(prefix="/api/monitor", tags=["signals"])
Name = Annotated[str, Path(pattern=NAME_PATTERN)]


class StateOut(BaseModel):
    """What a foreign device last said of one of its properties."""

    property: str
    value: Any
    said_at: WireInstant


class HealthOut(BaseModel):
    """`gap`: events whose numbers never came; `replays`: numbers that came again as another event; of all its starts."""

    model_config = ConfigDict(from_attributes=True)

    event_at: WireInstant | None
    heartbeat_at: WireInstant | None
    online: bool | None
    battery: float | None
    skew_seconds: float | None
    clock_faults: int
    late: int
    archived: int
    last_seq: int | None
    bootid: str | None
    gap: int
    replays: int
    states: list[StateOut]


@router.get("/devices/{site}/{kind}/{name}/health", responses=problems(NotFound))
def device_health(
    site: Name, kind: DeviceClass, name: Name, reader: SignalReader, reading: MonitorReading
) -> HealthOut:
    """How a device is heard: late, ahead, with gaps, and what it says of itself. One that never spoke has nothing."""
    reader.require(Permission.SIGNALS_READ, SiteId(site))
    now = health.health_of(reading.session, DeviceAddress(SiteId(site), kind, name))
    said = {field: getattr(now, field) for field in HealthOut.model_fields if field != "states"}
    states = [StateOut(property=each, value=value, said_at=at) for each, value, at in now.states]
    return HealthOut(**said, states=states)
