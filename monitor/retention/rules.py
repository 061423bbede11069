"""How long signals are kept, by class of device. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta

from registry.clock import Instant
from registry.messages.topics import DeviceClass

DAYS: Mapping[DeviceClass, int] = {
    **dict.fromkeys(DeviceClass, 90),
    DeviceClass.ENV: 30,
    DeviceClass.COUNTER: 30,
    DeviceClass.GW: 30,
}
"""90 days: what the Counter-Terrorism Law of the PRC (article 32) asks of a key unit's recordings, and a signal should not be
gone before its picture. 30 days, the least that GB 50348-2018 asks of recordings: readings, of which there are many."""
FIRST_DAY = date(1970, 1, 2)
"""What PostgreSQL stored before it had a table for each day has positions below this day's."""
LEAST_DAYS = 7
"""The rules look back 72 hours, and so long a repeat must be known as one; with room for a long weekend."""


def days_of(kind: str, set_days: Mapping[str, int]) -> int:
    """The days for which signals of this class of device are kept: what was set, else ours; never too few for the rules."""
    known = kind in set(DeviceClass)
    return max(set_days.get(kind, DAYS[DeviceClass(kind)] if known else max(DAYS.values())), LEAST_DAYS)


def kept_since(kind: str, set_days: Mapping[str, int], now: Instant) -> Instant:
    """Signals of this class of device that came in before this moment are over."""
    return now - timedelta(days=days_of(kind, set_days))


def longest(set_days: Mapping[str, int]) -> timedelta:
    """What belongs to no class is kept as long as anything."""
    return timedelta(days=max(days_of(kind, set_days) for kind in DeviceClass))


def days_ahead(now: Instant) -> tuple[date, ...]:
    """The days of which the tables are to be there: today and the next two."""
    return tuple(now.date() + timedelta(days=number) for number in range(3))


def days_of_their_own(now: Instant) -> tuple[date, date]:
    """From the first day that ever had a table to, not included, one on which nothing can be stored unless a clock ran ahead."""
    return FIRST_DAY, now.date() + timedelta(days=2)
