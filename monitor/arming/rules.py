"""Groups of zones, their modes, and what the plan makes of a group as time goes on. Pure.

A group's zones are armed and disarmed together; which of them a mode arms is a table that the security officer sets. The
plan says for each weekday, and for public holidays, when which mode holds, in the site's own time; a worked day of a weekend
has the hours of the weekday for which it stands. Where nothing is written, the plan wants the group disarmed.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import NewType
from uuid import UUID
from zoneinfo import ZoneInfo

from registry.access.facts import DayKind, SiteCalendar
from registry.calendar.rules import day_at
from registry.clock import Instant
from registry.devices.facts import ZoneFacts, ZoneKind
from registry.ids import SiteId, ZoneId, derived_id

GroupId = NewType("GroupId", UUID)

DAY_MINUTES = 1440
HOLIDAY = 7
"""The row of the plan that holds on public holidays; 0 to 6 are the weekdays, 0 is Monday."""
DAYS = 8
LONGEST_DELAY_SECONDS = 300
"""Of entry and exit. Ours: whoever needs longer disarms first."""
LOOKED = timedelta(minutes=5)
"""So often a plan is compared with the calendar, although nothing in it is due: somebody may have made today a holiday."""
_FAR = timedelta(days=40)
"""So far ahead the next change of a plan is looked for; the longest holidays are shorter."""


class Mode(StrEnum):
    """How a group is armed."""

    DISARMED = "disarmed"
    HOME = "home"
    AWAY = "away"
    NIGHT = "night"
    HOLIDAY = "holiday"


ARMING = (Mode.HOME, Mode.AWAY, Mode.NIGHT, Mode.HOLIDAY)
"""The modes that arm zones; `disarmed` arms none."""
BY_DEFAULT: Mapping[ZoneKind, frozenset[Mode]] = {
    ZoneKind.PERIMETER: frozenset(ARMING),
    ZoneKind.INTERIOR: frozenset(ARMING) - {Mode.HOME},
}
"""Which modes arm a zone of which nobody has said it: inside, people walk about while somebody is at home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Hours of the plan that begin on `day`, in minutes of that day; what ends after midnight ends later than 1440."""

    day: int
    begins_minute: int
    ends_minute: int
    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupZone:
    """A zone in its group: which modes arm it, and how long one may be in it before it counts."""

    zone: ZoneId
    modes: frozenset[Mode]
    entry_seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a group stands. `planned` None: it has no plan, and goes by hand alone."""

    mode: Mode
    planned: Mode | None = None
    """What the plan wants now; while it goes by hand, what it goes back to."""
    by_hand: bool = False
    """Somebody set another mode than the plan's, and it holds until `hand_until`, or until the plan changes."""
    hand_until: Instant | None = None
    back_to: Mode | None = None
    """Without a plan: the mode that comes back at `hand_until`."""
    unarmed_since: Instant | None = None
    """Since then the plan wants a zone armed that somebody keeps disarmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Zones of a site that are armed together. `kind`: it is the one into which zones of that kind come by themselves."""

    id: GroupId
    site: SiteId
    kind: ZoneKind | None
    name_zh: str
    name_en: str
    zones: tuple[GroupZone, ...]
    exit_seconds: int = 0
    plan: tuple[Span, ...] = ()
    standing: Standing
    since: Instant | None = None
    """When its mode was set; None: nobody has, and each zone is as the register has it begin."""
    by: str | None = None
    """Who set it; None: the plan."""
    reason: str = ""
    kept: frozenset[ZoneId] = frozenset()
    """Zones that its last change left armed, for an alarm that nobody had closed."""
    settled_until: Instant | None = None
    """Up to then what the plan wanted is written down."""
    version: int = 0

    def armed_by(self, mode: Mode) -> frozenset[ZoneId]:
        """The zones that a mode arms."""
        return frozenset(zone.zone for zone in self.zones if mode in zone.modes)

    def arms_less(self, mode: Mode, than: Mode | None) -> bool:
        """Whether a mode leaves a zone disarmed that the other arms."""
        return than is not None and bool(self.armed_by(than) - self.armed_by(mode))


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """At this moment the plan, or the end of what was set by hand, gives the group this mode."""

    at: Instant
    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptUnarmed:
    """From this moment on somebody keeps the group disarmed against its plan."""

    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Rearmed:
    """What was kept disarmed since `since` is armed again, or no longer wanted."""

    at: Instant
    since: Instant


