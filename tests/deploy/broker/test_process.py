"""The broker as a child: it starts or says why not, and never outlives us."""

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.broker.accounts import BrokerPlaces
from deploy.broker.nats import Nats
from deploy.broker.users import broker_users
from deploy.leash import ChildFile, ProcessMark
from registry.problems import Refusal
from tests.conftest import REPOSITORY, RunningBroker
from tests.makers.register import a_device, a_register, service_hashes
from tests.ports import free_port

pytestmark = pytest.mark.broker

USERS = broker_users(a_register(a_device()), service_hashes())
Eventually = Callable[..., None]


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Refusal, match=f"Port {port} .* cannot be used.*--mqtt-port"):
            Nats(BrokerPlaces(host="127.0.0.1", port=port, folder=tmp_path / "broker")).start(USERS)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refusal, match="cannot be made"):
        Nats(BrokerPlaces(host="127.0.0.1", port=free_port(), folder=tmp_path / "file" / "broker")).start(USERS)


def test_a_broker_that_cannot_be_noted_down_does_not_run_on_unnoticed(tmp_path: Path) -> None:
    places = BrokerPlaces(host="127.0.0.1", port=free_port(), folder=tmp_path / "broker")
    places.folder.mkdir()
    (places.folder / "child.json").symlink_to(tmp_path / "away" / "child.json")
    broker = Nats(places)
    with pytest.raises(Refusal, match="cannot be written"):
        broker.start(USERS)
    assert broker.pid is None


def test_the_configuration_is_for_our_eyes_only(broker: RunningBroker) -> None:
    mode = (broker.broker.places.folder / "nats.conf").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_configuration_that_the_broker_refuses_leaves_the_old_one_in_force(broker: RunningBroker) -> None:
    twice = [*USERS, USERS[0]]
    assert not broker.broker.reload(twice)
    assert broker.broker.reload(USERS)


class BrokerThatHangs(Nats):
    """A broker that stands still after so many answers, until it is let go on."""

    answers = 0

    def _ask(self, path: str) -> dict[str, Any]:
        found = super()._ask(path)
        self.answers -= 1
        if self.answers == 0 and self.pid is not None:
            os.kill(self.pid, signal.SIGSTOP)
        return found

    def go_on(self) -> None:
        assert self.pid is not None
        os.kill(self.pid, signal.SIGCONT)


@pytest.mark.parametrize("hangs_before", [True, False])
def test_a_broker_that_does_not_answer_has_not_taken_its_new_users(tmp_path: Path, *, hangs_before: bool) -> None:
    broker = BrokerThatHangs(BrokerPlaces(host="127.0.0.1", port=free_port(), folder=tmp_path / "broker"))
    broker.start(USERS)
    broker.answers = 1
    if hangs_before:
        broker._ask("varz")
    assert not broker.reload(USERS)
    broker.go_on()
    assert broker.reload(USERS)
    broker.stop()


def test_a_broker_is_stopped_and_started_again_on_the_same_port(broker: RunningBroker) -> None:
    before = broker.broker.pid
    broker.broker.stop()
    assert broker.broker.pid is None
    broker.restart(a_device())
    assert broker.broker.pid not in (None, before)


_PARENT = """
import sys
from pathlib import Path
from deploy.broker.accounts import BrokerPlaces
from deploy.broker.nats import Nats
from deploy.broker.users import broker_users
from tests.makers.register import a_device, a_register, service_hashes
USERS = broker_users(a_register(a_device()), service_hashes())
Nats(BrokerPlaces(host="127.0.0.1", port=int(sys.argv[1]), folder=Path(sys.argv[2]))).start(USERS)
print("started", flush=True)
sys.stdin.read()
"""


def test_a_killed_parent_takes_the_broker_along_and_the_port_is_free_again(
    tmp_path: Path, eventually: Eventually
) -> None:
    folder, port = tmp_path / "broker", free_port()
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(port), str(folder)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    with parent.stdin, parent.stdout as output:
        while b"started" not in (line := output.readline()):
            assert line
        marks = ChildFile(folder / "child.json").read()
        assert marks is not None
        parent.kill()
        parent.wait()
    child, _ = marks
    again = Nats(BrokerPlaces(host="127.0.0.1", port=port, folder=folder))
    again.start(USERS)
    again.stop()
    eventually(lambda: not child.alive)


def test_a_second_dayuan_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    folder.mkdir()
    with (
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as parent,
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child,
    ):
        marks = ProcessMark.of(child.pid), ProcessMark.of(parent.pid)
        assert marks[0] is not None
        assert marks[1] is not None
        ChildFile(folder / "child.json").write(marks[0], marks[1])
        with pytest.raises(Refusal, match="already runs"):
            Nats(BrokerPlaces(host="127.0.0.1", port=free_port(), folder=folder)).start(USERS)
        child.kill()
        parent.kill()


def test_a_left_over_of_ours_is_ended_and_a_stranger_with_its_number_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    folder.mkdir()
    gone = ProcessMark(pid=2**22 + 1, started=1)
    broker = Nats(BrokerPlaces(host="127.0.0.1", port=free_port(), folder=folder))
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        mark = ProcessMark.of(other.pid)
        assert mark is not None
        ChildFile(folder / "child.json").write(ProcessMark(mark.pid, mark.started - 1), gone)
        broker.start(USERS)
        broker.stop()
        assert mark.alive
        ChildFile(folder / "child.json").write(mark, gone)
        broker.start(USERS)
        broker.stop()
        assert other.wait(60) == -signal.SIGTERM


@pytest.mark.parametrize("content", ["", "{", "[]", '{"child": 1}', '{"child": [1], "parent": [2]}'])
def test_an_illegible_child_file_is_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "child.json").write_text(content)
    assert ChildFile(tmp_path / "child.json").read() is None


def test_our_own_process_is_alive_under_its_own_mark() -> None:
    mark = ProcessMark.of(os.getpid())
    assert mark is not None
    assert mark.alive
    assert not ProcessMark(mark.pid, mark.started + 1).alive
