"""Who hears the broker in the ingest benchmark: nobody's store, our inbox, and the plain way; each in a process of its own."""

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from multiprocessing.connection import Connection

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from sqlalchemy import String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from deploy.bench import words
from deploy.tuning import settle_memory, take_short_turns
from monitor.room import ROOM
from monitor.signals.inbox import Inbox
from monitor.signals.models import SignalRow
from registry.bus import BrokerAddress, Bus, Received
from registry.bus.client import Handler
from registry.clock import SystemClock, parse_instant
from registry.devices.facts import Register
from registry.store import InstantColumn, Store
from registry.store.migrating import migrate

_SILENCE_SECONDS = 20.0


class Way(StrEnum):
    """How messages are taken in."""

    SUBSCRIBER = "paho without a store"
    CLIENT = "our client without a store"
    INBOX = "our inbox"
    PLAIN = "commit per message"


class _Base(DeclarativeBase):
    pass


class PlainRow(_Base):
    """What the plain way keeps."""

    __tablename__ = "bench_plain"

    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    device: Mapped[str] = mapped_column(String(120))
    type: Mapped[str] = mapped_column(String(80))
    occurred_at: Mapped[datetime] = mapped_column(InstantColumn)
    data: Mapped[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a consumer is told. `store_url`: an empty database; None where nothing is stored."""

    way: Way
    broker: BrokerAddress
    store_url: str | None
    register: Register
    drains: bool
    """First only make the session, then, when told to, take what has gathered in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of it. `at`: by number, when a message was in the store (monotonic nanoseconds), just before its acknowledgement."""

    at: dict[int, int]
    first_at: int
    cpu_seconds: float
    repeated: int
    """Messages that the broker sent again."""
    stored: dict[int, int]
    """By number, how many rows there are of it in the store."""


class Marks:
    """When what was done; the clock of a run. Written in the consumer's threads, waited for in the main one."""

    def __init__(self) -> None:
        self.at: dict[int, int] = {}
        self.first_at = 0
        self.repeated = 0
        self.probed = threading.Event()
        self._wanted = sys.maxsize
        self._reached = threading.Event()

    def arrived(self) -> None:
        self.first_at = self.first_at or time.monotonic_ns()

    def done(self, number: int) -> None:
        if number == words.PROBE:
            self.probed.set()
        elif number in self.at:
            self.repeated += 1
        else:
            self.at[number] = time.monotonic_ns()
            if len(self.at) >= self._wanted:
                self._reached.set()

    def wait_for(self, wanted: int) -> None:
        """Wait until so many are done, or nothing more is."""
        self._wanted = wanted
        done = -1
        while len(self.at) < wanted and done < len(self.at):
            done = len(self.at)
            self._reached.wait(_SILENCE_SECONDS)


class MarkedBus(Bus):
    """A bus that notes when each message arrived and when it was acknowledged."""

    def __init__(self, address: BrokerAddress, marks: Marks) -> None:
        super().__init__(address)
        self._marks = marks

    def consume(self, filters: Iterable[str], handler: Handler) -> None:
        def marked(received: Received) -> None:
            self._marks.arrived()
            handler(received)

        super().consume(filters, marked)

    def acknowledge(self, messages: Iterable[Received]) -> None:
        safe = list(messages)
        for message in safe:
            self._marks.done(words.number_of(message.payload))
        super().acknowledge(safe)


def _plain_subscriber(address: BrokerAddress, marks: Marks) -> Callable[[], None]:
    """The floor: paho as its documentation shows it, each message acknowledged in its callback; gives what ends it."""
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=address.session_name(),
        clean_session=False,
        protocol=MQTTProtocolVersion.MQTTv311,
        manual_ack=True,
    )
    client.username_pw_set(address.username, address.password)

    def subscribe(subscriber: Client, *_: object) -> None:
        subscriber.subscribe([(topic, 1) for topic in words.FILTERS])

    def acknowledge(subscriber: Client, _data: object, message: MQTTMessage) -> None:
        marks.arrived()
        marks.done(words.number_of(message.payload))
        subscriber.ack(message.mid, message.qos)

    client.on_connect, client.on_message = subscribe, acknowledge
    client.connect(address.host, address.port)
    client.loop_start()

    def stop() -> None:
        client.disconnect()
        client.loop_stop()

    return stop


def take_in(line: Connection, orders: Orders) -> None:
    """Hear; say "hears" when the probe has come through; take so many messages as the line says; say what was taken."""
    with ExitStack() as opened:
        store = opened.enter_context(_store(orders.store_url)) if orders.store_url is not None else None
        settle_memory()
        take_short_turns()  # as the engine's process does; every way has both
        marks = Marks()
        stop = start(orders, store, marks)
        marks.probed.wait(_SILENCE_SECONDS)
        if orders.drains:
            stop()
        line.send("hears")
        if orders.drains:
            wanted = line.recv()
            marks, used = Marks(), time.process_time()
            stop = start(orders, store, marks)
        else:
            marks.first_at, used = 0, time.process_time()
            wanted = line.recv()
        marks.wait_for(wanted)
        cpu_seconds = time.process_time() - used
        stop()
        line.send(
            Taken(
                at=marks.at,
                first_at=marks.first_at,
                cpu_seconds=cpu_seconds,
                repeated=marks.repeated,
                stored=dict.fromkeys(marks.at, 1) if store is None else stored(orders.way, store),
            )
        )


def start(orders: Orders, store: Store | None, marks: Marks) -> Callable[[], None]:
    """Begin to hear; gives what ends it."""
    if orders.way is Way.SUBSCRIBER:
        return _plain_subscriber(orders.broker, marks)
    bus = MarkedBus(orders.broker, marks)
    if orders.way is Way.INBOX and store is not None:
        inbox = Inbox(store=store, bus=bus, register=lambda: orders.register, clock=SystemClock())
        inbox.start()
        return inbox.stop
    bus.consume(words.FILTERS, _plain(store) if store is not None else _acknowledged)
    bus.start()
    return bus.stop


def _acknowledged(received: Received) -> None:
    received.acknowledge()


def _plain(store: Store) -> Handler:
    """The usual way: in the client's own thread, a session and a commit for each message."""

    def handler(received: Received) -> None:
        said = json.loads(received.payload)
        with Session(store.engine) as session, session.begin():
            if session.get(PlainRow, said["id"]) is None:
                session.add(
                    PlainRow(
                        id=said["id"],
                        device=said["source"],
                        type=said["type"],
                        occurred_at=parse_instant(said["time"]),
                        data=json.dumps(said["data"]),
                    )
                )
        received.acknowledge()

    return handler


@contextmanager
def _store(url: str) -> Iterator[Store]:
    store = Store.open(ROOM, url)
    try:
        migrate(store)
        _Base.metadata.create_all(store.engine)
        yield store
    finally:
        store.close()


def stored(way: Way, store: Store) -> dict[int, int]:
    """By number, how many rows there are of each message."""
    ours = SignalRow.device == str(words.DEVICE)
    query = select(SignalRow.id).where(ours) if way is Way.INBOX else select(PlainRow.id)
    with store.read() as session:
        counted = Counter(words.number_of_id(event_id) for event_id in session.scalars(query))
    counted.pop(words.PROBE, None)
    return dict(counted)
