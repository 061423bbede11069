"""What the gateway hears on a real broker: its barriers and sensors, and orders of another room."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import func, select

from deploy.simulators.barrier import MqttBarriers
from gateway.barriers.board import PartNews
from gateway.barriers.driver import Why
from gateway.barriers.hardware import Hardware
from gateway.circumstances.models import AreaState
from gateway.desk import Desk
from gateway.ear.messages import BarrierSeen, filters
from gateway.ear.service import lanes_to_keep_open
from gateway.entries.models import Entry, PassageState
from gateway.musters.models import Muster
from gateway.musters.service import close
from gateway.passages.models import BarrierPosition, BarrierState, Opening
from gateway.presence.models import UncheckedPassage
from gateway.tables import Base
from registry.access.facts import CredentialKind
from registry.access.parts import MqttSettings, PartRole
from registry.bus import Bus, OutboxSender, Received
from registry.ids import AreaId, DeviceAddress, LaneId
from registry.messages.commands import Acknowledgement
from tests.conftest import RunningBroker
from tests.fakes.clock import FixedClock
from tests.makers.gateway import CARD, INSIDE, OC1, RegistryByHand, a_card, a_gate, a_lane, access_facts
from tests.makers.lane_parts import a_part
from tests.makers.register import a_device

pytestmark = pytest.mark.broker

Eventually = Callable[..., None]
DEVICE = DeviceAddress.parse("oc1/gate/oc1-north")
SETTINGS = MqttSettings(device=str(DEVICE))
LANE = LaneId("oc1-north-1")
"""Its barrier and its sensor are of one device."""


READER = a_part(SETTINGS, PartRole.READER)
"""Stands for any of ours: what it is shown is asked of the desk."""
ORDERS, ANSWERS = "dayuan/v1/oc1/_room/gateway/cmd", "dayuan/v1/oc1/_room/gateway/cmd/ack"


@dataclass(slots=True)
class Monitor:
    """Gives orders to the gateway and hears what it answers."""

    clock: FixedClock
    bus: Bus | None = None
    answers: dict[UUID, list[Acknowledgement]] = field(default_factory=dict)

    def hear(self, received: Received) -> None:
        answer = Acknowledgement.model_validate_json(received.payload)
        self.answers.setdefault(answer.id, []).append(answer)
        received.acknowledge()

    def order(self, action: str, *, is_late: bool = False, order_id: UUID | None = None, **more: object) -> UUID:
        made = order_id or uuid4()
        expires_at = self.clock.now() + timedelta(seconds=-1 if is_late else 60)
        order = {"id": str(made), "action": action, "by": "monitor", "expires_at": expires_at.isoformat(), **more}
        assert self.bus is not None
        self.bus.publish(ORDERS, orjson.dumps(order))
        return made

    def answer(self, order_id: UUID, eventually: Eventually, *, times: int = 1) -> Acknowledgement:
        eventually(lambda: len(self.answers.get(order_id, [])) == times)
        return self.answers[order_id][-1]


@pytest.fixture
def barriers(broker: RunningBroker, clock: FixedClock) -> Iterator[MqttBarriers]:
    broker.admit(a_device(str(DEVICE)))
    barriers = MqttBarriers(DEVICE, broker.address(DEVICE.username), clock, passes_after_seconds=None)
    barriers.arrive()
    assert barriers.wait_until_there(60)
    yield barriers
    barriers.leave()


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate that runs, with its lines."""

    desk: Desk
    hardware: Hardware

    def show_card(self) -> None:
        self.hardware.shown(READER, CredentialKind.CARD, CARD)

    def passages(self) -> list[PassageState | None]:
        with self.desk.store.read() as session:
            return list(session.scalars(select(Entry.passage).order_by(Entry.id)))

    def stands(self) -> BarrierPosition | None:
        with self.desk.store.read() as session:
            return session.scalars(select(BarrierState.state)).one_or_none()

    def count(self, table: type[Base]) -> int:
        with self.desk.store.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def state_of(self, area: AreaId) -> tuple[bool, int] | None:
        with self.desk.store.read() as session:
            state = session.get(AreaState, (OC1, area))
            return None if state is None else (state.lockdown, state.threat_level)


@pytest.fixture
def gate(broker: RunningBroker, register: RegistryByHand, make_desk: Callable[[], Desk]) -> Iterator[Gate]:
    lane = replace(a_lane(), passage_seconds=30)
    parts = (a_part(SETTINGS), a_part(SETTINGS, PartRole.SENSOR))
    north = replace(a_gate(lanes=(lane,)), parts=parts, escape_lanes=frozenset({LANE}))
    register.facts = access_facts(a_card(), gates=(north,))
    desk = make_desk()
    desk.start()
    bus = Bus(broker.address("gateway"))
    hardware = Hardware(desk, bus, lambda _settings: b"", uhppote_port=0)
    hardware.follow()
    bus.start()
    sender = OutboxSender(desk.store, bus, desk.clock)
    sender.start()
    hardware.start()
    assert bus.wait_until_heard(filters(parts), 60)
    yield Gate(desk, hardware)
    hardware.stop()
    sender.stop()
    bus.stop()


