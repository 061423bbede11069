"""Purging: many short transactions with pauses between them, so that the inbox never waits long for one."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy.orm import Session

from monitor.retention import queries, rules
from monitor.retention.models import PurgeRow
from registry.clock import Clock, Instant
from registry.ids import DeviceAddress
from registry.store import Store
from registry.store.faults import UNAVAILABLE

log = structlog.get_logger()

MOST = 500
"""Rows of one transaction."""
FIRST = 50
TARGET_SECONDS = 0.03
"""A transaction that takes longer is followed by one of half as many rows. The inbox may wait 0.2 s."""
REST = 3.0
"""So many times as long as a transaction took, the others have the store to themselves."""
RETRY_SECONDS = 60.0


@dataclass(slots=True)
class _Pace:
    """How many rows one transaction takes: as many as it can in `TARGET_SECONDS`."""

    steady: Callable[[], float]
    rows: int = FIRST
    longest: float = 0.0
    last: float = 0.0

    def took(self, seconds: float) -> None:
        self.last = seconds
        self.longest = max(self.longest, seconds)
        self.rows = max(self.rows // 2, 1) if seconds > TARGET_SECONDS else min(self.rows * 2, MOST)


class Purging:
    """A thread that purges at once and then every so often; it belongs to the engine, and writes under its lease."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        days: Mapping[str, int],
        every_seconds: float,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; `days`: for each class of device, where it is not ours (`rules.DAYS`)."""
        self._store = store
        self._clock = clock
        self._days = days
        self._every_seconds = every_seconds
        self._steady = steady
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="purging", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_seconds: float = 3.0) -> None:
        self._stopping.set()
        self._thread.join(timeout_seconds)

    def _run(self) -> None:
        wait = 0.0
        while not self._stopping.wait(wait):
            wait = self._every_seconds
            try:
                self.purge()
            except UNAVAILABLE as error:
                log.warning("purge-store-unavailable", error=str(error.__cause__ or error))
                wait = RETRY_SECONDS

    def purge(self) -> PurgeRow:
        """Take away all that is over; what is left when we are told to stop goes the next time."""
        now, pace = self._clock.now(), _Pace(self._steady)
        before = now - rules.longest(self._days)
        signals, device = 0, self._next_device("")
        while device is not None and not self._stopping.is_set():
            since = rules.kept_since(DeviceAddress.parse(device).kind, self._days, now)
            with self._store.read() as session:
                has_old = queries.has_old_signals(session, device, since)
            if has_old:
                signals += self._in_parts(pace, partial(_signals, device=device, before=since))
            device = self._next_device(device)
        letters = self._in_parts(pace, lambda session, limit: queries.take_dead_letters(session, before, limit))
        absences = self._in_parts(pace, lambda session, limit: queries.take_absences(session, before, limit))
        done = PurgeRow(
            only=1,
            ended_at=self._clock.now(),
            signals=signals,
            dead_letters=letters,
            absences=absences,
            longest_ms=round(pace.longest * 1000, 1),
        )
        with self._store.begin_beside(now) as work:
            queries.keep(work.session, done)
        if signals or letters:
            log.info("purged", signals=signals, dead_letters=letters, longest_ms=done.longest_ms)
        return done

    def _next_device(self, after: str) -> str | None:
        with self._store.read() as session:
            return queries.next_device(session, after)

    def _in_parts(self, pace: _Pace, take: Callable[[Session, int], int]) -> int:
        every, taken = 0, 1
        while taken and not self._stopping.is_set():
            limit = pace.rows
            with self._store.begin_beside(self._clock.now()) as work:
                began = pace.steady()  # from when we have the store for ourselves
                taken = take(work.session, limit)
            pace.took(pace.steady() - began)
            every += taken
            if taken < limit:
                break
            self._stopping.wait(pace.last * REST)
        return every


def _signals(session: Session, limit: int, *, device: str, before: Instant) -> int:
    return queries.take_signals(session, device, before, limit)
