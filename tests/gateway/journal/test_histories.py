"""Any history of people at three doors goes as a small model of the rules says: pairs, escorts, firsts, an interlock, time-outs.

The model keeps plain lists and looks through all of them; the journal asks the store.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.checks.attempts import Answered
from gateway.checks.snapshot import Snapshot
from gateway.journal import batch
from gateway.journal.forms import Forms
from gateway.passages import service as passages
from gateway.passages.models import BarrierPosition
from gateway.presence import queries as presence
from gateway.presence.models import Presence
from registry.access.facts import AreaFacts, CredentialFacts, Direction, GateFacts, GateRights, LaneFacts, Passback
from registry.ids import AreaId, GateId, LaneId, derived_id
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.gateway import OC1, OUTSIDE, a_card, a_gate, a_holder, access_facts, an_attempt, card_shown

PEOPLE = {
    "anna": GateRights(),
    "boris": GateRights(),
    "guest": GateRights(needs_escort=True),
    "host": GateRights(may_escort=True),
    "chief": GateRights(first_person=True),
}
DOORS = ("archive", "office", "airlock")
"""People come into the archive by twos, into the office after the chief, through the airlock one at a time."""
PASSAGE = 10
_RUNS = count()


@dataclass(slots=True)
class Shown:
    """One attempt, as the model remembers it."""

    at: datetime
    who: str
    door: str
    came_in: bool
    waits: bool = False


@dataclass(slots=True)
class Crossing:
    shown: Shown
    was: "tuple[str, Shown] | None"
    until: datetime


@dataclass(slots=True)
class Model:
    """The doors as a person would think of them."""

    now: datetime = NOON
    inside: dict[str, tuple[str, Shown]] = field(default_factory=dict)
    log: list[Shown] = field(default_factory=list)
    crossing: Crossing | None = None
    is_open: bool = False

    def show(self, who: str, door: str, direction: Direction) -> str:
        """What is told."""
        shown = Shown(self.now, who, door, came_in=False)
        is_in = direction is Direction.IN
        reason = self._reason(who, door, is_in=is_in)
        partner = self._partner(who, door) if is_in and door == "archive" else None
        if reason == "second_person_missing":
            shown.waits = True
        self.log.append(shown)
        if reason != "ok":
            return reason
        was = self.inside.pop(who, None)
        if is_in:
            shown.came_in = True
            self.inside[who] = (door, shown)
        if partner is not None:
            partner.waits, partner.came_in = False, True
            self.inside[partner.who] = (door, partner)
        if door == "airlock":
            self.crossing = Crossing(shown, was, self.now + timedelta(seconds=PASSAGE))
        return reason

    def _reason(self, who: str, door: str, *, is_in: bool) -> str:
        rights = PEOPLE[who]
        if is_in:
            escorted = [
                one
                for one in self.log
                if one.door == door and one.came_in and PEOPLE[one.who].may_escort and self._ago(one) <= 30
            ]
            if rights.needs_escort and not escorted:
                return "escort_missing"
            if door == "archive" and self._partner(who, door) is None:
                return "second_person_missing"
            first = [name for name, (where, _) in self.inside.items() if where == door and PEOPLE[name].first_person]
            if door == "office" and not rights.first_person and not first:
                return "first_person_missing"
            if who in self.inside and self.inside[who][0] == door:
                return "passback"
        if door == "airlock" and (self.is_open or self.crossing is not None):
            return "interlock"
        return "ok"

    def _partner(self, who: str, door: str) -> Shown | None:
        waiting = [
            one
            for one in self.log
            if one.waits
            and one.door == door
            and one.who != who
            and self._ago(one) <= 20
            and not self._is_in(one.who, door)
        ]
        return waiting[-1] if waiting else None

    def _is_in(self, who: str, door: str) -> bool:
        return who in self.inside and self.inside[who][0] == door

    def _ago(self, one: Shown) -> float:
        return (self.now - one.at).total_seconds()

    def sweep(self) -> None:
        crossing = self.crossing
        if crossing is None or crossing.until > self.now:
            return
        self.crossing = None
        who, there = crossing.shown.who, self.inside.get(crossing.shown.who)
        is_where_it_put_them = (
            there is not None and there[1] is crossing.shown if crossing.shown.came_in else there is None
        )
        if is_where_it_put_them:
            self.inside.pop(who, None)
            if crossing.was is not None:
                self.inside[who] = crossing.was


Step = Callable[["Doors"], None]


@dataclass(slots=True)
class Doors:
    """The real doors beside the model, with names of this run."""

    store: Store
    run: int
    model: Model
    snapshot: Snapshot
    forms: Forms

    def name(self, what: str) -> str:
        return f"{what}-{self.run}"

    def show(self, who: str, door: str, direction: Direction) -> None:
        attempt = an_attempt(card_shown(card_of(who, self.run).key), gate=GateId(self.name(door)), direction=direction)
        with self.store.begin_bare() as connection:
            (outcome,) = batch.write(connection, [attempt], self.snapshot, self.forms, self.model.now)
        assert isinstance(outcome, Answered)
        told = orjson.loads(outcome.body)["reason"]
        assert told == self.model.show(who, door, direction), (who, door, direction)

    def wait(self, seconds: int) -> None:
        self.model.now += timedelta(seconds=seconds)

    def sense(self) -> None:
        with self.store.begin(self.model.now) as work:
            seen = passages.confirm(work.session, OC1, LaneId(self.name("airlock")), self.model.now)
        assert seen is (self.model.crossing is not None)
        self.model.crossing = None

    def barrier(self, position: BarrierPosition) -> None:
        lane = LaneId(self.name("airlock"))
        with self.store.begin(self.model.now) as work:
            passages.barrier_said(work.session, OC1, lane, barrier=1, position=position, now=self.model.now)
        self.model.is_open = position is not BarrierPosition.CLOSED

    def sweep(self) -> None:
        with self.store.begin(self.model.now) as work:
            passages.take_back(work.session, self.model.now)
        self.model.sweep()

    def agree(self) -> None:
        """Everybody is where the model has them."""
        with self.store.read() as session:
            for who in PEOPLE:
                subject = f"person:{card_of(who, self.run).holder.id}"  # type: ignore[union-attr]
                row = session.get(Presence, (OC1, subject))
                there = self.model.inside.get(who)
                assert (None if row is None else row.area) == (None if there is None else self.name(there[0])), who
            for door in DOORS:
                inside = sum(there[0] == door for there in self.model.inside.values())
                assert presence.counted(session.connection(), OC1, AreaId(self.name(door))) == (inside, 0), door


def card_of(who: str, run: int) -> CredentialFacts:
    name = f"{who}-{run}"
    card = a_card(derived_id("card", name).hex[:12].upper(), holder=replace(a_holder(name), rights=PEOPLE[who]))
    return replace(card, gates=None)


def doors(store: Store) -> Doors:
    run = next(_RUNS)
    areas: dict[AreaId, AreaFacts] = {}
    gates: list[GateFacts] = []
    for door in DOORS:
        name = f"{door}-{run}"
        areas[AreaId(name)] = AreaFacts(
            id=AreaId(name),
            site=OC1,
            passback_people=Passback.HARD,
            passback_vehicles=Passback.OFF,
            two_person=door == "archive",
            first_person=door == "office",
        )
        lane = LaneFacts(
            id=LaneId(name),
            direction=None,
            from_area=OUTSIDE,
            to_area=AreaId(name),
            manned=True,
            interlock=door == "airlock",
            passage_seconds=PASSAGE if door == "airlock" else None,
        )
        gates.append(a_gate(GateId(name), lanes=(lane,)))
    facts = access_facts(*(card_of(who, run) for who in PEOPLE), gates=tuple(gates))
    snapshot = Snapshot.of(replace(facts, areas={**facts.areas, **areas}))
    return Doors(store, run, Model(), snapshot, Forms(b"k" * 32))


def showing(who: str, door: str, direction: Direction) -> Step:
    return lambda there: there.show(who, door, direction)


def waiting(seconds: int) -> Step:
    return lambda there: there.wait(seconds)


def telling(position: BarrierPosition) -> Step:
    return lambda there: there.barrier(position)


SHOWING = st.builds(
    showing,
    st.sampled_from(sorted(PEOPLE)),
    st.sampled_from(DOORS),
    st.sampled_from([Direction.IN, Direction.IN, Direction.OUT]),
)
STEPS = st.lists(
    st.one_of(
        SHOWING,
        SHOWING,
        st.builds(waiting, st.sampled_from([1, 9, 10, 20, 21, 30, 31])),
        st.just(Doors.sense),
        st.just(Doors.sweep),
        st.builds(telling, st.sampled_from(list(BarrierPosition))),
    ),
    min_size=5,
    max_size=30,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_history_at_three_doors_goes_as_the_rules_say(store: Store, steps: list[Step]) -> None:
    there = doors(store)
    for step in steps:
        step(there)
        there.agree()
