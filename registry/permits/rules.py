"""When a vehicle permit holds, and how its number is written."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from registry.clock import Instant

_NUMBER = re.compile(r"(\d{4})-(\d{1,6})")


def permit_period(year: int, timezone: str) -> tuple[Instant, Instant]:
    """The half-open time of a permit of `year`: from New Year to New Year in the site's own time."""
    zone = ZoneInfo(timezone)
    begin, end = (datetime(each, 1, 1, tzinfo=zone).astimezone(UTC) for each in (year, year + 1))
    return begin, end


def permit_number(year: int, serial: int) -> str:
    """The number as it is printed: 2026-0001."""
    return f"{year}-{serial:04d}"


def parse_permit_number(text: str) -> tuple[int, int] | None:
    """Year and serial of a printed number; None for anything else."""
    found = _NUMBER.fullmatch(text.strip())
    return (int(found[1]), int(found[2])) if found else None
