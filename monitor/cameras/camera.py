"""One camera, watched as it happens: opened, seen, lost and found again."""

import threading
from collections import deque
from typing import Final
from uuid import UUID

import structlog

from monitor.cameras.activities import Observation
from monitor.cameras.reports import Reporter
from monitor.cameras.snapshot import snapshot_of
from monitor.cameras.spool import Spool
from monitor.cameras.tasks import CameraTask
from monitor.cameras.watcher import Watcher
from registry.clock import Clock, Instant
from registry.ids import new_id
from registry.messages.events import Phase
from registry.video.address import shown_source
from registry.video.live import LiveVideo, open_live
from registry.video.source import Frame, UnreadableVideo

log = structlog.get_logger()

BACK_OFF_SECONDS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)  # between tries to reach a lost camera
REMEMBERED_PICTURES: Final = 500  # an end is noticed at most two seconds of pictures later


class Camera:
    """Runs in a thread of its own until `stop` is set."""

    def __init__(self, task: CameraTask, *, spool: Spool, reporter: Reporter, clock: Clock) -> None:
        self._task = task
        self._source = task.source.get_secret_value()
        self._spool = spool
        self._reporter = reporter
        self._clock = clock
        self._lost: UUID | None = None
        self._tries = 0
        self._taken: deque[tuple[int, Instant]] = deque(maxlen=REMEMBERED_PICTURES)

    def watch(self, stop: threading.Event) -> None:
        """Watch until told to stop; a source that breaks is told once and tried again, more and more seldom."""
        while not stop.is_set():
            try:
                video = open_live(self._source, loop=True)
            except UnreadableVideo as error:
                self._lose(str(error))
            else:
                try:
                    self.watch_video(video, stop)
                finally:
                    video.close()
            if not stop.is_set():
                wait = BACK_OFF_SECONDS[min(self._tries, len(BACK_OFF_SECONDS) - 1)]
                self._tries += 1
                stop.wait(wait)

    def watch_video(self, video: LiveVideo, stop: threading.Event) -> None:
        """Watch until the pictures end or `stop` is set."""
        watcher = Watcher(self._task.config)
        last: Frame | None = None
        self._taken.clear()
        while isinstance(taken := video.next(stop), Frame):
            last = taken
            self._taken.append((taken.number, self._clock.now()))
            self._find()
            for observation in watcher.see(taken):
                self._tell(observation, taken)
        if last is not None:
            for observation in watcher.finish():
                self._tell(observation, last)
        if taken is not None:
            self._lose(getattr(taken, "reason", "the video is over"))

    def _tell(self, observation: Observation, frame: Frame) -> None:
        jpeg = snapshot_of(frame.picture, observation.objects) if observation.state is Phase.START else None
        event = self._reporter.seen(observation, self._taken_at(observation.frame))
        log.info("camera-saw", camera=self._task.address, type=event.type, state=observation.state)
        self._spool.add(event, jpeg)

    def _taken_at(self, number: int) -> Instant:
        """When a picture came. What is over is told of its last picture, and is often noticed long after that."""
        return next((at for taken, at in reversed(self._taken) if taken <= number), self._taken[0][1])

    def _lose(self, reason: str) -> None:
        if self._lost is not None:
            return
        self._lost = new_id()
        log.warning("camera-signal-lost", camera=self._task.address, source=shown_source(self._source), reason=reason)
        self._spool.add(self._reporter.signal_lost(Phase.START, self._lost, self._clock.now(), detail=reason))

    def _find(self) -> None:
        self._tries = 0
        if self._lost is None:
            return
        log.info("camera-signal-back", camera=self._task.address)
        self._spool.add(self._reporter.signal_lost(Phase.END, self._lost, self._clock.now(), detail=None))
        self._lost = None
