"""A camera tells of each moment when it was, however late it is noticed."""

import threading
from datetime import timedelta

from pydantic import SecretStr

from deploy.simulators.drawn_video import LAWN, RATE, frames
from monitor.cameras.camera import Camera
from monitor.cameras.config import CameraConfig, Region
from monitor.cameras.reports import Reporter
from monitor.cameras.snapshot import MediaStoreClient
from monitor.cameras.spool import Spool
from monitor.cameras.tasks import CameraTask
from registry.bus import BrokerAddress, Bus
from registry.clock import Instant
from registry.ids import DeviceAddress
from registry.messages.envelope import Event
from registry.video.source import Broken, Frame
from tests.fakes.clock import NOON, FixedClock
from tests.makers.videos import a_scene, a_walk, as_frames

NORTH = DeviceAddress.parse("oc1/camera/north-01")
READ_TIMEOUT = timedelta(seconds=10)


class StallingVideo:
    """Somebody crosses the lawn; the pictures stop coming for a while, go on or break off. It moves the clock."""

    def __init__(self, clock: FixedClock, *, stalls_at: float, breaks_at: float) -> None:
        self._clock = clock
        self._stalls_at, self._breaks_at = stalls_at, breaks_at
        self._frames = as_frames(frames(a_scene(seconds=12.0, walks=(a_walk(starts_at=2.0, seconds=5.0),))))
        self.taken_at: dict[int, Instant] = {}

    def next(self, _stop: threading.Event) -> Frame | Broken:
        frame = next(self._frames)
        if frame.t >= self._breaks_at:
            self._clock.moment += READ_TIMEOUT
            return Broken(frames=frame.number, reason="the camera stopped sending")
        self._clock.moment += timedelta(seconds=1 / RATE)
        if frame.number == round(self._stalls_at * RATE):
            self._clock.moment += timedelta(seconds=8)
        self.taken_at[frame.number] = self._clock.moment
        return frame

    def close(self) -> None: ...


def told(video: StallingVideo, clock: FixedClock) -> list[Event]:
    """What a camera that watches this says."""
    task = CameraTask(
        address=str(NORTH),
        source=SecretStr("rtsp://camera"),
        config=CameraConfig(regions=(Region(id="lawn", polygon=LAWN),)),
        username=NORTH.username,
        password=SecretStr("x"),
    )
    reporter = Reporter(device=NORTH)
    bus = Bus(BrokerAddress(host="127.0.0.1", port=1, username=NORTH.username, password="x"))
    spool = Spool(bus, MediaStoreClient("http://127.0.0.1:9", username="x", password="x"), reporter, clock)
    Camera(task, spool=spool, reporter=reporter, clock=clock).watch_video(video, threading.Event())
    return [waiting.event for waiting in spool.waiting]


def ends(events: list[Event]) -> list[Event]:
    return [event for event in events if event.data["state"] == "end"]


def test_what_goes_on_when_the_pictures_stop_is_over_with_the_last_picture_not_when_that_is_noticed() -> None:
    clock = FixedClock()
    video = StallingVideo(clock, stalls_at=99, breaks_at=4.5)
    events = told(video, clock)
    over = ends(events)
    assert {event.type for event in over} == {"dayuan.camera.motion", "dayuan.camera.intrusion"}
    assert {event.time for event in over} == {max(video.taken_at.values())}
    (lost,) = (event for event in events if event.type == "dayuan.camera.signal_lost")
    assert lost.time == clock.now() == max(video.taken_at.values()) + READ_TIMEOUT


def test_an_end_noticed_after_a_pause_of_the_stream_is_told_of_the_moment_when_its_last_picture_was_taken() -> None:
    clock = FixedClock()
    # Somebody leaves the picture after 7.0 s and the stream pauses soon after, before the end is certain.
    video = StallingVideo(clock, stalls_at=7.8, breaks_at=11.0)
    (left,) = (event for event in ends(told(video, clock)) if event.type == "dayuan.camera.motion")
    assert left.time in set(video.taken_at.values())
    assert left.time < NOON + timedelta(seconds=7.8)
