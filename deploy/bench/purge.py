"""`dayuan bench purge`: how long the inbox waits while a purge takes away a large part of a large store."""

import argparse
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import func, select

from deploy.bench import words
from deploy.bench.children import a_child
from deploy.bench.consumers import Marks, Orders, Taken, Way, start, stored
from deploy.bench.databases import a_database, file_url
from deploy.bench.figures import Latency, Row
from deploy.bench.frames import Published, publish
from deploy.bench.ingest import free_port, probe
from deploy.bench.machine import machine_row, scratch_folder
from deploy.bench.report import Column, Report, opened_report
from deploy.broker.accounts import BrokerPlaces
from deploy.broker.kinds import broker_of
from deploy.configuration import Configuration
from deploy.tuning import settle_memory, take_short_turns
from monitor.retention.purging import Purging
from monitor.room import ROOM
from monitor.signals import queries
from monitor.signals.messages import Heard
from monitor.signals.models import SignalRow
from registry.clock import Instant, SystemClock
from registry.ids import DeviceAddress, SiteId
from registry.messages.envelope import TimeQuality
from registry.settings import BrokerKind
from registry.store import Store
from registry.store.migrating import migrate
from registry.store.planning import count_anew

_PATIENCE_SECONDS = 900.0
_SILENCE_SECONDS = 20.0
_DEVICES = [DeviceAddress(SiteId("oc1"), "beam", f"old-{number:02d}") for number in range(50)]
_OLDEST_DAYS, _NEWEST_DAYS = 120, 60
"""Beams are kept for 90 days, so half of what is stored is over."""
_AT_ONCE = 10_000
COLUMNS = (
    Column("way", "store"),
    Column("purges", "while"),
    Column("gone", "taken away", ",d"),
    Column("gone_per_second", "a second", ",.0f"),
    Column("p50_ms", "p50 ms", ".1f"),
    Column("p99_ms", "p99 ms", ".1f"),
    Column("longest_ms", "longest ms", ".0f"),
    Column("lost", "lost", "d"),
    Column("doubled", "doubled", "d"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much there is and how much comes. `server_url`: a PostgreSQL server that is measured too."""

    signals: int
    rate: float
    seconds: float
    broker: BrokerKind
    server_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What the purge took away while the inbox worked, and what came in."""

    signals: int
    taken: Taken


def purge(options: argparse.Namespace, configuration: Configuration) -> int:
    settings = configuration.settings
    plan = Plan(
        signals=options.signals,
        rate=options.rate,
        seconds=options.seconds,
        broker=options.broker,
        server_url=settings.store_url.get_secret_value() if settings.store_url is not None else None,
    )
    report = opened_report("purge", as_json=options.json)
    with scratch_folder(settings.data_dir.absolute()) as folder:
        machine = {**machine_row(folder), "broker": f"{plan.broker}", "publisher": "our frame writer, QoS 1"}
        rows = measure(plan, folder, report)
    report.show_machine(machine)
    title = f"{plan.signals:,} signals, half of them over; {plan.rate:,.0f} a second come in for {plan.seconds:.0f} s"
    report.show(title, COLUMNS, rows)
    return 0


def measure(plan: Plan, folder: Path, report: Report) -> list[Row]:
    """Fill a store of each kind; let signals come in, first beside no purge and then beside one."""
    kinds = ["SQLite"] if plan.server_url is None else ["SQLite", "PostgreSQL"]
    rows: list[Row] = []
    with report.progress(3 * len(kinds)) as begin:
        for kind in kinds:
            place = folder / kind
            place.mkdir()
            with _store_url(plan, place, kind) as url:
                begin(f"{kind}, filling")
                with a_child(place / "filling.log", fill, url, plan.signals) as filling:
                    filling.hear(_PATIENCE_SECONDS)
                for purges in (False, True):
                    begin(f"{kind}, {'beside a purge' if purges else 'beside none'}")
                    rows.append(_round(plan, place / f"{purges}", kind, url, purges=purges))
    return rows


@contextmanager
def _store_url(plan: Plan, place: Path, kind: str) -> Iterator[str]:
    if kind == "SQLite":
        yield file_url(place)
        return
    with a_database(plan.server_url or "") as url:
        yield url


def fill(line: Connection, url: str, count: int) -> None:
    """Store so many signals, evenly over two months, through the inbox's own statements."""
    store = Store.open(ROOM, url)
    migrate(store)
    now = SystemClock().now()
    step = timedelta(days=_OLDEST_DAYS - _NEWEST_DAYS) / count
    for first in range(0, count, _AT_ONCE):
        events = [
            _old_event(number, now - timedelta(days=_OLDEST_DAYS) + step * number)
            for number in range(first, min(first + _AT_ONCE, count))
        ]
        with store.begin_beside(now) as work:
            queries.claim(work.session, events)
            queries.store_signals(work.session, events)
    count_anew(store)
    store.close()
    line.send(count)


def _old_event(number: int, at: Instant) -> Heard:
    device = _DEVICES[number % len(_DEVICES)]
    return Heard(
        id=f"old-{number:010d}",
        source=device.source,
        digest=number.to_bytes(16),
        device=device,
        type="dayuan.beam.interrupted",
        subject=None,
        occurred_at=at,
        received_at=at,
        time_quality=TimeQuality.DEVICE,
        seq=None,
        bootid=None,
        data='{"state":"instant","beam_ids":["a","b"],"dur_ms":220}',
    )


def _round(plan: Plan, place: Path, kind: str, url: str, *, purges: bool) -> Row:
    """Signals at the steady rate, with a broker and a publisher of their own."""
    place.mkdir()
    secret = secrets.token_hex(16)
    known = words.register(secret)
    first, count = (1 + int(plan.rate * plan.seconds)) * purges, int(plan.rate * plan.seconds)
    with ExitStack() as opened:
        port = free_port()
        broker = broker_of(plan.broker, BrokerPlaces(host="127.0.0.1", port=port, folder=place / "broker"))
        opened.callback(broker.stop)
        broker.start(words.accounts(known, secret, plan.broker))
        orders = Orders(
            way=Way.INBOX,
            broker=words.address(port, "monitor", secret),
            store_url=url,
            register=known,
            drains=False,
        )
        device = words.address(port, words.DEVICE.username, secret)
        consumer = opened.enter_context(a_child(place / "consumer.log", take_in_beside, orders, purges=purges))
        publisher = opened.enter_context(a_child(place / "publisher.log", publish))
        probe(device, consumer.line)
        consumer.hear(_PATIENCE_SECONDS)
        publisher.say((device, range(first, first + count), plan.rate))
        consumer.say(count)
        published: Published = publisher.hear(_PATIENCE_SECONDS)
        gone: Gone = consumer.hear(_PATIENCE_SECONDS)
    return _row(plan, kind, published, gone, first, purges=purges)


def take_in_beside(line: Connection, orders: Orders, *, purges: bool) -> None:
    """Hear as the engine's process does, with its purge in a thread beside the inbox; say what was taken."""
    store = Store.open(ROOM, orders.store_url or "")
    settle_memory()
    take_short_turns()
    marks = Marks()
    stop = start(orders, store, marks)
    marks.probed.wait(_SILENCE_SECONDS)
    line.send("hears")
    wanted = line.recv()
    purging = Purging(store, SystemClock(), days={}, every_seconds=3600)
    before = _old_there(store)
    if purges:
        purging.start()
    marks.wait_for(wanted)
    stop()
    purging.stop(_SILENCE_SECONDS)
    taken = Taken(
        at=marks.at, first_at=marks.first_at, cpu_seconds=0, repeated=marks.repeated, stored=stored(Way.INBOX, store)
    )
    line.send(Gone(signals=before - _old_there(store), taken=taken))
    store.close()


def _old_there(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).where(SignalRow.id.like("old-%"))) or 0


def _row(plan: Plan, kind: str, published: Published, gone: Gone, first: int, *, purges: bool) -> Row:
    at, took = gone.taken.at, len(published.at) / plan.rate
    waits = [(at[first + place] - due) / 1e9 for place, due in enumerate(published.at) if first + place in at]
    latency = Latency.of(waits)
    return {
        "case": "purge",
        "way": kind,
        "purges": "purged" if purges else "left alone",
        "gone": gone.signals,
        "gone_per_second": gone.signals / took,
        "p50_ms": latency.p50_ms,
        "p99_ms": latency.p99_ms,
        "longest_ms": max(waits) * 1e3,
        "lost": sum(first + place not in gone.taken.stored for place in published.confirmed),
        "doubled": sum(times > 1 for times in gone.taken.stored.values()),
    }
