"""The AsyncAPI 3 document of everything that goes over the bus, made from the topics and the models.

`python -m registry.messages.asyncapi > docs/asyncapi.json` writes the copy in the repository; a test compares the two.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from registry.ids import NAME_PATTERN
from registry.messages.alarms import AlarmDocument
from registry.messages.commands import (
    Acknowledgement,
    Command,
    Lockdown,
    Muster,
    OpenBarrier,
    OpenEscapeLanes,
    ThreatLevel,
)
from registry.messages.envelope import MAX_BYTES, Event
from registry.messages.events import EVENT_DATA
from registry.messages.topics import PREFIX, Channel, DeviceClass

_DEVICE_CHANNELS: Mapping[Channel, tuple[str, int, bool, tuple[str, ...]]] = {
    Channel.EVENT: ("What happened", 1, False, ("event",)),
    Channel.STATE: ("How the device is; an empty payload takes it back", 1, True, ("state",)),
    Channel.HEARTBEAT: ("A sign of life", 0, False, ("heartbeat",)),
    Channel.ONLINE: ("1 when it connects; 0 is its last will", 1, True, ("online",)),
    Channel.COMMAND: ("An order to the device", 1, False, ("command", "openBarrier")),
    Channel.ACKNOWLEDGEMENT: ("Its answer, with the order's id", 1, False, ("acknowledgement",)),
}
"""Summary, quality of service, whether the broker keeps the last one, and the messages."""
_FROM_US = frozenset({Channel.COMMAND})
_ROOM_COMMANDS: Mapping[str, type[BaseModel]] = {
    "lockdown": Lockdown,
    "threatLevel": ThreatLevel,
    "muster": Muster,
    "openEscapeLanes": OpenEscapeLanes,
}
_MODELS: tuple[type[BaseModel], ...] = (
    Event,
    Command,
    OpenBarrier,
    *_ROOM_COMMANDS.values(),
    Acknowledgement,
    AlarmDocument,
)
_MESSAGE_MODELS: Mapping[str, type[BaseModel]] = {
    "command": Command,
    "openBarrier": OpenBarrier,
    **_ROOM_COMMANDS,
    "acknowledgement": Acknowledgement,
    "alarm": AlarmDocument,
}


def document() -> dict[str, Any]:
    """Make the document."""
    named, schemas = _schemas()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Dayuan",
            "version": "1",
            "description": f"MQTT 3.1.1, persistent sessions, one account for each device. A message of more than {MAX_BYTES} bytes is set aside.",
        },
        "defaultContentType": "application/json",
        "channels": _channels(),
        "operations": _operations(),
        "components": {"messages": _messages(named), "schemas": schemas},
    }


def _schemas() -> tuple[dict[type[BaseModel], str], dict[str, Any]]:
    models = [*_MODELS, *dict.fromkeys(EVENT_DATA.values())]
    references, definitions = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    named = {model: references[(model, "validation")]["$ref"] for model in models}
    return named, definitions["$defs"]


def _messages(named: Mapping[type[BaseModel], str]) -> dict[str, Any]:
    messages: dict[str, Any] = {
        "event": {
            "title": "Any event",
            "payload": {"oneOf": [{"$ref": f"#/components/messages/{type_name}/payload"} for type_name in EVENT_DATA]},
        },
        "state": {"title": "Properties of the device", "payload": {"type": ["object", "null"]}},
        "heartbeat": {"title": "Heartbeat", "payload": {}},
        "online": {"title": "Connected or not", "contentType": "text/plain", "payload": {"enum": ["0", "1"]}},
    }
    for name, model in _MESSAGE_MODELS.items():
        messages[name] = {"title": model.__name__, "payload": {"$ref": named[model]}}
    for type_name, data in EVENT_DATA.items():
        messages[type_name] = {
            "title": type_name,
            "payload": {
                "allOf": [
                    {"$ref": named[Event]},
                    {"properties": {"type": {"const": type_name}, "data": {"$ref": named[data]}}},
                ]
            },
        }
    return messages


def _channels() -> dict[str, Any]:
    place: dict[str, Any] = {"site": {"description": "a compound", "examples": ["oc1"]}}
    device: dict[str, Any] = {
        **place,
        "class": {"enum": [str(device_class) for device_class in DeviceClass]},
        "device": {"description": f"a name, {NAME_PATTERN}", "examples": ["north-01"]},
    }
    channels = {
        _name(channel): _channel(f"{{site}}/{{class}}/{{device}}/{channel}", summary, messages, device)
        for channel, (summary, _, _, messages) in _DEVICE_CHANNELS.items()
    }
    channels["alarm"] = _channel(
        "{site}/_alarm/{alarm}",
        "An alarm as it is; empty once it is closed",
        ("alarm",),
        {**place, "alarm": {"description": "the alarm's id"}},
    )
    channels["room"] = _channel(
        "{site}/_room/{room}/cmd",
        "An order from room to room",
        ("command", *_ROOM_COMMANDS),
        {**place, "room": {"enum": ["gateway", "monitor"]}},
    )
    channels["room-ack"] = _channel(
        "{site}/_room/{room}/cmd/ack",
        "The room's answer, with the order's id",
        ("acknowledgement",),
        {**place, "room": {"enum": ["gateway", "monitor"]}},
    )
    return channels


def _channel(address: str, summary: str, messages: tuple[str, ...], parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "address": f"{PREFIX}/{address}",
        "summary": summary,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "parameters": parameters,
    }


def _operations() -> dict[str, Any]:
    operations = {
        f"{'send' if channel in _FROM_US else 'hear'}-{_name(channel)}": _operation(
            "send" if channel in _FROM_US else "receive", _name(channel), quality=quality, is_retained=is_retained
        )
        for channel, (_, quality, is_retained, _) in _DEVICE_CHANNELS.items()
    }
    operations["send-alarm"] = _operation("send", "alarm", quality=1, is_retained=True)
    operations["send-room"] = _operation("send", "room", quality=1, is_retained=False)
    operations["send-room-ack"] = _operation("send", "room-ack", quality=1, is_retained=False)
    return operations


def _operation(action: str, channel: str, *, quality: int, is_retained: bool) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "bindings": {"mqtt": {"qos": quality, "retain": is_retained}},
    }


def _name(channel: Channel) -> str:
    return channel.value.replace("/", "-")


def as_text() -> str:
    """The document as it stands in the repository."""
    return json.dumps(document(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(as_text())
