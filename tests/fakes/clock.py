"""A clock that stands where it is put."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from registry.clock import Instant

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
"""Monday 2026-11-23, twelve o'clock in Shanghai."""


@dataclass(slots=True)
class FixedClock:
    """Says the same moment until it is moved."""

    moment: Instant = NOON

    def now(self) -> Instant:
        return self.moment

    def advance(self, step: timedelta) -> None:
        self.moment += step
