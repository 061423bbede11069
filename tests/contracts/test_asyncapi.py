"""The document in the repository says what the code does."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from registry.ids import DeviceAddress
from registry.messages.asyncapi import as_text, document
from registry.messages.events import EVENT_DATA
from registry.messages.topics import Channel, DeviceTopic
from tests.conftest import REPOSITORY


def test_the_document_in_the_repository_is_the_one_the_code_makes() -> None:
    kept = (REPOSITORY / "docs" / "asyncapi.json").read_text(encoding="utf-8")
    assert kept == as_text(), "run: python -m registry.messages.asyncapi > docs/asyncapi.json"


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for child in part.values():
            yield from _references(child)
    elif isinstance(part, list):
        for child in part:
            yield from _references(child)


def test_every_reference_leads_somewhere() -> None:
    whole = json.loads(as_text())
    for reference in set(_references(whole)):
        found = whole
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        assert found is not None


@pytest.mark.parametrize("channel", Channel)
def test_every_channel_of_a_device_stands_under_its_own_topic(channel: Channel) -> None:
    address = document()["channels"][channel.value.replace("/", "-")]["address"]
    topic = DeviceTopic(DeviceAddress.parse("oc1/beam/north-01"), channel)
    filled = address.replace("{site}", "oc1").replace("{class}", "beam").replace("{device}", "north-01")
    assert filled == str(topic)


def test_every_type_of_event_is_described() -> None:
    messages = document()["components"]["messages"]
    assert set(EVENT_DATA) <= set(messages)
    assert len(messages["event"]["payload"]["oneOf"]) == len(EVENT_DATA)
