"""From when until when something holds: within the years that every page can show and every code can hold."""

from datetime import UTC, datetime

from registry.clock import Instant
from registry.problems import Unprocessable

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""Not included, like every end. Local time and a day more can still be reckoned from here; from the year 9999 not."""
LATEST_OF_PASS = datetime(2106, 1, 1, tzinfo=UTC)
"""A QR pass counts seconds since 1970 in 32 bits, which last until February 2106."""


class PeriodEmpty(Unprocessable):
    slug = "period-empty"
    title = "It would end before it begins"


class MomentTooFar(Unprocessable):
    slug = "moment-too-far"
    title = "That is further away than anything here lasts"


def require_moment(moment: Instant, *, latest: Instant = LATEST) -> None:
    """Refuse a moment outside the years that we know."""
    if not EARLIEST <= moment < latest:
        raise MomentTooFar(f"Write a moment of the years {EARLIEST.year} to {latest.year - 1}.")


def require_period(begins: Instant, ends: Instant, *, latest: Instant = LATEST) -> None:
    """Refuse a period that is empty or reaches outside the years that we know."""
    require_moment(begins, latest=latest)
    require_moment(ends, latest=latest)
    if begins >= ends:
        raise PeriodEmpty("It would end before it begins.")


def in_years(*columns: str, latest: Instant = LATEST) -> str:
    """The same bound as SQL for a CHECK; written so that SQLite's texts and PostgreSQL's moments compare alike."""
    return " AND ".join(f"{column} >= '{_literal(EARLIEST)}' AND {column} < '{_literal(latest)}'" for column in columns)


def _literal(moment: Instant) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S+00")
