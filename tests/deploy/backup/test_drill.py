"""The drill: a backup taken while people come and go, restored elsewhere; nothing is missing, and the house starts on it."""

import json
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from registry.bus import BrokerAddress, Bus
from tests.deploy.conftest import RunningHouse
from tests.makers.events import BEAM, an_event, event_topic, on_the_wire
from tests.makers.houses import House
from tests.makers.pictures import a_picture
from tests.ports import free_port
from tests.postgres import Postgres

pytestmark = [pytest.mark.broker, pytest.mark.timeout(400)]
CAMERA = "oc1/camera/north-01"


EVENTS_APART_SECONDS = 0.004
"""As fast as the inbox takes them, the rules of the house that starts on the backup would be busy with them for minutes."""


@dataclass(slots=True)
class Traffic:
    """Four who write to a running house, each in another way, and what the house told each of them is done."""

    house: RunningHouse
    entries: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _faults: list[BaseException] = field(default_factory=list)

    def run(self, running: ExitStack) -> None:
        for act in (self._come_and_go, self._come_and_go, self._take_pictures, self._interrupt):
            thread = threading.Thread(target=self._until_told, args=[act])
            thread.start()
            running.callback(thread.join)
        running.callback(self._stop.set)

    def told(self) -> tuple[int, int, int]:
        assert self._faults == []
        return len(self.entries), len(self.pictures), len(self.events)

    def _until_told(self, act: Callable[[], Iterator[None]]) -> None:
        try:
            for _ in act():
                if self._stop.is_set():
                    return
        except BaseException as fault:
            self._faults.append(fault)
            raise

    def _come_and_go(self) -> Iterator[None]:
        card = {"kind": "card", "value": self.house.demo["examples"]["card_valid"]}
        with self.house.client("guard") as guard:
            while True:
                asked = {"attempt_id": str(uuid4()), "gate": "oc1-north", "direction": "in", "credential": card}
                self.entries.append(guard.post("/api/gateway/checks", json=asked).raise_for_status().json()["entry_id"])
                yield

    def _take_pictures(self) -> Iterator[None]:
        account = self.house.demo["devices"][CAMERA]
        with self.house.client("operator") as camera:
            del camera.headers["Authorization"]
            for number in range(100_000):
                answer = camera.put(
                    "/api/media",
                    params={"kind": "snapshot", "site": "oc1"},
                    content=a_picture(seed=number),
                    auth=(account["username"], account["password"]),
                    headers={"Content-Type": "image/jpeg"},
                )
                self.pictures.append(answer.raise_for_status().json()["sha256"])
                yield

    def _interrupt(self) -> Iterator[None]:
        bus = Bus(BrokerAddress(host="127.0.0.1", port=self.house.mqtt_port, **self.house.demo["devices"][BEAM]))
        bus.start()
        try:
            while True:
                event = an_event(str(uuid4()))
                bus.publish(event_topic(), on_the_wire(event))
                self.events.append(event["id"])
                yield
                self._stop.wait(EVENTS_APART_SECONDS)
        finally:
            bus.stop()


def dayuan(*words: str) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run([sys.executable, "-m", "deploy.command", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


def head_of(backup: Path) -> dict[str, Any]:
    """What the backup says of itself, read as anybody would."""
    with tarfile.open(backup) as archive:
        member = archive.extractfile("head.json")
        assert member is not None
        found: dict[str, Any] = json.load(member)
        return found


def asked(house: House, room: str, statement: str) -> list[tuple[Any, ...]]:
    """Ask a store without any code of ours."""
    if house.database is None:
        with closing(sqlite3.connect(house.path / f"{room}.db")) as store:
            return store.execute(statement).fetchall()
    url = make_url(house.database).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, options=f"-c search_path={room}") as database:
        return database.execute(statement).fetchall()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_that_is_taken_under_load_comes_back_whole_and_the_house_starts_on_it(
    kind: str, tmp_path: Path, demo_folder: Path, request: pytest.FixtureRequest, eventually: Callable[..., None]
) -> None:
    postgres: Postgres | None = request.getfixturevalue("postgres") if kind == "postgresql" else None
    old = House(tmp_path / "old" / "data", postgres.empty() if postgres else None)
    new = House(tmp_path / "new" / "data", postgres.empty() if postgres else None)
    backup = tmp_path / "house.backup"
    if postgres is None:
        shutil.copytree(demo_folder, old.path)
    with ExitStack() as running:
        house = started(old, running)
        traffic = Traffic(house)
        with ExitStack() as busy:
            traffic.run(busy)
            eventually(lambda: min(traffic.told()) >= 20)
            with house.client("operator") as operator:
                eventually(lambda: operator.get("/api/monitor/signals/totals").json()["stored"] >= 20)
            before = Traffic(house, list(traffic.entries), list(traffic.pictures))
            dayuan("backup", "--out", str(backup), *old.words)
            eventually(lambda: min(traffic.told()) >= 20 + min(before.told()[:2]))
        house.stop()
    dayuan("restore", str(backup), *new.words)
    assert "BROKEN" not in dayuan("audit", "verify", *new.words).stdout

    head = head_of(backup)
    for room, said in head["rooms"].items():
        for table, rows in said["rows"].items():
            written_by_the_restore = room == "registry" and table in {"audit", "feed_change"}
            [(count,)] = asked(new, room, f"SELECT count(*) FROM {table}")  # noqa: S608 - of our own head
            assert (count > rows) if written_by_the_restore else (count == rows), table
    assert entries(new) >= set(before.entries)
    assert entries(new) < set(traffic.entries)
    named = {sha256 for (sha256,) in asked(new, "registry", "SELECT sha256 FROM media")}
    assert named >= set(before.pictures)
    assert named == {path.name for path in new.folder.media.rglob("*") if path.is_file()}
    known = {str(one) for (one,) in asked(new, "registry", "SELECT id FROM card")}
    assert {str(one) for (one,) in asked(new, "gateway", "SELECT credential_id FROM entry")} <= known
    [(received, kept)] = asked(new, "monitor", "SELECT received, stored + duplicate + dead_letter FROM inbox_totals")
    [(signals,)] = asked(new, "monitor", "SELECT count(*) FROM signals")
    assert (received, signals) == (kept, kept)

    with ExitStack() as running:
        again = started(new, running)
        with again.client("operator") as operator:
            eventually(lambda: operator.get("/readyz").status_code == 200)
            assert operator.get("/api/monitor/signals/totals").json()["stored"] >= signals
        after = Traffic(again)
        with ExitStack() as busy:
            after.run(busy)
            eventually(lambda: min(after.told()) >= 3)
        again.stop()
    assert "BROKEN" not in dayuan("audit", "verify", *new.words).stdout
    for place in (old, new):
        if postgres is not None:
            postgres.give_back(str(place.database))


def started(place: House, running: ExitStack) -> RunningHouse:
    url = () if place.database is None else ("--store-url", place.database)
    place.path.parent.mkdir(exist_ok=True)
    house = RunningHouse(place.path, free_port(), free_port(), ("--no-simulators", *url))
    running.callback(house.stop)
    house.start()
    return house


def entries(house: House) -> set[str]:
    return {str(UUID(str(one))) for (one,) in asked(house, "gateway", "SELECT id FROM entry")}
