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


def test_exactly_at_the_limits_nothing_is_late_old_or_ahead(monitor_store: Store) -> None:
    for number, seconds in enumerate((-10, -72 * 3600, 5 * 60)):
        take_in(monitor_store, an_event(f"e-{number}", occurred_at=NOON + timedelta(seconds=seconds)))
    now = health_now(monitor_store)
    assert (now.late, now.archived, now.clock_faults) == (1, 0, 0), "three days are late, and still judged"
    hair = timedelta(milliseconds=1)
    for number, at in enumerate((NOON - timedelta(seconds=10) - hair, NOON - timedelta(hours=72) - hair)):
        take_in(monitor_store, an_event(f"beyond-{number}", occurred_at=at))
    take_in(monitor_store, an_event("ahead", occurred_at=NOON + timedelta(minutes=5) + hair))
    now = health_now(monitor_store)
    assert (now.late, now.archived, now.clock_faults) == (2, 1, 1)


def test_a_letter_that_is_tried_again_does_not_turn_health_back(monitor_store: Store) -> None:
    take_in(monitor_store, an_event("new", seq=2, bootid="b", occurred_at=NOON - timedelta(seconds=3)))
    before = NOON - timedelta(hours=5)
    letter = Message(event_topic(), on_the_wire(an_event("old", seq=1, bootid="b", occurred_at=before)), before)
    with monitor_store.begin(NOON) as work:
        service.take_in(work.session, [letter], REGISTER)
    now = health_now(monitor_store)
    assert (now.event_at, now.skew_seconds, now.last_seq) == (NOON, -3, 2)
