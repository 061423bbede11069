"""A web application of the monitor, with some signals and dead letters in its store."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.dependencies import MonitorParts
from monitor.room import ROOM
from registry.web.parts import Parts
from tests.fakes.clock import NOON
from tests.makers.events import an_event, event_topic, on_the_wire
from tests.makers.signals import REGISTER, a_message, take_in
from tests.makers.web import some_parts

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
    take_in(
        parts.stores["monitor"],
        *(
            a_message(
                on_the_wire(an_event(f"e-{minute}", data={"note": HOSTILE})),
                received_at=NOON + timedelta(minutes=minute),
            )
            for minute in (0, 1, 2, 2)
        ),
        a_message(
            on_the_wire(an_event("e-0", device="oc2/beam/north-01")),
            topic=event_topic("oc2/beam/north-01"),
            received_at=NOON + timedelta(minutes=3),
        ),
        a_message(HOSTILE.encode() + b"\x00\xff"),
        a_message(b"{}", topic="frigate/events"),
    )
    return parts
