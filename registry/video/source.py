"""Frames of a video file or of a camera's RTSP stream, with the stream's own clock.

That a video ends or breaks off is an answer, not an exception. The address of a camera may hold its password,
so no sentence made here shows more of it than the host.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

import cv2
from numpy.typing import NDArray

from registry.problems import Refusal
from registry.video.address import is_live, shown_source

Picture: TypeAlias = NDArray[Any]
"""height x width x 3, uint8, blue green red."""

OPEN_TIMEOUT_MS: Final = 8_000
READ_TIMEOUT_MS: Final = 10_000  # a camera without a picture for so long has lost its signal (GB practice: 10 s)
LONGEST_GAP_SECONDS: Final = 60.0  # a stream's clock that jumps further has been set anew
LARGEST_STEP_BACK_SECONDS: Final = 1.0  # one that goes back further as well
SMALLEST_STEP_SECONDS: Final = 0.001
USUAL_RATE: Final = 25.0  # frames a second, where a stream does not tell
MISSING_SHARE: Final = 0.05  # of the announced length: less is how containers round, more has been cut off
MISSING_SECONDS: Final = 0.5


class UnreadableVideo(Refusal):
    """What was named is no video that can be opened; the sentence says what it is instead."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One picture; `number` counts from 0, `t` is seconds since the first picture by the stream's own clock."""

    number: int
    t: float
    picture: Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The video is over, all of it was seen."""

    frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The video or the connection broke off; what came before it stands."""

    frames: int
    reason: str


@dataclass(slots=True)
class StreamClock:
    """Turns a stream's time stamps into seconds that never go back."""

    interval: float
    _first: float | None = None
    _last: float = 0.0

    def seconds(self, stamp: float) -> float:
        """Seconds since the first picture; `stamp` is the stream's own, in seconds, with any zero."""
        if self._first is None:
            self._first = stamp
            return 0.0
        t = stamp - self._first
        if self._last - LARGEST_STEP_BACK_SECONDS < t <= self._last:  # pictures that overtook one another on the way
            t = self._last + SMALLEST_STEP_SECONDS
        elif not self._last < t <= self._last + LONGEST_GAP_SECONDS:
            t = self._last + self.interval
            self._first = stamp - t
        self._last = t
        return t


class Video:
    """An open video. Used by one thread; `read` until it answers `Ended` or `Broken`."""

    def __init__(self, source: str, capture: cv2.VideoCapture) -> None:
        self.source = source
        self.live = is_live(source)
        rate = capture.get(cv2.CAP_PROP_FPS)
        self.rate = rate if 0 < rate <= 1000 else USUAL_RATE  # noqa: PLR2004 - more is a time base, not a rate
        count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.announced_frames = int(count) if count > 0 and not self.live else None
        self._capture = capture
        self._clock = StreamClock(1 / self.rate)
        self._frames = 0
        self._seconds = 0.0

    @classmethod
    def open(cls, source: str) -> Self:
        """Open a file, or connect to a camera by RTSP over TCP.

        Raises:
            UnreadableVideo: there is no such file, it is no video, or the camera does not answer.

        """
        live = is_live(source)
        if not live:
            _check_file(source)
        # OpenCV takes FFmpeg's options and loudness from the environment only, when it opens a source.
        os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # what it warns of, we say in one sentence
        timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS]
        capture = cv2.VideoCapture(source, cv2.CAP_FFMPEG, timeouts if live else [])
        if not capture.isOpened():
            capture.release()
            raise UnreadableVideo(
                f"The camera at {shown_source(source)} does not answer: check its address, its password and the network."
                if live
                else f"{source} is no video that can be read."
            )
        return cls(source, capture)

    def read(self) -> Frame | Ended | Broken:
        """The next picture, or why there is none."""
        try:
            taken, picture = self._capture.read()
        except cv2.error:
            return Broken(frames=self._frames, reason=f"a picture could not be decoded after {self._seconds:.1f} s")
        if not taken or picture is None:
            return self._no_more()
        t = self._clock.seconds(self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        frame = Frame(number=self._frames, t=t, picture=picture)
        self._frames += 1
        self._seconds = t
        return frame

    def _no_more(self) -> Ended | Broken:
        seen = self._seconds + 1 / self.rate if self._frames else 0.0
        if self.live:
            return Broken(frames=self._frames, reason=f"the camera stopped sending after {seen:.1f} s")
        if self._frames == 0:
            return Broken(frames=0, reason="it holds no picture that can be decoded")
        announced = (self.announced_frames or 0) / self.rate
        if announced - seen > max(MISSING_SECONDS, MISSING_SHARE * announced):
            return Broken(frames=self._frames, reason=f"it breaks off after {seen:.1f} of {announced:.1f} s")
        return Ended(frames=self._frames)

    def close(self) -> None:
        self._capture.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _check_file(source: str) -> None:
    path = Path(source)
    if "://" in source:
        raise UnreadableVideo("A source is a file or an address that begins with rtsp://; this is neither.")
    if path.is_dir():
        raise UnreadableVideo(f"{source} is a folder; name one video in it.")
    if not path.exists():
        raise UnreadableVideo(f"There is no file {source}.")
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError:
        raise UnreadableVideo(f"{source} may not be read by this user.") from None
    if empty:
        raise UnreadableVideo(f"{source} is empty.")
