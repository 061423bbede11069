"""The public calendar: days off and the workdays swapped for them, as the State Council announces them each autumn for the next year.

Taken from the `chinesecalendar` package as it is installed; a year that it does not hold is not known, and is not guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from chinese_calendar.constants import holidays, workdays

from registry.access.facts import DayKind, SiteCalendar
from registry.calendar.rules import site_calendar

_NAMES = {
    "New Year's Day": ("元旦", "New Year's Day"),
    "Spring Festival": ("春节", "Spring Festival"),
    "Tomb-sweeping Day": ("清明节", "Tomb-Sweeping Day"),
    "Labour Day": ("劳动节", "Labour Day"),
    "Dragon Boat Festival": ("端午节", "Dragon Boat Festival"),
    "National Day": ("国庆节", "National Day"),
    "Mid-autumn Festival": ("中秋节", "Mid-Autumn Festival"),
    "Anti-Fascist 70th Day": ("抗战胜利纪念日", "Victory Day"),
}


@dataclass(frozen=True, slots=True)
class PublicDay:
    """A day off, or a worked day of a weekend."""

    kind: DayKind
    name_zh: str
    name_en: str


def _day(kind: DayKind, name: str) -> PublicDay:
    zh, en = _NAMES.get(name, (name, name))
    if kind is DayKind.WORKDAY:
        return PublicDay(kind, f"{zh}调休上班", f"Worked for {en}")
    return PublicDay(kind, zh, en)


PUBLIC_DAYS: Mapping[date, PublicDay] = {
    **{day: _day(DayKind.HOLIDAY, name) for day, name in holidays.items()},
    **{day: _day(DayKind.WORKDAY, name) for day, name in workdays.items()},
}
YEARS_KNOWN: frozenset[int] = frozenset(day.year for day in PUBLIC_DAYS)
PUBLIC: SiteCalendar = site_calendar({day: each.kind for day, each in PUBLIC_DAYS.items()}, YEARS_KNOWN, {})
"""The calendar of a compound that set no day itself."""