@pytest.fixture
def monitor(connect: Callable[..., Bus], clock: FixedClock) -> Monitor:
    monitor = Monitor(clock)
    monitor.bus = connect("monitor", hears=(ANSWERS,), handler=monitor.hear)
    assert monitor.bus.wait_until_heard([ANSWERS], 60)
    return monitor


def test_the_barrier_opens_for_whoever_is_let_in_and_its_sensor_ends_the_crossing(
    gate: Gate, barriers: MqttBarriers, eventually: Eventually
) -> None:
    gate.show_card()
    eventually(lambda: bool(barriers.opened))
    eventually(lambda: gate.stands() is BarrierPosition.OPEN)
    assert gate.passages() == [PassageState.PENDING]
    barriers.see_passage(entry_id=barriers.opened[0])
    eventually(lambda: gate.passages() == [PassageState.PASSED])
    assert gate.count(UncheckedPassage) == 0
    barriers.see_passage()
    eventually(lambda: gate.count(UncheckedPassage) == 1)


def test_a_barrier_that_is_away_is_shown_and_does_not_open_when_it_is_back(
    gate: Gate, barriers: MqttBarriers, clock: FixedClock, eventually: Eventually
) -> None:
    def barrier() -> PartNews:
        return next(news for news in gate.desk.barriers.board.news() if news.part.role is PartRole.BARRIER)

    eventually(lambda: barrier().is_there is True)
    barriers.leave()
    eventually(lambda: barrier().is_there is False)
    gate.show_card()
    eventually(lambda: barrier().failure is Why.NO_ANSWER)
    clock.advance(timedelta(seconds=2))
    barriers.arrive()
    eventually(lambda: bool(barriers.refused))
    assert barriers.opened == []


def test_another_room_closes_an_area_and_raises_its_threat_level(
    gate: Gate, monitor: Monitor, eventually: Eventually
) -> None:
    assert monitor.answer(monitor.order("lockdown", on=True), eventually).ok
    assert gate.state_of(INSIDE) == (True, 0)
    level = monitor.order("threat_level", area=INSIDE, level=3)
    assert monitor.answer(level, eventually).ok
    assert gate.state_of(INSIDE) == (True, 3)
    assert monitor.answer(monitor.order("lockdown", on=False, area=INSIDE), eventually).ok
    assert gate.state_of(INSIDE) == (False, 3)


def test_what_came_too_late_or_cannot_be_done_is_refused_and_said_so(
    gate: Gate, monitor: Monitor, eventually: Eventually
) -> None:
    refused = {
        monitor.order("lockdown", is_late=True, on=True): "expired",
        monitor.order("open_escape_lanes", is_late=True): "expired",
        monitor.order("threat_level", level=2, area="oc2-inside"): "there is no area oc2-inside",
        monitor.order("threat_level", level=9): "unknown command",
        monitor.order("self_destruct"): "unknown command",
    }
    for order, detail in refused.items():
        answer = monitor.answer(order, eventually)
        assert (answer.ok, answer.detail) == (False, detail)
    assert gate.count(AreaState) == gate.count(Opening) == 0


def test_a_fire_opens_the_escape_lanes_and_begins_one_muster_however_often_it_is_said(
    gate: Gate, monitor: Monitor, barriers: MqttBarriers, eventually: Eventually
) -> None:
    escape, muster = uuid4(), uuid4()
    for times in (1, 2):
        monitor.order("open_escape_lanes", order_id=escape)
        monitor.order("muster", order_id=muster, because="fire_alarm")
        assert monitor.answer(escape, eventually, times=times).ok
        assert monitor.answer(muster, eventually, times=times).ok
    eventually(lambda: bool(barriers.opened))
    with gate.desk.store.read() as session:
        assert [opening.id for opening in session.scalars(select(Opening))] == barriers.opened
    assert gate.count(Muster) == 1
    with gate.desk.store.begin(gate.desk.clock.now()) as work:
        kept = lanes_to_keep_open(work.session, gate.desk.snapshot)
        assert [lane.opening_id for lane in kept] == barriers.opened[:1]
        muster_is = work.session.scalars(select(Muster)).one()
        close(work.session, muster_is, words="", by="guard", now=gate.desk.clock.now())
        assert lanes_to_keep_open(work.session, gate.desk.snapshot) == []


def test_a_barrier_whose_clock_was_ahead_is_believed_when_it_is_put_right(gate: Gate, eventually: Eventually) -> None:
    part, now = a_part(SETTINGS), gate.desk.clock.now()
    for position, at in ((BarrierPosition.OPEN, now + timedelta(hours=1)), (BarrierPosition.CLOSED, now)):
        gate.hardware._ear.hear(BarrierSeen(part=part, position=position, at=at))
        eventually(lambda position=position: gate.stands() is position)
