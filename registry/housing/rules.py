"""Days for which a room is let: half-open, so that the next tenancy may begin on the day after the last one's last."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise


@dataclass(frozen=True, slots=True, order=True)
class Days:
    """From the first day up to, but not including, the end; `end` None: until somebody ends it."""

    first: date
    end: date | None

    @classmethod
    def through(cls, first: date, last: date | None) -> "Days":
        """The days as a clerk writes them, the last one included."""
        return cls(first, None if last is None else last + timedelta(days=1))

    @property
    def last(self) -> date | None:
        """The last day, included."""
        return None if self.end is None else self.end - timedelta(days=1)

    def meets(self, other: "Days") -> bool:
        """Whether they have a day in common."""
        return (self.end is None or other.first < self.end) and (other.end is None or self.first < other.end)


def share_a_day(of_a_room: Iterable[Days]) -> bool:
    """Whether any two of these have a day in common."""
    return any(one.meets(other) for one, other in pairwise(sorted(of_a_room, key=lambda days: days.first)))
