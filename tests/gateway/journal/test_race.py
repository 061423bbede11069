"""Eight processes with one store: what can be had once, or so many times, is had exactly so often, whoever asks at the same instant."""

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from multiprocessing.synchronize import Barrier
from typing import cast

import orjson
import pytest
from sqlalchemy import func, select

from gateway.checks.attempts import Attempt
from gateway.checks.shown import PassShown
from gateway.checks.snapshot import SnapshotKeeper
from gateway.entries.models import Entry
from gateway.journal.writer import Journal
from gateway.presence import queries as presence
from gateway.presence.models import Presence
from gateway.room import ROOM
from registry.access.facts import (
    AccessFacts,
    AreaFacts,
    CredentialFacts,
    CredentialKind,
    GateFacts,
    LaneFacts,
    Passback,
)
from registry.ids import AreaId, CredentialId, GateId, LaneId, derived_id
from registry.messages.reasons import Verdict
from registry.store import Store
from tests.fakes.clock import FixedClock
from tests.makers.gateway import (
    INSIDE,
    NORTH,
    OC1,
    OUTSIDE,
    SOUTH,
    RegistryByHand,
    a_card,
    a_gate,
    a_holder,
    a_permit,
    access_facts,
    an_attempt,
    card_shown,
    plate_shown,
)

pytestmark = pytest.mark.both_stores

PROCESSES = 8
SHOWN = 2 * PROCESSES
"""How often each thing of a round is shown: by each process at two gates at once."""
STARTED_SECONDS = 120.0
"""Eight interpreters start on two cores that others use too."""
FREE = AreaId("free")
ROOM_FOR, USES = 5, 3
WON = {"passback": 1, "already_used": USES, "quota_full": 1, "area_full": ROOM_FOR, "interlock": 1}
"""How many get in each round where the others are told this."""

Reasons = list[dict[str, list[str]]]
"""What one process was told, round by round, by the rule that was raced for."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the gates know, for this many rounds."""

    rounds: int

    def all(self) -> AccessFacts:
        facts = access_facts(*self._credentials(), gates=tuple(self._gates()))
        areas = {FREE: AreaFacts(id=FREE, site=OC1, passback_people=Passback.OFF, passback_vehicles=Passback.OFF)}
        for number in range(self.rounds):
            areas[full(number)] = replace(areas[FREE], id=full(number), capacity_people=ROOM_FOR)
        return replace(facts, areas={**facts.areas, **areas})

    def _gates(self) -> Iterator[GateFacts]:
        yield from (a_gate(NORTH), a_gate(SOUTH), to(FREE, "free-a"), to(FREE, "free-b"))
        for number in range(self.rounds):
            yield from (to(full(number), f"full-{number}-a"), to(full(number), f"full-{number}-b"))
            yield to(FREE, f"lock-{number}", interlock=True, passage_seconds=600)

    def _credentials(self) -> Iterator[CredentialFacts]:
        for number in range(self.rounds):
            yield a_card(f"{number:04}", holder=a_holder(f"holder {number}"))
            holder = a_holder(f"guest {number}")
            yield replace(a_card(ticket(number), holder=holder), kind=CredentialKind.QR, entries_allowed=USES)
            for place in range(SHOWN):
                name = card_of(number, place)
                yield a_card(name, holder=a_holder(name))
                own = a_permit(plate_of(number, place))
                yield replace(own, permit=CredentialId(derived_id("permit of round", str(number))), permit_number=None)


def to(area: AreaId, gate: str, **lane: object) -> GateFacts:
    only = LaneFacts(
        id=LaneId(f"{gate}-1"),
        direction=None,
        from_area=OUTSIDE,
        to_area=area,
        manned=True,
        **lane,  # type: ignore[arg-type]
    )
    return a_gate(GateId(gate), lanes=(only,))


def full(number: int) -> AreaId:
    return AreaId(f"full-{number}")


def ticket(number: int) -> str:
    return str(derived_id("ticket", str(number)))


