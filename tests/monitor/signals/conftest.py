"""A web application of the monitor, with some signals and dead letters in its store."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.dependencies import MonitorParts
from monitor.room import ROOM
from monitor.signals import service
from monitor.signals.rules import Message
from registry.web.parts import Parts
from tests.fakes.clock import NOON
from tests.makers.events import an_event, event_topic, on_the_wire
from tests.makers.register import a_device, a_register
from tests.makers.web import some_parts

REGISTER = a_register(a_device("oc1/beam/north-01"), a_device("oc2/beam/north-01"))
HOSTILE = '<script>alert("x")</script>\N{RIGHT-TO-LEFT OVERRIDE}'


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    parts = some_parts(tmp_path, rooms=(ROOM,))
    parts.rooms["monitor"] = MonitorParts(register=lambda: REGISTER)
    yield parts
    for store in parts.stores.values():
        store.close()


@pytest.fixture
def heard(parts: Parts) -> Parts:
    """Three signals of oc1 a minute apart, one of oc2, a repeat, and dead letters: one of oc1, one that names no site."""
    messages = [
        *(
            Message(
                topic=event_topic(),
                payload=on_the_wire(an_event(f"e-{minute}", data={"note": HOSTILE})),
                received_at=NOON + timedelta(minutes=minute),
            )
            for minute in (0, 1, 2, 2)
        ),
        Message(
            topic=event_topic("oc2/beam/north-01"),
            payload=on_the_wire(an_event("e-0", device="oc2/beam/north-01")),
            received_at=NOON + timedelta(minutes=3),
        ),
        Message(topic=event_topic(), payload=HOSTILE.encode() + b"\x00\xff", received_at=NOON),
        Message(topic="frigate/events", payload=b"{}", received_at=NOON),
    ]
    with parts.stores["monitor"].begin(NOON) as work:
        service.take_in(work.session, messages, REGISTER)
    return parts
