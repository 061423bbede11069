"""When a vehicle permit holds, and how its number is written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from registry.clock import Instant

_NUMBER = re.compile(r"(\d{4})-(\d{1,6})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeover:
    """When the permits of a year take over from those of the year before."""

    effective_at: Instant
    overlap_until: Instant
    """Until then the year before's hold beside them; `effective_at` where they end at that instant."""


Takeovers = Mapping[int, Takeover | None]
"""Of each year that was activated; None: it was rolled back. Any other year takes over at New Year, without overlap."""


def permit_period(year: int, timezone: str, takeovers: Takeovers) -> tuple[Instant, Instant]:
    """The half-open time of a permit of `year`: until the next year takes over; without a word of that from New Year to New Year.

    Of a year that was rolled back it is empty, and the year before goes on. `timezone` is the site's.
    """
    begins = _takeover(year, timezone, takeovers).effective_at
    if year in takeovers and takeovers[year] is None:
        return begins, begins
    return begins, _takeover(year + 1, timezone, takeovers).overlap_until


def new_year(year: int, timezone: str) -> Instant:
    """The first moment of a year at the site."""
    return datetime(year, 1, 1, tzinfo=ZoneInfo(timezone)).astimezone(UTC)


def _takeover(year: int, timezone: str, takeovers: Takeovers) -> Takeover:
    """When a year takes over; of one that was rolled back, when the year after does."""
    while year in takeovers:
        if (settled := takeovers[year]) is not None:
            return settled
        year += 1
    begins = new_year(year, timezone)
    return Takeover(effective_at=begins, overlap_until=begins)


def permit_number(year: int, serial: int) -> str:
    """The number as it is printed: 2026-0001."""
    return f"{year}-{serial:04d}"


def parse_permit_number(text: str) -> tuple[int, int] | None:
    """Year and serial of a printed number; None for anything else."""
    found = _NUMBER.fullmatch(text.strip())
    return (int(found[1]), int(found[2])) if found else None
