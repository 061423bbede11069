"""Patrols, one use case each: what the rounds look like, a scan made on our page, and the plan behind both."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from monitor.patrols import queries, rules
from monitor.patrols.models import Checkpoint, PhoneScan, Tour, TourStop
from monitor.patrols.problems import (
    CheckpointUnknown,
    PhoneClockAhead,
    PhonesSwitchedOff,
    PlanWrong,
    ScanIdReused,
    SiteUnknown,
    TagTaken,
)
from monitor.patrols.rules import (
    LIMITS,
    SCAN,
    CheckpointFacts,
    CheckpointId,
    Early,
    JudgedRound,
    Judgement,
    Repeated,
    Scan,
    TourFacts,
    TourId,
    patrol_devices,
    phones,
)
from monitor.signals.rules import is_for_the_archive
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.clock import Instant
from registry.devices.facts import Place, Register
from registry.ids import SiteId, new_id
from registry.messages.envelope import Event
from registry.messages.topics import Channel, DeviceTopic
from registry.store import Work, outbox

CLOCK_TOLERANCE = timedelta(minutes=5)
"""A phone further ahead than this is asked to set its clock; the inbox would not believe its scan (monitor.md 3.2)."""
AHEAD = timedelta(hours=12)
"""So far ahead a guard who came too early is told when the checkpoint is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPlan:
    """A checkpoint of a tour to be made: its window opens so long after the round's start, and lasts so long."""

    checkpoint: CheckpointId
    opens_after_minutes: int
    window_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanAnswer:
    """What the plan says of a scan. `walked` None: no round asks for this checkpoint at that time."""

    id: UUID
    checkpoint: CheckpointFacts
    walked: JudgedRound | None
    judgement: Judgement | None
    left: int | None
    """Checkpoints of the round that are still to be visited."""
    early_until: Instant | None
    """The scan counts for nothing: the checkpoint is asked for from then on."""
    repeats: Instant | None
    """The scan adds nothing: the checkpoint was scanned then."""


def checkpoints(session: Session, site: SiteId) -> Sequence[CheckpointFacts]:
    """The checkpoints of a site, in their order."""
    return queries.checkpoints(session, site)


def rounds(session: Session, register: Register, site: SiteId, day: date, now: Instant) -> Sequence[JudgedRound]:
    """The rounds of one day of a site with every checkpoint judged, in the order of their starts.

    Raises:
        SiteUnknown: the register has no such site.

    """
    timezone = timezone_of(register, site)
    start = datetime.combine(day, time(), timezone)
    judged = [
        each
        for tour in queries.tours(session, [site])
        for each in judged_rounds(session, register, tour, since=start, until=start + timedelta(days=1), now=now)
        if each.round.starts_at.astimezone(timezone).date() == day
    ]
    return sorted(judged, key=lambda each: (each.round.starts_at, each.round.tour.id))


def judged_rounds(
    session: Session,
    register: Register,
    tour: TourFacts,
    *,
    since: Instant,
    until: Instant,
    now: Instant,
    also: Sequence[Scan] = (),
) -> Sequence[JudgedRound]:
    """The rounds of a tour that start in `since <= start < until`, judged.

    `also`: scans that are not signals yet.
    """
    timezone = timezone_of(register, tour.site)
    # The next round is needed to tell what is late for one from what is early for the next.
    planned = rules.rounds_between(tour, since, until + timedelta(days=1), timezone)
    if not planned:
        return []
    first, last = planned[0].starts_at, planned[-1].starts_at
    scans = queries.scans(
        session,
        patrol_devices(register, tour.site),
        first - LIMITS.tolerance,
        last + rules.longest(tour) + LIMITS.tolerance + LIMITS.late,
    )
    known = {scan.signal_id for scan in scans}
    judged = rules.judge_all(planned, [*scans, *(scan for scan in also if scan.signal_id not in known)], now)
    return [each for each in judged if each.round.starts_at < until]


def timezone_of(register: Register, site: SiteId) -> ZoneInfo:
    """Raises SiteUnknown when the register has no such site."""
    facts = register.sites.get(site)
    if facts is None:
        raise SiteUnknown
    return ZoneInfo(facts.timezone)


