"""The gateway's ear: what comes on the bus waits in a queue, a writer carries it out, and then it is acknowledged."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from queue import SimpleQueue
from typing import TypeVar
from uuid import UUID

import structlog

from gateway.barriers.mqtt import MqttDriver
from gateway.barriers.opening import Barriers
from gateway.checks.snapshot import NothingKnown, Snapshot
from gateway.ear import service
from gateway.ear.messages import (
    LATE,
    Answered,
    BarrierSeen,
    Heard,
    Online,
    PassageSeen,
    PlateSeen,
    Refused,
    Told,
    filters,
    read,
)
from gateway.ear.service import CannotObey, LaneToOpen
from registry.access.facts import Direction, LaneFacts
from registry.access.parts import LanePart
from registry.bus import Bus, Received
from registry.clock import Clock, Instant
from registry.fast_clock import FastClock
from registry.messages.commands import Acknowledgement
from registry.store import Store
from registry.store.faults import UNAVAILABLE

log = structlog.get_logger()

RETRY_SECONDS = 1.0
_KNOWN = 1_000
"""Of so many messages a repeat is known: a broker sends again what it may have sent before."""
_OWN_EVENTS = b'"dayuan.gate.entry_decided"'
"""What we said ourselves on a gate's topic comes back to us, at the rate of the gates."""


Key = TypeVar("Key")
Value = TypeVar("Value")


