"""The sender of a room's outbox: in order, after the commit, until the broker has it."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from registry.bus.client import WINDOW, Bus, NotSent, Receipt, Unsendable
from registry.clock import Clock
from registry.store import Store, outbox
from registry.store.outbox import Waiting

log = structlog.get_logger()

POLL_SECONDS = 0.05
"""Another process may have written to the outbox: its commits do not wake us."""
RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a window, by position: confirmed by the broker, or refused by us with the reason."""

    confirmed: Sequence[int]
    refused: Mapping[int, str]


class OutboxSender:
    """A thread that empties one room's outbox. One sender for each outbox: two would send everything twice."""

    def __init__(self, store: Store, bus: Bus, clock: Clock, *, may_send: Callable[[], bool] = lambda: True) -> None:
        """Prepare; `may_send` is asked before each window of messages: while it says no, they wait."""
        self._store = store
        self._bus = bus
        self._clock = clock
        self._may_send = may_send
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._stuck_since: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"outbox-{store.room.name}", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether its thread and that of its client run."""
        return self._thread.is_alive() and self._bus.alive

    @property
    def stuck_seconds(self) -> float:
        """How long something has waited while nothing got through; 0 when all is sent."""
        since = self._stuck_since
        return 0.0 if since is None else time.monotonic() - since

    def start(self) -> None:
        self._store.after_commit = self._wake.set
        self._thread.start()

    def stop(self, timeout_seconds: float = 5.0) -> None:
        """End the thread; what the broker has not confirmed stays in the outbox."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout_seconds)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                sent_any = self._send_waiting()
            except SQLAlchemyError as error:
                log.warning("outbox-unreadable", room=self._store.room.name, error=str(error.__cause__ or error))
                self._stopping.wait(RETRY_SECONDS)
                continue
            if not sent_any:
                self._wake.wait(POLL_SECONDS)

    def _send_waiting(self) -> bool:
        connected = self._bus.connected
        with self._store.read() as session:
            waiting = outbox.waiting(session, limit=WINDOW if connected else 1)
        if not waiting:
            self._stuck_since = None
            return False
        if self._stuck_since is None:
            self._stuck_since = time.monotonic()
        if not connected:
            self._bus.wait_until_connected(POLL_SECONDS)
            return False
        if not self._may_send():
            return False
        outcome = self._send(waiting)
        if outcome.confirmed or outcome.refused:
            with self._store.begin(self._clock.now()) as work:
                outbox.sent(work.session, outcome.confirmed)
                for position, why in outcome.refused.items():
                    outbox.set_aside(work.session, position, why)
            self._stuck_since = None
        return bool(outcome.confirmed or outcome.refused)

    def _send(self, waiting: Sequence[Waiting]) -> _Outcome:
        """Send a window of messages, and wait until the broker has confirmed them all, or we stop."""
        receipts: list[tuple[int, Receipt]] = []
        refused: dict[int, str] = {}
        for message in waiting:
            try:
                receipts.append(
                    (message.position, self._bus.post(message.topic, message.payload, retain=message.retain))
                )
            except Unsendable as error:
                log.warning(
                    "outbox-message-set-aside", topic=message.topic, position=message.position, why=error.detail
                )
                refused[message.position] = error.detail
            except NotSent as error:
                log.warning("outbox-waits", room=self._store.room.name, error=error.detail)
                self._stopping.wait(RETRY_SECONDS)
                break
        for _, receipt in receipts:
            # The client repeats a message over reconnects, so it is waited for and never posted a second time.
            while not receipt.wait(POLL_SECONDS) and not self._stopping.is_set():
                pass
        return _Outcome([position for position, receipt in receipts if receipt.arrived], refused)
