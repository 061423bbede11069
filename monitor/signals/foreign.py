"""Messages of devices that do not speak as we do: whose they are, and what the owner's adapter makes of them. Pure."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import orjson
from pydantic import ValidationError

from monitor.adapters.catalogue import ADAPTERS, Adapter
from monitor.adapters.told import Foreign, Occurred, Stated, Told, Unreadable
from monitor.signals.messages import DeadLetter, Heard, Message, Said, dead, first_fault, settled_time
from monitor.signals.reasons import DeadReason
from registry.clock import in_utc
from registry.devices.facts import DeviceFacts, Register
from registry.ids import NAME, DeviceAddress, SiteId
from registry.messages.envelope import TimeQuality
from registry.messages.events import EVENT_DATA
from registry.messages.foreign import PUSHED

_FOREIGN = UUID("5d1c8a0e-6a1b-5c38-9d0f-2f6f1b7f0a53")
"""The name space of ids that are made for events that have none."""
_ID, _CHILD, _TEXT, _PROPERTIES = 200, 200, 4000, 200
"""The most signs of an id, of a child's name, of a property's value, and the most properties of one message."""


class Owners:
    """Which device owns which topics, and what gateways call the devices that they speak for; of one register."""

    def __init__(self, register: Register) -> None:
        self._by_prefix: dict[str, DeviceFacts] = {}
        self._children: dict[tuple[SiteId, str], list[DeviceFacts]] = defaultdict(list)
        for device in register.devices.values():
            for prefix in device.foreign_prefixes:
                self._by_prefix.setdefault(prefix.rstrip("/"), device)
            if device.foreign_id is not None:
                self._children[device.address.site, device.foreign_id].append(device)
        self._levels = max((prefix.count("/") + 1 for prefix in self._by_prefix), default=0)

    def of(self, topic: str) -> tuple[DeviceFacts, str] | None:
        """The device that owns a topic by the longest of the prefixes above it, and the topic below that prefix."""
        levels = topic.split("/", self._levels)[: self._levels]
        for count in range(len(levels), 0, -1):
            prefix = "/".join(levels[:count])
            device = self._by_prefix.get(prefix)
            if device is not None:
                return device, topic[len(prefix) + 1 :]
        return None

    def child(self, owner: DeviceFacts, name: str) -> DeviceFacts | None:
        """The device of the same site that is called so; one that hangs on the owner before others."""
        those = self._children.get((owner.address.site, name), ())
        return next((each for each in those if each.gateway == owner.address.name), those[0] if those else None)


@lru_cache(maxsize=1)
def owners_of(register: Register) -> Owners:
    """The owners of the newest register; made once for each."""
    return Owners(register)


def read_foreign(
    message: Message, register: Register, adapters: Mapping[str, Adapter] = ADAPTERS
) -> Heard | Said | DeadLetter:
    """Read a message on a topic that is none of ours."""
    owners = owners_of(register)
    owned = _pushed(message.topic, register) or owners.of(message.topic)
    if owned is None:
        return dead(message, DeadReason.UNKNOWN_DEVICE)
    owner, below = owned
    return read_owned(message, register, owner, below, content_type=message.content_type, adapters=adapters)


def _pushed(topic: str, register: Register) -> tuple[DeviceFacts, str] | None:
    """The device that posted over HTTP, and the path below its endpoint; nobody who speaks MQTT is let write there."""
    levels = topic.split("/", 4)
    if levels[0] != PUSHED or len(levels) < 4 or not all(NAME.fullmatch(level) for level in levels[1:4]):  # noqa: PLR2004
        return None
    device = register.devices.get(DeviceAddress(SiteId(levels[1]), levels[2], levels[3]))
    return None if device is None else (device, "/".join(levels[4:]))


def read_owned(
    message: Message,
    register: Register,
    owner: DeviceFacts,
    below: str,
    *,
    content_type: str = "",
    adapters: Mapping[str, Adapter] = ADAPTERS,
) -> Heard | Said | DeadLetter:
    """Read a message of a device, by its adapter; `below`: what follows its prefix, or its endpoint where it is pushed."""
    if not owner.enabled:
        return _dead(message, owner, DeadReason.DISABLED_DEVICE)
    adapter = adapters.get(owner.adapter or "")
    if adapter is None:
        return _dead(message, owner, DeadReason.NO_ADAPTER, str(owner.address))
    try:
        told = adapter.read(
            Foreign(
                below=below,
                payload=message.payload,
                retained=message.retained,
                received_at=message.received_at,
                timezone=ZoneInfo(register.sites[owner.address.site].timezone),
                content_type=content_type,
            )
        )
        return _understood(message, owners_of(register), owner, told)
    except Exception as error:  # noqa: BLE001 - whatever an adapter stumbles over is one message's fault and not the inbox's
        return _dead(message, owner, DeadReason.BAD_DATA, f"{owner.adapter}: {error!r}")


def _understood(message: Message, owners: Owners, owner: DeviceFacts, told: Told) -> Heard | Said | DeadLetter:
    if isinstance(told, Unreadable):
        return _dead(message, owner, told.reason, told.detail)
    name = told.child if told.child and len(told.child) <= _CHILD else None
    child = None if name is None else owners.child(owner, name)
    speaker = child or owner
    if not speaker.enabled:
        return _dead(message, speaker, DeadReason.DISABLED_DEVICE)
    if isinstance(told, Stated):
        return _said(message, speaker, told, None if child else name)
    return _heard(message, speaker, told, None if child else name)


def _said(message: Message, speaker: DeviceFacts, told: Stated, child: str | None) -> Said | DeadLetter:
    values: dict[str, Any] = dict(told.properties)
    if told.online is not None:
        values["online"] = told.online
    said = {
        (name if child is None else f"{child}/{name}"): orjson.dumps(value).decode() for name, value in values.items()
    }
    if len(said) > _PROPERTIES or any(
        "\x00" in name or len(name) > _ID or len(value) > _TEXT for name, value in said.items()
    ):
        return _dead(message, speaker, DeadReason.BAD_DATA, "properties: too many, or too long")
    online = told.online if child is None else None
    return Said(device=speaker.address, values=said, online=online, received_at=message.received_at)


def _heard(message: Message, speaker: DeviceFacts, told: Occurred, child: str | None) -> Heard | DeadLetter:
    model = EVENT_DATA.get(told.type)
    if model is None:
        return _dead(message, speaker, DeadReason.UNKNOWN_TYPE, told.type)
    try:
        model.model_validate(told.data)
    except ValidationError as error:
        return _dead(message, speaker, DeadReason.BAD_DATA, first_fault(error))
    data = told.data if child is None else {**told.data, "child": child}
    time = message.received_at if told.time is None else in_utc(told.time)
    canonical = orjson.dumps([told.type, data], option=orjson.OPT_SORT_KEYS)
    said_at = time.isoformat()
    settled = settled_time(time, TimeQuality.DEVICE if told.time else TimeQuality.RECEIVED, data, message.received_at)
    return Heard(
        id=_id(told.id)
        or str(uuid5(_FOREIGN, f"{speaker.adapter or ''}\n{message.topic}\n{said_at}\n{canonical.decode()}")),
        source=speaker.address.source,
        digest=hashlib.blake2b(canonical + (said_at.encode() if told.time else b""), digest_size=16).digest(),
        device=speaker.address,
        type=told.type,
        subject=None,
        occurred_at=settled.at,
        received_at=message.received_at,
        time_quality=settled.quality,
        seq=None,
        bootid=None,
        data=orjson.dumps(settled.data).decode(),
        ahead_seconds=settled.ahead_seconds,
    )


def _id(told: str | None) -> str | None:
    """The device's own id; one that no store takes is another, made of it."""
    if told is None or not told.strip():
        return None
    return told if len(told) <= _ID and "\x00" not in told else str(uuid5(_FOREIGN, told))


def _dead(message: Message, device: DeviceFacts, reason: DeadReason, detail: str = "") -> DeadLetter:
    return replace(dead(message, reason, detail), site=device.address.site, device=device.address)
