"""The camera worker: a process that watches a group of cameras and speaks for each of them."""

import os
import signal
import threading
from collections.abc import Callable
from time import monotonic
from types import FrameType
from typing import Final

import cv2
import structlog

from monitor.cameras.camera import Camera
from monitor.cameras.reports import Reporter
from monitor.cameras.snapshot import MediaStoreClient
from monitor.cameras.spool import Spool
from monitor.cameras.tasks import CameraGroup, CameraTask
from registry.bus import Bus
from registry.clock import Clock
from registry.messages.topics import Channel, DeviceTopic

log = structlog.get_logger()

CHECK_SECONDS: Final = 1.0
STOP_SECONDS: Final = 2.5  # all told, however many cameras there are
SENDING_SECONDS: Final = 1.3  # of these, kept for what still has to be sent


class CameraWorker:
    """The threads of one group: for each camera one that watches and one that sends."""

    def __init__(self, group: CameraGroup, *, clock: Clock) -> None:
        self._stop = threading.Event()
        self._spools: list[Spool] = []
        self._threads: list[threading.Thread] = []
        for task in group.cameras:
            reporter = Reporter(device=task.device)
            spool = _spool(group, task, reporter, clock)
            camera = Camera(task, spool=spool, reporter=reporter, clock=clock)
            self._spools.append(spool)
            self._threads.append(
                threading.Thread(
                    target=camera.watch, args=(self._stop,), name=f"camera-{task.device.name}", daemon=True
                )
            )

    def start(self) -> None:
        cv2.setNumThreads(1)  # a thread for each camera is enough work for all cores
        for spool in self._spools:
            spool.start()
        for thread in self._threads:
            thread.start()
        log.info("cameras-watched", cameras=len(self._threads))

    @property
    def failed(self) -> bool:
        """Whether a camera is no longer watched, or no longer heard, though nobody told it to stop."""
        lives = all(thread.is_alive() for thread in self._threads) and all(spool.alive for spool in self._spools)
        return not lives and not self._stop.is_set()

    def stop(self) -> None:
        """End what goes on, send what waits, disconnect; a camera or broker that hangs is not waited for."""
        self._stop.set()
        deadline = monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - SENDING_SECONDS - monotonic()))
        for spool in self._spools:
            spool.stop()
        for spool in self._spools:
            spool.join(max(0.0, deadline - monotonic()))


def serve(group: CameraGroup, *, clock: Clock, ready: Callable[[], None]) -> int:
    """Watch until SIGTERM or SIGINT; `ready` is called once the cameras are being watched. The body of a process.

    The exit code is 1 when a camera's thread failed: the supervisor then starts the group anew, none falls silent.
    """
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    worker = CameraWorker(group, clock=clock)
    worker.start()
    ready()
    while not ended.wait(CHECK_SECONDS) and not worker.failed:
        pass
    exit_code = 1 if worker.failed else 0
    worker.stop()
    if threading.active_count() > 1:
        # OpenCV aborts the process when the interpreter ends while it still waits for a camera in a thread.
        log.warning("camera-threads-left", threads=threading.active_count() - 1)
        os._exit(exit_code)
    return exit_code


def _spool(group: CameraGroup, task: CameraTask, reporter: Reporter, clock: Clock) -> Spool:
    bus = Bus(
        group.broker(task),
        presence_topic=str(DeviceTopic(task.device, Channel.ONLINE)),
    )
    media = MediaStoreClient(group.media_url, username=task.username, password=task.password.get_secret_value())
    return Spool(bus, media, reporter, clock)
