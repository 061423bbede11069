"""How a device is heard: late, ahead, with gaps, and again under other numbers."""

from datetime import timedelta

import pytest

from monitor.signals import health, service
from monitor.signals.messages import Message
from registry.ids import DeviceAddress
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.events import BEAM, an_event, event_topic, on_the_wire
from tests.makers.register import a_device, a_register

pytestmark = pytest.mark.both_stores

REGISTER = a_register(a_device())
ADDRESS = DeviceAddress.parse(BEAM)


def take_in(store: Store, *events: dict[str, object]) -> None:
    messages = [Message(topic=event_topic(), payload=on_the_wire(event), received_at=NOON) for event in events]
    with store.begin(NOON) as work:
        service.take_in(work.session, messages, REGISTER)


def health_now(store: Store) -> health.Health:
    with store.read() as session:
        return health.health_of(session, ADDRESS)


def test_numbers_are_followed_over_batches_for_each_start_of_a_device(monitor_store: Store) -> None:
    take_in(monitor_store, *(an_event(f"a-{seq}", seq=seq, bootid="b1") for seq in (1, 2, 5)))
    take_in(monitor_store, an_event("a-4", seq=4, bootid="b1"), an_event("c-2", seq=2, bootid="b1"))
    take_in(monitor_store, an_event("a-5", seq=5, bootid="b1"))  # the same event again: no replay
    take_in(monitor_store, an_event("d-1", seq=1, bootid="b2"), an_event("d-2", seq=2, bootid="b2"))
    take_in(monitor_store, an_event("a-6", seq=6, bootid="b1"))
    now = health_now(monitor_store)
    assert (now.gap, now.replays) == (1, 1)
    assert (now.bootid, now.last_seq) in {("b1", 6), ("b2", 2)}


def test_what_is_late_or_ahead_is_counted(monitor_store: Store) -> None:
    for number, seconds in enumerate((-2, -9, -11, -3600, -72 * 3600 - 1, 200, 3600)):
        take_in(monitor_store, an_event(f"e-{number}", occurred_at=NOON + timedelta(seconds=seconds)))
    now = health_now(monitor_store)
    assert (now.late, now.archived, now.clock_faults, now.skew_seconds) == (2, 1, 1, 3600)
    assert now.event_at == NOON
