"""The engine: takes what the inbox has stored, asks the rules, and writes alarms and its position in one transaction.

Nothing that a rule needs lives only in memory. Whatever the engine was doing when it was killed, the next one begins at
the checkpoint that the last commit left, and finds the alarms of exactly the signals up to there. Signals and timers take
their turns by the stored time of arrival, so it does not matter when an engine ran.

A checkpoint of other rules is not gone on from: what these could still change is judged anew, by ours, as it is known now.
"""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from monitor.alarms import queries as alarms
from monitor.anomalies import b02_confirmed_crossing as b02
from monitor.anomalies import d08_not_watched as d08
from monitor.anomalies import g03_refused_again as g03
from monitor.anomalies import queries, service, timers
from monitor.anomalies.form import FORM, REACH
from monitor.anomalies.models import EngineProgress
from monitor.anomalies.signals import Signal
from monitor.anomalies.timers import Timer
from monitor.fire.rules import ALARM
from monitor.fire.service import answer_fire
from monitor.patrols import queries as patrol_queries
from monitor.patrols import rules as patrol_rules
from monitor.patrols import service as patrols
from monitor.patrols.rules import LIMITS, SCAN, JudgedRound, Round, TourFacts
from monitor.signals import queries as heard
from registry.clock import Clock, Instant
from registry.devices.facts import Register
from registry.ids import SiteId, ZoneId
from registry.store import Store, Work
from registry.store.faults import UNAVAILABLE

log = structlog.get_logger()

BATCH = 500
"""Signals judged in one transaction at most."""
LONGEST_PASS_SECONDS = 0.25
"""A pass keeps the inbox and the lease from writing; after one that took longer the next takes half as many signals."""
LOOK_SECONDS = 1.0
"""How often timers are looked at when nothing comes in."""
CLOCK_TOLERANCE = timedelta(minutes=5)
"""Our own clock may step back so far without a word, as a device's may run ahead (reference: monitor 3.2)."""
_INSTANT = timedelta(microseconds=1)


