"""A year of a compound as people look at it: every day that is not what its weekday says, and whose word that is."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from registry.access.facts import DayKind
from registry.calendar.public import PUBLIC_DAYS, YEARS_KNOWN
from registry.calendar.queries import days_of
from registry.calendar.rules import day_facts
from registry.ids import SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class NotableDay:
    """A holiday or a worked day. `set_by` None: the public calendar says so."""

    day: date
    kind: DayKind
    name_zh: str
    name_en: str
    set_by: str | None

    @property
    def hours_of(self) -> int:
        """The weekday whose hours hold at the gates, 0 is Monday."""
        return day_facts(self.day, self.kind).hours_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """`is_known` False: its public holidays are not announced, so its weeks count as ordinary ones."""

    site: SiteId
    year: int
    is_known: bool
    days: dict[date, NotableDay]


def year_of(session: Session, site: SiteId, year: int) -> Year:
    """What the days of a year are at a compound."""
    public = {
        day: NotableDay(day=day, kind=each.kind, name_zh=each.name_zh, name_en=each.name_en, set_by=None)
        for day, each in PUBLIC_DAYS.items()
        if day.year == year
    }
    own = {
        row.day: NotableDay(day=row.day, kind=row.kind, name_zh=row.name_zh, name_en=row.name_en, set_by=row.set_by)
        for row in days_of(session, site, date(year, 1, 1), date(year + 1, 1, 1))
    }
    return Year(site=site, year=year, is_known=year in YEARS_KNOWN, days=dict(sorted({**public, **own}.items())))