class Ear:
    """Consumes the gateway's bus. `follow` says which parts there are; `hear` may also be called by drivers."""

    def __init__(
        self,
        *,
        store: Store,
        bus: Bus,
        snapshot: Callable[[], Snapshot],
        clock: Clock,
        barriers: Barriers,
        driver: MqttDriver,
    ) -> None:
        """Prepare.

        Args:
            store: the gateway's.
            bus: a client that is not started yet; nobody else consumes with it.
            snapshot: what the gates know; raises `NothingKnown` before the registry has answered.
            clock: the house's.
            barriers: told how they stand; opens the escape lanes.
            driver: waits for what devices answer.

        """
        self._store = store
        self._bus = bus
        self._snapshot = snapshot
        self._clock = clock
        self._barriers = barriers
        self._driver = driver
        self._parts: Sequence[LanePart] = ()
        self._queue: SimpleQueue[tuple[Heard, Received | None] | None] = SimpleQueue()
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._obeyed: OrderedDict[UUID, Acknowledgement] = OrderedDict()
        self._said: dict[str, Instant] = {}
        """Of each barrier the moment of the last word: an older one that comes again says nothing."""
        self._stopping = threading.Event()
        self._writer = threading.Thread(target=self._write, name="gateway-ear", daemon=True)
        bus.consume(filters(()), self._arrived)

    @property
    def alive(self) -> bool:
        return self._writer.is_alive()

    def follow(self, parts: Sequence[LanePart]) -> None:
        """Hear the devices of these parts from now on."""
        self._parts = parts
        self._bus.change_filters(filters(parts))

    def start(self) -> None:
        self._writer.start()

    def stop(self) -> None:
        """End; what was not carried out was not acknowledged either, and comes again."""
        self._stopping.set()
        self._queue.put(None)
        self._writer.join()

    def hear(self, heard: Heard) -> None:
        """Take in what a driver heard in another way."""
        self._queue.put((heard, None))

    def keep_escape_lanes_open(self) -> None:
        """Open again what a fire alarm opened: a barrier closes by itself after a time, and the fire may not be over."""
        try:
            with self._store.read() as session:
                lanes = service.lanes_to_keep_open(session, self._snapshot())
        except (*UNAVAILABLE, NothingKnown) as error:
            log.warning("escape-lanes-not-kept-open", error=type(error).__name__)
        else:
            self._open_wide(lanes)

    def _open_wide(self, lanes: Iterable[LaneToOpen]) -> None:
        for lane in lanes:
            self._barriers.open_wide(lane.gate, lane.lane, entry_id=lane.opening_id, by=lane.by)

    def _arrived(self, received: Received) -> None:
        """In the network's thread."""
        heard = None if _OWN_EVENTS in received.payload else read(received.topic, received.payload, self._parts)
        match heard:
            case None:
                received.acknowledge()
            case Answered():
                self._driver.answered(heard.device, heard.acknowledgement)
                received.acknowledge()
            case Online():
                for part in heard.parts:
                    self._barriers.board.linked(part, self._clock.now(), is_there=heard.is_there)
                received.acknowledge()
            case _:
                self._queue.put((heard, received))

    def _write(self) -> None:
        while not self._stopping.is_set():
            waiting = self._queue.get()
            if waiting is None:
                return
            heard, received = waiting
            if self._carry_out(heard) and received is not None:
                received.acknowledge()

    def _carry_out(self, heard: Heard) -> bool:
        """Whether it is done, or can never be done; until the store is there it is tried again."""
        while not self._stopping.is_set():
            try:
                self._do(heard)
            except UNAVAILABLE as error:
                log.warning("ear-store-unavailable", error=str(error.__cause__ or error))
                self._stopping.wait(RETRY_SECONDS)
            except Exception as error:
                log.exception("message-not-carried-out", kind=type(heard).__name__, fault=repr(error))
                return True
            else:
                return True
        return False

    def _do(self, heard: Heard) -> None:
        now = self._clock.now()
        match heard:
            case BarrierSeen():
                self._see_barrier(heard, now)
            case PassageSeen():
                self._see_passage(heard, now)
            case PlateSeen():
                self._see_plate(heard, now)
            case Told():
                self._obey(heard, now)
            case Refused():
                with self._store.begin(now) as work:
                    refused = Acknowledgement(id=heard.id, ok=False, detail=heard.detail)
                    service.answer(work.session, heard.site, refused)
            case Answered() | Online():
                pass  # carried out where they arrive

    def _see_barrier(self, seen: BarrierSeen, now: Instant) -> None:
        last = self._said.get(seen.part.name)
        if last is not None and seen.at < last:
            return
        said_at = min(seen.at, now)  # of a clock that is ahead the next word, once it is put right, is not older
        with self._store.begin(now) as work:
            service.see_barrier(work.session, seen, now)
        self._said[seen.part.name] = said_at
        self._barriers.stands(seen.part, seen.position)

    def _see_passage(self, seen: PassageSeen, now: Instant) -> None:
        if seen.key in self._seen:
            return
        speed = self._clock.speed if isinstance(self._clock, FastClock) else 1.0
        if now - seen.at > LATE * speed:
            log.info("passage-too-old", part=seen.part.name, at=seen.at)
            return
        lane = self._lane(seen.part)
        if lane is None or lane.passage_seconds is None:
            return  # nobody waits for the sensor there
        # A lane that is used both ways is passed inwards, as far as anybody knows.
        direction = lane.direction or Direction.IN
        with self._store.begin(now) as work:
            service.see_passage(work.session, seen, direction, now)
        _remember(self._seen, seen.key, None)

    def _see_plate(self, seen: PlateSeen, now: Instant) -> None:
        speed = self._clock.speed if isinstance(self._clock, FastClock) else 1.0
        if now - seen.at <= LATE * speed:
            with self._store.begin(now) as work:
                service.see_plate(work.session, seen, now)

    def _obey(self, told: Told, now: Instant) -> None:
        command = told.command
        known = self._obeyed.get(command.id)
        lanes: Sequence[LaneToOpen] = ()
        with self._store.begin(now) as work:
            acknowledgement = known or Acknowledgement(id=command.id, ok=True)
            if known is None:
                try:
                    lanes = service.obey(work.session, told, self._snapshot(), now)
                except (CannotObey, NothingKnown) as error:
                    acknowledgement = Acknowledgement(id=command.id, ok=False, detail=str(error))
            service.answer(work.session, told.site, acknowledgement)
        _remember(self._obeyed, command.id, acknowledgement)
        log.info("room-command", site=told.site, action=command.action, by=command.by, ok=acknowledgement.ok)
        self._open_wide(lanes)

    def _lane(self, part: LanePart) -> LaneFacts | None:
        gate = self._snapshot().gate(part.gate)
        return None if gate is None else next((lane for lane in gate.lanes if lane.id == part.lane), None)


def _remember(memory: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    memory[key] = value
    if len(memory) > _KNOWN:
        memory.popitem(last=False)
