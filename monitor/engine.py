"""The engine: takes what the inbox has stored, asks the rules, and writes alarms and its position in one transaction.

Nothing that a rule needs lives only in memory. Whatever the engine was doing when it was killed, the next one begins at
the position that the last commit left, and finds the alarms of exactly the signals up to there.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from monitor.anomalies import b02_confirmed_crossing as b02
from monitor.anomalies import g03_refused_again as g03
from monitor.anomalies import queries, service
from monitor.anomalies.signals import Signal
from monitor.patrols import queries as patrol_queries
from monitor.patrols import rules as patrol_rules
from monitor.patrols import service as patrols
from monitor.patrols.rules import LIMITS, SCAN, JudgedRound, TourFacts
from monitor.signals.queries import signals_after
from registry.clock import Clock, Instant
from registry.devices.facts import Register
from registry.ids import SiteId, ZoneId
from registry.store import Store, Work

log = structlog.get_logger()

BATCH = 500
"""Signals judged in one transaction at most."""
LOOK_SECONDS = 1.0
"""How often timers are looked at when nothing comes in."""
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """The engine's time before and after a pass; timers due in `before < due <= after` run."""

    before: Instant
    after: Instant


class Engine:
    """One engine for one store. `step` does one pass; `run` makes passes until it is told to stop."""

    def __init__(self, store: Store, register: Callable[[], Register], clock: Clock) -> None:
        """Prepare.

        Args:
            store: the monitor's store.
            register: gives the newest register; asked for each pass, so it must be quick.
            clock: says when a timer is due.

        """
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
            except OperationalError as error:
                log.warning("engine-store-unavailable", error=str(error.orig))
                more = False
            if not more:
                self._woken.wait(LOOK_SECONDS)
                self._woken.clear()

    def step(self, now: Instant) -> bool:
        """One pass; whether there are signals left to take."""
        register = self._register()
        with self._store.read() as session:
            if not _has_work(session, register, now):
                return False
        with self._store.begin(now) as work:
            progress = queries.progress(work.session) or queries.begin_progress(work.session, now)
            heard = signals_after(work.session, progress.position, limit=BATCH)
            signals = [queries.signal_of(signal) for signal in heard]
            position = heard[-1].position if heard else progress.position
            more = len(heard) == BATCH
            clock = max([progress.clock, *(signal.received_at for signal in signals)])
            if not more and _is_due(work.session, register, clock, now):
                queries.store_tick(work.session, position, now)
                clock = max(clock, now)
            span = _Span(before=progress.clock, after=clock)
            _judge(Work(work.session, clock), register, signals, span)
            progress.position, progress.clock = position, clock
        return more


def _has_work(session: Session, register: Register, now: Instant) -> bool:
    progress = queries.progress(session)
    if progress is None or signals_after(session, progress.position, limit=1):
        return True
    return _is_due(session, register, progress.clock, now)


def _is_due(session: Session, register: Register, clock: Instant, now: Instant) -> bool:
    """Whether a timer runs out by `now` that the signals alone would not bring to its end."""
    if now <= clock:
        return False
    span = _Span(before=clock, after=now)
    return any(any(_rounds_due(tour, register, span)) for tour in _tours(session, register))


def _judge(work: Work, register: Register, signals: Sequence[Signal], span: _Span) -> None:
    known = [signal for signal in signals if signal.device.site in register.sites]
    for zone_id, touched in _by_zone(known, register).items():
        service.watch_zone(work, register, register.zones[zone_id], touched)
    for (site, vehicle), touched in _by_vehicle(known).items():
        service.watch_vehicle(work, register, site, vehicle, touched)
    scanned = [signal for signal in known if signal.type == SCAN]
    for tour in _tours(work.session, register):
        _judge_tour(work, register, tour, scanned, span)


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


def _judge_tour(work: Work, register: Register, tour: TourFacts, scanned: Collection[Signal], span: _Span) -> None:
    due = {walked.starts_at for walked in _rounds_due(tour, register, span)}
    for judged in _judged(work, register, tour, span.before, span.after) if due else ():
        if judged.round.starts_at in due:
            service.watch_round(work, register, judged, span.after)
    for signal in scanned:
        if signal.device.site == tour.site:
            for judged in _judged(work, register, tour, signal.occurred_at, signal.occurred_at):
                service.correct_round(work, register, judged, span.after)


def _judged(work: Work, register: Register, tour: TourFacts, since: Instant, until: Instant) -> Sequence[JudgedRound]:
    """The rounds of a tour that something between `since` and `until` can concern."""
    return patrols.judged_rounds(
        work.session,
        register,
        tour,
        since=since - patrol_rules.longest(tour) - LIMITS.patience - LIMITS.late,
        until=until + LIMITS.tolerance + _INSTANT,
        now=work.now,
    )


def _rounds_due(tour: TourFacts, register: Register, span: _Span) -> Iterator[patrol_rules.Round]:
    timezone = patrols.timezone_of(register, tour.site)
    reach = patrol_rules.longest(tour) + LIMITS.patience
    for walked in patrol_rules.rounds_between(tour, span.before - reach, span.after, timezone):
        if any(span.before < visit.missed_at() <= span.after for visit in walked.visits):
            yield walked
