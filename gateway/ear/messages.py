"""Reading what came on the bus into our types, once. Pure: the lanes' parts and the moment come in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from gateway.passages.models import BarrierPosition
from registry.access.parts import LanePart, MqttSettings, PartRole
from registry.clock import Instant
from registry.ids import DeviceAddress, SiteId
from registry.messages.commands import Acknowledgement, Command, RoomCommand
from registry.messages.envelope import MAX_BYTES, Event
from registry.messages.events import CameraPlateRead, GateBarrier, GatePassage
from registry.messages.topics import Channel, DeviceTopic, parse_device_topic, room_command_topic, site_of_room_command
from registry.plates.grammar import NotAPlate, parse_plate

ROOM = "gateway"
LATE = timedelta(seconds=30)
"""What a device says of longer ago is over: it waited in the broker while we were away."""
SURE = 0.8
"""A camera that is less sure of a plate holds nobody up."""
_COMMAND: TypeAdapter[RoomCommand] = TypeAdapter(RoomCommand)
_ALL_SITES = room_command_topic("+", ROOM)


@dataclass(frozen=True, slots=True, kw_only=True)
class BarrierSeen:
    """A barrier's sensor says how it stands."""

    part: LanePart
    position: BarrierPosition
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageSeen:
    """A lane's sensor saw somebody; `key`: the event's source and id, by which a repeat is known."""

    part: LanePart
    entry_id: UUID | None
    at: Instant
    key: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateSeen:
    """A lane's camera has read the plate that stands there; `plate`: normalised."""

    part: LanePart
    plate: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A device answers an order."""

    device: DeviceAddress
    acknowledgement: Acknowledgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Online:
    """The parts of a device can, or can no longer, be spoken to."""

    parts: Sequence[LanePart]
    is_there: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Another room tells us to do something at a site."""

    site: SiteId
    command: RoomCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Another room tells us what we do not know how to do; it is answered."""

    site: SiteId
    id: UUID
    detail: str


Heard = BarrierSeen | PassageSeen | PlateSeen | Answered | Online | Told | Refused


def filters(parts: Collection[LanePart]) -> frozenset[str]:
    """Everything that the gateway hears: orders to it, and the devices of these parts."""
    return frozenset({_ALL_SITES}).union(
        *(
            {str(DeviceTopic(device, channel)) for channel in (Channel.EVENT, Channel.ONLINE, Channel.ACKNOWLEDGEMENT)}
            for device in devices(parts)
        ),
        (str(DeviceTopic(camera, Channel.EVENT)) for camera in _devices_of(parts, PartRole.CAMERA)),
    )


def devices(parts: Collection[LanePart]) -> set[DeviceAddress]:
    """The devices on the broker among these parts; of cameras only the plates matter here."""
    return _devices_of(parts, *(role for role in PartRole if role is not PartRole.CAMERA))


def _devices_of(parts: Collection[LanePart], *roles: PartRole) -> set[DeviceAddress]:
    return {
        DeviceAddress.parse(part.settings.device)
        for part in parts
        if isinstance(part.settings, MqttSettings) and part.role in roles
    }


def read(topic: str, payload: bytes, parts: Sequence[LanePart]) -> Heard | None:
    """What a message says; None: it is for others, or cannot be read."""
    if len(payload) > MAX_BYTES:
        return None
    site = site_of_room_command(topic, ROOM)
    if site is not None:
        return _told(site, payload)
    device_topic = parse_device_topic(topic)
    if device_topic is None:
        return None
    of_device = [
        part
        for part in parts
        if isinstance(part.settings, MqttSettings) and part.settings.device == str(device_topic.device)
    ]
    try:
        match device_topic.channel:
            case Channel.ACKNOWLEDGEMENT:
                answer = Acknowledgement.model_validate_json(payload)
                return Answered(device=device_topic.device, acknowledgement=answer)
            case Channel.ONLINE:
                return Online(parts=of_device, is_there=payload == b"1")
            case Channel.EVENT:
                return _event(Event.model_validate_json(payload), device_topic.device, of_device)
            case _:
                return None
    except ValidationError:
        return None


def _told(site: SiteId, payload: bytes) -> Told | Refused | None:
    try:
        return Told(site=site, command=_COMMAND.validate_json(payload))
    except ValidationError:
        try:
            known = Command.model_validate_json(payload)
        except ValidationError:
            return None
        return Refused(site=site, id=known.id, detail="unknown command")


def _event(event: Event, device: DeviceAddress, parts: Sequence[LanePart]) -> Heard | None:
    if event.source != device.source:
        return None
    match event.type:
        case "dayuan.gate.barrier":
            barrier = GateBarrier.model_validate(event.data)
            part = _part(parts, PartRole.BARRIER, barrier.lane, barrier.number)
            if part is None or barrier.barrier is None:
                return None
            return BarrierSeen(part=part, position=BarrierPosition(barrier.barrier), at=event.time)
        case "dayuan.gate.passage":
            passage = GatePassage.model_validate(event.data)
            part = _part(parts, PartRole.SENSOR, passage.lane, 1)
            if part is None:
                return None
            key = (event.source, event.id)
            return PassageSeen(part=part, entry_id=passage.entry_id, at=event.time, key=key)
        case "dayuan.camera.plate_read":
            return _plate(CameraPlateRead.model_validate(event.data), event.time, parts)
        case _:
            return None


def _plate(reading: CameraPlateRead, at: Instant, parts: Sequence[LanePart]) -> PlateSeen | None:
    """What a camera has read of the one lane that it sees; None: it is not sure of it, or it is no plate."""
    plate = parse_plate(reading.text)
    cameras = [part for part in parts if part.role is PartRole.CAMERA]
    if isinstance(plate, NotAPlate) or len(cameras) != 1 or (reading.score is not None and reading.score < SURE):
        return None
    return PlateSeen(part=cameras[0], plate=plate.text, at=at)


def _part(parts: Sequence[LanePart], role: PartRole, lane: str | None, position: int) -> LanePart | None:
    """The part of that role which is meant; where no lane is named, the device's first."""
    fitting = (part for part in parts if part.role is role and part.position == position and lane in {None, part.lane})
    return next(fitting, None)
