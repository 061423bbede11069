"""The engine: takes what the inbox has stored, asks the rules, and writes alarms and its position in one transaction.

Nothing that a rule needs lives only in memory. Whatever the engine was doing when it was killed, the next one begins at
the checkpoint that the last commit left, and finds the alarms of exactly the signals up to there. Signals and timers take
their turns by the stored time of arrival, so it does not matter when an engine ran.

A checkpoint of other rules is not gone on from: what these could still change is judged anew, by ours, as it is known now.
"""

import threading
import time
from collections.abc import Callable

import structlog

from monitor.anomalies import queries
from monitor.anomalies.catalogue import RULES, Rules
from monitor.anomalies.recent import Recent
from monitor.judging import Pass, has_work
from monitor.signals import queries as heard
from monitor.supervision.service import Watch
from registry.clock import Clock, Instant
from registry.devices.facts import Register
from registry.store import Store
from registry.store.faults import UNAVAILABLE

log = structlog.get_logger()

BATCH = 500
"""Signals judged in one transaction at most."""
LONGEST_PASS_SECONDS = 0.25
"""A pass keeps the inbox and the lease from writing; after one that took longer the next takes half as many signals."""
LOOK_SECONDS = 1.0
"""How often timers are looked at when nothing comes in."""


class Engine:
    """One engine for one store. `step` does one pass; `run` makes passes until it is told to stop."""

    def __init__(
        self,
        store: Store,
        register: Callable[[], Register],
        clock: Clock,
        *,
        rules: Rules = RULES,
        steady: Callable[[], float] = time.monotonic,
        hears: Callable[[], bool] = lambda: False,
    ) -> None:
        """Prepare.

        Args:
            store: the monitor's store.
            register: gives the newest register; asked for each pass, so it must be quick.
            clock: says when a timer is due.
            rules: what is judged by.
            steady: counts seconds and is never set; how long passes take decides nothing but how many signals they take.
            hears: whether the broker gives us what devices say; as long as it does not, nobody is missed.

        """
        self._steady = steady
        self.batch = BATCH
        """Signals that the next pass takes at most."""
        self._store = store
        self._register = register
        self._rules = rules
        self._recent = Recent()
        self._hears = hears
        self._watch = Watch(store)
        self._clock = clock
        self._woken = threading.Event()

    def wake(self) -> None:
        """There are new signals. May be called from any thread."""
        self._woken.set()

    def run(self, stop: threading.Event) -> None:
        """Make passes until `stop` is set; call `wake` after setting it to end at once."""
        while not stop.is_set():
            try:
                more = self.step(self._clock.now())
            except UNAVAILABLE as error:
                log.warning("engine-store-unavailable", error=str(error.__cause__ or error))
                more = False
            if not more:
                self._woken.wait(LOOK_SECONDS)
                self._woken.clear()

    def step(self, now: Instant) -> bool:
        """One pass; whether there are signals left to take.

        A signal that a rule stumbles over is found, told and left out; the others are judged.
        """
        register = self._register()
        self._watch.look(register, now, hears=self._hears())
        with self._store.read() as session:
            if not has_work(session, register, self._rules, now):
                return False
        try:
            return self._pass(register, now, self.batch)
        except UNAVAILABLE:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a rule stumbles over: the signal is looked for, or the error is raised again
            log.warning("batch-not-judged", fault=repr(error))
            return self._one_by_one(register, now)

    def _pass(self, register: Register, now: Instant, limit: int) -> bool:
        with self._store.begin(now) as work:
            began = self._steady()
            more = Pass(work, register, self._rules, self._recent).go(now, limit)
        took = self._steady() - began
        self.batch = max(self.batch // 2, 1) if took > LONGEST_PASS_SECONDS else min(self.batch * 2, BATCH)
        return more

    def _one_by_one(self, register: Register, now: Instant) -> bool:
        for _ in range(BATCH):
            try:
                if not self._pass(register, now, 1):
                    return False
            except UNAVAILABLE:
                raise
            except Exception as error:  # noqa: BLE001 - as above
                self._pass_without_the_next(register, now, error)
                return True
        return True

    def _pass_without_the_next(self, register: Register, now: Instant, error: Exception) -> None:
        """Set one signal aside; the error is raised when there is none, or when it was not the signal's fault."""
        with self._store.begin(now) as work:
            progress = queries.progress(work.session)
            following = heard.signals_after(work.session, progress.position if progress else 0, limit=1)
            if not following or not following[0].is_judged:
                raise error
            heard.set_aside(work.session, following[0].position, repr(error))
            Pass(work, register, self._rules, self._recent).go(now, 1)
        one = following[0]
        log.error("signal-set-aside", device=str(one.device), id=one.id, type=one.type, fault=repr(error))
