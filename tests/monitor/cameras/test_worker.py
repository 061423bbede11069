"""A camera worker on a real broker: it speaks as any camera would."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pydantic import SecretStr

from deploy.broker.users import Service
from deploy.simulators.drawn_video import LAWN
from monitor.cameras.config import CameraConfig, Region
from monitor.cameras.reports import Reporter
from monitor.cameras.snapshot import MediaStoreClient
from monitor.cameras.spool import MOST_WAITING, Spool
from monitor.cameras.tasks import CameraGroup, CameraTask
from monitor.cameras.worker import CameraWorker
from registry.bus import Bus, Received
from registry.clock import SystemClock
from registry.ids import new_id
from registry.messages.envelope import Event
from registry.messages.events import EVENT_DATA, Phase
from tests.conftest import RunningBroker
from tests.fakes.clock import NOON, FixedClock
from tests.fakes.media_store import FakeMediaStore, running_media_store
from tests.makers.register import PASSWORD, a_device
from tests.makers.videos import a_clip, a_crossing_clip

pytestmark = pytest.mark.broker

NORTH = "oc1/camera/north-01"
TOPIC = f"dayuan/v1/{NORTH}"
Eventually = Callable[[Callable[[], bool]], None]


class Heard:
    """Everything that was said on the bus, by topic."""

    def __init__(self) -> None:
        self._said: list[tuple[str, bytes]] = []

    def take(self, message: Received) -> None:
        self._said.append((message.topic, message.payload))
        message.acknowledge()

    def on(self, channel: str) -> list[bytes]:
        return [payload for topic, payload in list(self._said) if topic == f"{TOPIC}/{channel}"]

    def events(self, kind: str = "") -> list[Event]:
        events = [Event.model_validate_json(payload) for payload in self.on("evt")]
        return [event for event in events if event.type.endswith(kind)]


@pytest.fixture
def media() -> Iterator[FakeMediaStore]:
    with running_media_store() as store:
        yield store


@pytest.fixture
def heard(broker: RunningBroker, connect: Callable[..., Bus]) -> Heard:
    broker.admit(a_device(NORTH))
    heard = Heard()
    connect(Service.MONITOR, hears=("dayuan/v1/#",), handler=heard.take)
    return heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """The camera's own corner of the compound: broker, media store and who starts its worker."""

    broker: RunningBroker
    media: FakeMediaStore
    workers: list[CameraWorker]

    def watch(self, source: Path) -> CameraWorker:
        worker = CameraWorker(_group(self.broker, source, self.media.url), clock=SystemClock())
        self.workers.append(worker)
        worker.start()
        return worker


def _group(broker: RunningBroker, source: Path, media_url: str) -> CameraGroup:
    task = CameraTask(
        address=NORTH,
        source=SecretStr(str(source)),
        config=CameraConfig(regions=(Region(id="lawn", polygon=LAWN),)),
        username=NORTH.replace("/", "."),
        password=SecretStr(PASSWORD),
    )
    return CameraGroup(cameras=(task,), broker_host="127.0.0.1", broker_port=broker.port, media_url=media_url)


@pytest.fixture
def post(broker: RunningBroker, media: FakeMediaStore) -> Iterator[Post]:
    post = Post(broker=broker, media=media, workers=[])
    yield post
    for worker in post.workers:
        worker.stop()


