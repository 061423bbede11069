"""A beam was interrupted and a camera of the same zone saw something move."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.alarms.findings import Finding
from monitor.alarms.words import explain
from monitor.anomalies import b02_confirmed_crossing as b02
from monitor.anomalies.incidents import Cluster, clusters
from monitor.anomalies.signals import Signal
from monitor.anomalies.world import World
from registry.devices.facts import RegionFacts, ZoneFacts, ZoneKind
from registry.ids import AlarmId, DeviceAddress
from registry.messages.alarms import AlarmFlag
from tests.fakes.alarms import AlarmsInMemory
from tests.fakes.clock import NOON
from tests.makers.event_logs import a_log_of_the_wall, arrivals
from tests.makers.monitor import (
    BEAM,
    CAMERA,
    MEDIA_ID,
    NORTH,
    a_beam,
    a_motion,
    a_signal,
    a_zone,
    seconds,
    the_compound,
)

SHA = "ab" * 32


def _alarms(zone: ZoneFacts | None = None) -> AlarmsInMemory:
    zone = zone or a_zone()
    world = World(register=the_compound(zone))

    def incidents(signals: Iterable[Signal]) -> list[Cluster]:
        return clusters(b02.crossings(signals, zone=zone, world=world), gap=b02.DEFAULT.gap)

    return AlarmsInMemory(clusters=incidents, describe=partial(b02.describe, zone=zone, register=world.register))


def _found(*signals: Signal, zone: ZoneFacts | None = None) -> list[Finding]:
    alarms = _alarms(zone)
    alarms.hear(*signals)
    return list(alarms.stand().values())


@pytest.mark.parametrize("camera_after", [-10, -3, 0, 7, 20])
def test_a_camera_within_ten_seconds_before_and_twenty_after_confirms(camera_after: float) -> None:
    [alarm] = _found(a_beam(seconds(0)), a_motion(seconds(camera_after)))
    assert (alarm.zone, alarm.priority, alarm.count) == (NORTH, 2, 1)
    assert AlarmFlag.CONFIRMED in alarm.flags


@pytest.mark.parametrize("camera_after", [-10.001, 20.001, 3600])
def test_a_camera_outside_of_that_confirms_nothing(camera_after: float) -> None:
    assert _found(a_beam(seconds(0)), a_motion(seconds(camera_after))) == []


def test_a_beam_alone_and_a_camera_alone_raise_nothing_here() -> None:
    assert _found(a_beam(seconds(0)), a_beam(seconds(5))) == []
    assert _found(a_motion(seconds(0)), a_motion(seconds(5), what="intrusion")) == []


def test_where_a_region_is_drawn_a_passer_by_elsewhere_in_the_picture_confirms_nothing() -> None:
    zone = a_zone()
    lawn = RegionFacts(id="lawn", polygon=((0, 0.5), (1, 0.5), (1, 1)), rules=("intrusion",))
    compound = the_compound(zone)
    camera = replace(compound.devices[CAMERA], regions=(lawn,))
    drawn = replace(compound, devices={**compound.devices, CAMERA: camera})
    beam, passer_by = a_beam(seconds(0)), a_motion(seconds(2))
    intruder = a_motion(seconds(2), what="intrusion", region="lawn")
    assert b02.crossings([beam, passer_by], zone=zone, world=World(register=drawn)) == []
    [crossing] = b02.crossings([beam, passer_by, intruder], zone=zone, world=World(register=drawn))
    assert set(crossing.signals) == {beam, intruder}


@pytest.mark.parametrize(("milliseconds", "ids", "is_found"), [(90, "ab", False), (100, "ab", True), (400, "a", False)])
def test_a_leaf_and_a_bird_at_a_pair_of_two_beams_are_nobody(milliseconds: float, ids: str, *, is_found: bool) -> None:
    compound = the_compound(zone := a_zone())
    pair = replace(compound.devices[BEAM], beams=2, min_interruption_ms=100)
    known = World(register=replace(compound, devices={**compound.devices, BEAM: pair}))
    broken = a_signal(BEAM, b02.BEAM, seconds(0), beam_ids=list(ids), dur_ms=milliseconds)
    assert bool(b02.crossings([broken, a_motion(seconds(2))], zone=zone, world=known)) is is_found


@pytest.mark.parametrize("first", ["beam", "camera"])
def test_it_fires_at_once_whichever_is_heard_first(first: str) -> None:
    signals = {"beam": a_beam(seconds(0)), "camera": a_motion(seconds(4))}
    alarms = _alarms()
    alarms.hear(signals.pop(first))
    assert alarms.stand() == {}
    alarms.hear(*signals.values())
    assert len(alarms.stand()) == 1


def test_something_that_still_moves_confirms_before_its_end_is_told() -> None:
    begun = a_motion(seconds(-90), state="start", activity="m-1")
    assert len(_found(begun, a_beam(seconds(0)))) == 1


def test_something_that_stopped_moving_long_before_confirms_nothing() -> None:
    begun = a_motion(seconds(-90), state="start", activity="m-1")
    ended = a_motion(seconds(-30), state="end", activity="m-1")
    assert _found(begun, ended, a_beam(seconds(0))) == []


@pytest.mark.parametrize("ends_at", [None, 700, 1799])
def test_an_intruder_who_lingers_before_the_camera_for_minutes_is_not_missed(ends_at: float | None) -> None:
    seen = [a_motion(seconds(0), state="start", activity="m-1")]
    if ends_at is not None:
        seen.append(a_motion(seconds(ends_at), state="end", activity="m-1"))
    [alarm] = _found(*seen, a_beam(seconds(600)))
    assert alarm.count == 1


def test_a_motion_whose_end_got_lost_does_not_confirm_for_ever() -> None:
    begun = a_motion(seconds(-1811), state="start", activity="m-1")
    assert _found(begun, a_beam(seconds(0))) == []


@pytest.mark.parametrize("state", ["start", "instant"])
@pytest.mark.parametrize(("lost_at", "count"), [(-11, 0), (-9, 1), (5, 1), (-101, 1)])
def test_of_a_camera_that_lost_its_picture_an_open_motion_is_believed_until_then(
    state: str, lost_at: float, count: int
) -> None:
    begun = a_motion(seconds(-100), state="start", activity="m-1")
    lost = a_motion(seconds(lost_at), what="signal_lost", state=state, activity="l-1")
    back = a_motion(seconds(lost_at + 1), what="signal_lost", state="end", activity="l-1")
    assert len(_found(begun, lost, back, a_beam(seconds(0)))) == count


def test_a_motion_that_the_camera_ended_itself_is_believed_to_its_end_though_the_picture_was_lost_meanwhile() -> None:
    begun = a_motion(seconds(-100), state="start", activity="m-1")
    lost = a_motion(seconds(-50), what="signal_lost", state="start", activity="l-1")
    ended = a_motion(seconds(-5), state="end", activity="m-1")
    assert len(_found(begun, lost, ended, a_beam(seconds(0)))) == 1


def test_that_another_camera_lost_its_picture_says_nothing_of_this_one() -> None:
    begun = a_motion(seconds(-100), state="start", activity="m-1")
    elsewhere = DeviceAddress.parse("oc1/camera/south-01")
    lost = a_signal(elsewhere, "dayuan.camera.signal_lost", seconds(-50), state="start", activity="l-1")
    assert len(_found(begun, lost, a_beam(seconds(0)))) == 1


def test_where_a_region_is_drawn_the_loss_of_the_whole_picture_counts() -> None:
    zone = a_zone(region="wall")
    begun = a_motion(seconds(-100), what="intrusion", region="wall", state="start", activity="m-1")
    lost = a_motion(seconds(-50), what="signal_lost", state="start", activity="l-1")
    assert _found(begun, lost, a_beam(seconds(0)), zone=zone) == []


def test_a_beam_that_stays_blocked_is_confirmed_by_what_moves_meanwhile() -> None:
    blocked = a_beam(seconds(0), state="start", activity="b-1")
    restored = a_beam(seconds(60), state="end", activity="b-1")
    [alarm] = _found(blocked, restored, a_motion(seconds(50)))
    assert alarm.count == 1
    assert AlarmFlag.RETURNED in alarm.flags


def test_an_end_without_a_beginning_is_no_interruption() -> None:
    assert _found(a_beam(seconds(0), state="end", activity="b-1"), a_motion(seconds(1))) == []


def test_a_region_that_is_no_member_of_the_zone_confirms_nothing() -> None:
    zone = a_zone(region="wall")
    beam = a_beam(seconds(0))
    assert _found(beam, a_motion(seconds(1), what="intrusion", region="lawn"), zone=zone) == []
    assert len(_found(beam, a_motion(seconds(1), what="intrusion", region="wall"), zone=zone)) == 1


@pytest.mark.parametrize(
    ("armed", "kind", "watched"),
    [
        (True, ZoneKind.PERIMETER, True),
        (False, ZoneKind.PERIMETER, False),
        (False, ZoneKind.ALWAYS, True),
    ],
)
def test_a_24_hour_zone_cannot_be_disarmed(kind: ZoneKind, *, armed: bool, watched: bool) -> None:
    assert World(register=the_compound()).is_armed(a_zone(armed=armed, kind=kind), NOON) is watched


@pytest.mark.parametrize(
    ("local", "priority"),
    [("06:59:59", 1), ("07:00:00", 2), ("12:00:00", 2), ("18:59:59", 2), ("19:00:00", 1), ("00:00:00", 1)],
)
def test_at_night_it_is_priority_1(local: str, priority: int) -> None:
    at = datetime.fromisoformat(f"2026-11-23T{local}+08:00").astimezone(UTC)
    [alarm] = _found(a_beam(at), a_motion(at))
    assert alarm.priority == priority


def test_interruptions_two_minutes_apart_are_one_incident_and_later_ones_another() -> None:
    signals = [signal for at in (0, 120, 241) for signal in (a_beam(seconds(at)), a_motion(seconds(at)))]
    first, second = sorted(_found(*signals), key=lambda alarm: alarm.occurred_at)
    assert (first.count, second.count) == (2, 1)


def test_late_evidence_between_two_incidents_makes_them_the_earlier_one() -> None:
    alarms = _alarms()
    for at in (0, 200, 100):
        alarms.hear(a_beam(seconds(at)), a_motion(seconds(at)))
    [alarm] = alarms.stand().values()
    in_order = _found(*alarms.heard.values())
    assert [alarm] == in_order
    assert alarm.count == 3
    assert list(alarms.aliases.values()) == [alarm.id]


def test_earlier_evidence_moves_the_anchor() -> None:
    alarms = _alarms()
    alarms.hear(a_beam(seconds(30)), a_motion(seconds(31)))
    [before] = alarms.stand()
    alarms.hear(a_beam(seconds(0)), a_motion(seconds(1)))
    [after] = alarms.stand()
    assert alarms.aliases == {before: after}
    assert alarms.stand()[after].occurred_at == seconds(0)


def test_what_happens_after_a_person_closed_an_incident_is_a_new_one() -> None:
    alarms = _alarms()
    alarms.hear(a_beam(seconds(0)), a_motion(seconds(1)))
    [first] = alarms.stand()
    alarms.close(first, seconds(20))
    alarms.hear(a_beam(seconds(30)), a_motion(seconds(31)))
    assert [alarm.count for alarm in alarms.stand().values()] == [1, 1]


def test_a_motion_that_goes_on_past_a_closing_is_evidence_for_both_incidents_and_anchors_one() -> None:
    alarms = _alarms()
    alarms.hear(a_motion(seconds(0), state="start", activity="m-1"), a_beam(seconds(5)))
    [first] = alarms.stand()
    alarms.close(first, seconds(20))
    alarms.hear(a_beam(seconds(30)))
    second = next(alarm for id_, alarm in alarms.stand().items() if id_ != first)
    assert second.occurred_at == seconds(30)
    assert len(second.evidence) == 2


def test_more_that_shows_a_crossing_of_a_closed_incident_is_added_there_and_raises_nothing() -> None:
    alarms = _alarms()
    alarms.hear(a_beam(seconds(0)), a_motion(seconds(1)))
    [first] = alarms.stand()
    alarms.close(first, seconds(300))
    alarms.hear(a_motion(seconds(8), what="intrusion"))
    [alarm] = alarms.stand().values()
    assert len(alarm.evidence) == 3


def test_a_crossing_that_nobody_had_seen_raises_even_if_it_is_said_to_be_from_before_the_closing() -> None:
    alarms = _alarms()
    alarms.hear(a_beam(seconds(0)), a_motion(seconds(1)))
    [first] = alarms.stand()
    alarms.close(first, seconds(300))
    alarms.hear(a_beam(seconds(60)), a_motion(seconds(61)))
    assert sorted(len(alarm.evidence) for alarm in alarms.stand().values()) == [2, 2]
    alarms.hear(a_beam(seconds(100)), a_motion(seconds(101)), a_motion(seconds(5)))
    assert {alarm.count: len(alarm.evidence) for alarm in alarms.stand().values()} == {1: 3, 2: 4}


@pytest.mark.parametrize(
    ("camera_after", "zh", "en"),
    [
        (7, "7 秒后北墙一号画面中有目标移动", "7 s later"),
        (0, "同时北墙一号画面中有目标移动", "while"),
        (-3, "此前 3 秒北墙一号画面中已有目标移动", "3 s before"),
    ],
)
def test_the_alarm_says_what_was_first_and_by_how_much(camera_after: float, zh: str, en: str) -> None:
    [alarm] = _found(a_beam(seconds(0)), a_motion(seconds(camera_after)))
    said = explain(alarm.explanation)
    assert zh in said.zh
    assert en in said.en


def test_the_alarm_says_how_often_and_when_last() -> None:
    signals = [signal for at in (0, 60) for signal in (a_beam(seconds(at)), a_motion(seconds(at)))]
    [alarm] = _found(*signals)
    said = explain(alarm.explanation)
    assert "共被遮断 2 次，最近一次 12:01:00" in said.zh
    assert "2 interruptions in this incident, the last at 12:01:00." in said.en


def test_pictures_come_from_the_cameras_each_once() -> None:
    picture = {"id": MEDIA_ID, "sha256": SHA, "kind": "snapshot"}
    [alarm] = _found(a_beam(seconds(0)), a_motion(seconds(1), media=[picture]), a_motion(seconds(2), media=[picture]))
    [taken] = alarm.pictures
    assert (str(taken.media.id), taken.device, taken.occurred_at) == (MEDIA_ID, CAMERA, seconds(1))


def _judged(heard: Sequence[Signal]) -> dict[AlarmId, Finding]:
    alarms = _alarms()
    for signal in heard:
        alarms.hear(signal)
    return alarms.stand()


@pytest.mark.parametrize("seed", range(200))
def test_any_order_of_arrival_within_ten_seconds_with_repeats_gives_the_same_alarms(seed: int) -> None:
    log = a_log_of_the_wall(seed)
    expected = _judged(sorted(log, key=lambda signal: signal.order))
    assert _judged(arrivals(log, random.Random(seed + 1000))) == expected


@settings(max_examples=200, deadline=None)
@given(
    moments=st.lists(st.integers(0, 40), min_size=1, max_size=12, unique=True),
    alone=st.sets(st.integers(0, 40)),
    chance=st.randoms(use_true_random=False),
)
def test_what_is_over_at_once_gives_the_same_alarms_in_any_order_whatever(
    moments: list[int], alone: set[int], chance: random.Random
) -> None:
    log = [a_beam(seconds(moment * 30)) for moment in moments]
    log += [a_motion(seconds(moment * 30 + 1)) for moment in moments if moment not in alone]
    heard = [*log, *chance.sample(log, k=len(log) // 2)]
    chance.shuffle(heard)
    assert _judged(heard) == _judged(sorted(log, key=lambda signal: signal.order))


def test_the_event_logs_of_the_property_hold_incidents_of_every_size() -> None:
    counts = {alarm.count for seed in range(200) for alarm in _judged(a_log_of_the_wall(seed)).values()}
    assert {1, 2, 3} <= counts
