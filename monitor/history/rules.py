"""A day or a week of one device as lanes of bars, for a drawing. Pure."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from monitor.signals.absences import Absence
from registry.clock import Instant, in_utc


class Zoom(StrEnum):
    """How much is drawn at once."""

    DAY = "day"
    WEEK = "week"

    @property
    def days(self) -> int:
        return 1 if self is Zoom.DAY else 7


COLUMNS = 168
"""Bars of a lane at most: of a week one an hour, of a day one for some nine minutes."""
HEIGHT = 24
"""Of a lane, in units of its drawing; a column is one unit wide."""
_LEAST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What is drawn: `start <= t < end`, from midnight to midnight at the site. Its days have 23 to 25 hours."""

    zoom: Zoom
    first: date
    start: Instant
    end: Instant

    def column(self, moment: Instant) -> float:
        """Where a moment lies, in columns from the left edge; what lies outside, at the edge."""
        share = (moment - self.start) / (self.end - self.start)
        return COLUMNS * min(max(share, 0.0), 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Signals of one column. `height`: the logarithm of how many, so that a single one is seen beside thousands."""

    x: int
    height: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """All signals of one type in the span."""

    type: str
    count: int
    first: Instant
    last: Instant
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A piece of time as it is drawn; `until` None: it lasts."""

    x: float
    width: float
    since: Instant
    until: Instant | None


def span(zoom: Zoom, last: date, timezone: ZoneInfo) -> Span:
    """The day, or the seven days, that end with this one."""
    first = last - timedelta(days=zoom.days - 1)
    start, end = (in_utc(datetime.combine(day, time(), timezone)) for day in (first, last + timedelta(days=1)))
    return Span(zoom=zoom, first=first, start=start, end=end)


def lanes(said: Iterable[tuple[str, Instant]], over: Span) -> Sequence[Lane]:
    """One lane for each type, the one of most signals first; `said`: type and moment, in any order."""
    moments: dict[str, list[Instant]] = {}
    for type_, at in said:
        moments.setdefault(type_, []).append(at)
    counted = {type_: Counter(_place(at, over) for at in ats) for type_, ats in moments.items()}
    most = max((count for columns in counted.values() for count in columns.values()), default=1)
    return sorted(
        (
            Lane(
                type=type_,
                count=len(ats),
                first=min(ats),
                last=max(ats),
                bars=[Bar(x=x, height=_height(n, most), count=n) for x, n in sorted(counted[type_].items())],
            )
            for type_, ats in moments.items()
        ),
        key=lambda lane: (-lane.count, lane.type),
    )


def offline(absences: Iterable[Absence], over: Span, now: Instant) -> Sequence[Stretch]:
    """When it had no connection; one that lasts is drawn until now."""
    found = []
    for absence in absences:
        x = over.column(absence.since)
        width = max(over.column(absence.until or now) - x, 0.5)
        found.append(Stretch(x=x, width=width, since=absence.since, until=absence.until))
    return found


def longest_pause(moments: Iterable[Instant], over: Span, now: Instant) -> Stretch | None:
    """The longest time without a signal between the beginning and the end of the span, or now; None: it has not begun."""
    end = min(over.end, now)
    inside = sorted({over.start, end, *(at for at in moments if over.start <= at < end)})
    if end <= over.start:
        return None
    since, until = max(pairwise(inside), key=lambda pause: pause[1] - pause[0])
    x = over.column(since)
    return Stretch(x=x, width=over.column(until) - x, since=since, until=until)


def _place(moment: Instant, over: Span) -> int:
    return min(int(over.column(moment)), COLUMNS - 1)


def _height(count: int, most: int) -> float:
    share = math.log1p(count) / math.log1p(most)
    return round(_LEAST + (HEIGHT - _LEAST) * share, 1)
