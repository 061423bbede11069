"""One camera's scene, picture by picture: which things are in it now."""

from typing import Final

import numpy as np

from monitor.cameras.background import Background, Grey, Mask, is_hole, small_grey
from monitor.cameras.blobs import blobs_of
from monitor.cameras.tracks import Track, Tracker
from registry.video.source import Frame

WHOLE_PICTURE: Final = 0.6  # more than this standing out is the camera's doing, not a visitor's
LIFELESS_SECONDS: Final = 1.0  # without any change, it is asked whether it is a thing at all
FORGET_SECONDS: Final = 60.0  # without any change, even a thing (a parked car) becomes scene
LONGEST_STEP: Final = 1.0  # seconds between two pictures, for learning
HOLE_MARGIN: Final = 2  # pixels around a thing where its outline is looked for


class Scene:
    """Follows what moves before a fixed camera. People who stand still remain; light, shadows and leaves do not count."""

    def __init__(self) -> None:
        self._background: Background | None = None
        self._tracker = Tracker()
        self._seen_at = 0.0

    def see(self, frame: Frame) -> list[Track]:
        """The things that have moved and are in this picture, oldest first."""
        grey = small_grey(frame.picture)
        if self._background is None or self._background.mean.shape != grey.shape:
            self._background = Background(grey)
            self._tracker = Tracker()
            self._seen_at = frame.t
            return []
        things = self._follow(self._background, grey, frame)
        self._seen_at = frame.t
        return things

    def _follow(self, background: Background, grey: Grey, frame: Frame) -> list[Track]:
        difference = background.difference(grey, self._occupied(grey))
        standing_out = background.standing_out(difference)
        kept, absorbed = np.zeros_like(standing_out), np.zeros_like(standing_out)
        if np.count_nonzero(standing_out) > WHOLE_PICTURE * standing_out.size:
            self._tracker.follow([], frame=frame.number, t=frame.t)
            absorbed[:] = 255
        else:
            blobs = blobs_of(standing_out, grey, background, lit=absorbed)
            self._tracker.follow(blobs, frame=frame.number, t=frame.t)
            self._sort_out(background, grey, standing_out, frame.t, kept=kept, absorbed=absorbed)
        seconds = min(LONGEST_STEP, frame.t - self._seen_at)
        background.learn(grey, difference, kept=kept, absorbed=absorbed, seconds=seconds)
        return [track for track in self._tracker.tracks if track.confirmed and track.seen_frame == frame.number]

    def _occupied(self, grey: Grey) -> Mask:
        occupied = np.zeros(grey.shape, np.uint8)
        for track in self._tracker.tracks:
            if track.confirmed:
                occupied[track.box.cut] = 255
        return occupied

    def _sort_out(
        self, background: Background, grey: Grey, standing_out: Mask, t: float, *, kept: Mask, absorbed: Mask
    ) -> None:
        """Decide where the background waits for a thing to leave, and where it takes over what is no thing."""
        for track in list(self._tracker.tracks):
            lifeless = t - track.lively_at
            if track.confirmed:
                around = track.box.grown(HOLE_MARGIN).cut
                forgotten = lifeless > FORGET_SECONDS or (
                    lifeless > LIFELESS_SECONDS and is_hole(standing_out[around], grey[around], background.mean[around])
                )
                if forgotten:
                    self._tracker.drop(track)
                (absorbed if forgotten else kept)[track.box.cut] = 255
            elif lifeless > LIFELESS_SECONDS:
                absorbed[track.box.cut] = 255
        absorbed[kept > 0] = 0
