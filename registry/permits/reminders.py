"""Reminders that a permit ends soon: 30, 7 and 1 days before, each made once, for who has none of the year after yet.

Whoever stood still meanwhile makes only the nearest: who is to be reminded on the fifth day before hears of 7 days, not
of 30 and 7. A permit that was issued so late that it never stood further from its end is not reminded of that.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, func, insert, select
from sqlalchemy.orm import Session

from registry.access.facts import CredentialStatus
from registry.clock import Instant
from registry.ids import SiteId
from registry.permits.models import PermitReminder, PermitSite, VehiclePermit
from registry.permits.rules import permit_period
from registry.permits.years import renewed_exists, takeovers
from registry.sites.models import Site

DAYS: Final = (1, 7, 30)


def days_due(days_left: int) -> int | None:
    """Which reminder is due so many days before the end (1: on the last day); None: none yet, or none any more."""
    return next((days for days in DAYS if 1 <= days_left <= days), None)


def make_reminders(session: Session, *, now: Instant) -> int:
    """Make those that are due and were not made; how many."""
    settled, made = takeovers(session), 0
    sites: dict[str, list[SiteId]] = defaultdict(list)
    for site, timezone in session.execute(select(Site.id, Site.timezone)):
        sites[timezone].append(site)
    for timezone, there in sites.items():
        zone = ZoneInfo(timezone)
        today = now.astimezone(zone).date()
        for year in (today.year - 1, today.year, today.year + 1):
            begins, ends = permit_period(year, timezone, settled)
            last_day = ends.astimezone(zone).date()
            days = days_due((last_day - today).days)
            if days is None or not begins <= now < ends:
                continue
            stood_further = datetime.combine(last_day - timedelta(days=days), time(), zone)
            made += _make(session, year, there, days, issued_before=stood_further, now=now)
    return made


def _make(
    session: Session, year: int, sites: Collection[SiteId], days: int, *, issued_before: Instant, now: Instant
) -> int:
    """Of the permits of a year whose first site, by name, is one of these: their year is that of this site, as at the gate."""
    first = (
        select(func.min(PermitSite.site)).where(PermitSite.permit_id == VehiclePermit.id).scalar_subquery().in_(sites)
    )
    known = exists().where(PermitReminder.permit_id == VehiclePermit.id, PermitReminder.days <= days)
    rows = select(VehiclePermit.id).where(
        VehiclePermit.year == year, _ends_unrenewed(), VehiclePermit.issued_at < issued_before, first, ~known
    )
    ids = session.scalars(rows).all()
    if ids:
        session.execute(insert(PermitReminder), [{"permit_id": id_, "days": days, "made_at": now} for id_ in ids])
    return len(ids)


def reminded(years: Collection[int]) -> ColumnElement[bool]:
    """Whether a `VehiclePermit` of one of these years was reminded of its end, and nobody has renewed it since."""
    made = exists().where(PermitReminder.permit_id == VehiclePermit.id)
    return and_(VehiclePermit.year.in_(years), _ends_unrenewed(), made)


def years_not_over(session: Session, *, now: Instant) -> Sequence[int]:
    """The years whose permits hold now at some compound."""
    settled, found = takeovers(session), set()
    for timezone in session.scalars(select(Site.timezone).distinct()):
        this = now.astimezone(ZoneInfo(timezone)).year
        for year in (this - 1, this, this + 1):
            begins, ends = permit_period(year, timezone, settled)
            if begins <= now < ends:
                found.add(year)
    return sorted(found)


def _ends_unrenewed() -> ColumnElement[bool]:
    return and_(VehiclePermit.status == CredentialStatus.ACTIVE, ~renewed_exists())
