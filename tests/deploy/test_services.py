"""Services that run apart: one database, one broker, each room by itself; and the plate reader, a process of its own."""

import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from os import kill
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import cv2
import httpx
import numpy as np
import pytest

from deploy.forms import FORMS
from deploy.serve import wait_for_schema
from deploy.system.facts import HouseFacts
from registry.auth.permissions import Role
from registry.bus import BrokerAddress, Bus
from registry.clock import SystemClock
from registry.problems import Refusal
from registry.room import ROOM
from registry.store import Store
from tests.deploy.conftest import wait_until_gone
from tests.makers.events import BEAM, an_event, event_topic, on_the_wire
from tests.makers.machine import within
from tests.makers.plates import lines_of
from tests.makers.services import CARD, Services, services_on
from tests.makers.web import PASSWORD
from tests.postgres import Postgres

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

Eventually = Callable[..., None]
PICTURE = bytes(cv2.imencode(".jpg", np.full((480, 640, 3), 128, np.uint8))[1])
FORM_WORD = re.compile(r'name="csrf" value="([^"]+)"')


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Services]:
    """The four services, started together before there is any table; the tests of this module share them."""
    url = postgres.empty()
    with services_on(tmp_path_factory.mktemp("apart") / "data", url) as running:
        for name in ("monitor", "gateway", "broker", "registry"):
            running.begin(name)
        for name in FORMS:
            running.wait_for(name)
        running.fill()
        yield running
    postgres.give_back(url)


def parts(services: Services, name: str) -> dict[str, Any]:
    with services.client(name) as client:
        found: dict[str, Any] = client.get("/readyz").json()["parts"]
        return found


def is_ready(services: Services, name: str) -> bool:
    with services.client(name) as client:
        return client.get("/readyz").status_code == 200


def process_of(services: Services, form: str, name: str) -> int:
    facts = HouseFacts.in_file(services.folder.processes_of(form))
    assert facts is not None
    return next(process.pid for process in facts.processes if process.name == name) or 0


def check(client: httpx.Client) -> dict[str, Any]:
    asked = {"attempt_id": str(uuid4()), "gate": "oc1-north", "direction": "in"}
    answer = client.post("/api/gateway/checks", json={**asked, "credential": {"kind": "card", "value": CARD}})
    found: dict[str, Any] = answer.json()
    return found


def read_a_picture(services: Services) -> httpx.Response:
    with services.client("gateway", Role.GUARD) as guard:
        return guard.post("/api/gateway/plates/readings", files={"picture": PICTURE})


def slug(answer: httpx.Response) -> str:
    return str(answer.json().get("type", "")).rpartition(":")[2]


def test_each_service_says_how_its_own_parts_are(services: Services, eventually: Eventually) -> None:
    for name in FORMS:
        eventually(lambda name=name: is_ready(services, name))
    assert {"store-registry", "broker-registry", "outbox-registry"} <= set(parts(services, "registry"))
    assert {"gateway-snapshot", "plate-reader", "outbox-gateway"} <= set(parts(services, "gateway"))
    assert {"monitor-engine", "monitor-rules", "broker-web"} <= set(parts(services, "monitor"))
    assert "broker" in parts(services, "broker")
    assert "store-monitor" not in parts(services, "gateway")
    assert "gateway-snapshot" not in parts(services, "monitor")


def test_who_signs_in_at_one_is_signed_in_at_all(services: Services) -> None:
    with services.client("gateway") as browser:
        word = FORM_WORD.findall(browser.get("/sign-in").text)[0]
        form = {"name": "operator", "password": PASSWORD, "csrf": word, "to": "/"}
        assert browser.post("/sign-in", data=form).status_code == 303
        for name in ("monitor", "registry", "gateway", "broker"):
            browser.base_url = httpx.URL(services.url(name))
            assert browser.get("/system", headers={"Accept": "text/html"}).status_code == 200
        browser.base_url = httpx.URL(services.url("monitor"))
        assert browser.get("/control-room", headers={"Accept": "text/html"}).status_code == 200


def test_a_service_answers_for_its_own_room_only(services: Services) -> None:
    for name, page in (("registry", "/registry"), ("gateway", "/gate"), ("monitor", "/control-room")):
        for other in FORMS:
            with services.client(other) as client:
                assert client.get(page).status_code == (401 if other == name else 404), (other, page)


def test_a_check_at_the_gate_and_a_beam_are_heard_by_the_monitor(services: Services, eventually: Eventually) -> None:
    def answered() -> bool:
        with services.client("gateway", Role.GUARD) as guard:
            return check(guard).get("verdict") in {"granted", "denied"}

    eventually(answered)
    event_id = str(uuid4())
    address = BrokerAddress(
        host="127.0.0.1", port=services.mqtt_port, username="oc1.beam.north-01", password=services.beam_secret
    )
    beam = Bus(address)
    beam.start()
    assert beam.wait_until_connected(30)
    beam.publish(event_topic(), on_the_wire(an_event(event_id, occurred_at=SystemClock().now())))
    beam.stop()

    def heard(device: str) -> list[str]:
        with services.client("monitor", Role.OPERATOR) as operator:
            page = operator.get("/api/monitor/signals", params={"site": "oc1", "device": device}).json()
        return [item["id"] for item in page["items"]]

    eventually(lambda: event_id in heard(BEAM))
    eventually(lambda: heard("oc1/gate/oc1-north") != [])