def scan(
    work: Work,
    register: Register,
    *,
    scan_id: UUID,
    site: SiteId,
    tag: str,
    scanned_at: Instant,
    offline: bool,
    by: Principal,
) -> ScanAnswer:
    """Take a scan made on the patrol page: announce it as any reader would, and say what the plan says of it.

    The same id again is the same scan: it is answered, and announced only once. `tag` may be a short code. One that is older
    than the rules look back is kept, and no plan asks for it any more.

    Raises:
        PhonesSwitchedOff: the page's own device is not registered or not enabled; the scan would be a dead letter.
        CheckpointUnknown: no checkpoint of the site has this code.
        PhoneClockAhead: the scan is said to be made in the future.
        ScanIdReused: this id was another scan's.
        SiteUnknown, NotFound: the site is not there, or not for this guard.

    """
    by.require(Permission.PATROL_SCAN, site)
    page = register.devices.get(phones(site))
    if page is None or not page.enabled:
        raise PhonesSwitchedOff(
            "Scanning by phone is switched off here. Tell the control room; the scan stays in the phone."
        )
    checkpoint = queries.checkpoint_by_tag(work.session, site, tag.strip())
    if checkpoint is None:
        raise CheckpointUnknown("No checkpoint here has this code. Scan the plate again or type the number below it.")
    if scanned_at > work.now + CLOCK_TOLERANCE:
        raise PhoneClockAhead("Your phone's clock is ahead. Set it to network time and scan again.")
    known = queries.phone_scan(work.session, scan_id)
    if known is None:
        row = PhoneScan(
            id=scan_id,
            site=site,
            checkpoint=checkpoint.id,
            guard=by.id,
            scanned_at=scanned_at,
            offline=offline,
            received_at=work.now,
        )
        work.session.add(row)
        _announce(work, row, checkpoint, by)
    elif (known.site, known.checkpoint, known.guard, known.scanned_at) != (site, checkpoint.id, by.id, scanned_at):
        raise ScanIdReused("This id belongs to another scan. Scan again.")
    made = Scan(
        signal_id=str(scan_id),
        device=phones(site),
        tag=checkpoint.tag,
        occurred_at=scanned_at,
        received_at=work.now,
        guard=by.name,
        offline=offline,
    )
    judged = () if is_for_the_archive(scanned_at, work.now) else _judged(work, register, made, site)
    found = rules.asked_for(judged, made)
    beside = rules.beside_the_plan(judged, found[1] if found else None, made)
    return ScanAnswer(
        id=scan_id,
        checkpoint=checkpoint,
        walked=found[0] if found else None,
        judgement=found[1].judgement if found else None,
        left=found[0].left if found else None,
        early_until=beside.opens_at if isinstance(beside, Early) else None,
        repeats=beside.scanned_at if isinstance(beside, Repeated) else None,
    )


def _announce(work: Work, row: PhoneScan, checkpoint: CheckpointFacts, by: Principal) -> None:
    device = phones(row.site)
    event = Event(
        id=str(row.id),
        source=device.source,
        type=SCAN,
        time=row.scanned_at,
        data={"state": "instant", "tag": checkpoint.tag, "guard": by.name, "offline": row.offline},
    )
    outbox.announce(work.session, str(DeviceTopic(device, Channel.EVENT)), event)


def _judged(work: Work, register: Register, made: Scan, site: SiteId) -> list[JudgedRound]:
    """The rounds about a scan; a checkpoint that was scanned before stands as its first scan left it."""
    judged: list[JudgedRound] = []
    for tour in queries.tours(work.session, [site]):
        reach = rules.longest(tour) + LIMITS.tolerance + LIMITS.late
        since, until = made.occurred_at - reach, made.occurred_at + AHEAD
        on_their_way = queries.phone_scans(work.session, site, made.device, since - reach, until + reach)
        judged += judged_rounds(
            work.session,
            register,
            tour,
            since=since,
            until=until,
            now=work.now,
            also=[made, *(scan for scan in on_their_way if scan.signal_id != made.signal_id)],
        )
    return judged


def add_checkpoint(
    work: Work,
    *,
    site: SiteId,
    name_zh: str,
    name_en: str,
    short_code: str,
    position: int,
    place: Place | None = None,
    tag: str | None = None,
) -> CheckpointFacts:
    """Add a checkpoint; `tag` None: a new one, `DYC:oc1:<22 random characters>`, is made for its QR code.

    Raises:
        PlanWrong: the short code is not four to six digits.
        TagTaken: the site has another checkpoint of this tag or short code.

    """
    if not (short_code.isascii() and short_code.isdigit() and 4 <= len(short_code) <= 6):  # noqa: PLR2004 - DOMAIN
        raise PlanWrong(f"{short_code!r} is no short code: it has four to six digits.")
    text = tag or f"DYC:{site}:{secrets.token_urlsafe(16)}"
    for code in (text, short_code):
        if queries.checkpoint_by_tag(work.session, site, code) is not None:
            raise TagTaken(f"{code} is another checkpoint's.")
    row = Checkpoint(
        id=new_id(),
        site=site,
        tag=text,
        short_code=short_code,
        name_zh=name_zh,
        name_en=name_en,
        position=position,
        x=place.x if place else None,
        y=place.y if place else None,
    )
    work.session.add(row)
    work.session.flush()
    return queries.checkpoint_facts(row)


def add_tour(
    work: Work,
    *,
    site: SiteId,
    name_zh: str,
    name_en: str,
    start_times: Sequence[time],
    stops: Sequence[StopPlan],
    valid_from: Instant,
    valid_until: Instant | None = None,
) -> TourFacts:
    """Add a tour that is walked every day at these times of the site, past these stops in this order.

    Raises:
        PlanWrong: it has no start or no stop, or asks twice for one checkpoint.

    """
    if not start_times or not stops:
        raise PlanWrong("A tour has a time at which it starts, and at least one checkpoint.")
    if len({stop.checkpoint for stop in stops}) < len(stops):
        raise PlanWrong("A tour asks for each checkpoint once; add a second tour for the way back.")
    tour_id = new_id()
    work.session.add(
        Tour(
            id=tour_id,
            site=site,
            name_zh=name_zh,
            name_en=name_en,
            start_times=[start.strftime("%H:%M") for start in sorted(set(start_times))],
            valid_from=valid_from,
            valid_until=valid_until,
        )
    )
    work.session.flush()
    work.session.add_all(
        TourStop(
            tour=tour_id,
            position=position,
            checkpoint=stop.checkpoint,
            site=site,
            opens_after_minutes=stop.opens_after_minutes,
            window_minutes=stop.window_minutes,
        )
        for position, stop in enumerate(stops)
    )
    work.session.flush()
    return next(tour for tour in queries.tours(work.session, [site]) if tour.id == TourId(tour_id))
