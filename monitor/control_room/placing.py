"""Clear room on the drawing of a plan, for names and for the marks of alarms. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NAME_SIZE = 13
"""Of a name's letters, in the drawing's units; `control-room-plan.css` draws them so."""
_WIDE_FROM = "\u2e80"
"""From here on a sign is as wide as it is high; before it about 0.6 of that."""
_SIGN_REACH = 11
"""What is drawn for a device or a checkpoint, from its middle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle by its middle and its two half sides."""

    at: Point
    half_width: float
    half_height: float

    def overlap(self, other: "Box") -> float:
        """The area that both cover."""
        across = self.half_width + other.half_width - abs(self.at.x - other.at.x)
        down = self.half_height + other.half_height - abs(self.at.y - other.at.y)
        return max(0, across) * max(0, down)

    def within(self, width: float, height: float) -> "Box":
        """The same rectangle, moved into a drawing of that size."""
        return Box(
            at=Point(
                x=min(max(self.at.x, self.half_width), width - self.half_width),
                y=min(max(self.at.y, self.half_height), height - self.half_height),
            ),
            half_width=self.half_width,
            half_height=self.half_height,
        )


def sign_at(point: Point) -> Box:
    """The room that a device or a checkpoint takes."""
    return Box(at=point, half_width=_SIGN_REACH, half_height=_SIGN_REACH)


def name_at(point: Point, name: str) -> Box:
    """The room that a name takes whose middle is there."""
    width = sum(1 if sign >= _WIDE_FROM else 0.6 for sign in name) * NAME_SIZE
    return Box(at=point, half_width=width / 2, half_height=NAME_SIZE / 2)


def name_down(point: Point, name: str) -> Box:
    """The room that a name takes that is written from top to bottom."""
    across = name_at(point, name)
    return Box(at=point, half_width=across.half_height, half_height=across.half_width)


def clearest(candidates: Iterable[Box], taken: Sequence[Box]) -> Box:
    """The first of the candidates that is clear of what is drawn already; if none is, the one that covers least of it."""
    least: tuple[float, Box] | None = None
    for box in candidates:
        covered = sum(box.overlap(other) for other in taken)
        if covered == 0:
            return box
        if least is None or covered < least[0]:
            least = (covered, box)
    if least is None:
        raise ValueError("there is no place to choose from")
    return least[1]
