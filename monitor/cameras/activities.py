"""What lasts: it starts, may pause for a moment, and ends with the last picture it was in."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from registry.ids import new_id
from registry.messages.events import Phase


class ActivityType(StrEnum):
    """The types of event that a camera's picture gives rise to."""

    MOTION = "dayuan.camera.motion"
    INTRUSION = "dayuan.camera.intrusion"
    SIGNAL_LOST = "dayuan.camera.signal_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenThing:
    """A thing in a picture. `box` is x, y, width, height in pixels of that picture; what kind it is cannot be told by motion."""

    box: tuple[int, int, int, int]
    track: int
    kind: str = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Something began or ended in a camera's picture. An end's frame and `t` are of the last picture with it.

    `score` is the share of pictures in which the surest thing was really seen, 0 to 1.
    """

    frame: int
    t: float
    type: ActivityType
    state: Phase
    activity: UUID
    region: str | None = None
    score: float | None = None
    objects: tuple[SeenThing, ...] = ()


@dataclass(slots=True, kw_only=True)
class Activity:
    """One thing that may be going on; told when it starts and when it is over, never in between.

    It must be seen in `settle_pictures` in a row before it is told, and be gone for `hold_seconds`.
    """

    type: ActivityType
    region: str | None
    hold_seconds: float
    settle_pictures: int
    _current: UUID | None = None
    _in_a_row: int = 0
    _last: tuple[int, float] = field(default=(0, 0.0))

    def now(self, objects: tuple[SeenThing, ...], *, frame: int, t: float, score: float | None) -> Observation | None:
        """Take what this picture shows of it, which may be nothing."""
        if not objects:
            self._in_a_row = 0
            paused = t - self._last[1] > self.hold_seconds
            return self.over() if paused else None
        self._in_a_row += 1
        if self._current is None and self._in_a_row < self.settle_pictures:
            return None
        self._last = (frame, t)
        if self._current is not None:
            return None
        self._current = new_id()
        return Observation(
            frame=frame,
            t=t,
            type=self.type,
            state=Phase.START,
            activity=self._current,
            region=self.region,
            score=score,
            objects=objects,
        )

    def over(self) -> Observation | None:
        """It is over, or nobody can see any more whether it is."""
        if self._current is None:
            return None
        frame, t = self._last
        ended = Observation(
            frame=frame, t=t, type=self.type, state=Phase.END, activity=self._current, region=self.region
        )
        self._current = None
        return ended
