"""What is revoked at one process is refused at every other within five seconds: sessions, tokens, cards and devices.

The services run apart on one database, with the broker by itself. The clock starts when whoever revoked has the answer.
"""

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import uuid4

import httpx
import pytest
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from sqlalchemy import select

from deploy.forms import FORMS
from registry.auth import queries, service
from registry.auth.models import SessionRow, TokenRow
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.auth.requires import SESSION_COOKIE
from registry.auth.rules import ABSOLUTE_END
from registry.auth.secrets import digest_of, new_token
from registry.clock import SystemClock
from registry.devices.secrets import device_secret
from registry.ids import DeviceAddress, new_id
from registry.room import ROOM
from registry.store import Store
from tests.makers.registry import DEVICE_KEY, a_card, a_device, a_person
from tests.makers.services import SITE, Services, services_on
from tests.makers.web import PASSWORD
from tests.postgres import Postgres

IN_SHORT, IN_FULL = 5, 200
BOUND = 5.0
"""Seconds, of CONTRACT 5."""

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]
how_many = pytest.mark.parametrize(
    "count", [IN_SHORT, pytest.param(IN_FULL, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])]
)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Services]:
    url = postgres.empty()
    with services_on(tmp_path_factory.mktemp("revoked") / "data", url) as running:
        for name in ("registry", "gateway", "monitor", "broker"):
            running.begin(name)
        for name in FORMS:
            running.wait_for(name)
        running.fill()
        yield running
    postgres.give_back(url)


@pytest.fixture
def store(services: Services) -> Iterator[Store]:
    """The register, as one more process opens it."""
    opened = Store.open(ROOM, services.store_url, audit_key=services.folder.key("audit"))
    yield opened
    opened.close()


@dataclass(slots=True)
class Latencies:
    """How long each was still taken for good."""

    kind: str
    seconds: list[float] = field(default_factory=list)

    def measure(self, is_refused: Callable[[], bool]) -> None:
        """Ask until it is refused; the moment before this call it was revoked."""
        began = time.monotonic()
        while not is_refused():
            assert time.monotonic() - began < BOUND, f"a {self.kind} is taken for good after {BOUND:.0f} s"
            _PAUSE.wait(0.005)
        self.seconds.append(time.monotonic() - began)

    def tell(self, count: int) -> None:
        middle, last = statistics.median(self.seconds), max(self.seconds)
        print(f"\n{self.kind}: {len(self.seconds)} of {count} refused, p50 {middle:.3f} s, max {last:.3f} s")  # noqa: T201
        assert len(self.seconds) == count
        assert last <= BOUND


_PAUSE = threading.Event()
PLACES = {"gateway": "/api/gateway/entries?limit=1", "monitor": "/api/monitor/signals?site=oc1&limit=1"}
"""In each process something that a guard who is an operator too may ask."""


@pytest.fixture
def at(services: Services) -> Iterator[dict[str, httpx.Client]]:
    """A client of each service, with nothing that says who asks."""
    with ExitStack() as opened:
        yield {name: opened.enter_context(services.client(name)) for name in FORMS}


def everywhere(at: dict[str, httpx.Client], headers: dict[str, str], status: int) -> bool:
    return all(at[name].get(path, headers=headers).status_code == status for name, path in PLACES.items())


def a_guard_and_operator(store: Store) -> str:
    name = f"guard-{new_id().hex[-6:]}"
    grants = [Grant(Role.GUARD, SITE), Grant(Role.OPERATOR, SITE)]
    with store.begin(SystemClock().now()) as work:
        service.add_user(work.session, name=name, password=PASSWORD, grants=grants, now=work.now)
    return name


@how_many
def test_a_session(services: Services, store: Store, at: dict[str, httpx.Client], count: int) -> None:
    name, latencies = a_guard_and_operator(store), Latencies("session")
    with store.read() as session:
        user = queries.user_named(session, name)
    assert user is not None
    with services.client("registry", Role.ADMIN) as admin:
        for _ in range(count):
            token, session_id, now = new_token(), new_id(), SystemClock().now()
            with store.begin(now) as work:
                row = SessionRow(digest=digest_of(token), id=session_id, user_id=user.id, created_at=now, seen_at=now)
                row.ends_at = now + ABSOLUTE_END
                work.session.add(row)
            cookie = {"Cookie": f"{SESSION_COOKIE}={token}"}
            assert everywhere(at, cookie, 200)
            assert admin.delete(f"/api/registry/sessions/{session_id}").status_code == 204
            latencies.measure(partial(everywhere, at, cookie, 401))
    latencies.tell(count)


