"""Every route of the whole application, asked by every role: it answers as the table says, and what is elsewhere is not there.

The routes are those of the application itself; none can be added without being asked here, and each has its line in
`tests/golden/routes.txt` (`DAYUAN_WRITE_GOLDEN=1` writes it anew; look at the difference before it is committed).
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import cv2
import numpy as np
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from deploy.assembly import WebHouse, assemble
from deploy.folder import DataFolder
from deploy.house import open_newest
from gateway.musters.models import Because
from gateway.musters.service import open_muster
from monitor.alarms import raising
from monitor.arming import queries as arming
from monitor.beams.models import WalkTest
from monitor.beams.rules import LONGEST_TEST
from registry.access.parts import OsdpSettings, PartRole
from registry.auth.permissions import TABLE, Permission, Role
from registry.auth.principal import Grant
from registry.auth.requires import SESSION_COOKIE, Requires
from registry.auth.service import add_token, add_user
from registry.housing.models import ResidenceFile
from registry.ids import LaneId, SiteId, UnitId, UserId
from registry.lane_parts.service import set_part
from registry.permits.models import ApplicationState
from registry.settings import Settings
from registry.sites.gates import lane_of
from registry.sites.plan import set_drawing
from registry.web.app import PUBLIC, flat
from tests.fakes.clock import FixedClock
from tests.makers.housing import a_room, a_tenancy
from tests.makers.levels import a_level, a_pin
from tests.makers.monitor import a_finding, a_group
from tests.makers.permits import an_application
from tests.makers.projects import a_project
from tests.makers.registry import (
    a_card,
    a_deny_entry,
    a_gate,
    a_permit,
    a_person,
    a_qr_pass,
    a_site,
    a_unit,
    a_zone,
)
from tests.makers.web import PASSWORD, SignedInBrowser, a_session

GOLDEN = Path(__file__).parents[1] / "golden" / "routes.txt"
OC1, OC2 = SiteId("oc1"), SiteId("oc2")
SIGNED_IN, IN_PERSON, DEVICES_TOO = "signed in", "signed in, in person", "media.write, or a device"
A_DEVICE = "a device that posts"
_GUARDS = {"InPerson": IN_PERSON, "SenderGuard": DEVICES_TOO, "PushGuard": A_DEVICE}
ASKED_BY_NO_ROUTE = {Permission.ALARMS_CLOSE_PRIORITY_1}
"""Held for what a service asks beside the route's own permission, or for what later steps bring."""
REFUSED = {"unauthenticated", "forbidden", "foreign-form", "only-in-person"}
"""The problems by which a guard turns somebody away."""


@dataclass(frozen=True, slots=True, order=True)
class Asked:
    """A route and what it asks for."""

    method: str
    path: str
    guard: str

    def __str__(self) -> str:
        return f"{self.method:<6} {self.path:<66} {self.guard}"

    def lets_through(self, role: Role) -> bool:
        if self.guard in {SIGNED_IN, IN_PERSON}:
            return True
        if self.guard == A_DEVICE:
            return False
        permission = Permission.MEDIA_WRITE if self.guard == DEVICES_TOO else Permission(self.guard)
        return permission in TABLE[role]


def guards_of(dependant: Dependant) -> list[str]:
    call = dependant.call
    own = []
    if isinstance(call, Requires):
        own.append(SIGNED_IN if call.permission is None else str(call.permission))
    elif getattr(call, "guards", False):
        own.append(_GUARDS[type(call).__name__])
    return own + [guard for inner in dependant.dependencies for guard in guards_of(inner)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebHouse]:
    """The application of all rooms on empty stores."""
    data_dir: Path = tmp_path_factory.mktemp("house")
    folder, chosen = DataFolder(data_dir), Settings(data_dir=data_dir)
    folder.prepare()
    with ExitStack() as running:
        stores = open_newest(chosen, folder.key("audit"))
        for store in stores.values():
            running.callback(store.close)
        whole = assemble(chosen, stores, FixedClock())
        with stores["registry"].begin(whole.parts.clock.now()) as work:
            a_gate(work.session)
            a_site(work.session, OC2)
        whole.run(running)
        yield whole