def test_an_intrusion_is_told_with_its_picture_and_its_end_is_of_the_same_activity(
    post: Post, heard: Heard, eventually: Eventually, tmp_path: Path
) -> None:
    post.watch(a_crossing_clip(tmp_path / "north.avi"))
    eventually(lambda: len(heard.events("intrusion")) >= 2)

    start, end = heard.events("intrusion")[:2]
    assert (start.data["state"], end.data["state"]) == ("start", "end")
    assert start.data["activity"] == end.data["activity"]
    assert start.data["region"] == "lawn"
    assert start.data["objects"][0]["kind"] == "unknown"
    assert start.source == f"//{NORTH}"
    assert start.time < end.time
    EVENT_DATA[start.type].model_validate(start.data)

    (picture,) = start.data["media"]
    (put,) = [put for put in post.media.puts if hashlib.sha256(put.body).hexdigest() == picture["sha256"]]
    assert (put.path, put.kind, put.content_type) == ("/api/media", "snapshot", "image/jpeg")
    assert put.account == f"oc1.camera.north-01:{PASSWORD}"
    shown = cv2.imdecode(np.frombuffer(put.body, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown.shape == (360, 640, 3)

    told = heard.events()
    assert len({event.bootid for event in told}) == 1
    assert [event.seq for event in told] == list(range(1, len(told) + 1))


def test_a_media_store_that_refuses_or_is_away_costs_the_picture_not_the_event(
    post: Post, heard: Heard, eventually: Eventually, tmp_path: Path
) -> None:
    post.media.status = 503
    post.watch(a_crossing_clip(tmp_path / "north.avi"))
    eventually(lambda: bool(heard.events("intrusion")))
    assert post.media.puts
    assert heard.events("intrusion")[0].data["media"] == []
    nowhere = MediaStoreClient("http://127.0.0.1:9", username="oc1.camera.north-01", password=PASSWORD)
    assert nowhere.put(b"a picture", camera=NORTH) is None


def test_a_camera_that_is_not_there_is_told_once_and_told_again_when_it_is_back(
    post: Post, heard: Heard, eventually: Eventually, tmp_path: Path
) -> None:
    post.watch(tmp_path / "north.avi")
    eventually(lambda: bool(heard.events("signal_lost")))
    (lost,) = heard.events("signal_lost")
    assert lost.data["state"] == "start"
    assert "There is no file" in lost.data["detail"]

    a_clip(tmp_path / "ready.avi", pictures=40, rate=10).rename(tmp_path / "north.avi")
    eventually(lambda: len(heard.events("signal_lost")) == 2)
    back = heard.events("signal_lost")[1]
    assert back.data["state"] == "end"
    assert back.data["activity"] == lost.data["activity"]


def test_it_says_that_it_is_there_that_it_lives_and_that_it_goes(
    post: Post, heard: Heard, eventually: Eventually, tmp_path: Path
) -> None:
    worker = post.watch(a_clip(tmp_path / "north.avi", pictures=40))
    eventually(lambda: heard.on("online") == [b"1"])
    eventually(lambda: bool(heard.on("hb")))
    assert set(json.loads(heard.on("hb")[0])) == {"time", "bootid"}
    began = time.monotonic()
    worker.stop()
    assert time.monotonic() - began < 3
    eventually(lambda: heard.on("online") == [b"1", b"0"])


def test_what_happens_while_the_broker_is_away_arrives_in_order_when_it_is_back(
    broker: RunningBroker, media: FakeMediaStore, connect: Callable[..., Bus], eventually: Eventually
) -> None:
    broker.admit(a_device(NORTH))
    broker.broker.stop()
    reporter = Reporter(device=a_device(NORTH).address)
    spool = _spool(broker, reporter, media.url)
    spool.start()
    for state in (Phase.START, Phase.END):
        spool.add(reporter.signal_lost(state, new_id(), NOON, detail=None))
    broker.restart(a_device(NORTH))
    heard = Heard()
    connect(Service.MONITOR, hears=("dayuan/v1/#",), handler=heard.take)
    eventually(lambda: len(heard.events()) >= 2)
    spool.stop()
    spool.join(60)
    assert [event.data["state"] for event in heard.events()] == ["start", "end"]


def test_a_spool_that_is_full_gives_up_the_oldest_and_keeps_the_newest(
    broker: RunningBroker, media: FakeMediaStore
) -> None:
    reporter = Reporter(device=a_device(NORTH).address)
    spool = _spool(broker, reporter, media.url)
    events = [reporter.signal_lost(Phase.START, new_id(), NOON, detail=None) for _ in range(MOST_WAITING + 3)]
    for event in events:
        spool.add(event)
    assert [waiting.event.id for waiting in spool.waiting] == [event.id for event in events[3:]]


def _spool(broker: RunningBroker, reporter: Reporter, media_url: str) -> Spool:
    account = reporter.device.username
    media = MediaStoreClient(media_url, username=account, password=PASSWORD)
    return Spool(Bus(broker.address(account)), media, reporter, FixedClock())


BODY = """
import sys
from monitor.cameras.tasks import CameraGroup
from monitor.cameras.worker import serve
from registry.clock import SystemClock
from registry.logs import configure
configure(process="cameras", as_json=True)
group = CameraGroup.model_validate_json(sys.stdin.read())
sys.exit(serve(group, clock=SystemClock(), ready=lambda: print("ready", flush=True)))
"""


def test_the_process_takes_its_cameras_as_json_and_ends_within_three_seconds_of_being_told(
    broker: RunningBroker, heard: Heard, media: FakeMediaStore, eventually: Eventually, tmp_path: Path
) -> None:
    group = _group(broker, a_clip(tmp_path / "north.avi", pictures=40), media.url)
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", BODY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(group.model_dump_json())
        process.stdin.close()
        try:
            assert process.stdout.readline() == "ready\n"
            eventually(lambda: heard.on("online") == [b"1"])
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()
    eventually(lambda: heard.on("online") == [b"1", b"0"])


def test_a_worker_whose_camera_thread_is_gone_says_that_it_failed(
    post: Post, heard: Heard, eventually: Eventually, tmp_path: Path
) -> None:
    worker = post.watch(a_clip(tmp_path / "north.avi", pictures=40))
    eventually(lambda: heard.on("online") == [b"1"])
    assert not worker.failed
    ended = threading.Thread(target=int)
    ended.start()
    ended.join()
    worker._threads.append(ended)
    assert worker.failed


def test_a_worker_whose_sender_is_gone_says_that_it_failed(
    post: Post, heard: Heard, eventually: Eventually, tmp_path: Path
) -> None:
    worker = post.watch(a_clip(tmp_path / "north.avi", pictures=40))
    eventually(lambda: heard.on("online") == [b"1"])
    (spool,) = worker._spools
    spool.stop()
    spool.join(60)
    assert worker.failed


def test_a_task_shows_no_secret_when_it_is_printed() -> None:
    told: dict[str, Any] = {
        "address": NORTH,
        "source": "rtsp://admin:Passw0rd@10.0.0.7/1",
        "username": "oc1.camera.north-01",
        "password": "device-secret",
    }
    task = CameraTask.model_validate(told)
    assert "Passw0rd" not in repr(task)
    assert "device-secret" not in repr(task)
    assert json.loads(task.model_dump_json())["password"] == "device-secret"
