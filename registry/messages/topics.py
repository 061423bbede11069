"""The topics of the house (DESIGN 6): built here, read here, nowhere else.

dayuan/v1/{site}/{class}/{device}/evt|state|hb|online|cmd|cmd/ack
dayuan/v1/{site}/_alarm/{alarm_id}     retained until the alarm is closed
dayuan/v1/{site}/_room/{room}/cmd      from room to room, answered on cmd/ack
dayuan/v1/{site}/_audit/head           the heads of the audit chains
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Literal

from registry.ids import NAME, AlarmId, DeviceAddress, SiteId

PREFIX = "dayuan/v1"


class DeviceClass(StrEnum):
    """The kinds of device there are; the second level of a device's address."""

    CAMERA = "camera"
    BEAM = "beam"
    PATROL = "patrol"
    GATE = "gate"
    DOOR = "door"
    VEHICLE = "vehicle"
    PANIC = "panic"
    FIRE = "fire"
    ENV = "env"
    COUNTER = "counter"
    GW = "gw"


class Channel(StrEnum):
    """What a device's topic is for."""

    EVENT = "evt"
    STATE = "state"
    HEARTBEAT = "hb"
    ONLINE = "online"
    COMMAND = "cmd"
    ACKNOWLEDGEMENT = "cmd/ack"


_CLASSES = frozenset(DeviceClass)
_CHANNELS = frozenset(Channel)


@dataclass(frozen=True, slots=True)
class DeviceTopic:
    """One channel of one device."""

    device: DeviceAddress
    channel: Channel

    def __str__(self) -> str:
        return f"{PREFIX}/{self.device}/{self.channel}"


@lru_cache(maxsize=8192)
def parse_device_topic(topic: str) -> DeviceTopic | None:
    """Read a topic of ours; None for a foreign one."""
    head, _, rest = topic.partition(f"{PREFIX}/")
    parts = rest.split("/", 3)
    if head or len(parts) != 4 or not all(NAME.fullmatch(part) for part in parts[:3]):  # noqa: PLR2004 - site, class, name, channel
        return None
    if parts[1] not in _CLASSES or parts[3] not in _CHANNELS:
        return None
    return DeviceTopic(DeviceAddress(SiteId(parts[0]), parts[1], parts[2]), Channel(parts[3]))


def every_device(channel: Channel) -> str:
    """The filter for one channel of all devices of all sites."""
    return f"{PREFIX}/+/+/+/{channel}"


def room_command_topic(site: SiteId | Literal["+"], room: str) -> str:
    """Where a room is told what to do; `+`: the filter for all sites."""
    return f"{PREFIX}/{site}/_room/{room}/{Channel.COMMAND}"


def room_acknowledgement_topic(site: SiteId, room: str) -> str:
    return f"{PREFIX}/{site}/_room/{room}/{Channel.ACKNOWLEDGEMENT}"


def site_of_room_command(topic: str, room: str) -> SiteId | None:
    """The site of a command to this room; None: the topic is of something else."""
    head, _, rest = topic.partition(f"{PREFIX}/")
    site, _, what = rest.partition("/")
    return SiteId(site) if not head and what == f"_room/{room}/{Channel.COMMAND}" and NAME.fullmatch(site) else None


def alarm_topic(site: SiteId, alarm: AlarmId) -> str:
    return f"{PREFIX}/{site}/_alarm/{alarm}"


def audit_head_topic(site: SiteId) -> str:
    return f"{PREFIX}/{site}/_audit/head"
