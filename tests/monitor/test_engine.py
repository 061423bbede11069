"""The engine on a real store: what the inbox stored becomes alarms, exactly once, whenever it is killed."""

import contextlib
import random
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfoNotFoundError

import orjson
import pytest
from sqlalchemy import event
from structlog.testing import capture_logs

from monitor.alarms.problems import AlarmChanged
from monitor.anomalies.models import EngineProgress, EngineTick
from monitor.anomalies.signals import Signal
from monitor.engine import Engine
from monitor.signals.messages import Message
from monitor.signals.models import SignalRow
from monitor.signals.service import take_in
from registry.devices.facts import Register
from registry.messages.alarms import AlarmFlag, AlarmState
from registry.store import Store
from registry.store.outbox import waiting
from tests.fakes.clock import NOON, FixedClock
from tests.makers.events import an_event, event_topic, on_the_wire
from tests.makers.judging import LATER, an_engine, catch_up, final, handled, standing
from tests.makers.monitor import (
    MEDIA_ID,
    NORTH,
    OC1,
    a_beam,
    a_motion,
    a_try,
    a_zone,
    hear,
    seconds,
    the_compound,
)
from tests.makers.patrols import a_planned_tour

pytestmark = pytest.mark.both_stores

CROSSING = ((a_beam, 0), (a_motion, 3))
"""What makes one, and when, in seconds."""


def test_a_beam_and_a_camera_become_one_alarm_in_the_zone_with_words_in_both_languages(monitor_store: Store) -> None:
    hear(monitor_store, [a_beam(seconds(0)), a_motion(seconds(6), what="intrusion")])
    catch_up(monitor_store)
    [alarm] = standing(monitor_store)
    assert (alarm.rule, alarm.zone, alarm.priority, alarm.state) == ("B02", NORTH, 2, AlarmState.NEW)
    assert alarm.flags == [AlarmFlag.CONFIRMED]
    assert [each.device for each in alarm.contributing] == ["oc1/beam/north-01", "oc1/camera/north-01"]
    assert alarm.explanation.zh == "12:00:00 北墙一号被遮断，6 秒后北墙一号画面中有目标移动，两路印证。"
    assert "6 s later" in alarm.explanation.en


def test_what_devices_send_becomes_an_alarm_by_way_of_the_inbox(monitor_store: Store) -> None:
    compound = the_compound()
    beam = an_event("b-1", data={"state": "start", "activity": "b-1", "beam_ids": ["a"]})
    camera = an_event(
        "c-1",
        device="oc1/camera/north-01",
        kind="dayuan.camera.intrusion",
        occurred_at=seconds(4),
        data={
            "state": "start",
            "activity": "c-1",
            "region": "wall",
            "media": [{"id": MEDIA_ID, "sha256": "ab" * 32, "kind": "snapshot"}],
        },
    )
    messages = [
        Message(topic=event_topic(device), payload=on_the_wire(event), received_at=seconds(5))
        for device, event in (("oc1/beam/north-01", beam), ("oc1/camera/north-01", camera))
    ]
    for _ in range(2):  # a broker may send everything again
        with monitor_store.begin(seconds(5)) as work:
            take_in(work.session, messages, compound)
        catch_up(monitor_store, seconds(5))
    [alarm] = standing(monitor_store)
    assert [each.signal_id for each in alarm.contributing] == ["b-1", "c-1"]
    assert [str(media.id) for media in alarm.media] == [MEDIA_ID]
    assert (alarm.raised_at, alarm.version) == (seconds(5), 1)


def test_a_disarmed_zone_raises_nothing(monitor_store: Store) -> None:
    hear(monitor_store, [a_beam(seconds(0)), a_motion(seconds(6))])
    an_engine(monitor_store, the_compound(a_zone(armed=False))).step(LATER)
    assert standing(monitor_store) == []


def test_more_of_the_same_is_counted_in_the_alarm_that_stands(monitor_store: Store) -> None:
    hear(monitor_store, [a_beam(seconds(0)), a_motion(seconds(6))])
    catch_up(monitor_store)
    hear(monitor_store, [a_beam(seconds(40)), a_motion(seconds(45))])
    catch_up(monitor_store)
    [alarm] = standing(monitor_store)
    assert (alarm.count, alarm.version) == (2, 2)


def _log(seed: int) -> list[Signal]:
    chance = random.Random(seed)
    beams = [a_beam(seconds(chance.randrange(0, 1200, 30))) for _ in range(7)]
    motions = [a_motion(beam.occurred_at + timedelta(seconds=1)) for beam in chance.sample(beams, k=5)]
    return sorted({each.key: each for each in (*beams, *motions)}.values(), key=lambda each: each.order)


@pytest.mark.parametrize("seed", range(8))
def test_a_new_engine_for_every_signal_in_any_order_finds_what_one_finds_in_one_pass(
    monitor_store: Store, seed: int
) -> None:
    log = _log(seed)
    shuffled = random.Random(seed).sample(log, k=len(log))
    for signal in shuffled:
        hear(monitor_store, [signal, signal])
        catch_up(monitor_store)
    one_by_one = final(monitor_store)
    _begin_again(monitor_store, log)
    assert final(monitor_store) == one_by_one
    assert one_by_one


