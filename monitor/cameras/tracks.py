"""Things followed from picture to picture: what has really moved, and what only trembles or stands."""

from dataclasses import dataclass
from itertools import count
from math import hypot
from typing import Final

from monitor.cameras.blobs import Blob, Box

CONFIRM_SECONDS: Final = 0.25  # seen so long before it is believed
CONFIRM_PICTURES: Final = 3
CONFIRM_SHARE: Final = 0.6  # of the pictures since it was first seen
WAY_PIXELS: Final = 5.0  # it must have come so far: leaves come back to where they were
WAY_SIZES: Final = 0.25  # the same in its own sizes, for what is large
STRAIGHT_SHARE: Final = 0.35  # of the whole way walked that has led away from the first place
LOST_SECONDS: Final = 0.8  # a confirmed thing unseen so long is gone
DOUBT_SECONDS: Final = 0.3  # the same for one that is not confirmed
LIVELY_SHARE: Final = 0.04  # of its pixels change while a thing lives
MOSTLY: Final = 0.5
REACH_SIZES: Final = 0.7  # in its own sizes: so far from the expected place a blob may still be the same thing
SIZE_RATIOS: Final = (0.2, 5.0)
PART_SHARE: Final = 0.8  # a blob this much inside a confirmed thing is a part of it
SMOOTHING: Final = 0.3
CALM: Final = 2.0  # new things a picture: more is rain or snow, and asks for more proof of each
MOST_UNREST: Final = 3.0
UNREST_SMOOTHING: Final = 0.05


@dataclass(slots=True)
class Track:
    """One thing. Moments are seconds of the stream, ways are pixels of the small picture."""

    number: int
    box: Box
    first_box: Box
    first_frame: int
    first_at: float
    seen_frame: int
    seen_at: float
    lively_at: float
    pictures: int = 1
    lively_pictures: int = 0
    walked: float = 0.0
    speed: tuple[float, float] = (0.0, 0.0)
    confirmed: bool = False

    @property
    def way(self) -> float:
        (x0, y0), (x1, y1) = self.first_box.centre, self.box.centre
        return hypot(x1 - x0, y1 - y0)

    @property
    def steadiness(self) -> float:
        """Share of the pictures since it was first seen in which it was seen, 0 to 1."""
        return min(1.0, self.pictures / (self.seen_frame - self.first_frame + 1))

    def meet(self, blob: Blob, *, frame: int, t: float, unrest: float) -> None:
        """It was seen again, as this blob; `unrest` is how much else appears and vanishes, 0 when it is calm."""
        (x0, y0), (x1, y1) = self.box.centre, blob.box.centre
        self.walked += hypot(x1 - x0, y1 - y0)
        self.speed = (
            (1 - SMOOTHING) * self.speed[0] + SMOOTHING * (x1 - x0),
            (1 - SMOOTHING) * self.speed[1] + SMOOTHING * (y1 - y0),
        )
        self.box = blob.box
        self.seen_frame, self.seen_at = frame, t
        self.pictures += 1
        if blob.lively >= LIVELY_SHARE:
            self.lively_at = t
            self.lively_pictures += 1
        self.confirmed = self.confirmed or self._has_moved(unrest)

    def _has_moved(self, unrest: float) -> bool:
        return (
            self.pictures >= CONFIRM_PICTURES + 2 * unrest
            and self.seen_at - self.first_at >= CONFIRM_SECONDS
            and self.steadiness >= CONFIRM_SHARE
            and self.lively_pictures >= MOSTLY * self.pictures
            and self.way >= max(WAY_PIXELS * (1 + unrest), WAY_SIZES * min(self.box.width, self.box.height))
            and self.way >= min(1.0, STRAIGHT_SHARE + 0.1 * unrest) * self.walked
        )

    def likeness(self, blob: Blob) -> float:
        """How likely this blob is this thing: above 1 where they overlap, 0 where it cannot be."""
        expected = self.box.moved(*self.speed)
        shared = expected.shared_with(blob.box)
        if shared:
            return 1 + shared / (expected.area + blob.box.area - shared)
        (x0, y0), (x1, y1) = expected.centre, blob.box.centre
        reach = REACH_SIZES * max(self.box.height, self.box.width, blob.box.height, blob.box.width)
        distance = hypot(x1 - x0, y1 - y0)
        if distance > reach or not SIZE_RATIOS[0] < blob.box.area / self.box.area < SIZE_RATIOS[1]:
            return 0.0
        return 1 - distance / reach


class Tracker:
    """Gives each blob to the thing it most likely is."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self._numbers = count(1)
        self._born = 0.0

    def follow(self, blobs: list[Blob], *, frame: int, t: float) -> None:
        """Take the blobs of one picture; what was not seen for long is dropped."""
        unrest = min(MOST_UNREST, max(0.0, self._born - CALM))
        pairs = [
            (likeness, track.number, index, track)
            for track in self.tracks
            for index, blob in enumerate(blobs)
            if (likeness := track.likeness(blob)) > 0
        ]
        pairs.sort(key=lambda pair: (-pair[0], pair[1], pair[2]))
        given: set[int] = set()
        for _likeness, _number, index, track in pairs:
            if index not in given and track.seen_frame != frame:
                given.add(index)
                track.meet(blobs[index], frame=frame, t=t, unrest=unrest)
        now = [track.box for track in self.tracks if track.confirmed and track.seen_frame == frame]
        self._born += UNREST_SMOOTHING * (len(blobs) - len(given) - self._born)
        for index, blob in enumerate(blobs):
            part = any(box.shared_with(blob.box) > PART_SHARE * blob.box.area for box in now)
            if index not in given and not part:
                self.tracks.append(Track(next(self._numbers), blob.box, blob.box, frame, t, frame, t, t))
        self.tracks = [
            track for track in self.tracks if t - track.seen_at <= (LOST_SECONDS if track.confirmed else DOUBT_SECONDS)
        ]

    def drop(self, track: Track) -> None:
        self.tracks.remove(track)