@pytest.fixture(scope="module")
def routes(house: WebHouse) -> list[Asked]:
    """The routes that somebody must be let through to."""
    found = []
    for route in flat(house.app.routes):
        if not isinstance(route, APIRoute) or route.path in PUBLIC:
            continue
        (guard,) = set(guards_of(route.dependant))
        found += [Asked(method, route.path, guard) for method in sorted(route.methods or ())]
    return sorted(found)


@pytest.fixture(scope="module")
def client(house: WebHouse) -> Iterator[TestClient]:
    with TestClient(house.app, follow_redirects=False) as asking:
        house.parts.hub.close()  # a stream ends with its first words
        yield asking


def signed_in(house: WebHouse, name: str, *grants: Grant) -> SignedInBrowser:
    """A browser of a new user."""
    with house.parts.stores["registry"].begin(house.parts.clock.now()) as work:
        user: UserId = add_user(work.session, name=name, password=PASSWORD, grants=grants, now=work.now)
    return a_session(house.parts, user, uuid4().hex.ljust(43, "0"))


DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 3 2"/>'
SAMPLE = {"site": "oc1", "kind": "beam", "name": "nobody", "step": "revocation", "change": "enabling", "language": "zh"}


def ask(client: TestClient, route: Asked, browser: SignedInBrowser | None) -> Any:
    """Ask a route with nothing but who asks: a guard looks before anything else does."""
    path = route.path
    while "{" in path:
        name = path[path.index("{") + 1 : path.index("}")]
        path = path.replace(f"{{{name}}}", SAMPLE.get(name, str(uuid4())), 1)
    client.cookies.clear()
    headers = {"Accept": "application/json"}
    if browser is not None:
        headers |= {"Cookie": f"{SESSION_COOKIE}={browser.token}", "X-CSRF-Token": browser.csrf}
    return client.request(route.method, path, headers=headers)


def slug(answer: Any) -> str:
    if answer.headers.get("content-type") != "application/problem+json":
        return ""
    return str(answer.json()["type"]).rpartition(":")[2]


