"""Reading and finding the days that compounds set themselves."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access.facts import DayKind, SiteCalendar
from registry.calendar.models import CalendarDay
from registry.calendar.public import PUBLIC, PUBLIC_DAYS, YEARS_KNOWN
from registry.calendar.rules import site_calendar
from registry.ids import SiteId


def days_of(session: Session, site: SiteId, first: date, end: date) -> Sequence[CalendarDay]:
    """The days that a compound set, from the first up to, but not including, the end."""
    rows = select(CalendarDay).where(CalendarDay.site == site, CalendarDay.day >= first, CalendarDay.day < end)
    return session.scalars(rows.order_by(CalendarDay.day)).all()


def calendars(session: Session, sites: Collection[SiteId]) -> dict[SiteId, SiteCalendar]:
    """The calendar of each compound; those that set no day share one."""
    own: dict[SiteId, dict[date, DayKind]] = defaultdict(dict)
    for site, day, kind in session.execute(select(CalendarDay.site, CalendarDay.day, CalendarDay.kind)):
        own[site][day] = kind
    public = {day: each.kind for day, each in PUBLIC_DAYS.items()}
    return {site: site_calendar(public, YEARS_KNOWN, own[site]) if site in own else PUBLIC for site in sites}
