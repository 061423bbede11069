"""The inbox: the network thread puts messages in a queue, a writer takes all that wait, stores them, then acknowledges."""

import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import NamedTuple

import structlog

from monitor.signals.keeping import keep
from monitor.signals.messages import Message
from registry.bus import Bus, Received
from registry.clock import Clock
from registry.devices.facts import Register
from registry.messages.foreign import foreign_filter, is_grantable
from registry.messages.topics import Channel, every_device
from registry.store import Store
from registry.store.faults import UNAVAILABLE

log = structlog.get_logger()

BATCH = 500
"""Messages in one transaction at most; a writer that waits for no timer had p99 below 4 ms at 10,000 a second."""
WAITING_LIMIT = 5_000
"""More than this is not taken from the network until the writer has caught up; the broker keeps the rest. It ends the
connection when that takes longer than one and a half keepalives, and gives the rest to the next."""
LOOK_SECONDS = 1.0
"""How often the register is looked at for new foreign prefixes when nothing comes in."""
RETRY_SECONDS = 1.0
_CHANNELS = (Channel.EVENT, Channel.STATE, Channel.HEARTBEAT, Channel.ONLINE)


class _Waiting(NamedTuple):
    message: Message
    received: Received


OUR_FILTERS = frozenset(every_device(channel) for channel in _CHANNELS)
"""What our devices say; without it the monitor is deaf."""


def filters(register: Register) -> frozenset[str]:
    """Everything that the inbox hears: our devices' topics, and the foreign prefixes that devices own."""
    foreign = {
        foreign_filter(prefix)
        for device in register.devices.values()
        if device.enabled
        for prefix in device.foreign_prefixes
        if is_grantable(prefix)
    }
    return OUR_FILTERS | foreign


class Inbox:
    """Hears a bus of its own and fills the monitor's store. A message is acknowledged after the commit that stored it."""

    def __init__(
        self,
        *,
        store: Store,
        bus: Bus,
        register: Callable[[], Register],
        clock: Clock,
        heard: Callable[[], None] | None = None,
    ) -> None:
        """Prepare; `start` connects.

        Args:
            store: the monitor's store.
            bus: a client that is not started yet; nobody else consumes with it.
            register: gives the newest register; asked for each batch, so it must be quick.
            clock: says when a message came in.
            heard: called after each commit that stored something, in the writer's thread: wakes the rules.

        """
        self._store = store
        self._bus = bus
        self._register = register
        self._clock = clock
        self._heard = heard
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        """None: stop waiting, we end."""
        self._room = threading.Event()
        self._stopping = threading.Event()
        self._filters: frozenset[str] = frozenset()
        self._filtered: Register | None = None
        """Of which register the filters are."""
        self._writer = threading.Thread(target=self._write, name="inbox", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the writer and the client's thread run."""
        return self._writer.is_alive() and self._bus.alive

    @property
    def connected(self) -> bool:
        return self._bus.connected

    @property
    def hears(self) -> bool:
        """Whether the broker lets us hear our devices."""
        return self._bus.unheard.isdisjoint(OUR_FILTERS)

    @property
    def unheard(self) -> int:
        """How many filters the broker does not let us hear, those of foreign devices included."""
        return len(self._bus.unheard)

    def wait_until_hearing(self, timeout_seconds: float) -> bool:
        """Wait until the broker keeps for us what our devices say; False when it does not by then."""
        return self._bus.wait_until_heard(OUR_FILTERS, timeout_seconds)

    @property
    def waiting(self) -> int:
        """Messages taken from the network and not yet stored."""
        return self._queue.qsize()

    def start(self) -> None:
        self._filters = filters(self._register())
        self._bus.consume(self._filters, self._arrived)
        self._writer.start()
        self._bus.start()

    def stop(self, timeout_seconds: float = 10.0) -> None:
        """End in order: what was not stored was not acknowledged either, and comes again."""
        self._stopping.set()
        self._room.set()
        self._queue.put(None)
        self._bus.stop()
        self._writer.join(timeout_seconds)

    def _arrived(self, received: Received) -> None:
        message = Message(
            topic=received.topic,
            payload=received.payload,
            received_at=self._clock.now(),
            retained=received.retain,
        )
        self._queue.put(_Waiting(message, received))
        while self._queue.qsize() > WAITING_LIMIT and not self._stopping.is_set():
            self._room.clear()  # set whenever there was room; the writer sets it again when there is
            if self._queue.qsize() > WAITING_LIMIT:
                self._room.wait(LOOK_SECONDS)

    def _write(self) -> None:
        while not self._stopping.is_set():
            register = self._register()
            self._hear(register)
            batch = self._take()
            if batch and self._keep(batch, register):
                self._bus.acknowledge(waiting.received for waiting in batch)

    def _hear(self, register: Register) -> None:
        if register is self._filtered:
            return
        self._filtered = register
        wanted = filters(register)
        if wanted != self._filters:
            self._bus.change_filters(wanted)
            self._filters = wanted

    def _take(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        try:
            waiting = self._queue.get(timeout=LOOK_SECONDS)
            while waiting is not None:
                batch.append(waiting)
                waiting = self._queue.get_nowait() if len(batch) < BATCH else None
        except Empty:
            pass
        if self._queue.qsize() < WAITING_LIMIT:
            self._room.set()
        return batch

    def _keep(self, batch: Sequence[_Waiting], register: Register) -> bool:
        """Store a batch, however long the disk stays full; False when we stop before it is stored."""
        messages = [waiting.message for waiting in batch]
        while not self._stopping.is_set():
            try:
                stored = keep(self._store, self._clock, messages, register).stored
            except UNAVAILABLE as error:
                log.warning("inbox-store-unavailable", waiting=len(messages), error=str(error.__cause__ or error))
                self._stopping.wait(RETRY_SECONDS)
            else:
                if stored and self._heard is not None:
                    self._heard()
                return True
        return False
