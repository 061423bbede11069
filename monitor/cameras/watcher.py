"""Watches one camera's pictures: motion anywhere, intrusion into regions."""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.cameras.activities import Activity, ActivityType, Observation, SeenThing
from monitor.cameras.background import WIDTH
from monitor.cameras.config import CameraConfig
from monitor.cameras.scene import Scene
from monitor.cameras.tracks import Track
from registry.video.source import Frame

HOLD_SECONDS: Final = 2.0  # a pause shorter than this is part of what goes on
SETTLE_PICTURES: Final = 4  # in a row with a foot inside: a passer-by dips into a region for one or two


class Watcher:
    """Tells what begins and ends in the pictures of one fixed camera. Used by one thread, fed in order."""

    def __init__(self, config: CameraConfig, *, hold_seconds: float = HOLD_SECONDS) -> None:
        self._scene = Scene()
        self._motion = Activity(type=ActivityType.MOTION, region=None, hold_seconds=hold_seconds, settle_pictures=1)
        self._intrusions = [
            (np.array(region.polygon, np.float32), _intrusion(region.id, hold_seconds))
            for region in config.regions
            if "intrusion" in region.rules
        ]

    def see(self, frame: Frame) -> list[Observation]:
        """Take one picture; what began with it, and what turned out to be over."""
        height, width = frame.picture.shape[:2]
        scale = max(1.0, width / WIDTH)
        things = self._scene.see(frame)
        told = [_take(self._motion, things, frame, scale)]
        for polygon, intrusion in self._intrusions:
            corners = polygon * np.array([width - 1, height - 1], np.float32)
            inside = [thing for thing in things if _stands_in(corners, thing, scale)]
            told.append(_take(intrusion, inside, frame, scale))
        return [observation for observation in told if observation is not None]

    def finish(self) -> list[Observation]:
        """No more pictures: everything that was going on is over with the last picture it was in."""
        activities = [self._motion, *(intrusion for _, intrusion in self._intrusions)]
        return [observation for activity in activities if (observation := activity.over()) is not None]


def _intrusion(region: str, hold_seconds: float) -> Activity:
    return Activity(
        type=ActivityType.INTRUSION, region=region, hold_seconds=hold_seconds, settle_pictures=SETTLE_PICTURES
    )


def _take(activity: Activity, things: list[Track], frame: Frame, scale: float) -> Observation | None:
    return activity.now(
        tuple(_seen(thing, scale) for thing in things),
        frame=frame.number,
        t=frame.t,
        score=round(max((thing.steadiness for thing in things), default=0.0), 3),
    )


def _seen(thing: Track, scale: float) -> SeenThing:
    box = thing.box
    measures = (box.left, box.top, box.width, box.height)
    x, y, width, height = (round(measure * scale) for measure in measures)
    return SeenThing(box=(x, y, width, height), track=thing.number)


def _stands_in(corners: NDArray[Any], thing: Track, scale: float) -> bool:
    return any(
        cv2.pointPolygonTest(corners, (across * scale, down * scale), measureDist=False) >= 0
        for across, down in thing.box.feet
    )