def _begin_again(store: Store, log: Iterable[Signal]) -> None:
    """An empty store that hears it all in order before an engine looks."""
    base = store.room.base.metadata
    base.drop_all(store.engine)
    base.create_all(store.engine)
    hear(store, log)
    catch_up(store)


def test_an_engine_that_dies_before_its_commit_has_done_nothing_and_the_next_does_all(monitor_store: Store) -> None:
    hear(monitor_store, [a_beam(seconds(0)), a_motion(seconds(6))])

    class Killed(Exception): ...

    def die(*_: object) -> None:
        raise Killed

    event.listen(monitor_store._writing, "before_commit", die)
    with pytest.raises(Killed):
        an_engine(monitor_store).step(LATER)
    event.remove(monitor_store._writing, "before_commit", die)
    assert standing(monitor_store) == []
    catch_up(monitor_store)
    catch_up(monitor_store)
    assert len(standing(monitor_store)) == 1
    with monitor_store.read() as session:
        progress = session.get(EngineProgress, 1)
        assert progress is not None
        assert progress.position == 2
        assert len(waiting(session)) == 1


def test_an_idle_pass_writes_nothing(monitor_store: Store) -> None:
    catch_up(monitor_store)
    with monitor_store.read() as session:
        before = session.get(EngineProgress, 1)
    catch_up(monitor_store, LATER + timedelta(hours=5))
    with monitor_store.read() as session:
        after = session.get(EngineProgress, 1)
        assert [tick.at for tick in session.query(EngineTick)] == [LATER]
    assert before is not None
    assert after is not None
    assert after.clock == before.clock


def test_after_a_long_pass_the_next_take_fewer_signals_so_that_others_can_write(monitor_store: Store) -> None:
    hear(monitor_store, [a_beam(seconds(number)) for number in range(8)])
    compound, moments = the_compound(), iter([0.0, 1.0, 1.0, 1.1, 1.1, 1.2])
    engine = Engine(monitor_store, lambda: compound, FixedClock(), steady=lambda: next(moments))
    engine.batch = 4
    taken = []
    more = True
    while more:
        taken.append(engine.batch)
        more = engine.step(LATER)
    assert (taken, engine.batch) == ([4, 2, 4], 8)


def test_a_closed_incident_is_not_opened_by_what_comes_late_for_it(monitor_store: Store) -> None:
    hear(monitor_store, [a_beam(seconds(0)), a_motion(seconds(6))])
    catch_up(monitor_store)
    handled(monitor_store, standing(monitor_store)[0], seconds(300), close=True)
    hear(monitor_store, [a_motion(seconds(8), what="intrusion", received_at=seconds(301))])
    catch_up(monitor_store)
    [alarm] = standing(monitor_store)
    assert alarm.state is AlarmState.CLOSED
    assert AlarmFlag.LATE_EVIDENCE in alarm.flags
    assert len(alarm.contributing) == 3


def test_a_crossing_after_a_closing_is_a_new_alarm_though_the_clocks_of_the_devices_are_slow(
    monitor_store: Store,
) -> None:
    hear(monitor_store, [a_beam(seconds(-120), received_at=NOON), a_motion(seconds(-119), received_at=seconds(1))])
    catch_up(monitor_store)
    handled(monitor_store, standing(monitor_store)[0], seconds(30), close=True)
    again = [a_beam(seconds(-30), received_at=seconds(90)), a_motion(seconds(-29), received_at=seconds(91))]
    hear(monitor_store, again)
    catch_up(monitor_store)
    assert sorted((alarm.state, alarm.count, tuple(alarm.flags)) for alarm in standing(monitor_store)) == [
        (AlarmState.CLOSED, 1, (AlarmFlag.CONFIRMED,)),
        (AlarmState.NEW, 1, (AlarmFlag.CONFIRMED,)),
    ]


def test_what_happens_after_a_closing_is_a_new_alarm(monitor_store: Store) -> None:
    hear(monitor_store, [a_beam(seconds(0)), a_motion(seconds(6))])
    catch_up(monitor_store)
    handled(monitor_store, standing(monitor_store)[0], seconds(20), close=True)
    hear(monitor_store, [a_beam(seconds(30)), a_motion(seconds(31))])
    catch_up(monitor_store)
    assert sorted(alarm.state for alarm in standing(monitor_store)) == [AlarmState.CLOSED, AlarmState.NEW]


def test_a_vehicle_that_keeps_trying_is_one_alarm_of_priority_3(monitor_store: Store) -> None:
    hear(monitor_store, [a_try(seconds(at)) for at in (0, 10)])
    catch_up(monitor_store)
    assert standing(monitor_store) == []
    hear(monitor_store, [a_try(seconds(20)), a_try(seconds(30)), a_try(seconds(30), plate="鄂E99999", event_id="x")])
    catch_up(monitor_store)
    [alarm] = standing(monitor_store)
    assert (alarm.rule, alarm.priority, alarm.count, alarm.zone) == ("G03", 3, 4, None)


