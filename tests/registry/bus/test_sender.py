"""The outbox is sent after the commit, in order, and emptied only when the broker has it."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from monitor.room import ROOM
from registry.bus import MAX_PAYLOAD_BYTES, Bus, OutboxSender, Received
from registry.store import Store, outbox
from tests.conftest import RunningBroker
from tests.fakes.clock import NOON, FixedClock
from tests.makers.register import a_device

pytestmark = [pytest.mark.broker, pytest.mark.both_stores]

Eventually = Callable[..., None]
ALARM = "dayuan/v1/oc1/_alarm/a-{}"


def announce(store: Store, *numbers: int) -> None:
    with store.begin(NOON) as work:
        for number in numbers:
            outbox.announce(work.session, ALARM.format(number), str(number).encode(), retain=True)


def waiting(store: Store) -> int:
    with store.read() as session:
        return len(outbox.waiting(session))


@pytest.fixture
def heard(connect: Callable[..., Bus]) -> list[bytes]:
    payloads: list[bytes] = []

    def hear(message: Received) -> None:
        payloads.append(message.payload)
        message.acknowledge()

    connect("web", hears=("dayuan/v1/+/_alarm/+",), handler=hear)
    return payloads


@pytest.fixture
def sender(connect: Callable[..., Bus], monitor_store: Store, clock: FixedClock) -> Iterator[OutboxSender]:
    sender = OutboxSender(monitor_store, connect("monitor"), clock)
    sender.start()
    yield sender
    sender.stop()


@pytest.mark.usefixtures("sender")
def test_what_was_announced_arrives_in_order_and_the_outbox_is_empty(
    monitor_store: Store, heard: list[bytes], eventually: Eventually
) -> None:
    for number in range(0, 300, 3):
        announce(monitor_store, number, number + 1, number + 2)
    eventually(lambda: len(heard) == 300)
    assert heard == [str(number).encode() for number in range(300)]
    eventually(lambda: waiting(monitor_store) == 0)


@pytest.mark.usefixtures("sender")
def test_what_was_rolled_back_is_not_sent(monitor_store: Store, heard: list[bytes], eventually: Eventually) -> None:
    with pytest.raises(ZeroDivisionError), monitor_store.begin(NOON) as work:
        outbox.announce(work.session, ALARM.format(1), b"never")
        raise ZeroDivisionError
    announce(monitor_store, 2)
    eventually(lambda: bool(heard))
    assert heard == [b"2"]


@pytest.mark.usefixtures("sender")
def test_what_another_process_announced_is_sent_too(
    monitor_store: Store, heard: list[bytes], eventually: Eventually
) -> None:
    other = Store.open(ROOM, monitor_store.engine.url.render_as_string(hide_password=False))
    announce(other, 1)
    other.close()
    eventually(lambda: heard == [b"1"])


@pytest.mark.usefixtures("sender")
def test_what_was_announced_while_the_broker_was_away_is_sent_when_it_is_back(
    broker: RunningBroker, monitor_store: Store, heard: list[bytes], eventually: Eventually
) -> None:
    broker.broker.stop()
    announce(monitor_store, *range(150))
    assert waiting(monitor_store) == 150
    broker.restart(a_device())
    eventually(lambda: waiting(monitor_store) == 0)
    eventually(lambda: len(set(heard)) == 150)


def test_a_sender_that_stops_without_a_broker_keeps_what_was_not_sent(
    broker: RunningBroker, monitor_store: Store, clock: FixedClock
) -> None:
    lonely = Bus(broker.address("monitor"))
    sender = OutboxSender(monitor_store, lonely, clock)
    sender.start()
    announce(monitor_store, 1)
    sender.stop()
    assert waiting(monitor_store) == 1


@pytest.mark.usefixtures("sender")
@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (ALARM.format(1), b"x" * (MAX_PAYLOAD_BYTES + 1)),
        ("", b"1"),
        (ALARM.format("+"), b"1"),
        (ALARM.format("#"), b"1"),
        (ALARM.format("a b"), b"1"),
    ],
)
def test_what_no_broker_takes_is_set_aside_and_holds_up_nothing(
    monitor_store: Store, heard: list[bytes], eventually: Eventually, topic: str, payload: bytes
) -> None:
    with monitor_store.begin(NOON) as work:
        outbox.announce(work.session, ALARM.format(0), b"before")
        outbox.announce(work.session, topic, payload)
        outbox.announce(work.session, ALARM.format(2), b"after")
    eventually(lambda: heard == [b"before", b"after"])
    eventually(lambda: waiting(monitor_store) == 0)
    with monitor_store.read() as session:
        (kept,) = session.scalars(select(ROOM.outbox))
    assert (kept.topic, kept.payload) == (topic, payload)
    assert kept.refused


@pytest.mark.usefixtures("sender")
def test_the_largest_message_that_is_sent_is_taken_by_the_broker(
    monitor_store: Store, heard: list[bytes], eventually: Eventually
) -> None:
    with monitor_store.begin(NOON) as work:
        outbox.announce(work.session, ALARM.format("x" * 200), b"x" * MAX_PAYLOAD_BYTES)
    eventually(lambda: [len(payload) for payload in heard] == [MAX_PAYLOAD_BYTES])


def test_a_sender_says_how_long_nothing_got_through(
    broker: RunningBroker, monitor_store: Store, sender: OutboxSender, eventually: Eventually
) -> None:
    announce(monitor_store, 1)
    eventually(lambda: waiting(monitor_store) == 0)
    eventually(lambda: sender.stuck_seconds == 0)
    broker.broker.stop()
    announce(monitor_store, 2)
    eventually(lambda: sender.stuck_seconds > 0.2)
    broker.restart(a_device())
    eventually(lambda: sender.stuck_seconds == 0)
    assert waiting(monitor_store) == 0


def test_a_sender_that_has_ended_says_so(monitor_store: Store, connect: Callable[..., Bus], clock: FixedClock) -> None:
    sender = OutboxSender(monitor_store, connect("monitor"), clock)
    told = [sender.alive]
    sender.start()
    told.append(sender.alive)
    sender.stop()
    assert [*told, sender.alive] == [False, True, False]


class EndedBus(Bus):
    """A client whose thread has ended."""

    @property
    def alive(self) -> bool:
        return False


def test_a_sender_whose_client_has_ended_says_so(
    broker: RunningBroker, monitor_store: Store, clock: FixedClock
) -> None:
    sender = OutboxSender(monitor_store, EndedBus(broker.address("monitor")), clock)
    sender.start()
    assert not sender.alive
    sender.stop()