class Engine:
    """One engine for one store. `step` does one pass; `run` makes passes until it is told to stop."""

    def __init__(
        self,
        store: Store,
        register: Callable[[], Register],
        clock: Clock,
        *,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare.

        Args:
            store: the monitor's store.
            register: gives the newest register; asked for each pass, so it must be quick.
            clock: says when a timer is due.
            steady: counts seconds and is never set; how long passes take decides nothing but how many signals they take.

        """
        self._steady = steady
        self.batch = BATCH
        """Signals that the next pass takes at most."""
        self._store = store
        self._register = register
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
        with self._store.read() as session:
            if not _has_work(session, register, now):
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
            more = _Pass(work, register).go(now, limit)
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
            _Pass(work, register).go(now, 1)
        one = following[0]
        log.error("signal-set-aside", device=str(one.device), id=one.id, type=one.type, fault=repr(error))


class _Pass:
    """One pass in one transaction: takes signals and timers in the order in which they came and ran out."""

    def __init__(self, work: Work, register: Register) -> None:
        self._session = work.session
        self._register = register
        self._tours = _tours(work.session, register)
        self._progress = queries.progress(work.session) or queries.begin_progress(
            work.session, work.now, after=heard.last_before(work.session, work.now - REACH)
        )
        if self._progress.form != FORM:
            self._begin_anew()

    def go(self, now: Instant, limit: int) -> bool:
        """Take `limit` signals at most, and every timer that is due up to them; whether there may be more signals."""
        progress = self._progress
        left = deque(heard.signals_after(self._session, progress.position, limit=limit))
        more = len(left) == limit
        latest = max([progress.clock, *(signal.received_at for signal in left)])
        until = latest if more else max(latest, now)
        due = deque(timers.due(self._tours, self._register, after=progress.clock, until=until))
        while left or due:
            stretch = self._heard_before(due[0].at if due else None, left)
            if stretch:
                self._judge(stretch)
            else:
                self._run_out(due, max(progress.clock, left[0].received_at) if left else None, now)
        if not more and _went_back(progress, now):
            log.warning("clock-went-back", before=progress.clock, now=now)
            queries.store_tick(self._session, progress.position, now)
            progress.clock = now
        return more

    def _begin_anew(self) -> None:
        """Judge what is not too old as if it had not been judged: rounds at once, signals in the passes that follow."""
        progress = self._progress
        since = progress.clock - REACH
        after = heard.last_before(self._session, since)
        log.warning(
            "checkpoint-of-other-rules", theirs=progress.form, ours=FORM, signals_after=after, rounds_since=since
        )
        progress.form, progress.anew_until = FORM, max(progress.position, progress.anew_until)
        progress.position = min(progress.position, after)
        for walked in self._rounds_watched(since):
            [judged] = self._judged(walked.tour, walked.starts_at, walked.starts_at + _INSTANT)
            service.watch_round(self._work, self._register, judged, progress.clock)

    def _rounds_watched(self, since: Instant) -> Sequence[Round]:
        """The rounds of which timers ran since then, the earliest first; not those that nobody watched."""
        since = max(since, queries.first_tick(self._session) or self._progress.clock)
        absences = alarms.stretches(self._session, d08.RULE, since=since, until=self._progress.clock)
        over = timers.due(self._tours, self._register, after=since, until=self._progress.clock)
        watched = [
            timer
            for timer in over
            if not any(site == timer.site and begin <= timer.at <= end for site, begin, end in absences)
        ]
        return list({timer.round.key: timer.round for timer in watched}.values())

    def _heard_before(self, moment: Instant | None, left: deque[heard.Signal]) -> list[heard.Signal]:
        taken = []
        while left and (moment is None or max(self._progress.clock, left[0].received_at) < moment):
            one = left.popleft()
            self._progress.position = one.position
            self._progress.clock = max(self._progress.clock, one.received_at)
            taken.append(one)
        return taken

    def _run_out(self, due: deque[Timer], following: Instant | None, now: Instant) -> None:
        """Run the timers that are over before the next signal; `following` None: there is none, and it is `now`."""
        mark = following or now
        over = []
        while due and due[0].at <= mark:
            over.append(due.popleft())
        if following is None:
            queries.store_tick(self._session, self._progress.position, now)
        self._progress.clock = mark
        if mark - over[0].at > timers.LONGEST_ABSENCE:
            self._tell_absence(over, mark)
            return
        for timer in over:
            [judged] = self._judged(timer.round.tour, timer.round.starts_at, timer.round.starts_at + _INSTANT)
            service.watch_round(self._work, self._register, judged, timer.at)

    def _tell_absence(self, over: Sequence[Timer], until: Instant) -> None:
        for site in sorted({timer.site for timer in over}):
            since = next(timer.at for timer in over if timer.site == site)
            log.error("patrols-not-watched", site=site, since=since, until=until)
            service.tell_absence(self._work, self._register, site, since=since, until=until)

    def _judge(self, stretch: Sequence[heard.Signal]) -> None:
        judged = [each for each in stretch if each.is_judged]
        if len(judged) < len(stretch):
            log.warning("signals-not-judged", count=len(stretch) - len(judged))
        known = [queries.signal_of(each) for each in judged if each.site in self._register.sites]
        work, register, upto = self._work, self._register, self._upto
        for zone_id, touched in _by_zone(known, register).items():
            service.watch_zone(work, register, register.zones[zone_id], touched, upto=upto)
        for (site, vehicle), touched in _by_vehicle(known).items():
            service.watch_vehicle(work, register, site, vehicle, touched, upto=upto)
        for signal in known:
            if signal.type == SCAN:
                self._correct(signal)
        self._answer_fires(judged)

    def _answer_fires(self, stretch: Sequence[heard.Signal]) -> None:
        """Not of what is judged anew: the gates have been told then."""
        for each in stretch:
            is_new = each.position > self._progress.anew_until
            if each.type == ALARM and is_new and each.site in self._register.sites:
                is_told = answer_fire(self._session, queries.signal_of(each), each.position)
                log.warning("fire", device=str(each.device), is_told=is_told)

    def _correct(self, scan: Signal) -> None:
        for tour in self._tours:
            if tour.site == scan.device.site:
                reach = patrol_rules.longest(tour) + LIMITS.tolerance + LIMITS.late
                since, until = scan.occurred_at - reach, scan.occurred_at + LIMITS.tolerance + _INSTANT
                for judged in self._judged(tour, since, until):
                    service.correct_round(self._work, self._register, judged, self._progress.clock)

    def _judged(self, tour: TourFacts, since: Instant, until: Instant) -> Sequence[JudgedRound]:
        return patrols.judged_rounds(
            self._session,
            self._register,
            tour,
            since=since,
            until=until,
            now=self._progress.clock,
            upto=self._upto,
        )

    @property
    def _upto(self) -> int:
        """The position of the last signal that counts."""
        return max(self._progress.position, self._progress.anew_until)

    @property
    def _work(self) -> Work:
        return Work(self._session, self._progress.clock)


def _has_work(session: Session, register: Register, now: Instant) -> bool:
    progress = queries.progress(session)
    if (
        progress is None
        or progress.form != FORM
        or heard.signals_after(session, progress.position, limit=1)
        or _went_back(progress, now)
    ):
        return True
    return bool(timers.due(_tours(session, register), register, after=progress.clock, until=now))


def _went_back(progress: EngineProgress, now: Instant) -> bool:
    return progress.clock - now > CLOCK_TOLERANCE


def _by_zone(signals: Sequence[Signal], register: Register) -> dict[ZoneId, list[Signal]]:
    touched: dict[ZoneId, list[Signal]] = defaultdict(list)
    for zone in register.zones.values():
        if b02.is_armed(zone):
            for signal in signals:
                if b02.concerns(signal, zone, register):
                    touched[zone.id].append(signal)
    return touched


def _by_vehicle(signals: Sequence[Signal]) -> dict[tuple[SiteId, str], list[Signal]]:
    touched: dict[tuple[SiteId, str], list[Signal]] = defaultdict(list)
    for signal in signals:
        vehicle = g03.vehicle_of(signal)
        if vehicle is not None:
            touched[signal.device.site, vehicle].append(signal)
    return touched


def _tours(session: Session, register: Register) -> Sequence[TourFacts]:
    return patrol_queries.tours(session, sorted(register.sites))