def test_the_routes_ask_for_what_was_agreed(routes: list[Asked]) -> None:
    written = "".join(f"{route}\n" for route in routes)
    if os.environ.get("DAYUAN_WRITE_GOLDEN"):
        GOLDEN.write_text(written, encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == written


def test_every_permission_is_asked_by_a_route(routes: list[Asked]) -> None:
    asked = {route.guard for route in routes} | {Permission.MEDIA_WRITE}
    assert {permission for permission in Permission if permission not in asked} == ASKED_BY_NO_ROUTE


def test_nobody_gets_past_a_guard_without_having_signed_in(client: TestClient, routes: list[Asked]) -> None:
    answers = {route: ask(client, route, None) for route in routes}
    assert {str(route): answer.status_code for route, answer in answers.items() if answer.status_code != 401} == {}
    assert len(answers) > 100


@pytest.mark.parametrize("role", Role)
def test_every_route_answers_a_role_as_the_table_says(
    house: WebHouse, client: TestClient, routes: list[Asked], role: Role
) -> None:
    unit = None
    if role is Role.UNIT_OFFICER:
        with house.parts.stores["registry"].begin(house.parts.clock.now()) as work:
            unit = a_unit(work.session).id
    grant = Grant(role, OC1, unit=unit)
    browser = signed_in(house, role, grant)
    wrong, met = {}, Counter[bool]()
    for route in routes:
        who = signed_in(house, f"{role}-leaves", grant) if route.path == "/sign-out" else browser
        answer = ask(client, route, who)
        is_refused = answer.status_code in {401, 403} and slug(answer) in REFUSED
        met[is_refused] += 1
        if is_refused is route.lets_through(role) or answer.status_code == 500:
            wrong[str(route)] = (answer.status_code, slug(answer))
    assert wrong == {}
    assert met[False] >= len([route for route in routes if route.guard in {SIGNED_IN, IN_PERSON}])
    assert met[True] > len(routes) / 10, "no role opens nearly everything"


@dataclass(frozen=True, slots=True)
class Things:
    """One of each at the first compound: what a path's parameters may stand for."""

    of: Mapping[str, str]


@pytest.fixture(scope="module")
def things(house: WebHouse, client: TestClient) -> Things:
    parts, now = house.parts, house.parts.clock.now()
    with parts.stores["registry"].begin(now) as work:
        session = work.session
        person = a_person(session)
        permit, card, qr_pass = a_permit(session, person=person), a_card(session), a_qr_pass(session, person=person)
        user = add_user(session, name="worker", password=PASSWORD, grants=[Grant(Role.GUARD, OC1)], now=now)
        set_drawing(session, OC1, DRAWING, by="chen", now=now)
        denied, zone, room = a_deny_entry(session), a_zone(session), a_room(session)
        level, pin = a_level(session, gates=()), a_pin(session, person=person)
        tenancy, project = a_tenancy(session, room, person), a_project(session)
        file = ResidenceFile(
            id=uuid4(),
            person_id=person.id,
            tenancy_id=tenancy.id,
            home="宜昌市夷陵区",
            registered_by="chen",
            registered_at=now,
        )
        session.add(file)
        lane, reader = lane_of(session, OC1, LaneId("oc1-north-1")), OsdpSettings(line="tcp://10.0.0.2:4001", pd=1)
        set_part(session, lane, PartRole.READER, 1, reader, read=0, by="chen", now=now)
        application = an_application(session, "鄂E10009", state=ApplicationState.RETURNED)
        token = add_token(session, name="guard", grants=[Grant(Role.GUARD, OC1)], now=now)
        sender = add_token(session, name="sender", grants=[Grant(Role.CLERK, OC1)], now=now)
    with parts.stores["monitor"].begin(now) as work:
        alarm = raising.raise_alarm(work, a_finding("e-1", site=OC1))
        walked = WalkTest(id=uuid4(), site=OC1, started_at=now, started_by="chen", until=now + LONGEST_TEST)
        work.session.add(walked)
        group = arming.add_group(work.session, a_group(), now)
    with parts.stores["gateway"].begin(now) as work:
        muster = open_muster(work.session, None, OC1, by="dayuan", because=Because.DRILL, now=now)
    shown = {"kind": "card", "value": "FFFFFFFF"}
    asked = {"attempt_id": str(uuid4()), "gate": "oc1-north", "direction": "in", "credential": shown}
    as_guard = {"Authorization": f"Bearer {token}"}
    checked = client.post("/api/gateway/checks", json=asked, headers=as_guard)
    by_hand = {"gate": "oc1-north", "direction": "in", "emergency": True}
    opened = client.post("/api/gateway/openings", json=by_hand, headers=as_guard)
    picture = bytes(cv2.imencode(".jpg", np.zeros((32, 32, 3), np.uint8))[1])
    headers = {"Authorization": f"Bearer {sender}", "Content-Type": "image/jpeg"}
    put = client.put("/api/media?site=oc1&kind=plate", content=picture, headers=headers)
    return Things(
        {
            "user_id": str(user),
            "person_id": str(person.id),
            "permit_id": str(permit.id),
            "card_id": str(card.id),
            "pass_id": str(qr_pass.id),
            "pin_id": str(pin.id),
            "level_id": str(level.id),
            "day": "2026-11-24",
            "denied_id": str(denied.id),
            "room_id": str(room.id),
            "tenancy_id": str(tenancy.id),
            "file_id": str(file.id),
            "project_id": str(project.id),
            "application_id": str(application.id),
            "unit_id": str(application.unit_id),
            "year": "2026",
            "zone_id": str(zone.id),
            "alarm_id": str(alarm.id),
            "group_id": str(group.id),
            "test_id": str(walked.id),
            "entry_id": checked.json()["entry_id"],
            "opening_id": opened.json()["id"],
            "muster_id": str(muster.id),
            "media_id": put.json()["id"],
            "kind": "beam",
            "name": "north-01",
            "site": "oc1",
            "gate": "oc1-north",
            "lane": "oc1-north-1",
            "role": "reader",
            "position": "1",
            "area": "oc1-inside",
        }
    )


REASON = {"reason": "离职"}
BODIES: Mapping[str, Any] = {
    "POST /api/registry/permits/{permit_id}/suspension": REASON,
    "POST /api/registry/permits/{permit_id}/replacement": None,
    "POST /api/registry/applications/{application_id}/review": {},
    "POST /api/registry/applications/{application_id}/approval": {},
    "POST /api/registry/unit/applications/{application_id}/withdrawal": {},
    "POST /api/registry/cards/{card_id}/suspension": REASON,
    "POST /api/registry/passes/{pass_id}/suspension": REASON,
    "POST /api/registry/pins/{pin_id}/suspension": REASON,
    "PUT /api/registry/calendar/{site}/days/{day}": {"kind": "holiday", "name_zh": "院庆"},
    "POST /api/registry/denylist/{denied_id}/removal": REASON,
    "POST /api/registry/sites/{site}/lanes/{lane}/parts/{role}/{position}/key": None,
    "PATCH /api/registry/devices/{site}/{kind}/{name}": {"name_en": "Beam"},
    "POST /api/registry/devices/{site}/{kind}/{name}/secret": None,
    "POST /api/monitor/alarms/{alarm_id}/acknowledgement": {"version": 1},
    "POST /api/monitor/alarms/{alarm_id}/assignment": {"version": 1, "to": "everything-oc2"},
    "POST /api/monitor/alarms/{alarm_id}/progress": {"version": 1, "state": "verifying"},
    "POST /api/monitor/alarms/{alarm_id}/closure": {"version": 1, "verdict": "real", "cause": "x"},
    "POST /api/gateway/entries/{entry_id}/decision": {"verdict": "denied", "reason": "no_business"},
    "POST /api/gateway/entries/{entry_id}/override": {"reason": "reader_fault"},
    "POST /api/gateway/openings/{opening_id}/explanation": {"reason": "rescue"},
    "POST /api/gateway/musters/{muster_id}/closing": {},
}
"""What is sent to change one of the things."""
UNITS = {
    "GET /api/registry/units/{unit_id}",
    "GET /api/registry/units/{unit_id}/contracts/{year}",
    "GET /registry/units/{unit_id}",
}
"""A unit has people at every compound and lies at none: its names and contracts are for all who read a registry."""
YEARS = {"GET /api/registry/permit-series/{year}"}
"""The permits of a year take over everywhere at one instant."""
LETTERS = {"GET /api/monitor/dead-letters/{letter_id}/raw", "GET /control-room/dead-letters/{letter_id}"}


def test_what_lies_at_another_compound_is_not_there(
    house: WebHouse, client: TestClient, routes: list[Asked], things: Things
) -> None:
    """Who holds every permission at the second compound finds nothing of the first; who holds them there finds it all."""
    reading = {
        f"GET {route.path}"
        for route in routes
        if route.method == "GET" and "{" in route.path and route.guard in set(Permission)
    }
    assert reading > LETTERS, "these are asked in the signals' own tests"
    reading -= LETTERS | UNITS | YEARS
    unit = UnitId(UUID(things.of["unit_id"]))
    here, there = everything(house, OC1, unit), everything(house, OC2, unit)
    for what in (*sorted(reading), *BODIES):
        method, _, path = what.partition(" ")
        filled = path.format_map(things.of)
        statuses = {}
        for browser in (there, here):
            client.cookies.clear()
            headers = {"Cookie": f"{SESSION_COOKIE}={browser.token}", "X-CSRF-Token": browser.csrf}
            answer = client.request(method, filled, headers=headers, json=BODIES.get(what))
            statuses[browser.token] = answer.status_code
        assert statuses[there.token] == 404, what
        assert statuses[here.token] != 404, what
        if method == "GET":
            assert statuses[here.token] == 200, what


def everything(house: WebHouse, site: SiteId, unit: UnitId) -> SignedInBrowser:
    """Somebody who works as everything at one compound, there also for a unit that works at both."""
    grants = (Grant(role, site, unit=unit if role is Role.UNIT_OFFICER else None) for role in Role)
    return signed_in(house, f"everything-{site}", *grants)
