"""Every type of event of the contract is there, with what the contract says it carries, in the models and in the document."""

import pytest

from registry.messages.asyncapi import document
from registry.messages.events import EVENT_DATA
from registry.messages.topics import DeviceClass

ACTIVITY = "state activity region line direction track kind"
CARRIES = {
    "camera.motion": "state activity region score objects",
    "camera.intrusion": ACTIVITY,
    "camera.loitering": ACTIVITY,
    "camera.line_crossed": ACTIVITY,
    "camera.object_left": ACTIVITY,
    "camera.object_removed": ACTIVITY,
    "camera.tamper": "state activity kind",
    "camera.signal_lost": "state",
    "camera.recording_gap": "seconds",
    "camera.people_count": "region count uncertainty",
    "camera.plate_read": "text score color box",
    "beam.interrupted": "state beam_ids dur_ms both level_db",
    "beam.degraded": "level_db",
    "beam.walk_test": "passed by",
    "patrol.scan": "tag guard tour position offline",
    "patrol.sos": "guard position words",
    "patrol.man_down": "guard position words",
    "patrol.incident": "guard position words",
    "gate.entry_decided": "entry_id verdict reason lane direction credential holder_id plate",
    "gate.passage": "entry_id",
    "gate.barrier": "barrier",
    "door.forced": "seconds",
    "door.held": "seconds",
    "vehicle.parked": "plate region since",
    "panic.pressed": "state",
    "fire.alarm": "state loop",
    "env.limit": "state name value unit limit",
    "counter.count": "in out",
    **{
        f"{kind}.{condition}": "state detail"
        for kind in ("camera", "beam", "patrol", "gate", "door", "vehicle", "panic", "fire", "env", "counter", "gw")
        for condition in ("device_tamper", "low_battery", "power_lost", "line_fault", "clock_fault", "auth_failed")
    },
}
"""The types, and the names in `data` beside `media`, which each may have."""
BESIDE = {"dayuan.gate.guard_called"}
"""Ours, and not in the contract: the guard of a gate calls the control room."""


def test_the_types_are_those_of_the_contract() -> None:
    assert set(EVENT_DATA) - BESIDE == {f"dayuan.{name}" for name in CARRIES}
    assert {name.split(".")[0] for name in CARRIES} == {str(kind) for kind in DeviceClass}


@pytest.mark.parametrize("name", CARRIES)
def test_a_model_carries_what_the_contract_says(name: str) -> None:
    model = EVENT_DATA[f"dayuan.{name}"]
    names = {field.alias or each for each, field in model.model_fields.items()}
    assert {*CARRIES[name].split(), "media"} <= names


def test_the_document_describes_each_with_its_model() -> None:
    made = document()["components"]
    for type_name, model in EVENT_DATA.items():
        told = made["messages"][type_name]["payload"]["allOf"][1]["properties"]
        assert told["type"] == {"const": type_name}
        schema = made["schemas"][told["data"]["$ref"].rsplit("/", 1)[-1]]
        assert schema["title"] == model.__name__
        assert {"state", "activity", "media"} <= set(schema["properties"])
