"""`dayuan bench ingest`: from a device's word to its row, beside the same client without a store and the usual way."""

import argparse
import random
import secrets
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from deploy.bench import words
from deploy.bench.children import a_child
from deploy.bench.consumers import Orders, Taken, Way, take_in
from deploy.bench.databases import a_database, file_url
from deploy.bench.figures import Latency, Row, middle
from deploy.bench.frames import Published, Publisher, publish
from deploy.bench.machine import machine_row, scratch_folder
from deploy.bench.report import Column, Report, opened_report
from deploy.broker.accounts import BrokerPlaces
from deploy.broker.kinds import broker_of
from deploy.configuration import Configuration
from registry.bus import BrokerAddress
from registry.problems import Refusal
from registry.settings import BrokerKind

_PATIENCE_SECONDS = 600.0
_PROBE_SECONDS = 0.1
_PROBES = 200
FLOOR = "paho, no store"
_BOTH = (
    Column("way", "way"),
    Column("messages", "messages", ",d"),
    Column("per_second", "a second", ",.0f"),
    Column("of_floor", "× floor", ".2f"),
    Column("cpu_us", "CPU µs", ".0f"),
)
_NOTHING = (Column("repeated", "sent again", "d"), Column("lost", "lost", "d"), Column("doubled", "doubled", "d"))
DRAIN_COLUMNS = (*_BOTH, *_NOTHING)
LIVE_COLUMNS = (
    *_BOTH,
    Column("p50_ms", "p50 ms", ".2f"),
    Column("p99_ms", "p99 ms", ".2f"),
    Column("p99_of_floor", "p99 × floor", ".2f"),
    *_NOTHING,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured. `server_url`: a PostgreSQL server that is measured too."""

    messages: int
    rate: float
    seconds: float
    repeats: int
    broker: BrokerKind = BrokerKind.NATS
    durable_broker: bool = False
    server_url: str | None = None
    only: str = ""
    """What the name of a way holds that is measured; the floor always is."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A way of taking messages in, and where it keeps them."""

    name: str
    way: Way
    store: str

    def count(self, messages: int) -> int:
        """How many of the messages it takes: the plain way falls behind any rate worth measuring, so a tenth of them do."""
        return max(1, messages // 10) if self.way is Way.PLAIN else messages


def ingest(options: argparse.Namespace, configuration: Configuration) -> int:
    settings = configuration.settings
    plan = Plan(
        messages=options.messages,
        rate=options.rate,
        seconds=options.seconds,
        repeats=options.repeats,
        broker=options.broker,
        durable_broker=options.durable_broker,
        server_url=settings.store_url.get_secret_value() if settings.store_url is not None else None,
        only=options.only,
    )
    report = opened_report("ingest", as_json=options.json)
    with scratch_folder(settings.data_dir.absolute()) as folder:
        machine = {
            **machine_row(folder),
            "broker": f"{plan.broker}, on disk {'with each message' if plan.durable_broker else 'once a second'}",
            "publisher": "our frame writer, QoS 1, window 100",
        }
        drained, live = measure(plan, folder, report)
    report.show_machine(machine)
    report.show(f"Draining {plan.messages:,} queued messages, medians of {plan.repeats}", DRAIN_COLUMNS, drained)
    title = f"{plan.rate:,.0f} a second for {plan.seconds:.0f} s, due → committed, medians of {plan.repeats}"
    report.show(title, LIVE_COLUMNS, live)
    return 0


def contestants(plan: Plan) -> list[Contestant]:
    stores = ["SQLite"] if plan.server_url is None else ["SQLite", "PostgreSQL"]
    others = [
        Contestant("our client, no store", Way.CLIENT, ""),
        *(Contestant(f"our inbox, {store}", Way.INBOX, store) for store in stores),
        *(Contestant(f"commit per message, {store}", Way.PLAIN, store) for store in stores),
    ]
    return [Contestant(FLOOR, Way.SUBSCRIBER, ""), *(other for other in others if plan.only in other.name)]


def measure(plan: Plan, folder: Path, report: Report) -> tuple[list[Row], list[Row]]:
    """Measure every way in shuffled rounds; the rows of the drain and those of the steady rate."""
    rounds = [(drains, contestant) for drains in (True, False) for contestant in contestants(plan)]
    order = random.Random(plan.repeats)  # noqa: S311 - shuffled, not secret
    found: dict[tuple[bool, str], list[Row]] = {}
    with report.progress(len(rounds) * plan.repeats) as begin:
        for repetition in range(plan.repeats):
            order.shuffle(rounds)
            for number, (drains, contestant) in enumerate(rounds):
                begin(f"{contestant.name}, {'drain' if drains else 'steady'}")
                place = folder / f"{repetition}-{number}"
                place.mkdir()
                row = _round(plan, place, contestant, drains=drains)
                found.setdefault((drains, contestant.name), []).append(row)
    drained, live = (
        [middle(found[drains, contestant.name]) for contestant in contestants(plan)] for drains in (True, False)
    )
    return _with_ratios(drained), _with_ratios(live)


def _round(plan: Plan, place: Path, contestant: Contestant, *, drains: bool) -> Row:
    """One measurement, with a broker, a store and a publisher of its own."""
    secret = secrets.token_hex(16)
    known = words.register(secret)
    count = contestant.count(plan.messages if drains else round(plan.rate * plan.seconds))
    with ExitStack() as opened:
        port = free_port()
        places = BrokerPlaces(host="127.0.0.1", port=port, folder=place / "broker", durable=plan.durable_broker)
        broker = broker_of(plan.broker, places)
        opened.callback(broker.stop)
        broker.start(words.accounts(known, secret, plan.broker))
        orders = Orders(
            way=contestant.way,
            broker=words.address(port, "monitor", secret),
            store_url=opened.enter_context(_store_url(plan, place, contestant)),
            register=known,
            drains=drains,
        )
        device = words.address(port, words.DEVICE.username, secret)
        consumer = opened.enter_context(a_child(place / "consumer.log", take_in, orders))
        publisher = opened.enter_context(a_child(place / "publisher.log", publish))
        probe(device, consumer.line)
        consumer.hear(_PATIENCE_SECONDS)
        publisher.say((device, range(count), None if drains else plan.rate))
        if not drains:
            consumer.say(count)
        published: Published = publisher.hear(_PATIENCE_SECONDS + plan.seconds)
        if drains:
            consumer.say(count)
        taken: Taken = consumer.hear(_PATIENCE_SECONDS)
    return _row(contestant, published, taken, drains=drains)


def probe(device: BrokerAddress, consumer: Connection) -> None:
    """Publish the probe until the consumer says that it hears; what nobody subscribes to is kept for nobody."""
    with Publisher(device) as publisher:
        for _ in range(_PROBES):
            publisher.publish(words.TOPIC, [words.event(words.PROBE)])
            if consumer.poll(_PROBE_SECONDS):
                return
    raise Refusal("The consumer of the benchmark does not hear the broker.")


@contextmanager
def _store_url(plan: Plan, place: Path, contestant: Contestant) -> Iterator[str | None]:
    match contestant.store:
        case "":
            yield None
        case "PostgreSQL":
            with a_database(plan.server_url or "") as url:
                yield url
        case _:
            yield file_url(place)


def _row(contestant: Contestant, published: Published, taken: Taken, *, drains: bool) -> Row:
    took = (max(taken.at.values(), default=0) - taken.first_at) / 1e9
    row: dict[str, str | int | float] = {
        "case": "drain" if drains else "steady",
        "way": contestant.name,
        "messages": len(published.confirmed),
        "per_second": len(taken.at) / took,
        "cpu_us": taken.cpu_seconds / len(taken.at) * 1e6,
        "repeated": taken.repeated,
        "lost": len(published.confirmed - taken.stored.keys()),
        "doubled": sum(times > 1 for times in taken.stored.values()),
    }
    if not drains:
        latency = Latency.of(
            [(taken.at[number] - due) / 1e9 for number, due in enumerate(published.at) if number in taken.at]
        )
        row |= {"p50_ms": latency.p50_ms, "p99_ms": latency.p99_ms}
    return row


def _with_ratios(rows: Sequence[Row]) -> list[Row]:
    floor = next(row for row in rows if row["way"] == FLOOR)
    ratios: list[Row] = []
    for row in rows:
        more = {"of_floor": float(row["per_second"]) / float(floor["per_second"])}
        if "p99_ms" in row:
            more["p99_of_floor"] = float(row["p99_ms"]) / float(floor["p99_ms"])
        ratios.append({**row, **more})
    return ratios


def free_port() -> int:
    """One of 127.0.0.1 where nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