def card_of(number: int, place: int) -> str:
    return f"C{number:05}{place:02}"


def plate_of(number: int, place: int) -> str:
    return f"鄂E{number:04}{place:02}"


def attempts(rule: str, number: int, place: int) -> Attempt:
    """What is shown in a round at the place of this number, of all that race for one rule."""
    side = "ab"[place % 2]
    making: dict[str, Callable[[], Attempt]] = {
        "passback": lambda: an_attempt(card_shown(f"{number:04}"), gate=(NORTH, SOUTH)[place % 2]),
        "already_used": lambda: an_attempt(
            PassShown(raw="r", key=ticket(number), signed=True), gate=GateId(f"free-{side}")
        ),
        "quota_full": lambda: an_attempt(plate_shown(plate_of(number, place)), gate=(NORTH, SOUTH)[place % 2]),
        "area_full": lambda: an_attempt(card_shown(card_of(number, place)), gate=GateId(f"full-{number}-{side}")),
        "interlock": lambda: an_attempt(card_shown(card_of(number, place)), gate=GateId(f"lock-{number}")),
    }
    return making[rule]()


def show_everything(
    url: str, rounds: int, process: int, start: Barrier, results: "multiprocessing.Queue[Reasons]"
) -> None:
    """Show what is raced for at two gates, each at the same instant as all the other processes."""
    store = Store.open(ROOM, url)
    keeper = SnapshotKeeper(RegistryByHand(Facts(rounds).all()), FixedClock())
    keeper.poll()
    journal = Journal(store, keeper, FixedClock(), attempt_key=b"k" * 32)
    journal.start()
    told: Reasons = []
    for number in range(rounds):
        of_round = {}
        for rule in WON:
            start.wait(STARTED_SECONDS)
            asked = [journal.submit(attempts(rule, number, 2 * process + side)) for side in (0, 1)]
            of_round[rule] = [cast("str", orjson.loads(each.result(60).body)["reason"]) for each in asked]
        told.append(of_round)
    journal.stop()
    store.close()
    results.put(told)


@pytest.mark.parametrize(
    "rounds", [10, pytest.param(1000, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])], ids=["short", "long"]
)
def test_eight_processes_let_in_exactly_as_many_as_each_rule_allows(store: Store, rounds: int) -> None:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    start: Barrier = processes.Barrier(PROCESSES)
    results: multiprocessing.Queue[Reasons] = processes.Queue()
    url = store.engine.url.render_as_string(hide_password=False)
    racing = [
        processes.Process(target=show_everything, args=(url, rounds, process, start, results), daemon=True)
        for process in range(PROCESSES)
    ]
    for process in racing:
        process.start()
    told = [results.get(timeout=STARTED_SECONDS + 3 * rounds) for _ in racing]
    for process in racing:
        process.join(60)
    for rule, won in WON.items():
        for of_one_round in zip(*told, strict=True):
            reasons = Counter(reason for of_process in of_one_round for reason in of_process[rule])
            assert reasons == {"ok": won, rule: SHOWN - won}
    with store.read() as session:
        granted = select(func.count()).where(Entry.verdict == Verdict.GRANTED)
        assert session.scalar(granted) == rounds * sum(WON.values())
        assert session.scalar(select(func.count()).select_from(Entry)) == rounds * SHOWN * len(WON)
        subjects = select(func.count(Entry.subject.distinct())).where(Entry.verdict == Verdict.GRANTED)
        assert session.scalar(select(func.count()).select_from(Presence)) == session.scalar(subjects)
        assert session.scalar(select(func.count()).where(Presence.area == INSIDE)) == rounds * 2
        are_vehicles = Presence.subject.startswith("plate:")
        there = Counter((area, is_vehicle) for area, is_vehicle in session.execute(select(Presence.area, are_vehicles)))
        for area in {area for area, _ in there}:
            counted = presence.counted(session.connection(), OC1, area)
            assert counted == (there[area, False], there[area, True])
