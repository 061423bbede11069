"""`dayuan bench pages`: how long the server takes for a page or a list, on stores that have been in use, beside a bare template."""

import argparse
import random
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from deploy.assembly import desk_of
from deploy.bench.children import Child, a_child
from deploy.bench.figures import Latency, Row, middle
from deploy.bench.http_load import Asked, Round, ask
from deploy.bench.machine import machine_row, scratch_folder
from deploy.bench.past import make_closed_alarms, make_entries
from deploy.bench.report import Column, Report, opened_report
from deploy.bench.rivals import TEMPLATE_PATH
from deploy.bench.script import Reading
from deploy.bench.served import Memory, serve_house, serve_template
from deploy.configuration import Configuration
from deploy.demo.opening import open_demo
from deploy.folder import DataFolder
from deploy.house import open_newest
from registry.access.facts import CredentialKind
from registry.auth.permissions import Role
from registry.clock import SystemClock
from registry.ids import GateId, SiteId
from registry.problems import Refusal
from registry.settings import Settings

_START_SECONDS = 300.0
_WARM_UP = 3
_SITE, _GATE = SiteId("oc1"), GateId("oc1-north")
BARE = "a bare template"
PARTS = (f"/gate/recent?gate={_GATE}", f"/gate/inside?gate={_GATE}")
"""Of the gate's page, which loads them again and again."""
READ: Mapping[str, Role] = {
    f"/gate?gate={_GATE}": Role.GUARD,
    **dict.fromkeys(PARTS, Role.GUARD),
    "/control-room": Role.OPERATOR,
    "/patrol": Role.PATROL,
    "/registry": Role.CLERK,
    "/registry/people": Role.CLERK,
    "/registry/permits": Role.CLERK,
    "/registry/cards": Role.CLERK,
    f"/api/gateway/entries?site={_SITE}": Role.GUARD,
    f"/api/gateway/presence?site={_SITE}": Role.GUARD,
    "/api/monitor/alarms?open=true": Role.OPERATOR,
    "/api/monitor/alarms?open=false": Role.OPERATOR,
    "/api/monitor/signals": Role.OPERATOR,
    "/api/registry/people": Role.CLERK,
}
"""What is read, and as whom."""
COLUMNS = (
    Column("way", "page or list"),
    Column("p50_ms", "p50 ms", ".2f"),
    Column("p95_ms", "p95 ms", ".2f"),
    Column("of_bare", "× bare", ".1f"),
    Column("bytes", "bytes", ",d"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured, and how much there is to read."""

    requests: int
    repeats: int
    people: int
    closed_alarms: int
    entries: int


def pages(options: argparse.Namespace, configuration: Configuration) -> int:
    plan = Plan(
        requests=options.requests,
        repeats=options.repeats,
        people=options.people,
        closed_alarms=options.closed_alarms,
        entries=options.entries,
    )
    report = opened_report("pages", as_json=options.json)
    with scratch_folder(configuration.settings.data_dir.absolute()) as folder:
        machine = machine_row(folder)
        rows = measure(plan, folder, report)
    report.show_machine(machine)
    words = f"with {plan.closed_alarms:,} closed alarms and {plan.entries:,} entries"
    report.show(f"The demo {words}, medians of {plan.repeats}", COLUMNS, rows)
    return 0


def measure(plan: Plan, folder: Path, report: Report) -> list[Row]:
    """Read everything in shuffled order, one request at a time; a row for each page or list."""
    order = random.Random(plan.repeats)  # noqa: S311 - shuffled, not secret
    found: dict[str, list[Row]] = {}
    with report.progress(1 + (1 + len(READ)) * plan.repeats) as begin, ExitStack() as running:
        begin("filling the demo")
        data = DataFolder(folder / "house")
        tokens = fill(data, plan)
        asker = running.enter_context(a_child(folder / "asker.log", ask))
        log = folder / "server.log"
        servers = (
            running.enter_context(a_child(log, serve_house, data.path, Memory.SETTLED)),
            running.enter_context(a_child(log, serve_template, Memory.SETTLED)),
        )
        house, bare = (server.hear(_START_SECONDS) for server in servers)
        to_read = {
            path: (house, Reading(path=path, token=tokens[role], is_part=path in PARTS)) for path, role in READ.items()
        }
        to_read[BARE] = (bare, Reading(path=TEMPLATE_PATH))
        for port, script in to_read.values():
            _read(asker, port, script, _WARM_UP)
        for _ in range(plan.repeats):
            for name in order.sample(sorted(to_read), len(to_read)):
                begin(name)
                port, script = to_read[name]
                found.setdefault(name, []).append(_row(name, _read(asker, port, script, plan.requests)))
    return _with_ratios([middle(found[name]) for name in to_read])


def fill(data: DataFolder, plan: Plan) -> dict[Role, str]:
    """Make the demo's stores in an empty folder, with a past; gives each role's token."""
    data.prepare()
    settings, clock = Settings(data_dir=data.path), SystemClock()
    stores = open_newest(settings, data.key("audit"))
    with ExitStack() as running:
        for store in stores.values():
            running.callback(store.close)
        demo = open_demo(settings, data, stores, clock, simulated=False, people=plan.people)
        make_closed_alarms(stores["monitor"], plan.closed_alarms, clock.now())
        desk = desk_of(data, stores, clock)
        desk.start()
        running.callback(desk.stop)
        cards = [
            credential.key
            for credential in desk.snapshot.credentials.values()
            if credential.kind is CredentialKind.CARD and _SITE in credential.sites
        ]
        make_entries(desk, _GATE, cards, plan.entries)
    return {Role(name): user["token"] for name, user in demo.paper["users"].items()}


def _read(asker: Child, port: int, script: Reading, requests: int) -> Asked:
    asker.say(Round(port=port, script=script, first=0, connections=1, seconds=_START_SECONDS, most=requests))
    asked: Asked = asker.hear(2 * _START_SECONDS)
    if asked.wrong:
        raise Refusal(f"{script.path}: {asked.wrong} answers were not right, the first {asked.first_wrong!r}.")
    return asked


def _row(name: str, asked: Asked) -> Row:
    latency = Latency.of(asked.seconds)
    return {
        "case": "read",
        "way": name,
        "p50_ms": latency.p50_ms,
        "p95_ms": latency.p95_ms,
        "bytes": asked.answer_bytes,
    }


def _with_ratios(rows: Sequence[Row]) -> list[Row]:
    bare = next(row for row in rows if row["way"] == BARE)
    return [{**row, "of_bare": float(row["p50_ms"]) / float(bare["p50_ms"])} for row in rows]
