"""One pass of the engine, in one transaction: signals and timers take their turns in the order of their stored times."""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from monitor.alarms import queries as alarms
from monitor.anomalies import queries, service, timers
from monitor.anomalies.catalogue import REACH, Rules
from monitor.anomalies.form import OfSignals, Reading, Subject
from monitor.anomalies.models import EngineProgress
from monitor.anomalies.recent import Recent
from monitor.anomalies.service import Judging, Read
from monitor.anomalies.signals import Signal
from monitor.anomalies.timers import Timer
from monitor.arming import keeping
from monitor.arming import queries as arming
from monitor.fire.rules import ALARM
from monitor.fire.service import answer_fire
from monitor.signals import queries as heard
from monitor.supervision.rules import TYPES
from monitor.supervision.service import note_condition
from registry.clock import Instant
from registry.devices.facts import Register
from registry.store import Work

log = structlog.get_logger()

FAR = datetime.max.replace(tzinfo=UTC)
CLOCK_TOLERANCE = timedelta(minutes=5)
"""Our own clock may step back so far without a word, as a device's may run ahead (reference: monitor 3.2)."""


class Pass:
    """Takes signals and timers in the order in which they came and ran out."""

    def __init__(self, work: Work, register: Register, rules: Rules, recent: Recent) -> None:
        self._session = work.session
        self._register = register
        self._rules = rules
        self._progress = queries.progress(work.session) or queries.begin_progress(
            work.session, work.now, after=heard.last_before(work.session, work.now - REACH), form=rules.form
        )
        self._world = queries.world(work.session, register, self._progress.clock)
        if self._progress.form != rules.form:
            self._begin_anew()
        self._first = 0
        self._recent = recent
        recent.begin(self._progress.position, register)

    def go(self, now: Instant, limit: int) -> bool:
        """Take `limit` signals at most, and every timer that is due up to them; whether there may be more signals."""
        signals = heard.signals_after(self._session, self._progress.position, limit=limit)
        self.take(signals, now, more=len(signals) == limit)
        return len(signals) == limit

    def take(self, signals: Sequence[heard.Signal], now: Instant, *, more: bool) -> None:
        """Take these, the next that are stored, and every timer that is due up to them; `more`: there may be others."""
        progress = self._progress
        left = deque(signals)
        latest = max([progress.clock, *(signal.received_at for signal in left)])
        until = latest if more else max(latest, now)
        due = deque(timers.due(self._rules, self._world, after=progress.clock, until=until))
        while True:
            arms_at, waits_until = self._arms_by(until), self._waits_by(until)
            if not (left or due) and arms_at is None and waits_until is None:
                break
            stretch = self._heard_before(min([*(timer.at for timer in due), arms_at or FAR, waits_until or FAR]), left)
            following = max(progress.clock, left[0].received_at) if left else None
            if stretch:
                self._judge(stretch)
                if stretch[-1].type in TYPES and self._note_condition(stretch[-1]):
                    due = deque(timers.due(self._rules, self._world, after=progress.clock, until=until))
            elif arms_at is not None and arms_at <= (following or until):
                self._arm(following or until)
                due = deque(timers.due(self._rules, self._world, after=progress.clock, until=until))
            elif waits_until is not None and waits_until <= (following or until):
                self._end_waits(following, until)
            else:
                self._run_out(due, following, until)
        if not more and went_back(progress, now):
            log.warning("clock-went-back", before=progress.clock, now=now)
            queries.store_tick(self._session, progress.position, now)
            progress.clock = now
        if progress.position > progress.anew_until:
            self._recent.end(progress.position)

    def _begin_anew(self) -> None:
        """Judge what is not too old as if it had not been judged: deadlines at once, signals in the passes that follow."""
        progress, ours = self._progress, self._rules.form
        since = progress.clock - REACH
        after = heard.last_before(self._session, since)
        log.warning(
            "checkpoint-of-other-rules", theirs=progress.form, ours=ours, signals_after=after, rounds_since=since
        )
        progress.form, progress.anew_until = ours, max(progress.position, progress.anew_until)
        progress.position = min(progress.position, after)
        for timer in self._looked_at(since):
            self._look(timer, progress.clock)

    def _looked_at(self, since: Instant) -> Sequence[Timer]:
        """One timer of each subject of which timers ran since then, the earliest first; not those that nobody looked at."""
        since = max(since, queries.first_tick(self._session) or self._progress.clock)
        absences = [
            stretch
            for rule in self._rules.of_absence
            for stretch in alarms.stretches(self._session, rule.name, since=since, until=self._progress.clock)
        ]
        over = timers.due(self._rules, self._world, after=since, until=self._progress.clock)
        watched = [
            timer
            for timer in over
            if not any(site == timer.deadline.site and begin <= timer.at <= end for site, begin, end in absences)
        ]
        return list({(timer.rule.name, timer.deadline.key): timer for timer in watched}.values())

    def _heard_before(self, moment: Instant | None, left: deque[heard.Signal]) -> list[heard.Signal]:
        taken = []
        while left and (moment is None or max(self._progress.clock, left[0].received_at) < moment):
            one = left.popleft()
            self._progress.position = one.position
            self._progress.clock = max(self._progress.clock, one.received_at)
            taken.append(one)
            if one.type in TYPES:
                break  # what a device says of itself is known before the next timer
        return taken

    def _note_condition(self, said: heard.Signal) -> bool:
        """Keep what a device says of itself; whether that is anything new."""
        is_new = said.is_judged and said.site in self._register.sites
        is_new = is_new and note_condition(self._session, said, self._upto)
        if is_new:
            self._world = queries.world(self._session, self._register, self._progress.clock)
        return is_new

    def _arms_by(self, until: Instant) -> Instant | None:
        """When the plan of a group of zones is to be looked at next, if by then."""
        at = arming.next_look(self._session)
        return at if at is not None and at <= until else None

    def _arm(self, until: Instant) -> None:
        """Write down what the plans arm and disarm before the next signal comes."""
        keeping.settle_due(Work(self._session, until), self._register, until)
        self._session.flush()
        self._world = queries.world(self._session, self._register, self._progress.clock)

    def _waits_by(self, until: Instant) -> Instant | None:
        """When the next entry delay is over, if by then."""
        at = arming.next_wait(self._session)
        return at if at is not None and at <= until else None

    def _end_waits(self, following: Instant | None, until: Instant) -> None:
        """Judge again what tripped zones whose entry delays are over before the next signal; None: there is none `until` then."""
        if following is None:
            queries.store_tick(self._session, self._progress.position, until)
        self._progress.clock = following or until
        again = heard.signals_at(self._session, arming.end_waits(self._session, self._progress.clock))
        for rule, subject, signals in self._touched(each for each in again if each.is_judged):
            service.watch(self._judging(self._read), rule, subject, signals)

    def _run_out(self, due: deque[Timer], following: Instant | None, until: Instant) -> None:
        """Run the timers that are over before the next signal; `following` None: there is none `until` then."""
        mark = following or until
        over = []
        while due and due[0].at <= mark:
            over.append(due.popleft())
        if following is None:
            queries.store_tick(self._session, self._progress.position, until)
        self._progress.clock = mark
        if mark - over[0].at > timers.LONGEST_ABSENCE:
            self._tell_absence(over, mark)
            return
        for timer in over:
            self._look(timer, timer.at)

    def _look(self, timer: Timer, at: Instant) -> None:
        service.look(self._judging(self._read), timer.rule, timer.deadline.subject, at)

    def _tell_absence(self, over: Sequence[Timer], until: Instant) -> None:
        for site in sorted({timer.deadline.site for timer in over}):
            since = next(timer.at for timer in over if timer.deadline.site == site)
            log.error("patrols-not-watched", site=site, since=since, until=until)
            for rule in self._rules.of_absence:
                service.tell_absence(self._judging(self._read), rule, site, since=since, until=until)

    def _judge(self, stretch: Sequence[heard.Signal]) -> None:
        judged = [each for each in stretch if each.is_judged]
        if len(judged) < len(stretch):
            log.warning("signals-not-judged", count=len(stretch) - len(judged))
        self._first = stretch[0].position
        touched = self._touched(judged)
        self._let_wait(judged)
        reaches = {rule.name: rule.limits.reach for rule in self._rules.of_signals}
        for rule, subject, signals in touched:
            self._watch(rule, subject, signals)
        self._recent.sweep(self._progress.clock, lambda name: reaches[name])
        for each in judged:
            for late_rule in self._rules.late_hearers.get(each.type, ()):
                if each.site in self._register.sites:
                    service.correct(self._judging(self._read), late_rule, queries.signal_of(each))
        self._answer_fires(judged)

    def _touched(self, judged: Iterable[heard.Signal]) -> list[tuple[OfSignals, Subject, list[Signal]]]:
        """For each rule, whom these signals may concern."""
        touched: dict[tuple[str, Subject], list[Signal]] = defaultdict(list)
        hearing: dict[str, OfSignals] = {}
        for each in judged:
            hearers = self._rules.hearers.get(each.type, ())
            if hearers and each.site in self._register.sites:
                signal = queries.signal_of(each)
                for rule in hearers:
                    hearing[rule.name] = rule
                    for subject in rule.subjects(signal, self._world):
                        touched[rule.name, subject].append(signal)
        return [(hearing[name], subject, signals) for (name, subject), signals in touched.items()]

    def _let_wait(self, judged: Iterable[heard.Signal]) -> None:
        """What tripped a zone within its entry delay is judged again when that is over."""
        for each in judged:
            if each.type in self._rules.hearers:
                until = self._world.waits_until(each.device, each.occurred_at)
                if until is not None and until > self._progress.clock:
                    arming.wait(self._session, each.position, until)

    def _watch(self, rule: OfSignals, subject: Subject, signals: Sequence[Signal]) -> None:
        if self._progress.anew_until >= self._first:
            service.watch(self._judging(self._read), rule, subject, signals)
            return
        devices = frozenset({*rule.speakers(subject, self._world), *(signal.device for signal in signals)})

        def load(since: Instant) -> Sequence[Signal]:
            heard_since = self._read(Reading(devices, rule.heard, since, FAR))
            return [each for each in heard_since if subject in rule.subjects(each, self._world)]

        def read(reading: Reading) -> Sequence[Signal]:
            kept = self._recent.read(rule, subject, reading.since, reading.until)
            return self._read(reading) if kept is None else kept

        may = self._recent.show(rule, subject, signals, self._progress.clock, load)
        if may:
            service.watch(self._judging(read), rule, subject, may)

    def _answer_fires(self, stretch: Sequence[heard.Signal]) -> None:
        """Not of what is judged anew: the gates have been told then."""
        for each in stretch:
            is_new = each.position > self._progress.anew_until
            if each.type == ALARM and is_new and each.site in self._register.sites:
                is_told = answer_fire(self._session, queries.signal_of(each), each.position)
                log.warning("fire", device=str(each.device), is_told=is_told)

    def _read(self, reading: Reading) -> Sequence[Signal]:
        return queries.signals_of(self._session, reading, upto=self._upto)

    @property
    def _upto(self) -> int:
        """The position of the last signal that counts."""
        return max(self._progress.position, self._progress.anew_until)

    def _judging(self, read: Read) -> Judging:
        return Judging(
            work=Work(self._session, self._progress.clock), world=self._world.at(self._progress.clock), read=read
        )


def has_work(session: Session, register: Register, rules: Rules, now: Instant) -> bool:
    """Whether a pass at this moment would find anything to do."""
    progress = queries.progress(session)
    if (
        progress is None
        or any(at is not None and at <= now for at in (arming.next_look(session), arming.next_wait(session)))
        or progress.form != rules.form
        or heard.signals_after(session, progress.position, limit=1)
        or went_back(progress, now)
    ):
        return True
    return bool(timers.due(rules, queries.world(session, register, progress.clock), after=progress.clock, until=now))


def went_back(progress: EngineProgress, now: Instant) -> bool:
    """Whether the engine's clock is ahead of the time that it is."""
    return progress.clock - now > CLOCK_TOLERANCE