Event = Changed | KeptUnarmed | Rearmed


@dataclass(frozen=True, slots=True, kw_only=True)
class UnarmedStretch:
    """In `since <= at < until` somebody kept a group disarmed against its plan; `until` None: they still do."""

    group: GroupId
    site: SiteId
    name_zh: str
    name_en: str
    since: Instant
    until: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteTime:
    """The days of a site."""

    timezone: ZoneInfo
    calendar: SiteCalendar = field(repr=False)


def default_group_id(site: SiteId, kind: ZoneKind) -> GroupId:
    """The group into which zones of a kind come by themselves."""
    return GroupId(derived_id("arming-group", site, kind))


def with_defaults(zones: Iterable[ZoneFacts], stored: Sequence[Group]) -> list[Group]:
    """Every group, with every zone in one: those that nobody has put anywhere are in the group of their kind.

    24-hour zones are in none: arming does not touch them.
    """
    known = {zone.zone for group in stored for zone in group.zones}
    left: dict[tuple[SiteId, ZoneKind], list[ZoneFacts]] = {}
    there = set()
    for zone in zones:
        if zone.kind is not ZoneKind.ALWAYS:
            there.add(zone.id)
            if zone.id not in known:
                left.setdefault((zone.site, zone.kind), []).append(zone)
    groups = {group.id: group for group in stored}
    for (site, kind), new in left.items():
        key = default_group_id(site, kind)
        group = groups.get(key) or _default_group(key, site, kind, new)
        more = (GroupZone(zone=zone.id, modes=BY_DEFAULT[kind]) for zone in new)
        groups[key] = replace(group, zones=(*group.zones, *more))
    # A zone that the register has no more is armed by nobody.
    kept = (
        replace(group, zones=tuple(sorted((z for z in group.zones if z.zone in there), key=lambda zone: zone.zone)))
        for group in groups.values()
    )
    return sorted(kept, key=lambda group: (group.site, group.kind is None, group.kind or "", group.name_en))


def _default_group(key: GroupId, site: SiteId, kind: ZoneKind, zones: Sequence[ZoneFacts]) -> Group:
    zh, en = {ZoneKind.PERIMETER: ("周界", "Perimeter"), ZoneKind.INTERIOR: ("室内", "Interior")}[kind]
    mode = Mode.AWAY if any(zone.armed for zone in zones) else Mode.DISARMED
    return Group(id=key, site=site, kind=kind, name_zh=zh, name_en=en, zones=(), standing=Standing(mode=mode))


def overlapping(plan: Collection[Span]) -> Span | None:
    """The first span that begins before another of its day has ended; None: none does."""
    for day in range(DAYS):
        spans = sorted((span for span in plan if span.day == day), key=lambda span: span.begins_minute)
        for before, after in pairwise(spans):
            if after.begins_minute < before.ends_minute:
                return after
    return None


def wanted(plan: Collection[Span], site: SiteTime, at: Instant) -> Mode | None:
    """The mode that the plan wants at a moment; where hours of two days meet, those that began last. None: there is no plan."""
    if not plan:
        return None
    today = at.astimezone(site.timezone).date()
    holding = [
        (begins, span.mode)
        for day in (today - timedelta(days=1), today)
        for begins, ends, span in _spans_of(plan, site, day)
        if begins <= at < ends
    ]
    return max(holding)[1] if holding else Mode.DISARMED


def boundaries(plan: Collection[Span], site: SiteTime, after: Instant, until: Instant) -> list[Instant]:
    """The moments of `after < at <= until` at which hours of the plan begin or end, the earliest first."""
    if not plan:
        return []
    day = after.astimezone(site.timezone).date() - timedelta(days=1)
    last = until.astimezone(site.timezone).date()
    found: set[Instant] = set()
    while day <= last:
        found |= {at for begins, ends, _ in _spans_of(plan, site, day) for at in (begins, ends) if after < at <= until}
        day += timedelta(days=1)
    return sorted(found)


