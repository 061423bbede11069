"""`dayuan bench registry`: how long the search among many people takes, letter by letter, beside a plain scan with LIKE."""

import argparse
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from pydantic import SecretStr
from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from deploy.bench.children import Child, a_child
from deploy.bench.crowd import Crowd, Wanted, fill_crowd
from deploy.bench.databases import a_database
from deploy.bench.figures import Latency, Row, middle
from deploy.bench.http_load import Asked, Round, ask
from deploy.bench.machine import machine_row, scratch_folder
from deploy.bench.report import Column, Report, opened_report
from deploy.bench.script import Requests
from deploy.bench.served import Memory, serve_house
from deploy.configuration import Configuration
from deploy.folder import DataFolder
from deploy.stores import open_stores, store_urls
from registry.ids import SiteId
from registry.people import queries
from registry.people.identity import IdentityKeys
from registry.people.models import Person
from registry.permits.models import VehiclePermit
from registry.problems import Refusal
from registry.settings import Settings
from registry.store import Store
from registry.units.models import Unit

_START_SECONDS = 300.0
_PAGE = 41
OURS, PAGE, SCAN = "our search", "our search, the whole page", "LIKE scan"
COLUMNS = (
    Column("store", "store"),
    Column("way", "way"),
    Column("searches", "searches", ",d"),
    Column("found", "found %", ".0f"),
    Column("p50_ms", "p50 ms", ".2f"),
    Column("p95_ms", "p95 ms", ".2f"),
    Column("p99_ms", "p99 ms", ".2f"),
)
Search = Callable[[Session, Sequence[SiteId], str], Sequence[Person]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured. `server_url`: a PostgreSQL server that is measured too."""

    people: int
    searches: int
    repeats: int
    server_url: str | None = None


def registry(options: argparse.Namespace, configuration: Configuration) -> int:
    settings = configuration.settings
    plan = Plan(
        people=options.people,
        searches=options.searches,
        repeats=options.repeats,
        server_url=settings.store_url.get_secret_value() if settings.store_url is not None else None,
    )
    report = opened_report("registry", as_json=options.json)
    with scratch_folder(settings.data_dir.absolute()) as folder:
        machine = machine_row(folder)
        rows = measure(plan, folder, report)
    report.show_machine(machine)
    title = f"What a clerk types, letter by letter, among {plan.people:,} people, medians of {plan.repeats}"
    report.show(title, COLUMNS, rows)
    return 0


def measure(plan: Plan, folder: Path, report: Report) -> list[Row]:
    """Search every store in every way, in shuffled rounds; a row for each."""
    stores = ["SQLite"] if plan.server_url is None else ["SQLite", "PostgreSQL"]
    found: dict[tuple[str, str], list[Row]] = {}
    with report.progress(len(stores) * (1 + plan.repeats)) as begin:
        for store in stores:
            begin(f"registering {plan.people:,} people, {store}")
            with (
                _a_place(store, folder, plan) as settings,
                _filled(settings, plan) as (opened, crowd),
                ExitStack() as running,
            ):
                keys = IdentityKeys(DataFolder(settings.data_dir).key("identity"))
                log = folder / "bench.log"
                asker = running.enter_context(a_child(log, ask))
                served = running.enter_context(
                    a_child(log, serve_house, settings.data_dir, Memory.SETTLED, settings.store_url)
                )
                port = served.hear(_START_SECONDS)
                for number in range(plan.repeats):
                    begin(f"searching, {store}")
                    wanted = crowd.typed(random.Random(number), plan.searches)  # noqa: S311 - drawn, not secret
                    rows = [
                        (OURS, _searched(opened, crowd, wanted, _ours(keys))),
                        (PAGE, _asked(asker, port, crowd, wanted)),
                        (SCAN, _searched(opened, crowd, wanted, _scan)),
                    ]
                    for way, row in rows:
                        head: Row = {"case": "search", "store": store, "way": way, "people": plan.people}
                        found.setdefault((store, way), []).append({**head, **row})
    return [middle(rows) for rows in found.values()]


@contextmanager
def _a_place(store: str, folder: Path, plan: Plan) -> Iterator[Settings]:
    data = DataFolder(folder / store)
    data.prepare()
    if store == "SQLite" or plan.server_url is None:
        yield Settings(data_dir=data.path)
        return
    with a_database(plan.server_url) as url:
        yield Settings(data_dir=data.path, store_url=SecretStr(url))


@contextmanager
def _filled(settings: Settings, plan: Plan) -> Iterator[tuple[Store, Crowd]]:
    folder = DataFolder(settings.data_dir)
    crowd = fill_crowd(settings, folder, plan.people)
    store = open_stores(store_urls(settings), folder.key("audit"))["registry"]
    try:
        yield store, crowd
    finally:
        store.close()


def _searched(store: Store, crowd: Crowd, wanted: Sequence[Wanted], search: Search) -> Row:
    """Do each search in a session of its own, as a request does; half are of somebody who sees every compound.

    Found is who stands on the first page, and who may still: a full page asks for another letter.
    """
    seconds, hits = [], 0
    for number, each in enumerate(wanted):
        sites = crowd.sites if number % 2 else [each.site]
        began = time.perf_counter()
        with store.read() as session:
            found = search(session, sites, each.words)
        seconds.append(time.perf_counter() - began)
        hits += len(found) == _PAGE or any(person.id == each.person for person in found)
    return _row(seconds, found=100 * hits / len(wanted))


def _asked(asker: Child, port: int, crowd: Crowd, wanted: Sequence[Wanted]) -> Row:
    """Ask for the page over HTTP, as somebody who sees every compound."""
    head = f"Host: bench\r\nAccept: text/html\r\nAuthorization: Bearer {crowd.token}\r\n\r\n"
    paths = [f"GET /registry/people?q={quote(each.words)} HTTP/1.1\r\n{head}".encode() for each in wanted]
    script = Requests(requests=tuple(paths))
    asker.say(Round(port=port, script=script, first=0, connections=1, seconds=_START_SECONDS, most=len(paths)))
    asked: Asked = asker.hear(2 * _START_SECONDS)
    if asked.wrong:
        raise Refusal(f"{asked.wrong} pages were not right, the first {asked.first_wrong!r}.")
    return _row(asked.seconds)


def _row(seconds: Sequence[float], **more: float) -> Row:
    latency = Latency.of(seconds)
    times = {"p50_ms": latency.p50_ms, "p95_ms": latency.p95_ms, "p99_ms": latency.p99_ms}
    return {"searches": len(seconds), **times, **more}


def _ours(keys: IdentityKeys) -> Search:
    def search(session: Session, sites: Sequence[SiteId], words: str) -> Sequence[Person]:
        return [row.person for row in queries.people(session, sites, words=words, keys=keys, limit=_PAGE)]

    return search


def _scan(session: Session, sites: Sequence[SiteId], words: str) -> Sequence[Person]:
    """The usual way: each word anywhere in the name, phone, plate or unit. It knows no pinyin and no digest."""
    rows = select(Person).outerjoin(Unit, Unit.id == Person.unit_id).where(Person.site.in_(sites))
    for word in words.split():
        plate = exists().where(
            VehiclePermit.person_id == Person.id, VehiclePermit.plate.icontains(word, autoescape=True)
        )
        columns = (Person.name, Person.phone, Unit.name_zh, Unit.name_en)
        rows = rows.where(or_(*(column.icontains(word, autoescape=True) for column in columns), plate))
    return session.scalars(rows.order_by(Person.id.desc()).limit(_PAGE)).all()
