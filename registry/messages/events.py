"""What each type of event carries in `data` (CONTRACT 2).

Devices are many and old: beside what makes an event what it is, everything has a default, and what we do not know is kept.
"""

from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from registry.messages.reasons import Reason, Verdict
from registry.messages.topics import DeviceClass

Box = tuple[float, float, float, float]
"""x, y, width, height, in pixels of the picture."""


class Phase(StrEnum):
    """Whether a thing that lasts began, ended, or was over at once; `data.state` on the wire."""

    START = "start"
    END = "end"
    INSTANT = "instant"


class MediaReference(BaseModel):
    """A picture or clip in the media store."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    kind: str = Field(max_length=40)


class EventData(BaseModel):
    """The part that all types share."""

    model_config = ConfigDict(frozen=True, extra="allow")

    state: Phase = Phase.INSTANT
    activity: str | None = Field(default=None, max_length=200)
    media: list[MediaReference] = Field(default_factory=list, max_length=20)


class DeviceCondition(EventData):
    """A device says how it is: tamper, battery, power, line, clock, failed sign-ins."""

    detail: str | None = Field(default=None, max_length=1000)


class SeenObject(BaseModel):
    """Something that moves in a picture."""

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: Literal["person", "vehicle", "unknown"] = "unknown"
    box: Box | None = None
    track: str | int | None = None


class CameraMotion(EventData):
    region: str | None = None
    score: float | None = None
    objects: list[SeenObject] = Field(default_factory=list, max_length=200)


class CameraActivity(EventData):
    """Intrusion, loitering, a line crossed, an object left or removed."""

    region: str | None = None
    line: str | None = None
    direction: str | None = None
    track: str | int | None = None
    kind: str | None = None
    score: float | None = None
    objects: list[SeenObject] = Field(default_factory=list, max_length=200)


class CameraTamper(EventData):
    kind: Literal["covered", "sprayed", "moved", "defocused", "frozen", "dark", "bright"]


class CameraSignalLost(EventData):
    detail: str | None = None


class CameraRecordingGap(EventData):
    seconds: float = Field(ge=0)


class CameraPeopleCount(EventData):
    region: str | None = None
    count: float = Field(ge=0)
    uncertainty: float | None = Field(default=None, ge=0)


class CameraPlateRead(EventData):
    text: str = Field(max_length=40)
    score: float | None = None
    color: str | None = None
    box: list[tuple[float, float]] | Box | None = None


class BeamInterrupted(EventData):
    beam_ids: list[str] = Field(default_factory=list, max_length=64)
    dur_ms: float | None = Field(default=None, ge=0)
    both: bool = False
    level_db: float | None = None


class BeamDegraded(EventData):
    level_db: float | None = None


class BeamWalkTest(EventData):
    passed: bool
    by: str | None = None


class PatrolScan(EventData):
    """A guard was at a checkpoint: `tag` is what is written on it."""

    tag: str = Field(min_length=1, max_length=200, validation_alias=AliasChoices("tag", "checkpoint", "checkpoint_tag"))
    guard: str | None = Field(default=None, max_length=200)
    tour: str | None = Field(default=None, max_length=200)
    position: tuple[float, float] | str | None = None
    offline: bool = False


class PatrolCall(EventData):
    """An SOS, a man-down or an incident, from a guard's device."""

    guard: str | None = Field(default=None, max_length=200)
    position: tuple[float, float] | str | None = None
    words: str | None = Field(default=None, max_length=4000)


class EntryDecided(EventData):
    """The gateway decided at a gate."""

    entry_id: UUID
    gate: str | None = None
    verdict: Verdict
    reason: Reason
    lane: str | None = None
    direction: Literal["in", "out"]
    credential: str | None = Field(default=None, description="the kind of credential, never its value")
    holder_id: UUID | None = None
    plate: str | None = None
    attempt_key: str | None = Field(default=None, description="a keyed digest: the same for the same credential")


class GatePassage(EventData):
    """Somebody passed a lane's sensor."""

    entry_id: UUID | None = None
    lane: str | None = Field(default=None, max_length=40, description="of the device's lanes; none: it has one")


class GateBarrier(EventData):
    """How a barrier stands from now on."""

    barrier: Literal["open", "closed", "fault"] | None = None
    lane: str | None = Field(default=None, max_length=40, description="of the device's lanes; none: it has one")
    number: int = Field(default=1, ge=1, le=2, description="which of the lane's barriers")


class GuardCalled(EventData):
    """The guard of a gate calls the control room."""

    gate: str | None = None
    guard: str | None = Field(default=None, max_length=200)


class DoorEvent(EventData):
    seconds: float | None = Field(default=None, ge=0)


class VehicleParked(EventData):
    plate: str | None = None
    region: str | None = None
    since: str | None = None


class FireAlarm(EventData):
    loop: str | None = None


class EnvLimit(EventData):
    name: str
    value: float
    unit: str | None = None
    limit: float | None = None


class CounterCount(EventData):
    in_: int = Field(default=0, ge=0, alias="in")
    out: int = Field(default=0, ge=0)


EVENT_DATA: dict[str, type[EventData]] = {
    "dayuan.camera.motion": CameraMotion,
    "dayuan.camera.intrusion": CameraActivity,
    "dayuan.camera.loitering": CameraActivity,
    "dayuan.camera.line_crossed": CameraActivity,
    "dayuan.camera.object_left": CameraActivity,
    "dayuan.camera.object_removed": CameraActivity,
    "dayuan.camera.tamper": CameraTamper,
    "dayuan.camera.signal_lost": CameraSignalLost,
    "dayuan.camera.recording_gap": CameraRecordingGap,
    "dayuan.camera.people_count": CameraPeopleCount,
    "dayuan.camera.plate_read": CameraPlateRead,
    "dayuan.beam.interrupted": BeamInterrupted,
    "dayuan.beam.degraded": BeamDegraded,
    "dayuan.beam.walk_test": BeamWalkTest,
    "dayuan.patrol.scan": PatrolScan,
    "dayuan.patrol.sos": PatrolCall,
    "dayuan.patrol.man_down": PatrolCall,
    "dayuan.patrol.incident": PatrolCall,
    "dayuan.gate.entry_decided": EntryDecided,
    "dayuan.gate.passage": GatePassage,
    "dayuan.gate.barrier": GateBarrier,
    "dayuan.gate.guard_called": GuardCalled,
    "dayuan.door.forced": DoorEvent,
    "dayuan.door.held": DoorEvent,
    "dayuan.vehicle.parked": VehicleParked,
    "dayuan.panic.pressed": EventData,
    "dayuan.fire.alarm": FireAlarm,
    "dayuan.env.limit": EnvLimit,
    "dayuan.counter.count": CounterCount,
    **{
        f"dayuan.{device_class}.{condition}": DeviceCondition
        for device_class in DeviceClass
        for condition in ("device_tamper", "low_battery", "power_lost", "line_fault", "clock_fault", "auth_failed")
    },
}
"""Every type of event there is. A type that is not here is a dead letter."""
