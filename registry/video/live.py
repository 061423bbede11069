"""Watching as it happens: files play at their own rate, a camera gives its newest picture.

Who is too slow for a source misses pictures; he never falls behind it.
"""

import threading
import time
from typing import Final, Protocol

from registry.video.address import is_live
from registry.video.source import Broken, Ended, Frame, UnreadableVideo, Video

CLOSE_SECONDS: Final = 1.0  # a camera sends a picture at least that often, or it is as good as lost
LATE_SECONDS: Final = 0.5  # a file's picture that is later than this is skipped


class LiveVideo(Protocol):
    """What gives pictures as they happen, one after the other."""

    def next(self, stop: threading.Event) -> Frame | Ended | Broken | None:
        """Wait for the next picture, or learn why there is none; None once `stop` is set."""

    def close(self) -> None: ...


class FilePlayer:
    """A file that plays at its own rate, as a camera would send it; again and again when `loop`."""

    def __init__(self, source: str, *, loop: bool) -> None:
        self._source = source
        self._loop = loop
        self._video = Video.open(source)
        self._began = time.monotonic()
        self._frames_before = 0
        self._seconds_before = 0.0
        self._last_t = 0.0

    def next(self, stop: threading.Event) -> Frame | Ended | Broken | None:
        """Wait for the next picture's time; None once `stop` is set."""
        while not stop.is_set():
            taken = self._video.read()
            if isinstance(taken, Ended) and self._loop:
                try:
                    self._rewind(taken.frames)
                except UnreadableVideo as error:  # it was taken away while it played
                    return Broken(frames=self._frames_before, reason=str(error))
                continue
            if not isinstance(taken, Frame):
                return taken
            t = self._seconds_before + taken.t
            self._last_t = t
            wait = self._began + t - time.monotonic()
            if wait < -LATE_SECONDS:
                continue
            if wait > 0 and stop.wait(wait):
                return None
            return Frame(number=self._frames_before + taken.number, t=t, picture=taken.picture)
        return None

    def _rewind(self, frames: int) -> None:
        self._frames_before += frames
        self._seconds_before = self._last_t + 1 / self._video.rate
        self._video.close()
        self._video = Video.open(self._source)

    def close(self) -> None:
        self._video.close()


class NewestFrame:
    """A camera's stream, drained by a thread of its own so that `next` always gives the newest picture."""

    def __init__(self, source: str) -> None:
        self._video = Video.open(source)
        self._arrived = threading.Condition()
        self._newest: Frame | Ended | Broken | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._drain, name="camera-drain", daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        try:
            while not self._closed:
                taken = self._video.read()
                with self._arrived:
                    self._newest = taken
                    self._arrived.notify_all()
                if not isinstance(taken, Frame):
                    return
        finally:
            self._video.close()

    def next(self, stop: threading.Event) -> Frame | Ended | Broken | None:
        """Wait for a picture that was not given yet; None once `stop` is set."""
        with self._arrived:
            while self._newest is None and not stop.is_set():
                self._arrived.wait(timeout=0.2)
            taken = self._newest
            if stop.is_set():
                return None
            if isinstance(taken, Frame):
                self._newest = None
            return taken

    def close(self) -> None:
        """Let the draining thread end, which frees the stream; one that hangs in a read is waited for no longer than this."""
        self._closed = True
        self._thread.join(CLOSE_SECONDS)


def open_live(source: str, *, loop: bool) -> LiveVideo:
    """Open a source for watching as it happens; `loop` is about files.

    Raises:
        UnreadableVideo: as `Video.open`.

    """
    return NewestFrame(source) if is_live(source) else FilePlayer(source, loop=loop)
