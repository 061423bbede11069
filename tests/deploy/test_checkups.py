"""The house is ready only while everything that it promises gets through."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from deploy.checkups import checks_of_the_live_path, register_checkups
from deploy.holder import this_process
from monitor.lease.keeper import LeaseKeeper
from monitor.pulse.queries import beat
from monitor.pulse.rules import SILENCE
from registry.bus import Bus, Received
from registry.store import Store
from registry.web.readiness import PartState, Readiness
from tests.fakes.clock import NOON, FixedClock
from tests.makers.leases import a_holder
from tests.makers.monitor import the_compound
from tests.makers.pulse import a_pulse

pytestmark = pytest.mark.broker

Eventually = Callable[..., None]
ALARMS = "dayuan/v1/+/_alarm/+"


@pytest.fixture
def web(connect: Callable[..., Bus]) -> Bus:
    return connect("web", hears=(ALARMS,), handler=lambda message: message.acknowledge())


class Works:
    """A part that works."""

    def state(self) -> PartState:
        return PartState(ready=True)


class Barriers:
    """All of them do what they are told."""

    board = Works()


class Desk(Works):
    """A gate's desk whose snapshot is fresh, and whose plate reader is there."""

    plates = Works()
    barriers = Barriers()


def readiness(monitor: Store, clock: FixedClock, bus: Bus, sender: object = None) -> Readiness:
    found = Readiness()
    desk: Any = Desk()  # only its state is asked
    senders: Any = {"gateway": sender} if sender is not None else {}
    register_checkups(found, clock=clock, desk=desk, monitor=monitor, buses={"web": bus}, senders=senders)
    return found


def test_an_engine_that_gave_no_sign_for_longer_than_ten_seconds_is_not_ready(
    monitor_store: Store, clock: FixedClock, web: Bus, eventually: Eventually
) -> None:
    states = readiness(monitor_store, clock, web).states
    assert not states()["monitor-engine"].ready
    with monitor_store.begin(NOON) as work:
        beat(work.session, a_pulse())
    assert states()["monitor-engine"] == PartState(ready=True, lag_seconds=0.0)
    clock.moment += SILENCE + timedelta(seconds=1)
    assert states()["monitor-engine"] == PartState(
        ready=False, lag_seconds=11.0, detail="the engine gives no sign of life"
    )
    eventually(lambda: states()["broker-web"].ready)
    path = checks_of_the_live_path(clock=clock, monitor=monitor_store, web=web)
    assert {name for name, check in path.items() if not check().ready} == {"engine", "rules"}


def test_a_refused_foreign_topic_makes_the_house_not_ready_but_the_live_path_works(
    monitor_store: Store, clock: FixedClock, web: Bus
) -> None:
    with monitor_store.begin(NOON) as work:
        beat(work.session, a_pulse(unheard=1))
    states = readiness(monitor_store, clock, web).states()
    assert not states["monitor-engine"].ready
    assert checks_of_the_live_path(clock=clock, monitor=monitor_store, web=web)["engine"]().ready


def test_which_engine_acts_is_told_until_it_gives_its_lease_back(
    monitor_store: Store, clock: FixedClock, web: Bus
) -> None:
    states = readiness(monitor_store, clock, web).states
    assert states()["monitor-lease"] == PartState(ready=False, detail="no engine acts")
    compound = the_compound()
    keeper = LeaseKeeper(monitor_store, lambda: compound, clock, holder=a_holder(), is_gone=lambda _: False)
    keeper.look()
    told = "process 1001 on server-a since 2026-11-23 04:00:00 UTC acts"
    assert states()["monitor-lease"] == PartState(ready=True, detail=told)
    keeper.give_back()
    assert not states()["monitor-lease"].ready


def test_an_engine_of_this_machine_that_was_killed_acts_no_more(
    monitor_store: Store, clock: FixedClock, web: Bus
) -> None:
    killed = replace(this_process(), started=this_process().started - 1)  # the number is another process's by now
    compound = the_compound()
    LeaseKeeper(monitor_store, lambda: compound, clock, holder=killed, is_gone=lambda _: False).look()
    state = readiness(monitor_store, clock, web).states()["monitor-lease"]
    assert state == PartState(ready=False, detail="no engine acts")


def test_a_store_that_does_not_answer_is_told(monitor_store: Store, clock: FixedClock, web: Bus) -> None:
    with monitor_store.engine.begin() as connection:
        connection.execute(text("DROP TABLE pulse"))
    states = readiness(monitor_store, clock, web).states()
    assert "does not answer" in states["monitor-engine"].detail


def test_a_client_that_the_broker_refuses_a_topic_is_not_ready(
    monitor_store: Store, clock: FixedClock, connect: Callable[..., Bus]
) -> None:
    deaf = connect("web", hears=("dayuan/v1/#",), handler=lambda message: message.acknowledge())
    state = readiness(monitor_store, clock, deaf).states()["broker-web"]
    assert (state.ready, state.detail) == (False, "1 topics are not heard")


def test_a_client_whose_thread_has_ended_is_told(
    monitor_store: Store, clock: FixedClock, connect: Callable[..., Bus], eventually: Eventually
) -> None:
    def stumble(_message: Received) -> None:
        raise RuntimeError("a consumer with a fault")

    web = connect("web", hears=(ALARMS,), handler=stumble)
    connect("monitor").publish("dayuan/v1/oc1/_alarm/1", b"1")
    eventually(lambda: not web.alive)
    state = readiness(monitor_store, clock, web).states()["broker-web"]
    assert (state.ready, state.detail) == (False, "no connection: its thread has ended")


@dataclass(frozen=True, slots=True)
class Sender:
    """A sender as it may stand."""

    alive: bool
    stuck_seconds: float


@pytest.mark.parametrize(
    ("sender", "state"),
    [
        (Sender(alive=True, stuck_seconds=9.0), PartState(ready=True, lag_seconds=9.0)),
        (Sender(alive=True, stuck_seconds=11.0), PartState(ready=False, lag_seconds=11.0)),
        (Sender(alive=False, stuck_seconds=0.0), PartState(ready=False, detail="nobody sends")),
    ],
)
def test_what_nobody_sends_or_what_does_not_get_through_is_told(
    monitor_store: Store, clock: FixedClock, web: Bus, sender: Sender, state: PartState
) -> None:
    assert readiness(monitor_store, clock, web, sender).states()["outbox-gateway"] == state
