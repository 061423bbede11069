"""The week ahead as a plan makes it: for each day which mode holds from when to when. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from monitor.arming.rules import Mode, SiteTime, Span, boundaries, wanted
from registry.access.facts import DayKind
from registry.calendar.rules import day_at
from registry.clock import Instant

AHEAD = 8
"""Days that are shown: today, and the same weekday again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A mode in a part of a day; `begins` and `ends` as parts of the day, 0 to 1."""

    mode: Mode
    begins: float
    ends: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of the week ahead. `kind`: what the calendar says of it that its weekday does not."""

    date: date
    kind: DayKind | None
    stretches: Sequence[Stretch]


def week(plan: Collection[Span], site: SiteTime, now: Instant) -> Sequence[Day]:
    """The days from today on."""
    today = now.astimezone(site.timezone).date()
    return [_day(plan, site, today + timedelta(days=number)) for number in range(AHEAD)]


def _day(plan: Collection[Span], site: SiteTime, day: date) -> Day:
    begin, end = (_midnight(site, day + timedelta(days=number)) for number in (0, 1))
    moments = [begin, *(at for at in boundaries(plan, site, begin, end) if at < end), end]
    stretches: list[Stretch] = []
    for since, until in pairwise(moments):
        mode = wanted(plan, site, since) or Mode.DISARMED
        begins, ends = ((at - begin) / (end - begin) for at in (since, until))
        if stretches and stretches[-1].mode is mode:
            begins = stretches.pop().begins
        stretches.append(Stretch(mode=mode, begins=begins, ends=ends))
    return Day(date=day, kind=day_at(site.calendar, day).kind, stretches=stretches)


def _midnight(site: SiteTime, day: date) -> Instant:
    return datetime(day.year, day.month, day.day, tzinfo=site.timezone)
