"""Purging: many short transactions with pauses between them, so that the inbox never waits long for one.

On PostgreSQL a day's signals go with their table once the longest of the terms is over for all of them; what is kept for
less long goes row by row, as everything does from a file of SQLite.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from monitor.retention import queries, rules
from monitor.retention.models import PurgeRow
from monitor.signals import days
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
_TRIES = 10
"""How often a day's table is let go before the next purge has to."""
_TRY_AGAIN_SECONDS = 0.5


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
        if self._thread.is_alive():
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
        # What nothing is kept as long as lies together: it is taken first, with few pages of the store changed for many rows.
        end = None if self._store.is_file else days.first_position(rules.FIRST_DAY)
        signals = self._whole_days(pace, now, before)
        signals += self._in_parts(pace, partial(_oldest, before=before, end=end))
        device = self._next_device("")
        while device is not None and not self._stopping.is_set():
            since = rules.kept_since(DeviceAddress.parse(device).kind, self._days, now)
            in_days = not self._store.is_file and since == before
            over = queries.Over(device, since, rules.days_of_their_own(now) if in_days else None)
            with self._store.read() as session:
                has_old = queries.has_old_signals(session, over)
            if has_old:
                signals += self._in_parts(pace, partial(_signals, over=over))
            device = self._next_device(device)
        letters = self._in_parts(pace, lambda session, limit: queries.take_dead_letters(session, before, limit))
        absences = self._in_parts(pace, lambda session, limit: queries.take_absences(session, before, limit))
        self._in_parts(pace, lambda session, limit: queries.take_sequences(session, before, limit))
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

    def _whole_days(self, pace: _Pace, now: Instant, before: Instant) -> int:
        """PostgreSQL: make the tables of the days to come, and let go those of which all is over; how many signals went."""
        if self._store.is_file:
            return 0
        with self._store.begin_beside(now) as work:
            days.make_ahead(work.session, rules.days_ahead(now))
        with self._store.read() as session:
            over = [day for day in days.days_there(session.connection()) if day < before.date()]
        signals = 0
        for day in over:
            signals += self._in_parts(pace, queries.DayForgotten(day))
            if not self._let_go(pace, day):
                break
        with self._store.read() as session:
            let_go = days.days_let_go(session.connection())
        for day in let_go:
            with self._store.begin_beside(now) as work:
                days.drop(work.session.connection(), day)
        return signals

    def _let_go(self, pace: _Pace, day: date) -> bool:
        """Part with a day's table; False: somebody read in the signals all the time, and it goes with the next purge."""
        for _ in range(_TRIES):
            if self._stopping.is_set():
                break
            began = self._steady()
            try:
                with self._store.begin_beside(self._clock.now()) as work:
                    days.let_go(work.session.connection(), day)
            except OperationalError as error:
                if not days.is_in_use(error):
                    raise
            else:
                pace.took(self._steady() - began)
                return True
            self._stopping.wait(_TRY_AGAIN_SECONDS)
        log.info("day-in-use", day=str(day))
        return False

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


def _oldest(session: Session, limit: int, *, before: Instant, end: int | None) -> int:
    return queries.take_oldest_signals(session, before, limit, end=end)


def _signals(session: Session, limit: int, *, over: queries.Over) -> int:
    return queries.take_signals(session, over, limit)
