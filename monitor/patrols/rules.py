"""When somebody must be where, and whether they were. Pure: tours, scans and `now` come in, judgements go out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID
from zoneinfo import ZoneInfo

from registry.clock import Instant, format_instant
from registry.devices.facts import Place, Register
from registry.ids import DeviceAddress, SiteId
from registry.messages.topics import DeviceClass

SCAN = "dayuan.patrol.scan"
"""The type of event that says that a guard was at a checkpoint."""
PHONES = "phones"
"""The device as which our patrol page speaks, one for each site."""
CheckpointId = NewType("CheckpointId", UUID)
TourId = NewType("TourId", UUID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How exact a guard must be (monitor.md 4, T01)."""

    tolerance: timedelta = timedelta(minutes=5)
    """A scan this much before or after the window is on time."""
    grace: timedelta = timedelta(minutes=2)
    """How long after window and tolerance a checkpoint is still not called missed."""
    late: timedelta = timedelta(minutes=60)
    """A scan until then belongs to the round that it is late for, unless the next round has begun there. Ours."""

    watermark: timedelta = timedelta(seconds=10)
    """A timer waits so long for what is on its way (DESIGN 7), so that the order of arrival decides nothing."""

    @property
    def patience(self) -> timedelta:
        return self.tolerance + self.grace


LIMITS = Limits()


