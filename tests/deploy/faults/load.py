"""What goes on while things break: devices that publish, readers that ask, and the count at the end."""

import json
import random
import threading
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import create_engine, text

from registry.bus import BrokerAddress, Bus, NotSent, Receipt
from tests.deploy.conftest import RunningHouse

BEAMS = ("oc1/beam/north-01", "oc1/beam/west-01", "oc2/beam/north-01", "oc3/beam/north-01")
REPEATS = 0.05
LATE = timedelta(hours=1)
_UNDER_WAY = 200
_PATIENCE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Said:
    """One event of one device."""

    device: str
    id: str
    payload: bytes


def events(count: int, seed: int, *, repeats: float = REPEATS, late: float = 0.0, rate: float = 0.0) -> list[Said]:
    """`count` events; a share of them is said a second time a little later, and another happened an hour before.

    `rate`: so many happen each second; 0: all at once.
    """
    chance = random.Random(seed)
    now = datetime.now(UTC)
    said: list[Said] = []
    for number in range(count):
        device = chance.choice(BEAMS)
        happened = now + timedelta(seconds=number / rate if rate else 0.0)
        event_id = str(UUID(int=chance.getrandbits(128), version=4))
        event = {
            "specversion": "1.0",
            "id": event_id,
            "source": f"//{device}",
            "type": "dayuan.beam.interrupted",
            "time": (happened - LATE if chance.random() < late else happened).isoformat(),
            "seq": number,
            "bootid": "faults",
            "data": {"state": "instant", "beam_ids": ["a"], "dur_ms": 60},
        }
        said.append(Said(device, event_id, json.dumps(event).encode()))
    for place in sorted(chance.sample(range(count), round(count * repeats)), reverse=True):
        said.insert(min(len(said), place + chance.randrange(1, 200)), said[place])
    return said