def test_a_second_one_of_a_service_and_a_whole_house_on_its_folder_are_refused_in_one_sentence(
    services: Services,
) -> None:
    again = subprocess.run(services.command("gateway"), capture_output=True, text=True, check=False, timeout=60)
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    assert "Another 'dayuan serve gateway' is running" in again.stderr
    whole = [*services.command("gateway")[:3], "up", "--data-dir", str(services.folder.path)]
    refused = subprocess.run(whole, capture_output=True, text=True, check=False, timeout=60)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)


def test_a_reader_killed_over_a_picture_is_told_in_a_sentence_and_comes_back(
    services: Services, eventually: Eventually
) -> None:
    reader = process_of(services, "gateway", "plates")
    kill(reader, signal.SIGSTOP)  # it has the picture and has not answered
    web = process_of(services, "gateway", "gateway-web")
    lines = lines_of(web)
    with ThreadPoolExecutor(1) as asking:
        answer = asking.submit(read_a_picture, services)
        eventually(lambda: lines_of(web) > lines)
        with services.client("gateway", Role.GUARD) as guard:
            assert check(guard)["verdict"] in {"granted", "denied"}
        kill(reader, signal.SIGKILL)
        assert slug(answer.result(30)) == "plate-reader-away"
    assert answer.result().status_code == 503
    eventually(lambda: slug(read_a_picture(services)) != "plate-reader-away")
    assert read_a_picture(services).status_code == 200 or slug(read_a_picture(services)) == "plate-weights-missing"
    with services.client("gateway") as client:
        eventually(lambda: 'dayuan_process_restarts_total{process="plates"} 1.0' in client.get("/metrics").text)
        told = client.get("/metrics").text
    assert 'dayuan_part_ready{part="gateway-snapshot"} 1.0' in told
    assert "dayuan_gate_checks_total{verdict=" in told
    assert "dayuan_gate_check_seconds_count" in told
    assert 'dayuan_outbox_messages{room="gateway"}' in told


def test_the_page_of_the_system_shows_the_processes_of_all_services(services: Services) -> None:
    with services.client("registry", Role.ADMIN) as admin:
        page = admin.get("/system", headers={"Accept-Language": "en"}).text
    for words in (
        "Alarm engine",
        "Plate reader",
        "Supervisor · gates",
        "Pages and API · monitoring",
        "ended by SIGKILL",
    ):
        assert words in page, words
    with services.client("registry", Role.CLERK) as clerk:
        assert clerk.get("/system").status_code == 403


def test_nothing_of_a_service_outlives_its_supervisor(services: Services) -> None:
    pids = [process_of(services, "gateway", name) for name in ("plates", "gateway-web")]
    services.running["gateway"].kill()
    services.end("gateway")
    wait_until_gone(pids)
    services.begin("gateway")
    services.wait_for("gateway")


def test_a_service_ends_within_five_seconds_also_with_a_stream_open_and_a_picture_being_read(
    services: Services, eventually: Eventually
) -> None:
    with services.client("monitor", Role.OPERATOR) as operator:
        stream = operator.stream("GET", "/control-room/stream", params={"site": "oc1"})
        with stream as answer, ThreadPoolExecutor(1) as asking:
            assert answer.status_code == 200
            kill(process_of(services, "gateway", "plates"), signal.SIGSTOP)
            web = process_of(services, "gateway", "gateway-web")
            lines = lines_of(web)
            reading = asking.submit(read_a_picture, services)
            eventually(lambda: lines_of(web) > lines)
            for name in ("monitor", "gateway", "registry", "broker"):
                began = time.monotonic()
                code = services.end(name)
                took = time.monotonic() - began
                assert (code, took < within(5.0)) == (0, True), (name, took)
            assert reading.result(30).status_code == 503


def test_each_process_has_a_log_of_its_own(services: Services) -> None:
    logs = {file.name for file in Path(services.folder.logs).glob("*.log")}
    assert {"registry-web.log", "gateway-web.log", "monitor-web.log", "broker-web.log"} <= logs
    assert {"engine.log", "plates.log", "registry-supervisor.log", "gateway-supervisor.log"} <= logs


def test_a_registry_that_never_comes_is_said_in_one_sentence(store_url: Callable[..., str]) -> None:
    store = Store.open(ROOM, store_url(ROOM))
    with pytest.raises(Refusal, match="start 'dayuan serve registry' first, or run 'dayuan migrate'"):
        wait_for_schema(store, Event(), patience_seconds=0.0)
    store.close()


def test_a_service_that_waits_for_the_registry_ends_when_it_is_told_to(
    tmp_path: Path, postgres: Postgres, eventually: Eventually
) -> None:
    url = postgres.empty()
    with services_on(tmp_path / "data", url) as alone:
        alone.begin("gateway")
        eventually(lambda: "waiting-for-schema" in alone.words_of("gateway").read_text())
        assert alone.end("gateway") == 0
    postgres.give_back(url)
