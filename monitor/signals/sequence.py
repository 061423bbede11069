"""The numbers that a device gives its events: which are missing, and which came again under another id. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

MOST_STRETCHES = 32
"""Stretches of missing numbers that are remembered for one start of a device; of more, the oldest is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """What came since one start of a device. `missing`: the first and the last number of each stretch, in order.

    `forgotten`: missing numbers that are not waited for any more; `replays`: numbers that came again, as another event.
    """

    highest: int
    missing: tuple[tuple[int, int], ...] = ()
    forgotten: int = 0
    replays: int = 0

    @property
    def gap(self) -> int:
        """How many numbers never came."""
        return self.forgotten + sum(last - first + 1 for first, last in self.missing)


def followed(known: Sequence | None, numbers: Iterable[int]) -> Sequence | None:
    """The sequence after more numbers, in the order in which they came; None: there were none at all.

    The first number that comes of a start begins it: devices count from where they like.
    """
    for number in numbers:
        known = Sequence(highest=number) if known is None else _after(known, number)
    return known


def _after(known: Sequence, number: int) -> Sequence:
    highest, missing, forgotten, replays = known.highest, known.missing, known.forgotten, known.replays
    if number == highest + 1:
        highest = number
    elif number > highest:
        missing, highest = (*missing, (highest + 1, number - 1)), number
        if len(missing) > MOST_STRETCHES:
            (first, last), *rest = missing
            missing, forgotten = tuple(rest), forgotten + last - first + 1
    else:
        stretch = next((each for each in missing if each[0] <= number <= each[1]), None)
        if stretch is None:
            replays += 1
        else:
            left = [(stretch[0], number - 1), (number + 1, stretch[1])]
            missing = tuple(
                piece for each in missing for piece in (left if each is stretch else [each]) if piece[0] <= piece[1]
            )
    return Sequence(highest=highest, missing=missing, forgotten=forgotten, replays=replays)
