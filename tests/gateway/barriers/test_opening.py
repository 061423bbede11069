"""Who opens a lane does not wait for it; what a barrier did not do stands on the board."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest

from gateway.barriers.driver import NotOpened, Order, Why
from gateway.barriers.opening import Barriers
from gateway.passages.models import BarrierPosition
from registry.access.facts import Direction, GateFacts
from registry.access.parts import DriverKind, LanePart, MqttSettings
from registry.ids import LaneId, new_id
from tests.fakes.clock import FixedClock
from tests.makers.gateway import a_gate, a_lane
from tests.makers.lane_parts import a_part

Eventually = Callable[..., None]
LANE = LaneId("oc1-north-1")
SETTINGS = MqttSettings(device="oc1/gate/oc1-north")


@dataclass(slots=True)
class DriverByHand:
    """Opens what it is told to, or fails as a test says; `held` keeps it from answering."""

    opened: list[tuple[int, Order]] = field(default_factory=list)
    failure: Exception | None = None
    held: threading.Event | None = None

    def follow(self, parts: object) -> None: ...

    def open(self, part: LanePart, order: Order) -> None:
        if self.held is not None:
            self.held.wait(10)
        if self.failure is not None:
            raise self.failure
        self.opened.append((part.position, order))

    def stop(self) -> None: ...


@pytest.fixture
def driver() -> DriverByHand:
    return DriverByHand()


@pytest.fixture
def barriers(driver: DriverByHand, clock: FixedClock) -> Iterator[Barriers]:
    barriers = Barriers(clock)
    barriers.drive({DriverKind.MQTT: driver})
    yield barriers
    barriers.stop()


def a_gate_with(*parts: LanePart, interlock: bool = False) -> GateFacts:
    return replace(a_gate(lanes=(replace(a_lane(), interlock=interlock),)), parts=parts)


def test_every_barrier_of_a_lane_opens_for_the_entry(
    barriers: Barriers, driver: DriverByHand, eventually: Eventually
) -> None:
    entry, elsewhere = new_id(), a_part(SETTINGS, lane="oc1-north-2")
    gate = a_gate_with(a_part(SETTINGS), a_part(SETTINGS, position=2), elsewhere)
    barriers.open(gate, LANE, Direction.IN, entry_id=entry, by="guard")
    eventually(lambda: len(driver.opened) == 2)
    assert {order.entry_id for _, order in driver.opened} == {entry}


def test_whoever_opens_does_not_wait_for_a_barrier_that_does_not_answer(
    barriers: Barriers, driver: DriverByHand, eventually: Eventually
) -> None:
    driver.held, driver.failure = threading.Event(), NotOpened(Why.NO_ANSWER)
    part = a_part(SETTINGS)
    barriers.board.follow([part])
    barriers.open(a_gate_with(part), LANE, Direction.IN, entry_id=new_id(), by="guard")
    assert barriers.board.news()[0].failure is None
    driver.held.set()
    eventually(lambda: barriers.board.news()[0].failure is Why.NO_ANSWER)
    state = barriers.board.state()
    assert (state.ready, state.vital, "oc1-north-1/barrier-1" in state.detail) == (False, False, True)


@pytest.mark.parametrize("failure", [ValueError("of a driver"), NotOpened(Why.REFUSED, "stuck")])
def test_what_failed_is_shown_until_it_opens_again(
    barriers: Barriers, driver: DriverByHand, eventually: Eventually, failure: Exception
) -> None:
    part = a_part(SETTINGS)
    barriers.board.follow([part])
    driver.failure = failure
    barriers.open(a_gate_with(part), LANE, Direction.IN, entry_id=new_id(), by="guard")
    eventually(lambda: barriers.board.news()[0].failure is not None)
    driver.failure = None
    barriers.open(a_gate_with(part), LANE, Direction.IN, entry_id=new_id(), by="guard")
    eventually(lambda: barriers.board.news()[0].is_well)
    assert barriers.board.state().ready


def test_a_part_that_nothing_speaks_to_is_told(barriers: Barriers, eventually: Eventually) -> None:
    part = a_part(SETTINGS)
    barriers.drive({})
    barriers.board.follow([part])
    barriers.open(a_gate_with(part), LANE, Direction.IN, entry_id=new_id(), by="guard")
    eventually(lambda: barriers.board.news()[0].failure is Why.NO_DRIVER)


@pytest.mark.parametrize(("direction", "order"), [(Direction.IN, [1, 2]), (Direction.OUT, [2, 1])])
def test_the_second_barrier_of_an_interlock_opens_when_the_first_has_closed(
    barriers: Barriers, driver: DriverByHand, eventually: Eventually, direction: Direction, order: list[int]
) -> None:
    parts = {position: a_part(SETTINGS, position=position) for position in (1, 2)}
    barriers.board.follow(parts.values())
    entry = new_id()
    barriers.open(a_gate_with(*parts.values(), interlock=True), LANE, direction, entry_id=entry, by="guard")
    eventually(lambda: len(driver.opened) == 1)
    first = parts[order[0]]
    barriers.stands(first, BarrierPosition.OPEN)
    assert len(driver.opened) == 1
    barriers.stands(first, BarrierPosition.CLOSED)
    eventually(lambda: len(driver.opened) == 2)
    assert [position for position, _ in driver.opened] == order
    assert {each.entry_id for _, each in driver.opened} == {entry}


def test_what_is_known_of_a_part_stays_while_it_is_the_same(barriers: Barriers, clock: FixedClock) -> None:
    part, other = a_part(SETTINGS), a_part(SETTINGS, position=2)
    barriers.board.follow([part, other])
    for each in (part, other):
        barriers.board.linked(each, clock.now(), is_there=False)
    moved = replace(other, settings=MqttSettings(device="oc1/gate/oc1-south"))
    barriers.board.follow([part, moved])
    assert [news.is_there for news in barriers.board.news()] == [False, None]


def test_in_a_fire_both_barriers_of_an_interlock_open_at_once(
    barriers: Barriers, driver: DriverByHand, eventually: Eventually
) -> None:
    parts = [a_part(SETTINGS, position=position) for position in (1, 2)]
    barriers.open_wide(a_gate_with(*parts, interlock=True), LANE, entry_id=new_id(), by="monitor")
    eventually(lambda: len(driver.opened) == 2)
    assert {order.hold_seconds for _, order in driver.opened} == {600}
