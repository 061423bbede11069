"""Days for which a room is let: half-open, so that the next tenancy may begin on the day after the last one's last.

And how often a let room is checked.
"""

from collections.abc import Iterable, Mapping
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


CHECK_EVERY: Mapping[str, timedelta] = {
    "red": timedelta(days=30),
    "orange": timedelta(days=1),
    "yellow": timedelta(days=90),
    "blue": timedelta(days=180),
    "green": timedelta(days=365),
}
"""How long a let room of a risk class may go without a check: shared flats (red) a month at most, rooms let by the day
(orange) a day; the other classes more rarely."""


def check_due(risk: str, first_day: date, last_check: date | None) -> date:
    """The last day on which the next check is in time: reckoned from the last one of this tenancy, else from its first day."""
    return max(first_day, last_check or first_day) + CHECK_EVERY[risk]


def unchecked_since(risk: str, today: date) -> date:
    """A room of this class whose last check lies before this day is overdue today."""
    return today - CHECK_EVERY[risk]
