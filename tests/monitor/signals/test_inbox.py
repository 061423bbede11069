"""The inbox on a real broker: heard once, acknowledged after the commit, nothing lost or doubled by kill -9."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from monitor.signals import queries
from monitor.signals.inbox import Inbox
from monitor.signals.models import DevicePresenceRow
from monitor.signals.queries import Totals
from registry.bus import Bus
from registry.clock import Instant
from registry.devices.facts import Register
from registry.messages.envelope import MAX_BYTES
from registry.store import Store
from tests.conftest import REPOSITORY, RunningBroker
from tests.fakes.clock import FixedClock
from tests.makers.events import BEAM, an_event, event_topic, on_the_wire
from tests.makers.register import a_device, a_register

pytestmark = [pytest.mark.broker, pytest.mark.both_stores]

NORTH = "oc1.beam.north-01"
Eventually = Callable[..., None]


def totals(store: Store) -> Totals:
    with store.read() as session:
        return queries.totals(session)


def ids(store: Store) -> list[str]:
    with store.read() as session:
        return [heard.id for heard in queries.signals_after(session, 0, limit=100_000)]


class OpenInbox:
    """An inbox in this process, and a register that a test can change."""

    def __init__(self, broker: RunningBroker, store: Store, clock: FixedClock, register: Register) -> None:
        self.register = register
        self.heard_batches = 0
        self.bus = Bus(broker.address("monitor"))
        self.inbox = Inbox(store=store, bus=self.bus, register=lambda: self.register, clock=clock, heard=self._heard)

    def _heard(self) -> None:
        self.heard_batches += 1


@pytest.fixture
def inbox(broker: RunningBroker, monitor_store: Store, clock: FixedClock) -> Iterator[OpenInbox]:
    opened = OpenInbox(broker, monitor_store, clock, a_register(a_device()))
    opened.inbox.start()
    assert opened.inbox.wait_until_hearing(60)  # what is said before is for nobody, and not kept
    yield opened
    opened.inbox.stop()


def test_an_inbox_that_hears_says_so_and_one_without_a_broker_says_that_it_does_not(
    inbox: OpenInbox, broker: RunningBroker, eventually: Eventually
) -> None:
    assert inbox.inbox.wait_until_hearing(10)
    assert (inbox.inbox.hears, inbox.inbox.unheard) == (True, 0)
    broker.broker.stop()
    eventually(lambda: not inbox.inbox.hears)
    assert not inbox.inbox.wait_until_hearing(0.05)
    assert inbox.inbox.unheard > 0


def test_a_foreign_prefix_that_is_refused_is_counted_and_the_inbox_hears_the_others(
    inbox: OpenInbox, eventually: Eventually
) -> None:
    inbox.register = a_register(a_device(), a_device("oc1/gw/frigate", foreign_prefixes=("frigate/front",)))
    eventually(lambda: inbox.inbox.unheard == 1 and inbox.inbox.hears)


def test_an_event_is_stored_and_the_rules_are_woken(
    inbox: OpenInbox, connect: Callable[..., Bus], monitor_store: Store, eventually: Eventually
) -> None:
    connect(NORTH).publish(event_topic(), on_the_wire(an_event("e-1")))
    eventually(lambda: inbox.heard_batches == 1)
    assert ids(monitor_store) == ["e-1"]


@pytest.mark.usefixtures("inbox")
def test_every_kind_of_bad_message_is_counted_and_the_next_good_one_is_heard(
    connect: Callable[..., Bus], monitor_store: Store, eventually: Eventually
) -> None:
    device = connect(NORTH)
    bad = [
        b"",
        b"{",
        b"\xff\x00",
        b"[" * 10_000,
        b"x" * (MAX_BYTES + 1),
        on_the_wire(an_event("e-2", kind="dayuan.beam.no")),
    ]
    good = on_the_wire(an_event("e-1"))
    for payload in [*bad, good, good]:
        device.publish(event_topic(), payload)
    eventually(lambda: totals(monitor_store).received == len(bad) + 2)
    assert totals(monitor_store) == Totals(received=8, stored=1, duplicate=1, dead_letter=6)
    with monitor_store.read() as session:
        kept = queries.newest_dead_letters(session, sites=None)
        raw = {found[1] for letter in kept if (found := queries.dead_letter(session, letter.id))}
    assert raw == {payload[:MAX_BYTES] for payload in bad}


@pytest.mark.usefixtures("inbox")
def test_every_real_payload_is_a_dead_letter_with_its_bytes(
    connect: Callable[..., Bus], monitor_store: Store, eventually: Eventually, real_data: Path
) -> None:
    device = connect(NORTH)
    sent = [file.read_bytes() for file in sorted((real_data / "payloads").iterdir()) if file.is_file()]
    for payload in sent:
        device.publish(event_topic(), payload)
    eventually(lambda: totals(monitor_store).received == len(sent))
    assert totals(monitor_store) == Totals(received=len(sent), dead_letter=len(sent))
    with monitor_store.read() as session:
        kept = queries.newest_dead_letters(session, sites=None, limit=1000)
        raw = sorted(found[1] for letter in kept if (found := queries.dead_letter(session, letter.id)))
    assert raw == sorted(payload[:MAX_BYTES] for payload in sent)


@pytest.mark.usefixtures("inbox")
def test_a_last_will_says_that_the_device_is_gone(
    broker: RunningBroker, monitor_store: Store, eventually: Eventually
) -> None:
    def online() -> bool | None:
        with monitor_store.read() as session:
            return session.scalar(select(DevicePresenceRow.online))

    device = Bus(broker.address(NORTH), presence_topic=f"dayuan/v1/{BEAM}/online")
    device.start()
    eventually(lambda: online() is True)
    line = device._client.buffered()
    assert line is not None
    device._network._stopping.set()  # it does not come back
    line._raw.shutdown(socket.SHUT_RDWR)  # and says no goodbye
    eventually(lambda: online() is False)


def test_a_prefix_that_a_device_is_given_later_is_heard_without_a_restart(
    inbox: OpenInbox, broker: RunningBroker, connect: Callable[..., Bus], monitor_store: Store, eventually: Eventually
) -> None:
    devices = a_device(), a_device("oc1/gw/frigate", foreign_prefixes=("frigate/front",))
    inbox.register = a_register(*devices)  # the engine reads the register by itself, a second or two before the broker
    eventually(lambda: inbox.bus.unheard == {"frigate/front/#"})
    broker.admit(*devices)
    gateway = connect("oc1.gw.frigate")

    def heard() -> bool:
        gateway.publish("frigate/front/events", b"{}")
        return totals(monitor_store).received > 0

    eventually(heard)
    with monitor_store.read() as session:
        (letter, *_) = queries.newest_dead_letters(session, sites=None)
    assert (letter.reason, letter.topic) == ("no_adapter", "frigate/front/events")


@pytest.mark.usefixtures("inbox")
@pytest.mark.sqlite
def test_what_the_store_refuses_is_set_aside_and_its_neighbours_are_stored(
    connect: Callable[..., Bus], monitor_store: Store, eventually: Eventually
) -> None:
    with monitor_store.engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TRIGGER refuse BEFORE INSERT ON signals WHEN new.id = 'poison' "
                "BEGIN SELECT RAISE(ABORT, 'refused'); END"
            )
        )
    device = connect(NORTH)
    for name in ("before", "poison", "after"):
        device.publish(event_topic(), on_the_wire(an_event(name)))
    eventually(lambda: totals(monitor_store).received == 3)
    assert ids(monitor_store) == ["before", "after"]
    assert totals(monitor_store).dead_letter == 1


def test_nothing_is_acknowledged_while_the_store_is_locked_and_all_is_stored_after(
    inbox: OpenInbox, connect: Callable[..., Bus], monitor_store: Store, eventually: Eventually
) -> None:
    with monitor_store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE signals RENAME TO taken_away"))
    device = connect(NORTH)
    for number in range(20):
        device.publish(event_topic(), on_the_wire(an_event(f"e-{number}")))
    eventually(lambda: inbox.inbox.waiting > 0)
    assert totals(monitor_store) == Totals()
    with monitor_store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE taken_away RENAME TO signals"))
    eventually(lambda: totals(monitor_store).stored == 20)
    assert ids(monitor_store) == [f"e-{number}" for number in range(20)]


def _start(broker: RunningBroker, store: Store) -> subprocess.Popen[bytes]:
    program = Path(__file__).with_name("inbox_process.py")
    return subprocess.Popen(
        [sys.executable, str(program), str(broker.port), store.engine.url.render_as_string(hide_password=False)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )


def test_two_thousand_events_are_each_stored_once_though_inbox_and_broker_are_killed(
    broker: RunningBroker, connect: Callable[..., Bus], monitor_store: Store, eventually: Eventually
) -> None:
    count = 2_000
    inbox = _start(broker, monitor_store)
    try:
        device = connect(NORTH)

        # The session must be there before the first event: a broker keeps nothing for whom it does not know.
        def is_heard() -> bool:
            device.publish(event_topic(), b"ready?")
            return totals(monitor_store).received > 0

        eventually(is_heard)
        receipts = []
        for number in range(count):
            receipts.append(device.post(event_topic(), on_the_wire(an_event(f"e-{number}"))))
            if number in (500, 1_000):
                eventually(lambda enough=number - 450: totals(monitor_store).stored >= enough)
                inbox.kill()
                inbox.wait()
                inbox = _start(broker, monitor_store)
            if number == 1_500:
                assert broker.broker.pid is not None
                os.kill(broker.broker.pid, signal.SIGKILL)
                broker.restart(a_device())
        assert all(receipt.wait(60) for receipt in receipts)
        eventually(lambda: totals(monitor_store).stored == count)
    finally:
        inbox.terminate()
        inbox.wait()
    heard = ids(monitor_store)
    assert sorted(heard) == sorted(f"e-{number}" for number in range(count))
    now = totals(monitor_store)
    assert now.received == now.stored + now.duplicate + now.dead_letter


class BrokenClock:
    """A clock that fails when it is asked."""

    def now(self) -> Instant:
        raise RuntimeError("no time")


def test_an_inbox_whose_client_has_ended_is_not_alive(
    broker: RunningBroker, monitor_store: Store, connect: Callable[..., Bus], eventually: Eventually
) -> None:
    register = a_register(a_device())
    bus = Bus(broker.address("monitor"))
    inbox = Inbox(store=monitor_store, bus=bus, register=lambda: register, clock=BrokenClock())
    inbox.start()
    assert inbox.wait_until_hearing(10)
    assert inbox.alive
    connect(NORTH).publish(event_topic(), on_the_wire(an_event("e-1")))
    eventually(lambda: not inbox.alive)
    assert (inbox.connected, inbox.hears) == (False, False)
    inbox.stop()
