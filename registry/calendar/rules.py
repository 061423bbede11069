"""What a day is at a compound: what the compound set, else what the public calendar says, else what its weekday says. Pure.

A worked Saturday is a workday with the hours of the Friday before it, a worked Sunday one with those of the Monday after
it: nobody announces which weekday it stands for, and these are the days beside it, whose hours a clerk has in mind.
"""

from collections.abc import Mapping
from datetime import date

from registry.access.facts import DayFacts, DayKind, SiteCalendar

FRIDAY, SATURDAY, SUNDAY = 4, 5, 6
_STANDS_FOR = {SATURDAY: FRIDAY, SUNDAY: 0}
"""The weekday whose hours a worked day of the weekend has."""
_ORDINARY = {
    is_known: tuple(DayFacts(hours_of=weekday, kind=None, is_known=is_known) for weekday in range(7))
    for is_known in (False, True)
}
NOTHING_KNOWN = SiteCalendar(days={}, years_known=frozenset())
"""Of a compound of which nothing was heard: ordinary weeks."""


def day_facts(day: date, kind: DayKind) -> DayFacts:
    """A day that is not what its weekday says."""
    weekday = day.weekday()
    hours_of = _STANDS_FOR.get(weekday, weekday) if kind is DayKind.WORKDAY else weekday
    return DayFacts(hours_of=hours_of, kind=kind, is_known=True)


def site_calendar(
    public: Mapping[date, DayKind], years_known: frozenset[int], own: Mapping[date, DayKind]
) -> SiteCalendar:
    """The calendar of a compound: its own days go before the public ones."""
    days = {day: day_facts(day, kind) for day, kind in {**public, **own}.items()}
    return SiteCalendar(days=days, years_known=years_known)


def day_at(calendar: SiteCalendar, day: date) -> DayFacts:
    """What a day is there; of a year whose holidays nobody has announced, an ordinary day that says so."""
    found = calendar.days.get(day)
    return found if found is not None else _ORDINARY[day.year in calendar.years_known][day.weekday()]
