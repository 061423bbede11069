"""The whole house under kill -9, taken ports and folders that cannot be used."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from os import kill
from pathlib import Path
from socket import create_server
from uuid import uuid4

import pytest

from registry.bus import BrokerAddress, Bus, NotSent
from tests.deploy.conftest import RunningHouse, wait_until_gone
from tests.ports import free_port
from tests.postgres import Postgres

pytestmark = pytest.mark.broker

BEAM = "oc1/beam/north-01"
OTHER_BEAM = "oc1/beam/west-01"


def beam_events(count: int) -> list[tuple[str, bytes]]:
    made = []
    for number in range(count):
        event_id = str(uuid4())
        event = {
            "specversion": "1.0",
            "id": event_id,
            "source": f"//{BEAM}",
            "type": "dayuan.beam.interrupted",
            "time": datetime.now(UTC).isoformat(),
            "seq": number,
            "bootid": "test",
            "data": {"state": "instant", "beam_ids": ["a"], "dur_ms": 60, "both": False},
        }
        made.append((event_id, json.dumps(event).encode()))
    return made


def publish_all(
    house: RunningHouse, events: list[tuple[str, bytes]], some: threading.Event, many: threading.Event
) -> None:
    """Publish each event at QoS 1 until the broker has confirmed it, over every restart."""
    account = house.demo["devices"][BEAM]
    bus = Bus(BrokerAddress(host="127.0.0.1", port=house.mqtt_port, **account))
    bus.start()
    for number, (_, payload) in enumerate(events):
        if number == len(events) // 4:
            some.set()
        if number == len(events) // 2:
            many.set()
        receipt = None
        while receipt is None or not receipt.wait(60):
            try:
                receipt = bus.post(f"dayuan/v1/{BEAM}/evt", payload)
            except NotSent:
                bus.wait_until_connected(1)
    bus.stop()


def test_an_engine_that_dies_is_started_again_and_hears(house: RunningHouse, eventually: Callable[..., None]) -> None:
    names = {pid: Path(f"/proc/{pid}/cmdline").read_text() for pid in house.tree()}
    kill(next(pid for pid, name in names.items() if "deploy.processes.engine" in name), signal.SIGKILL)
    [(event_id, payload)] = beam_events(1)
    bus = Bus(BrokerAddress(host="127.0.0.1", port=house.mqtt_port, **house.demo["devices"][OTHER_BEAM]))
    bus.start()
    bus.publish(f"dayuan/v1/{OTHER_BEAM}/evt", payload.replace(BEAM.encode(), OTHER_BEAM.encode()))
    bus.stop()

    def is_stored() -> bool:
        with house.client("operator") as operator:
            page = operator.get("/api/monitor/signals", params={"site": "oc1", "device": OTHER_BEAM}).json()
        return [item["id"] for item in page["items"]] == [event_id]

    eventually(is_stored)


@pytest.mark.parametrize("rule", ["loitering", "no-such-rule"])
def test_a_camera_that_cannot_be_watched_is_refused_and_the_house_goes_on(house: RunningHouse, rule: str) -> None:
    region = {"id": "lawn", "polygon": [[0, 0], [1, 0], [1, 1]], "rules": [rule]}
    with house.client("admin") as admin:
        answer = admin.patch(
            "/api/registry/devices/oc1/camera/north-02", json={"source": "/x.mp4", "regions": [region]}
        )
    assert answer.status_code == 422
    assert house.process is not None
    assert house.process.poll() is None


def up(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.command", "up", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_second_one_on_the_same_folder_is_refused_in_one_sentence(house: RunningHouse) -> None:
    refused = up("--data-dir", str(house.folder), "--port", str(free_port()))
    assert refused.returncode == 2
    assert "Another dayuan is running on the data folder" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_no_process_outlives_the_one_that_started_it(house: RunningHouse) -> None:
    tree = house.tree()
    assert len(tree) >= 4  # supervisor, broker, engine, web
    kill(tree[0], signal.SIGKILL)
    assert house.process is not None
    house.process.wait(60)
    wait_until_gone(tree[1:])
    house.start()  # and the ports are free again


@pytest.mark.timeout(400)
def test_every_event_is_stored_once_though_the_whole_house_is_killed_twice(
    house: RunningHouse, eventually: Callable[..., None]
) -> None:
    publish_while_killed(house, eventually, count=2000, kills=2)


@pytest.mark.timeout(400)
def test_every_event_is_stored_once_though_a_house_with_a_database_is_killed(
    tmp_path: Path, postgres: Postgres, eventually: Callable[..., None]
) -> None:
    url = postgres.empty()
    house = RunningHouse(tmp_path / "data", free_port(), free_port(), ("--no-simulators", "--store-url", url))
    house.start()
    attempt = {
        "attempt_id": str(uuid4()),
        "gate": house.demo["examples"]["gate"],
        "direction": "in",
        "credential": {"kind": "plate", "value": house.demo["examples"]["plate_valid"]},
    }
    with house.client("guard") as guard:
        answer = guard.post("/api/gateway/checks", json=attempt).json()
    publish_while_killed(house, eventually, count=400, kills=1)
    with house.client("guard") as guard:
        assert guard.post("/api/gateway/checks", json=attempt).json() == answer
    assert answer["verdict"] == "granted"
    assert house.stop() == 0
    assert not list((tmp_path / "data").glob("*.db"))
    postgres.give_back(url)


def publish_while_killed(house: RunningHouse, eventually: Callable[..., None], *, count: int, kills: int) -> None:
    """Publish while the house is killed, at a quarter and at half of the way; afterwards every event must be stored once."""
    events = beam_events(count)
    some, many = threading.Event(), threading.Event()
    publisher = threading.Thread(target=publish_all, args=(house, events, some, many))
    publisher.start()
    for moment in (some, many)[:kills]:
        assert moment.wait(120)
        house.kill_tree()
        house.start()
    publisher.join(180)
    assert not publisher.is_alive()

    def stored() -> list[str]:
        found: list[str] = []
        query: dict[str, str | int] = {"site": "oc1", "device": BEAM, "limit": 500}
        with house.client("operator") as operator:
            while True:
                page = operator.get("/api/monitor/signals", params=query).json()
                found += [item["id"] for item in page["items"]]
                if page["next"] is None:
                    return found
                query["cursor"] = page["next"]

    eventually(lambda: len(stored()) >= count)
    assert sorted(stored()) == sorted(event_id for event_id, _ in events)
    with house.client("operator") as operator:
        totals = operator.get("/api/monitor/signals/totals").json()
    assert totals["dead_letter"] == 0


def test_it_ends_in_order_when_it_is_told_to(house: RunningHouse) -> None:
    tree = house.tree()
    assert house.stop() == 0
    wait_until_gone(tree)


@pytest.mark.parametrize("option", ["--port", "--mqtt-port"])
def test_a_taken_port_is_refused_in_one_sentence(tmp_path: Path, option: str) -> None:
    other = "--mqtt-port" if option == "--port" else "--port"
    with create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = up("--data-dir", str(tmp_path / "data"), option, str(port), other, str(free_port()))
    assert refused.returncode == 2
    assert f"Port {port} on 127.0.0.1 cannot be used" in refused.stderr
    assert option in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = up("--data-dir", str(tmp_path / "file" / "data"))
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "cannot be written" in refused.stderr