class Judgement(StrEnum):
    """How a checkpoint of a round stands."""

    PENDING = "pending"
    ON_TIME = "on_time"
    LATE = "late"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointFacts:
    """A place where a guard must have been."""

    id: CheckpointId
    site: SiteId
    tag: str
    short_code: str
    name_zh: str
    name_en: str
    place: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A checkpoint of a tour. `opens_after`: from the start of the round."""

    checkpoint: CheckpointFacts
    opens_after: timedelta
    window: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class TourFacts:
    """A way past checkpoints, walked each day at `start_times` (site-local)."""

    id: TourId
    site: SiteId
    name_zh: str
    name_en: str
    start_times: tuple[time, ...]
    stops: tuple[Stop, ...]
    valid_from: Instant
    valid_until: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One walk of a tour."""

    tour: TourFacts
    starts_at: Instant

    @property
    def key(self) -> str:
        return f"{self.tour.id}@{format_instant(self.starts_at)}"

    @property
    def visits(self) -> tuple["Visit", ...]:
        return tuple(Visit(round=self, stop=stop) for stop in self.tour.stops)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One checkpoint of one round, and the half-open window in which somebody must be there."""

    round: Round
    stop: Stop

    @property
    def opens_at(self) -> Instant:
        return self.round.starts_at + self.stop.opens_after

    @property
    def closes_at(self) -> Instant:
        return self.opens_at + self.stop.window

    def missed_at(self, limits: Limits = LIMITS) -> Instant:
        """From then on it is missed if nobody was there."""
        return self.closes_at + limits.patience

    def settled_at(self, limits: Limits = LIMITS) -> Instant:
        """From then on it is said to be missed, if we have heard of nobody who was there."""
        return self.missed_at(limits) + limits.watermark


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Somebody was at a checkpoint."""

    signal_id: str
    device: DeviceAddress
    tag: str
    occurred_at: Instant
    received_at: Instant
    guard: str | None
    offline: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedVisit:
    """A visit and how it stands; `scan` is the one that counts, `in_time` all that were made before it was missed."""

    visit: Visit
    judgement: Judgement
    scan: Scan | None
    in_time: tuple[Scan, ...]

    @property
    def known_at(self) -> Instant | None:
        """When we first heard of somebody who was there before it was missed."""
        return min((scan.received_at for scan in self.in_time), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRound:
    """A round with all its visits judged."""

    round: Round
    visits: tuple[JudgedVisit, ...]

    @property
    def left(self) -> int:
        """How many checkpoints are still to be visited."""
        return sum(visit.judgement is Judgement.PENDING for visit in self.visits)


def phones(site: SiteId) -> DeviceAddress:
    return DeviceAddress(site, DeviceClass.PATROL, PHONES)


def patrol_devices(register: Register, site: SiteId) -> frozenset[DeviceAddress]:
    """What can say that a guard was somewhere: the readers of the site, and our page."""
    readers = {address for address in register.devices if address.site == site and address.kind == DeviceClass.PATROL}
    return frozenset({*readers, phones(site)})


def rounds_of(tour: TourFacts, day: date, timezone: ZoneInfo) -> tuple[Round, ...]:
    """The rounds of a tour that start on this day of the site."""
    starts = (datetime.combine(day, start, timezone) for start in tour.start_times)
    return tuple(
        Round(tour=tour, starts_at=start.astimezone(UTC)) for start in starts if _is_valid(tour, start.astimezone(UTC))
    )


def rounds_between(tour: TourFacts, since: Instant, until: Instant, timezone: ZoneInfo) -> tuple[Round, ...]:
    """The rounds of a tour that start in `since <= start < until`."""
    day, last = since.astimezone(timezone).date(), until.astimezone(timezone).date()
    found: list[Round] = []
    while day <= last:
        found += (each for each in rounds_of(tour, day, timezone) if since <= each.starts_at < until)
        day += timedelta(days=1)
    return tuple(found)


def longest(tour: TourFacts) -> timedelta:
    """From the start of a round until the last window of it is over."""
    return max((stop.opens_after + stop.window for stop in tour.stops), default=timedelta())


def judge(
    walked: Round, scans: Iterable[Scan], now: Instant, *, next_start: Instant | None, limits: Limits = LIMITS
) -> JudgedRound:
    """Judge every checkpoint of a round by the scans that are known at `now`, whenever they arrived.

    `next_start`: when the next round of the same tour starts; what is scanned in its windows is not late for this one.
    """
    ordered = sorted(scans, key=lambda scan: (scan.occurred_at, scan.signal_id))
    return JudgedRound(
        round=walked,
        visits=tuple(_judged(visit, ordered, now, next_start, limits) for visit in walked.visits),
    )


def _judged(
    visit: Visit, scans: Sequence[Scan], now: Instant, next_start: Instant | None, limits: Limits
) -> JudgedVisit:
    from_, until = visit.opens_at - limits.tolerance, visit.closes_at + limits.tolerance
    late_until = until + limits.late
    if next_start is not None:
        late_until = min(late_until, max(until, next_start + visit.stop.opens_after - limits.tolerance))
    tag = visit.stop.checkpoint.tag
    made = [scan for scan in scans if scan.tag == tag and from_ <= scan.occurred_at < late_until]
    if not made:
        judgement = Judgement.MISSED if now >= visit.missed_at(limits) else Judgement.PENDING
        return JudgedVisit(visit=visit, judgement=judgement, scan=None, in_time=())
    return JudgedVisit(
        visit=visit,
        judgement=Judgement.ON_TIME if made[0].occurred_at < until else Judgement.LATE,
        scan=made[0],
        in_time=tuple(scan for scan in made if scan.occurred_at < visit.missed_at(limits)),
    )


def judge_all(rounds: Sequence[Round], scans: Sequence[Scan], now: Instant) -> tuple[JudgedRound, ...]:
    """Judge rounds of one tour, given in the order of their starts and without a gap between them."""
    starts = [each.starts_at for each in rounds]
    return tuple(
        judge(walked, scans, now, next_start=next_start)
        for walked, next_start in zip(rounds, [*starts[1:], None], strict=True)
    )


def asked_for(
    judged: Sequence[JudgedRound], scan: Scan, limits: Limits = LIMITS
) -> tuple[JudgedRound, JudgedVisit] | None:
    """The round that asks for a scan; of several the one that is on time, then the one that closes first."""
    found = [
        (each, visit)
        for each in judged
        for visit in each.visits
        if (visit.scan is not None and visit.scan.signal_id == scan.signal_id) or _is_in_time(visit.visit, scan, limits)
    ]
    return min(
        found, key=lambda pair: (pair[1].judgement is not Judgement.ON_TIME, pair[1].visit.closes_at), default=None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Early:
    """The checkpoint is asked for later: a scan counts from `opens_at` on."""

    opens_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """The checkpoint has its scan already, made at `scanned_at`."""

    scanned_at: Instant


def beside_the_plan(
    judged: Sequence[JudgedRound], asked: JudgedVisit | None, scan: Scan, limits: Limits = LIMITS
) -> Early | Repeated | None:
    """Why a scan adds nothing: it comes too early, or again. None: it counts, or nobody asks for it.

    `asked` is what `asked_for` found for it. Without that, what is nearer in time is meant: the scan before, or the window ahead.
    """
    if asked is not None:
        first = asked.scan
        return Repeated(scanned_at=first.occurred_at) if first and first.signal_id != scan.signal_id else None
    visits = [visit for each in judged for visit in each.visits if visit.visit.stop.checkpoint.tag == scan.tag]
    before = [
        visit.scan.occurred_at
        for visit in visits
        if visit.scan is not None and timedelta() <= scan.occurred_at - visit.scan.occurred_at < limits.late
    ]
    ahead = [visit.visit.opens_at - limits.tolerance for visit in visits]
    ahead = [opens_at for opens_at in ahead if opens_at > scan.occurred_at]
    last, next_ = max(before, default=None), min(ahead, default=None)
    if last is not None and (next_ is None or scan.occurred_at - last < next_ - scan.occurred_at):
        return Repeated(scanned_at=last)
    return Early(opens_at=next_) if next_ is not None else None


def _is_in_time(visit: Visit, scan: Scan, limits: Limits) -> bool:
    return (
        scan.tag == visit.stop.checkpoint.tag
        and visit.opens_at - limits.tolerance <= scan.occurred_at < visit.closes_at + limits.tolerance
    )


def _is_valid(tour: TourFacts, start: Instant) -> bool:
    return tour.valid_from <= start and (tour.valid_until is None or start < tour.valid_until)
