"""`dayuan bench live`: from a device's word to the operator's open page, through a whole house with its processes."""

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from deploy.bench.children import a_child
from deploy.bench.figures import Latency, Row
from deploy.bench.frames import Publisher
from deploy.bench.ingest import free_port
from deploy.bench.machine import machine_row, scratch_folder
from deploy.bench.operator import Place, Watched, watch
from deploy.bench.report import Column, Report, opened_report
from deploy.configuration import Configuration
from registry.bus import BrokerAddress
from registry.clock import format_instant
from registry.ids import DeviceAddress
from registry.messages.topics import Channel, DeviceTopic
from registry.problems import Refusal
from registry.settings import BrokerKind

_PATIENCE_SECONDS = 300.0
_STOP_SECONDS = 30.0
_LAST_SECONDS = 3.0
"""After the last event, for it to be shown."""
_PEOPLE = 400
_BUSY = [DeviceAddress.parse(f"oc1/beam/{side}-0{number}") for side in ("east", "south", "west") for number in (1, 2)]
_FOLLOWED = DeviceAddress.parse("oc1/beam/north-02")
_FOLLOWED_PART = 0.05
"""Of all events, those of the device whose list the operator has open: the page shows fifty at a time."""
_ALARM_SECONDS = 0.5
"""Between two crossings, each of another zone."""
_SIGNALS, _ALARMS = "list of one device's signals", "control room, a new alarm"
COLUMNS = (
    Column("way", "page"),
    Column("events", "events", ",d"),
    Column("p50_ms", "p50 ms", ".0f"),
    Column("p95_ms", "p95 ms", ".0f"),
    Column("p99_ms", "p99 ms", ".0f"),
    Column("lost", "never shown", "d"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is published: by all devices together, and for how long."""

    rate: float
    seconds: float
    broker: BrokerKind


@dataclass(frozen=True, slots=True)
class Sent:
    """What a device says at one moment."""

    device: DeviceAddress
    payload: bytes
    name: str
    """By what it is found on a page; empty: it is not looked for."""
    after_seconds: float


def live(options: argparse.Namespace, configuration: Configuration) -> int:
    plan = Plan(rate=options.rate, seconds=options.seconds, broker=options.broker)
    report = opened_report("live", as_json=options.json)
    with scratch_folder(configuration.settings.data_dir.absolute()) as folder:
        machine = {**machine_row(folder), "broker": f"{plan.broker}", "publisher": "our frame writer, QoS 1"}
        rows = measure(plan, folder, report)
    report.show_machine(machine)
    title = f"The demo's house, {plan.rate:,.0f} events a second for {plan.seconds:.0f} s, due → on the open page"
    report.show(title, COLUMNS, rows)
    return 0


def measure(plan: Plan, folder: Path, report: Report) -> list[Row]:
    """Start a house, open an operator's pages, publish; a row for each page."""
    with report.progress(2) as begin:
        begin("starting the house")
        with _house(folder, plan.broker) as paper:
            port = int(paper["url"].rpartition(":")[2])
            place = Place("127.0.0.1", port, paper["users"]["operator"]["token"])
            events = _events(plan, paper)
            with (
                a_child(folder / "operator.log", watch, place, _PAGES) as operator,
                a_child(folder / "publisher.log", publish, paper["mqtt"]["port"], paper["devices"]) as publisher,
            ):
                operator.hear(_PATIENCE_SECONDS)
                begin("measuring")
                publisher.say(events)
                began: int = publisher.hear(_PATIENCE_SECONDS + plan.seconds)
                time.sleep(_LAST_SECONDS)
                operator.say("what was shown?")
                seen: Mapping[str, Mapping[str, int]] = operator.hear(_PATIENCE_SECONDS)
    crossed = [event for event in events if event.name == _ALARMS]
    followed = [event for event in events if event.name.isdigit()]
    return [
        _row(_SIGNALS, [seen[_SIGNALS].get(event.name) for event in followed], followed, began),
        # Alarms are of zones that had none, so they appear in the order of the crossings.
        _row(_ALARMS, _in_order(sorted(seen[_ALARMS].values()), len(crossed)), crossed, began),
    ]


_PAGES = {
    _SIGNALS: Watched(
        page=f"/control-room/signals?device={_FOLLOWED}",
        stream="/control-room/signals/stream",
        news=frozenset({"signals-changed", "reload"}),
        sign=r"\b(1\d{6})\b",
    ),
    _ALARMS: Watched(
        page="/control-room",
        stream="/control-room/stream",
        news=frozenset({"alarm-changed", "arming-changed", "reload"}),
        sign=r"alarms?[=/-]([0-9a-f]{8}-[0-9a-f-]{27})",
    ),
}


def _in_order(moments: Sequence[int], wanted: int) -> list[int | None]:
    return [*moments[:wanted], *[None] * (wanted - len(moments))]


def _row(way: str, shown: Sequence[int | None], events: Sequence[Sent], began: int) -> Row:
    took = [(at - began) / 1e9 - event.after_seconds for at, event in zip(shown, events, strict=True) if at is not None]
    if not took:
        raise Refusal(f"Nothing of what was published came to be seen: {way}.")
    latency = Latency.of(took)
    return {
        "case": "live",
        "way": way,
        "events": len(events),
        "p50_ms": latency.p50_ms,
        "p95_ms": latency.p95_ms,
        "p99_ms": latency.p99_ms,
        "lost": len(events) - len(took),
    }


@contextmanager
def _house(folder: Path, broker: BrokerKind) -> Iterator[dict[str, Any]]:
    """The whole product on the demo, with nobody simulated; gives its paper."""
    data = folder / "house"
    words = ["up", "--demo", "--no-simulators", "--people", str(_PEOPLE), "--broker", broker, "--data-dir", str(data)]
    words += ["--port", str(free_port()), "--mqtt-port", str(free_port())]
    with (folder / "up.log").open("ab") as log:
        command = [sys.executable, "-m", "deploy.command", *words]
        house = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)  # noqa: S603 - our own command
    try:
        assert house.stdout is not None  # noqa: S101 - it is a pipe
        if b"Dayuan runs at" not in house.stdout.readline():
            raise Refusal(f"The house of the benchmark does not start: {(folder / 'up.log').read_text()[-500:]}")
        yield json.loads((data / "demo.json").read_bytes())
    finally:
        house.terminate()
        try:
            house.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            house.kill()
            house.wait()


def _events(plan: Plan, paper: Mapping[str, Any]) -> list[Sent]:
    """Everything that is said, in order: a flood that no camera confirms, the followed device, and crossings."""
    events: list[Sent] = []
    count = int(plan.rate * plan.seconds)
    followed = int(1 / _FOLLOWED_PART)
    for number in range(count):
        after = number / plan.rate
        is_followed = number % followed == 0
        device = _FOLLOWED if is_followed else _BUSY[number % len(_BUSY)]
        name = str(1_000_000 + number) if is_followed else ""
        events.append(Sent(device, _interrupted(device, number, 1_000_000 + number), name, after))
    walls = _walls(paper["devices"])
    for number, (beam, camera) in enumerate(walls[: int(plan.seconds / _ALARM_SECONDS)]):
        after = number * _ALARM_SECONDS
        events.append(Sent(camera, _moved(camera, number), "", after))
        events.append(Sent(beam, _interrupted(beam, count + number, 400), _ALARMS, after))
    return sorted(events, key=lambda event: event.after_seconds)


def _walls(devices: Mapping[str, Any]) -> list[tuple[DeviceAddress, DeviceAddress]]:
    """The pairs of a beam and the camera that sees it, of the compounds that are always armed but the first."""
    always = {f"oc{number}" for number in range(2, 18)}
    beams = [address for address in map(DeviceAddress.parse, devices) if address.kind == "beam"]
    pairs = [(beam, DeviceAddress(beam.site, "camera", beam.name)) for beam in beams if beam.site in always]
    return [(beam, camera) for beam, camera in pairs if str(camera) in devices]


def _interrupted(device: DeviceAddress, number: int, duration_ms: int) -> bytes:
    return _event(
        device, f"bench-{number}", "interrupted", {"state": "instant", "beam_ids": ["a", "b"], "dur_ms": duration_ms}
    )


def _moved(device: DeviceAddress, number: int) -> bytes:
    return _event(device, f"bench-c-{number}", "motion", {"state": "instant", "activity": f"m{number}", "score": 0.9})


def _event(device: DeviceAddress, name: str, what: str, data: Mapping[str, object]) -> bytes:
    """All but the time, which is that of publishing."""
    said = {
        "specversion": "1.0",
        "id": name,
        "source": device.source,
        "type": f"dayuan.{device.kind}.{what}",
        "data": data,
        "time": _TIME,
    }
    return json.dumps(said).encode()


_TIME = "now"


def publish(line: Connection, port: int, devices: Mapping[str, Mapping[str, str]]) -> None:
    """Take events from the line, publish each when it is due, from its own device; say when it began (monotonic nanoseconds)."""
    events: list[Sent] = line.recv()
    by_device: dict[DeviceAddress, list[Sent]] = {}
    for event in events:
        by_device.setdefault(event.device, []).append(event)
    opened = {
        device: Publisher(
            BrokerAddress(
                host="127.0.0.1",
                port=port,
                username=device.username,
                password=devices[str(device)]["password"],
            )
        )
        for device in by_device
    }
    began = time.monotonic_ns()
    threads = [
        threading.Thread(target=_say, args=(opened[device], device, those, began))
        for device, those in by_device.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    line.send(began)


def _say(publisher: Publisher, device: DeviceAddress, events: Sequence[Sent], began: int) -> None:
    topic = str(DeviceTopic(device, Channel.EVENT))
    with publisher:
        for event in events:
            pause = event.after_seconds - (time.monotonic_ns() - began) / 1e9
            if pause > 0:
                time.sleep(pause)
            now = format_instant(datetime.now(UTC))
            publisher.publish(topic, [event.payload.replace(f'"{_TIME}"'.encode(), f'"{now}"'.encode())])