def test_a_signal_of_a_site_that_is_no_longer_registered_stops_nothing(monitor_store: Store) -> None:
    elsewhere = the_compound()
    empty = Register(version=2, sites={}, devices=elsewhere.devices, zones={})
    hear(monitor_store, [a_try(seconds(at)) for at in (0, 10, 20)])
    an_engine(monitor_store, empty).step(LATER)
    assert standing(monitor_store) == []


@pytest.mark.parametrize(("hours", "alarms"), [(71.9, 1), (72.1, 0)])
def test_what_happened_more_than_three_days_before_it_came_is_kept_and_not_judged(
    monitor_store: Store, hours: float, alarms: int
) -> None:
    at = LATER - timedelta(hours=hours)
    hear(monitor_store, [a_beam(at, received_at=LATER), a_motion(at, received_at=LATER)])
    catch_up(monitor_store)
    assert len(standing(monitor_store)) == alarms


def test_a_device_whose_clock_was_never_set_stops_nothing(monitor_store: Store) -> None:
    ancient = an_event("p-1") | {"time": "0001-01-01T00:00:00Z"}
    message = Message(topic=event_topic(), payload=on_the_wire(ancient), received_at=NOON)
    with monitor_store.begin(NOON) as work:
        assert take_in(work.session, [message], the_compound()).stored == 1
    hear(monitor_store, [a_beam(seconds(0)), a_motion(seconds(6))])
    catch_up(monitor_store)
    assert [alarm.rule for alarm in standing(monitor_store)] == ["B02"]


def _spoil(store: Store, signal: Signal) -> None:
    """Let a stored signal say what no rule understands."""
    with store.begin(NOON) as work:
        row = work.session.query(SignalRow).where(SignalRow.id == signal.key.id).one()
        row.data = '{"state": "perhaps"}'


def test_a_signal_that_no_rule_can_judge_is_set_aside_and_those_around_it_are_judged(monitor_store: Store) -> None:
    poison = a_beam(seconds(3), event_id="poison")
    hear(monitor_store, [a_beam(seconds(0)), poison, a_motion(seconds(6))])
    _spoil(monitor_store, poison)
    with capture_logs() as logs:
        catch_up(monitor_store)
    [alarm] = standing(monitor_store)
    assert [each.signal_id for each in alarm.contributing] == ["north-01@1795406400.000:", "north-01@1795406406.000:"]
    [told] = [entry for entry in logs if entry["event"] == "signal-set-aside"]
    assert (told["device"], told["id"]) == ("oc1/beam/north-01", "poison")
    with monitor_store.read() as session:
        assert [row.id for row in session.query(SignalRow) if row.set_aside is not None] == ["poison"]


def test_what_is_no_signals_fault_sets_none_aside_and_ends_the_engine(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    compound = the_compound()
    nowhere = replace(compound.sites[OC1], timezone="Nowhere/Never")
    broken = replace(compound, sites={OC1: nowhere})
    an_engine(monitor_store).step(NOON)
    hear(monitor_store, [a_beam(seconds(1)), a_beam(seconds(2))])
    with pytest.raises(ZoneInfoNotFoundError):
        an_engine(monitor_store, broken).step(LATER)
    with monitor_store.read() as session:
        assert [row.set_aside for row in session.query(SignalRow)] == [None, None]


def test_a_woken_engine_judges_at_once_and_ends_when_told(monitor_store: Store) -> None:
    compound, stop, raised = the_compound(), threading.Event(), threading.Event()
    monitor_store.after_commit = lambda: raised.set() if standing(monitor_store) else None
    engine = Engine(monitor_store, lambda: compound, FixedClock(LATER))
    runner = threading.Thread(target=engine.run, args=(stop,))
    runner.start()
    hear(monitor_store, [a_beam(seconds(0)), a_motion(seconds(6))])
    engine.wake()
    assert raised.wait(60)
    stop.set()
    engine.wake()
    runner.join(60)
    assert not runner.is_alive()


def test_two_engines_an_inbox_and_an_operator_at_once_lose_no_signal_and_no_version(monitor_store: Store) -> None:
    signals = [make(seconds(10 * number + offset)) for number in range(12) for make, offset in CROSSING]
    hear(monitor_store, signals[:2])
    catch_up(monitor_store)
    [first] = standing(monitor_store)

    def hear_the_others() -> None:
        for signal in signals[2:]:
            hear(monitor_store, [signal])

    with ThreadPoolExecutor(4) as pool:
        hearing = pool.submit(hear_the_others)

        def judge() -> None:
            while not hearing.done():
                catch_up(monitor_store)

        engines = [pool.submit(judge) for _ in range(2)]
        with contextlib.suppress(AlarmChanged):
            handled(monitor_store, first, LATER)
        for each in (hearing, *engines):
            each.result()
    catch_up(monitor_store)
    [alarm] = standing(monitor_store)
    assert len(alarm.contributing) == len(signals)
    with monitor_store.read() as session:
        told = [orjson.loads(message.payload)["version"] for message in waiting(session)]
    assert told == list(range(1, alarm.version + 1))
