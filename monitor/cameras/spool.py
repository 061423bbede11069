"""What a camera has to say waits here until the broker has it: in order, bounded, with a heartbeat beside it."""

import threading
from collections import deque
from dataclasses import dataclass
from time import monotonic
from typing import Final

import structlog

from monitor.cameras.reports import Reporter, with_picture
from monitor.cameras.snapshot import MediaStoreClient
from registry.bus import Bus, NotSent, Receipt
from registry.clock import Clock
from registry.messages.envelope import Event
from registry.messages.topics import Channel, DeviceTopic

log = structlog.get_logger()

MOST_WAITING: Final = 200  # events of one camera, with their pictures some 15 MB
HEARTBEAT_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.1
FAREWELL_SECONDS: Final = 1.0  # what still waits at the end may take so long


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that was not sent yet, and its picture."""

    event: Event
    jpeg: bytes | None


class Spool:
    """One camera's way out: a thread that puts pictures into the store and events on the bus."""

    def __init__(self, bus: Bus, media: MediaStoreClient, reporter: Reporter, clock: Clock) -> None:
        self._bus = bus
        self._media = media
        self._reporter = reporter
        self._clock = clock
        self._topic = str(DeviceTopic(reporter.device, Channel.EVENT))
        self._heartbeat_topic = str(DeviceTopic(reporter.device, Channel.HEARTBEAT))
        self._waiting: deque[Waiting] = deque()
        self._changed = threading.Condition()
        self._farewell: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"spool-{reporter.device.name}", daemon=True)

    @property
    def waiting(self) -> tuple[Waiting, ...]:
        """What was not sent yet, oldest first."""
        with self._changed:
            return tuple(self._waiting)

    @property
    def alive(self) -> bool:
        """Whether its thread and that of its client run."""
        return self._thread.is_alive() and self._bus.alive

    def start(self) -> None:
        self._bus.start()
        self._thread.start()

    def add(self, event: Event, jpeg: bytes | None = None) -> None:
        """Send this event, with this picture, as soon as can be; the oldest is given up when too many wait."""
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                lost = self._waiting.popleft()
                log.error("camera-event-given-up", camera=str(self._reporter.device), event_id=lost.event.id)
            self._waiting.append(Waiting(event, jpeg))
            self._changed.notify()

    def stop(self) -> None:
        """Send what waits if the broker takes it soon, say goodbye and disconnect."""
        with self._changed:
            self._farewell = monotonic() + FAREWELL_SECONDS
            self._changed.notify()

    def join(self, timeout_seconds: float) -> None:
        self._thread.join(timeout_seconds)

    def _run(self) -> None:
        heartbeat_at = monotonic()
        while not self._is_over():
            if self._bus.connected and monotonic() >= heartbeat_at:
                heartbeat_at = monotonic() + HEARTBEAT_SECONDS
                self._bus.publish_unconfirmed(self._heartbeat_topic, self._reporter.heartbeat(self._clock.now()))
            waiting = self._next()
            if waiting is not None:
                self._send(waiting)
        if self._waiting:
            log.error("camera-events-unsent", camera=str(self._reporter.device), events=len(self._waiting))
        self._media.close()
        self._bus.stop()

    def _is_over(self) -> bool:
        with self._changed:
            return self._farewell is not None and (not self._waiting or monotonic() > self._farewell)

    def _next(self) -> Waiting | None:
        """The oldest event, once there is one and a broker; it stays in the spool until it has arrived."""
        if self._waiting and not self._bus.connected:
            self._bus.wait_until_connected(POLL_SECONDS)
            return None
        with self._changed:
            if not self._waiting and self._farewell is None:
                self._changed.wait(POLL_SECONDS)
            return self._waiting[0] if self._waiting and self._bus.connected else None

    def _send(self, waiting: Waiting) -> None:
        camera = str(self._reporter.device)
        picture = self._media.put(waiting.jpeg, camera=camera) if waiting.jpeg is not None else None
        event = with_picture(waiting.event, picture) if picture is not None else waiting.event
        try:
            receipt = self._bus.post(self._topic, event.model_dump_json(exclude_none=True).encode())
        except NotSent:
            log.warning("camera-event-waits", camera=camera, event_id=event.id)
            return
        if self._arrives(receipt):
            with self._changed:
                if self._waiting and self._waiting[0] is waiting:  # else it was given up meanwhile
                    self._waiting.popleft()

    def _arrives(self, receipt: Receipt) -> bool:
        """Wait: the client repeats a message over reconnects, so it is never posted a second time."""
        while not receipt.wait(POLL_SECONDS):
            if self._farewell is not None and monotonic() > self._farewell:
                return False
        return True