@how_many
def test_a_token(store: Store, at: dict[str, httpx.Client], count: int) -> None:
    """Revoked by the command, which is a process of its own."""
    name, latencies = a_guard_and_operator(store), Latencies("token")
    grants = [Grant(Role.GUARD, SITE), Grant(Role.OPERATOR, SITE)]
    for _ in range(count):
        with store.begin(SystemClock().now()) as work:
            token = service.add_token(work.session, name="revoked", grants=grants, owner=name, now=work.now)
        bearer = {"Authorization": f"Bearer {token}"}
        assert everywhere(at, bearer, 200)
        with store.begin(SystemClock().now()) as work:
            token_id = work.session.scalars(select(TokenRow.id).where(TokenRow.digest == digest_of(token))).one()
            service.revoke_token(work.session, token_id=token_id, now=work.now)
        latencies.measure(partial(everywhere, at, bearer, 401))
    latencies.tell(count)


@how_many
def test_a_card(services: Services, store: Store, count: int, eventually: Callable[[Callable[[], bool]], None]) -> None:
    latencies, now = Latencies("card"), SystemClock().now()
    with store.begin(now) as work:
        holder = a_person(work.session)
        until = now + timedelta(days=1)
        numbers = [f"05{number:08X}" for number in range(len(str(count)) * 4096, len(str(count)) * 4096 + count)]
        cards = [
            a_card(work.session, number, person=holder, valid_from=now - timedelta(days=1), valid_until=until)
            for number in numbers
        ]
    with services.client("gateway", Role.GUARD) as guard, services.client("registry", Role.CLERK) as clerk:

        def verdict(number: str) -> str:
            shown = {"kind": "card", "value": number}
            asked = {"attempt_id": str(uuid4()), "gate": "oc1-north", "direction": "in", "credential": shown}
            answer = guard.post("/api/gateway/checks", json=asked)
            return str(answer.json().get("verdict"))

        def is_denied(number: str) -> bool:
            return verdict(number) == "denied"

        eventually(lambda: verdict(numbers[-1]) == "granted")
        for card in cards:
            assert verdict(card.number) == "granted"
            answer = clerk.post(f"/api/registry/cards/{card.id}/revocation", json={"reason": "离职"})
            assert answer.status_code == 200, answer.text
            latencies.measure(partial(is_denied, card.number))
    latencies.tell(count)


@dataclass(slots=True)
class Beam:
    """A device at the broker."""

    services: Services
    address: DeviceAddress
    is_connected: threading.Event = field(default_factory=threading.Event)
    is_refused: threading.Event = field(default_factory=threading.Event)

    def connect(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.address.username.replace(".", "-"),
            protocol=MQTTProtocolVersion.MQTTv311,
        )
        client.username_pw_set(self.address.username, device_secret(DEVICE_KEY, self.address, 1))
        client.on_connect = self._connected
        client.on_disconnect = self._ended
        client.reconnect_delay_set(0.05, 0.1)  # type: ignore[arg-type]  # it takes parts of seconds too
        client.connect_async("127.0.0.1", self.services.mqtt_port)
        client.loop_start()
        return client

    def is_out(self) -> bool:
        """Whether its connection has ended, and it was refused when it came again."""
        return self.is_refused.is_set() and not self.is_connected.is_set()

    def _connected(
        self, _client: Client, _data: object, _flags: ConnectFlags, code: ReasonCode, _more: Properties | None
    ) -> None:
        (self.is_refused if code.is_failure else self.is_connected).set()

    def _ended(
        self, _client: Client, _data: object, _flags: DisconnectFlags, _code: ReasonCode, _more: Properties | None
    ) -> None:
        self.is_connected.clear()


@how_many
def test_a_device(services: Services, store: Store, count: int) -> None:
    """Its connection ends, it is refused when it comes again, and its pictures are refused over HTTP."""
    latencies = Latencies("device")
    beams = [Beam(services, DeviceAddress(SITE, "beam", f"r{count}-{number}")) for number in range(count)]
    with store.begin(SystemClock().now()) as work:
        for beam in beams:
            a_device(work.session, str(beam.address))
    with services.client("registry", Role.ADMIN) as admin:
        for beam in beams:
            client = beam.connect()
            try:
                assert beam.is_connected.wait(60)
                beam.is_refused.clear()
                basic = (beam.address.username, device_secret(DEVICE_KEY, beam.address, 1))
                answer = admin.patch(f"/api/registry/devices/{beam.address}", json={"enabled": False})
                assert answer.status_code == 200, answer.text
                latencies.measure(beam.is_out)
                with services.client("registry") as http:
                    assert http.put("/api/media", auth=basic).status_code == 401
            finally:
                client.disconnect()
                client.loop_stop()
    latencies.tell(count)