def next_change(plan: Collection[Span], site: SiteTime, after: Instant) -> Changed | None:
    """When the plan wants another mode than at `after`, and which; None: not in the weeks ahead."""
    now = wanted(plan, site, after)
    for at in boundaries(plan, site, after, after + _FAR):
        mode = wanted(plan, site, at)
        if mode is not None and mode is not now:
            return Changed(at=at, mode=mode)
    return None


def _spans_of(plan: Iterable[Span], site: SiteTime, day: date) -> Iterator[tuple[Instant, Instant, Span]]:
    facts = day_at(site.calendar, day)
    row = HOLIDAY if facts.kind is DayKind.HOLIDAY else facts.hours_of
    for span in plan:
        if span.day == row:
            yield _moment(site, day, span.begins_minute), _moment(site, day, span.ends_minute), span


def _moment(site: SiteTime, day: date, minute: int) -> Instant:
    """A minute of a site's day; 24:00 and later are of the next."""
    days, rest = divmod(minute, DAY_MINUTES)
    local = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), site.timezone)
    return local.astimezone(ZoneInfo("UTC"))


def set_by_hand(group: Group, mode: Mode, *, now: Instant, until: Instant | None) -> tuple[list[Event], Standing]:
    """Somebody sets a mode, until a moment or until the plan changes."""
    before = group.standing
    is_planned = before.planned is not None
    fits = mode is before.planned
    after = replace(
        before,
        mode=mode,
        by_hand=not fits if is_planned else until is not None,
        hand_until=None if fits else until,
        back_to=(before.back_to or before.mode) if until is not None and not is_planned else None,
    )
    return _judged(group, after, now)


def advance(group: Group, site: SiteTime, until: Instant) -> tuple[list[Event], Standing]:
    """What the plan makes of a group in `settled_until < at <= until`, and how it stands then.

    However the time is cut into pieces, the same comes out.
    """
    since, standing = group.settled_until or until, group.standing
    events: list[Event] = []
    at = since
    while True:
        planned = wanted(group.plan, site, at)
        is_over = standing.by_hand and (
            at >= standing.hand_until if standing.hand_until is not None else planned is not standing.planned
        )
        follows = not standing.by_hand and planned is not None and planned is not standing.mode
        standing = replace(standing, planned=planned)
        if is_over or follows:
            mode = planned if planned is not None else standing.back_to or standing.mode
            standing = replace(standing, mode=mode, by_hand=False, hand_until=None, back_to=None)
            events.append(Changed(at=at, mode=mode))
        told, standing = _judged(group, standing, at)
        events += told
        following = _next_moment(group, standing, site, at, until)
        if following is None:
            return events, standing
        at = following


def look_at(group: Group, standing: Standing, site: SiteTime, after: Instant) -> Instant | None:
    """When a group is to be looked at next; None: nothing can happen to it by itself."""
    moments = [standing.hand_until] if standing.hand_until is not None and standing.hand_until > after else []
    if group.plan:
        moments += [*boundaries(group.plan, site, after, after + LOOKED)[:1], after + LOOKED]
    return min(moments, default=None)


def _judged(group: Group, standing: Standing, at: Instant) -> tuple[list[Event], Standing]:
    """Whether it is disarmed against its plan at that moment."""
    since = standing.unarmed_since
    if standing.by_hand and group.arms_less(standing.mode, standing.planned):
        return ([], standing) if since is not None else ([KeptUnarmed(at=at)], replace(standing, unarmed_since=at))
    return [Rearmed(at=at, since=since)] if since is not None else [], replace(standing, unarmed_since=None)


def _next_moment(group: Group, standing: Standing, site: SiteTime, after: Instant, until: Instant) -> Instant | None:
    moments = boundaries(group.plan, site, after, until)[:1]
    if standing.hand_until is not None and after < standing.hand_until <= until:
        moments.append(standing.hand_until)
    return min(moments, default=None)
