"""Watching as it happens."""

import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest

from registry.video.live import open_live
from registry.video.source import Broken, Ended, Frame
from tests.makers.videos import a_clip


def test_a_file_plays_at_its_own_rate_and_ends(tmp_path: Path) -> None:
    player = open_live(str(a_clip(tmp_path / "gate.avi", pictures=10, rate=20)), loop=False)
    never = threading.Event()
    began = time.monotonic()
    taken = [player.next(never) for _ in range(11)]
    player.close()
    assert all(isinstance(one, Frame) for one in taken[:10])
    assert taken[10] == Ended(frames=10)
    assert time.monotonic() - began >= 0.4


def test_a_file_that_loops_plays_on_with_numbers_and_times_that_go_on(tmp_path: Path) -> None:
    player = open_live(str(a_clip(tmp_path / "gate.avi", pictures=4, rate=50)), loop=True)
    never = threading.Event()
    taken = [player.next(never) for _ in range(10)]
    player.close()
    frames = [one for one in taken if isinstance(one, Frame)]
    assert [frame.number for frame in frames] == list(range(10))
    assert all(0.01 < after.t - before.t < 0.03 for before, after in pairwise(frames))


def test_a_file_that_is_taken_away_while_it_loops_breaks(tmp_path: Path) -> None:
    clip = a_clip(tmp_path / "gate.avi", pictures=4, rate=50)
    player = open_live(str(clip), loop=True)
    clip.unlink()
    never = threading.Event()
    taken = [player.next(never) for _ in range(5)]
    player.close()
    assert isinstance(taken[4], Broken)


def test_whoever_waits_for_a_frame_is_let_go_when_told_to_stop(tmp_path: Path) -> None:
    player = open_live(str(a_clip(tmp_path / "gate.avi", pictures=4, rate=1)), loop=True)
    stop = threading.Event()
    assert isinstance(player.next(stop), Frame)
    threading.Timer(0.05, stop.set).start()
    assert player.next(stop) is None
    player.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a folder with one clip, on a web server as cameras have one."""
    a_clip(tmp_path / "gate.avi", pictures=30, rate=30)

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Say nothing: a test's output is its own."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://guard:secret@127.0.0.1:{server.server_port}/gate.avi"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_camera_gives_its_newest_picture_each_only_once_and_breaks_when_it_stops_sending(served: str) -> None:
    camera = open_live(served, loop=True)
    never = threading.Event()
    taken: list[Frame | Ended | Broken | None] = []
    while not taken or isinstance(taken[-1], Frame):
        taken.append(camera.next(never))
    camera.close()
    numbers = [one.number for one in taken if isinstance(one, Frame)]
    assert numbers == sorted(set(numbers))
    last = taken[-1]
    assert isinstance(last, Broken)
    assert "stopped sending" in last.reason
    assert "secret" not in last.reason
