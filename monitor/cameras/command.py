"""`dayuan cameras watch`: what is seen in one video, told on the terminal."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

import cv2
import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from monitor.cameras.activities import ActivityType, Observation
from monitor.cameras.config import CameraConfig, read_config
from monitor.cameras.watcher import Watcher
from registry.messages.events import Phase
from registry.problems import Refusal
from registry.video.address import shown_source
from registry.video.live import open_live
from registry.video.source import Broken, Ended, Frame, Video

WORDS: Final = {
    (ActivityType.MOTION, Phase.START): "motion begins",
    (ActivityType.MOTION, Phase.END): "motion is over",
    (ActivityType.INTRUSION, Phase.START): "somebody or something enters",
    (ActivityType.INTRUSION, Phase.END): "nobody and nothing is left in",
}


def watch(source: str, *, config: Path | None, as_json: bool, fast: bool, out: TextIO) -> int:
    """Watch a file or a camera, print what happens, and return the exit code.

    With `as_json` one object a line (DESIGN 4) and nothing else on `out`. `fast`: as fast as the pictures can be had,
    not at the rate at which they were taken.

    Raises:
        Refusal: the source or the camera file cannot be used, or the video broke off; what was seen has been printed.

    """
    cv2.setNumThreads(1)
    watcher = Watcher(read_config(config) if config else CameraConfig())
    tell = _json_line if as_json else _sentence
    began = time.monotonic()
    with (
        _taker(source, fast=fast) as (take, total),
        _progress(total, shown_source(source), visible=not as_json) as step,
    ):
        while isinstance(taken := take(), Frame):
            for observation in watcher.see(taken):
                print(tell(observation), file=out, flush=True)
            step()
    for observation in watcher.finish():
        print(tell(observation), file=out, flush=True)
    seconds = time.monotonic() - began
    print(_summary(taken.frames, seconds, as_json=as_json), file=out, flush=True)
    if isinstance(taken, Broken):
        raise Refusal(f"{shown_source(source)}: {taken.reason}. What was seen until then is told above.")
    return 0


@contextmanager
def _taker(source: str, *, fast: bool) -> Iterator[tuple[Callable[[], Frame | Ended | Broken], int | None]]:
    """How to get the next picture, and how many there will be, if that is known."""
    if fast:
        with Video.open(source) as video:
            yield video.read, video.announced_frames
        return
    player = open_live(source, loop=False)
    never = threading.Event()
    try:
        yield lambda: player.next(never) or Broken(frames=0, reason="watching was stopped"), None
    finally:
        player.close()


@contextmanager
def _progress(total: int | None, title: str, *, visible: bool) -> Iterator[Callable[[], None]]:
    """A bar on the terminal; none where standard error is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not (visible and console.is_terminal), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda: bar.advance(task)


def _json_line(observation: Observation) -> str:
    data: dict[str, Any] = {"activity": str(observation.activity)}
    if observation.region is not None:
        data["region"] = observation.region
    if observation.state is Phase.START:
        data["score"] = observation.score
        data["objects"] = [
            {"kind": thing.kind, "box": thing.box, "track": thing.track} for thing in observation.objects
        ]
    said = {
        "frame": observation.frame,
        "t": round(observation.t, 3),
        "type": observation.type,
        "state": observation.state,
        "data": data,
    }
    return orjson.dumps(said).decode()


def _sentence(observation: Observation) -> str:
    minutes, seconds = divmod(observation.t, 60)
    place = f" {observation.region}" if observation.region else ""
    what = WORDS[observation.type, observation.state]
    return f"{int(minutes):02}:{seconds:04.1f}  {what}{place} (frame {observation.frame})"


def _summary(frames: int, seconds: float, *, as_json: bool) -> str:
    rate = round(frames / seconds, 1) if seconds else 0.0
    if as_json:
        return orjson.dumps(
            {"summary": {"frames": frames, "seconds": round(seconds, 3), "fps_processed": rate}}
        ).decode()
    return f"{frames} frames in {seconds:.1f} s, {rate} a second"
