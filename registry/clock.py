"""Moments: aware, UTC, to the millisecond on the wire."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Protocol

Instant = datetime
"""An aware moment in UTC. Everything stored and compared is one."""


DEFAULT_TIMEZONE: Final = "Asia/Shanghai"
"""Of a site that names no other, and of what is shown for no single site."""


class Clock(Protocol):
    """Where the edges learn what time it is; services and rules are told it as an argument."""

    def now(self) -> Instant: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> Instant:
        return datetime.now(UTC)


def parse_instant(text: str) -> Instant:
    """Read an ISO 8601 moment that states its offset.

    Raises:
        ValueError: no moment, one out of the calendar, or one without an offset, which would be a guess.

    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} does not say its offset from UTC")
    return in_utc(moment)


def in_utc(moment: datetime) -> Instant:
    """The same moment in UTC.

    Raises:
        ValueError: in UTC it lies before the year 1 or after 9999.

    """
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("this moment is out of the calendar") from None


@lru_cache(4096)  # the end of a year and the moment of a batch are written again and again
def format_instant(moment: Instant) -> str:
    """Write a moment as the wire has it: `2026-11-23T02:15:07.312Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
