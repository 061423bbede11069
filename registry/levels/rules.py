"""When an access level opens its gates. Pure.

A window belongs to the day on which it begins, all of it: the night shift of an evening before a holiday ends on the
holiday's morning as ever, and that of the holiday's own evening follows the holiday's rule to its end.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from registry.access.facts import DayFacts, DayKind, HolidayRule, LevelFacts, Week

DAY = 1440
"""Minutes of a day."""
WEEK = 7 * DAY


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Hours of one weekday, 0 is Monday, in minutes of its day; one that ends no later than it begins ends on the next day."""

    weekday: int
    begins_minute: int
    ends_minute: int

    @property
    def ends_after(self) -> int:
        """Its end in minutes after the midnight on which its day begins."""
        return self.ends_minute if self.ends_minute > self.begins_minute else self.ends_minute + DAY


WHOLE_DAY = frozenset({"全天", "24小时", "ALLDAY", "24H"})
_SEPARATORS = re.compile(r"[\s,;、和]+")
_WRITTEN_OUT = re.compile(r"(\d{1,2})[时点](?:([0-5]\d)分?)?")
_SPAN = re.compile(r"(\d{1,2})(?::?([0-5]\d))?(?:-|~|—|–|至|到)(\d{1,2})(?::?([0-5]\d))?")


class Hours(StrEnum):
    """What the levels of a credential say at one moment."""

    OPEN = "open"
    HOLIDAY = "holiday"
    """Closed by the holiday."""
    OUTSIDE = "outside"
    """Closed at this hour."""


def week_of(windows: Iterable[Window]) -> Week:
    """The windows as the gates hold them."""
    days: list[list[tuple[int, int]]] = [[] for _ in range(7)]
    for window in sorted(windows):
        days[window.weekday].append((window.begins_minute, window.ends_after))
    return tuple(tuple(day) for day in days)


def overlapping(windows: Iterable[Window]) -> Window | None:
    """The first window that begins before another of the week has ended, also over Sunday's midnight; None: none does."""
    ordered = sorted(windows)
    spans = [(each.weekday * DAY + each.begins_minute, each.weekday * DAY + each.ends_after, each) for each in ordered]
    if spans:
        begins, ends, first = spans[0]
        spans.append((begins + WEEK, ends + WEEK, first))
    return next((later for (_, ends, _), (begins, _, later) in pairwise(spans) if begins < ends), None)


def parse_hours(weekday: int, text: str) -> list[Window] | None:
    """Read hours as people write them: `08:00-12:00 14:00-18:00`, `8-18`, `22:00至6:00`, `全天`; None: they are none.

    Nothing at all is no window.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.upper().replace(" ", "") in WHOLE_DAY:
        return [Window(weekday, 0, DAY)]
    plain = _WRITTEN_OUT.sub(lambda hour: f"{hour[1]}:{hour[2] or '00'}", plain)
    plain = re.sub(r"\s*(-|~|—|–|至|到)+\s*", r"\1", plain)
    found = []
    for part in filter(None, _SEPARATORS.split(plain)):
        span = _SPAN.fullmatch(part)
        if span is None:
            return None
        begins, ends = (int(span[n]) * 60 + int(span[n + 1] or 0) for n in (1, 3))
        if begins >= DAY or not 0 <= ends <= DAY:
            return None
        found.append(Window(weekday, begins, ends or DAY))
    return found


def hours_text(windows: Iterable[Window]) -> str:
    """Hours of one day as people write them; empty: none."""
    return " ".join(f"{minute_text(each.begins_minute)}-{minute_text(each.ends_minute)}" for each in sorted(windows))


def bars(week: Week) -> list[list[tuple[int, int]]]:
    """For each day of a week, Monday first, the minutes at which it is open; what goes over midnight shows on both days."""
    rows: list[list[tuple[int, int]]] = [[] for _ in range(7)]
    for weekday, windows in enumerate(week):
        for begins, ends in windows:
            rows[weekday].append((begins, min(ends, DAY)))
            if ends > DAY:
                rows[(weekday + 1) % 7].append((0, ends - DAY))
    return [sorted(row) for row in rows]


def hours_at(levels: Sequence[LevelFacts], today: DayFacts, yesterday: DayFacts, minute: int) -> Hours:
    """Whether one of these levels is open in a minute of today. The calendar's days say whose hours each has."""
    for level in levels:
        if _holds(level, today, minute) and opens_on(level, today):
            return Hours.OPEN
        if _holds(level, yesterday, minute + DAY) and opens_on(level, yesterday):
            return Hours.OPEN
    is_off = today.kind is DayKind.HOLIDAY
    if is_off and not any(opens_on(level, today) for level in levels):
        return Hours.HOLIDAY
    # Nothing is open, so a window that holds now is closed by its day.
    for level in levels:
        if is_off and _holds(level, today, minute):
            return Hours.HOLIDAY
        if yesterday.kind is DayKind.HOLIDAY and _holds(level, yesterday, minute + DAY):
            return Hours.HOLIDAY
    return Hours.OUTSIDE


def opens_on(level: LevelFacts, day: DayFacts) -> bool:
    """Whether the windows that begin on this day hold, as far as holidays go."""
    rule = level.holidays
    if rule is HolidayRule.AS_USUAL:
        return True
    return (day.kind is DayKind.HOLIDAY) is (rule is HolidayRule.ONLY)


def windows_on(levels: Iterable[LevelFacts], day: DayFacts) -> Iterator[tuple[int, int]]:
    """The windows that begin on this day and hold, in order."""
    yield from sorted({window for level in levels if opens_on(level, day) for window in level.week[day.hours_of]})


def minute_text(minute: int) -> str:
    """A minute of the day as clocks write it; the midnight that ends the day is 24:00, what is later belongs to the next day."""
    within = minute if minute <= DAY else minute - DAY
    return f"{within // 60:02d}:{within % 60:02d}"


def _holds(level: LevelFacts, day: DayFacts, minute: int) -> bool:
    """Whether a window that begins on this day holds in a minute, counted from its midnight, but for the holidays."""
    for begins, ends in level.week[day.hours_of]:  # noqa: SIM110 - at a gate a generator costs three times as much
        if begins <= minute < ends:
            return True
    return False