@dataclass(slots=True)
class Load:
    """Publishers of a list of events and readers at the gates, from `begin` to `end`."""

    house: RunningHouse
    said: Sequence[Said]
    host: str = "127.0.0.1"
    rate: float = 0.0
    """Events a second at most; 0: as fast as they are taken."""
    answers: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    """By attempt: what a reader was told."""
    broken: list[BaseException] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)
    """The events that were said, each as often as it was; the broker may not have confirmed the last of them."""
    confirmed: list[str] = field(default_factory=list)
    unavailable: int = 0
    """How often a reader was told that nothing can be written down now (503)."""
    _threads: list[threading.Thread] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _pause: threading.Event = field(default_factory=threading.Event)
    _held: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        """Publish and ask, in threads of their own."""
        shares = {device: [each for each in self.said if each.device == device] for device in BEAMS}
        for device, share in shares.items():
            self._start(self._publish, device, share)
        for direction in ("in", "out"):
            self._start(self._ask, direction)

    def wait_for(self, share: float) -> None:
        """Wait until the broker has confirmed this share of the events."""
        waited = 0.0
        while len(self.confirmed) < share * len(self.said):
            assert not self.broken, self.broken
            assert waited < _PATIENCE_SECONDS, f"{len(self.confirmed)} of {len(self.said)} confirmed"
            self._pause.wait(0.05)
            waited += 0.05

    def end(self) -> None:
        """Let the publishers say all, then the readers finish."""
        self.wait_for(1.0)
        self._over.set()
        for thread in self._threads:
            thread.join(_PATIENCE_SECONDS)
            assert not thread.is_alive(), thread.name
        assert not self.broken, self.broken

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nothing new is published as long as the block lasts."""
        self._held.set()
        try:
            yield
        finally:
            self._held.clear()

    def _start(self, work: Any, *words: Any) -> None:
        def guarded() -> None:
            try:
                work(*words)
            except BaseException as error:  # noqa: BLE001 - told by the thread that waits for this one
                self.broken.append(error)

        thread = threading.Thread(target=guarded, name=f"{work.__name__} {words[0]}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _publish(self, device: str, share: Sequence[Said]) -> None:
        bus = Bus(BrokerAddress(host=self.host, port=self.house.mqtt_port, **self.house.demo["devices"][device]))
        bus.start()
        under_way: deque[tuple[str, Receipt]] = deque()
        for each in share:
            while self._held.is_set():
                self._pause.wait(0.02)
            receipt = None
            while receipt is None:
                try:
                    receipt = bus.post(f"dayuan/v1/{each.device}/evt", each.payload)
                except NotSent:
                    self._pause.wait(0.05)
            self.posted.append(each.id)
            under_way.append((each.id, receipt))
            if self.rate:
                self._pause.wait(len(BEAMS) / self.rate)
            while under_way and (under_way[0][1].arrived or len(under_way) >= _UNDER_WAY):
                self._settle(*under_way.popleft())
        while under_way:
            self._settle(*under_way.popleft())
        bus.stop()

    def _settle(self, event_id: str, receipt: Receipt) -> None:
        assert receipt.wait(_PATIENCE_SECONDS), "the broker never confirmed an event"
        self.confirmed.append(event_id)

    def _ask(self, direction: str) -> None:
        known = self.house.demo["examples"]
        credentials = cycle(
            [("plate", known["plate_valid"]), ("card", known["card_valid"]), ("plate", known["plate_last_year"])]
        )
        client = httpx.Client(
            base_url=self.house.demo["url"],
            headers={"Authorization": f"Bearer {self.house.demo['users']['guard']['token']}"},
            trust_env=False,
            timeout=20,
        )
        with client:
            while not self._over.is_set():
                kind, value = next(credentials)
                self._ask_until_answered(client, uuid4(), direction, {"kind": kind, "value": value})
                self._pause.wait(0.02)

    def _ask_until_answered(
        self, client: httpx.Client, attempt: UUID, direction: str, credential: dict[str, str]
    ) -> None:
        question = {
            "attempt_id": str(attempt),
            "gate": self.house.demo["examples"]["gate"],
            "direction": direction,
            "credential": credential,
        }
        while not self._over.is_set():
            try:
                answer = client.post("/api/gateway/checks", json=question)
            except httpx.HTTPError:
                self._pause.wait(0.1)
                continue
            if answer.status_code == httpx.codes.OK:
                self.answers[attempt] = answer.json()
                return
            assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, f"{answer.status_code} {answer.text!r}"
            self.unavailable += 1
            self._pause.wait(0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What is in the stores at the end, held against what was said and told."""

    sent: int
    stored: int
    missing: int
    doubled: int
    answered: int
    granted: int
    not_in_the_journal: int

    @classmethod
    def of(cls, load: Load, urls: dict[str, str]) -> "Count":
        wanted = {each.id for each in load.said}
        kept = Counter({each[0]: each[1] for each in _rows(urls["monitor"], "monitor", SIGNALS)})
        entries = {
            UUID(str(each[0])): (UUID(str(each[1])), each[2]) for each in _rows(urls["gateway"], "gateway", ENTRIES)
        }
        told = {attempt: (UUID(answer["entry_id"]), answer["verdict"]) for attempt, answer in load.answers.items()}
        return cls(
            sent=len(wanted),
            stored=sum(event_id in kept for event_id in wanted),
            missing=sum(event_id not in kept for event_id in wanted),
            doubled=sum(kept[event_id] > 1 for event_id in wanted),
            answered=len(told),
            granted=sum(verdict == "granted" for _, verdict in told.values()),
            not_in_the_journal=sum(entries.get(attempt) != answer for attempt, answer in told.items()),
        )


def stored(urls: dict[str, str]) -> set[str]:
    """The events that are in the monitor's store."""
    return {str(each[0]) for each in _rows(urls["monitor"], "monitor", SIGNALS)}


SIGNALS = "SELECT id, count(*) FROM {}signals GROUP BY id"
ENTRIES = "SELECT attempt_id, id, verdict FROM {}entry"


def _rows(url: str, room: str, statement: str) -> list[Any]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return list(connection.execute(text(statement.format("" if url.startswith("sqlite") else f"{room}."))))
    finally:
        engine.dispose()
