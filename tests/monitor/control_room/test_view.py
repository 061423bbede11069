"""What the control room shows of alarms and register."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest

from monitor.alarms import findings
from monitor.control_room.placing import Point, name_at, name_down, sign_at
from monitor.control_room.plan import HEIGHT, WIDTH, Checkpoint, SitePlan, draw_plan, place_of
from monitor.control_room.sheet import Sheet
from monitor.control_room.view import Age, Notice, Particulars, Reader, Step, age_of, compose, within
from registry.devices.facts import BuildingFacts, DrawingFacts, Place
from registry.ids import DeviceAddress, SiteId, ZoneId, new_id
from registry.messages.alarms import AlarmDocument, AlarmFlag, AlarmState, Contribution, Explanation
from registry.messages.events import MediaReference
from tests.fakes.clock import NOON
from tests.makers.control_room import BEAM, CAMERA, NORTH, a_drawn_register

REGISTER = a_drawn_register()
OPERATOR = Reader(
    name="operator", lang="en", site=None, alarm_id=None, closing=False, may_handle=True, may_close_urgent=False
)


def a_document(
    *, state: AlarmState = AlarmState.NEW, priority: int = 2, minutes_ago: float = 1, **said: Any
) -> AlarmDocument:
    at = NOON - timedelta(minutes=minutes_ago)
    known: dict[str, Any] = {
        "id": new_id(),
        "code": "A-7K3X",
        "site": "oc1",
        "zone": NORTH,
        "rule": "B02",
        "rule_version": 1,
        "flags": [AlarmFlag.CONFIRMED],
        "raised_at": at,
        "count": 1,
        "contributing": [],
        "explanation": Explanation(zh="越界", en="Crossing"),
        "media": [],
        "plan_id": None,
        "assigned_to": None,
        "verdict": None,
        "version": 1,
    }
    return AlarmDocument(state=state, priority=priority, occurred_at=at, **{**known, **said})


def a_signal(device: str = BEAM, kind: str = "dayuan.beam.interrupted", seconds: float = 0) -> Contribution:
    return Contribution(signal_id=str(seconds), device=device, type=kind, occurred_at=NOON + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("seconds", "age"),
    [
        (-5, Age(count=0, unit="seconds")),
        (59, Age(count=59, unit="seconds")),
        (60, Age(count=1, unit="minutes")),
        (3599, Age(count=59, unit="minutes")),
        (7200, Age(count=2, unit="hours")),
        (86400, Age(count=1, unit="days")),
    ],
)
def test_an_age_is_said_in_its_largest_whole_unit(seconds: int, age: Age) -> None:
    assert age_of(NOON - timedelta(seconds=seconds), NOON) == age


def test_the_first_of_the_list_is_under_the_cursor_until_one_is_chosen() -> None:
    urgent, ordinary = a_document(priority=1), a_document(priority=3)
    board = compose(REGISTER, [urgent, ordinary], OPERATOR, NOON, checkpoints={})
    assert [row.selected for row in board.rows] == [True, False]
    assert board.incident is not None
    assert board.incident.row.alarm == urgent

    chosen = compose(REGISTER, [urgent, ordinary], replace(OPERATOR, alarm_id=ordinary.id), NOON, checkpoints={})
    assert [row.selected for row in chosen.rows] == [False, True]


def test_an_alarm_that_was_closed_meanwhile_stays_under_the_cursor_without_anything_to_do() -> None:
    closed = a_document(state=AlarmState.CLOSED)
    board = compose(REGISTER, [], OPERATOR, NOON, looked_at=closed, checkpoints={})
    assert board.rows == ()
    assert board.incident is not None
    assert (board.incident.next_step, board.incident.closable, board.incident.assignable) == (None, False, False)


@pytest.mark.parametrize(
    ("state", "step", "closable"),
    [
        (AlarmState.NEW, Step.ACKNOWLEDGE, False),
        (AlarmState.ACKNOWLEDGED, Step.VERIFY, True),
        (AlarmState.VERIFYING, Step.DISPATCH, True),
        (AlarmState.DISPATCHED, Step.CONTAIN, True),
        (AlarmState.CONTAINED, None, True),
    ],
)
def test_one_next_step_is_offered_and_closing_once_somebody_has_acknowledged(
    state: AlarmState, step: Step | None, *, closable: bool
) -> None:
    board = compose(REGISTER, [a_document(state=state)], OPERATOR, NOON, checkpoints={})
    assert board.incident is not None
    assert (board.incident.next_step, board.incident.closable) == (step, closable)


@pytest.mark.parametrize(("officer", "may"), [(False, False), (True, True)])
def test_an_urgent_alarm_is_closed_by_an_officer_only(*, officer: bool, may: bool) -> None:
    urgent = a_document(priority=1, state=AlarmState.CONTAINED)
    reader = replace(OPERATOR, may_close_urgent=officer, closing=True)
    incident = compose(REGISTER, [urgent], reader, NOON, checkpoints={}).incident
    assert incident is not None
    assert (incident.closable, incident.may_close, incident.closing) == (True, may, may)


def test_who_may_only_look_is_offered_nothing() -> None:
    reader = replace(OPERATOR, may_handle=False, closing=True)
    incident = compose(REGISTER, [a_document(state=AlarmState.VERIFYING)], reader, NOON, checkpoints={}).incident
    assert incident is not None
    assert (incident.next_step, incident.closable, incident.assignable, incident.closing) == (None, False, False, False)


def test_the_timeline_runs_from_the_first_signal_and_names_devices() -> None:
    alarm = a_document(
        contributing=[
            a_signal(CAMERA, "dayuan.camera.intrusion", 3.2),
            a_signal(),
            a_signal("oc9/beam/gone", seconds=9),
        ],
    )
    incident = compose(REGISTER, [alarm], OPERATOR, NOON, checkpoints={}).incident
    assert incident is not None
    assert [(line.device, line.after_seconds) for line in incident.timeline] == [
        ("North wall beam 1", 0),
        ("North wall camera 1", 3.2),
        ("oc9/beam/gone", 9),
    ]
    assert incident.more_signals == 0


def test_every_picture_bears_the_name_and_the_moment_of_its_own_camera() -> None:
    pictures = [
        findings.Picture(
            media=MediaReference(id=new_id(), sha256="0" * 64, kind="snapshot"),
            device=DeviceAddress.parse(device),
            occurred_at=NOON + timedelta(seconds=at),
        )
        for device, at in ((CAMERA, 3.2), ("oc1/camera/east-01", 600), ("oc9/camera/gone", 700))
    ]
    known = Particulars(history=(), pictures=pictures, signals=250)
    alarm = a_document(contributing=[a_signal(CAMERA, "dayuan.camera.intrusion", 3.2)])
    incident = compose(REGISTER, [alarm], OPERATOR, NOON, checkpoints={}, particulars=known).incident
    assert incident is not None
    assert [(picture.camera, f"{picture.at:%H:%M:%S}") for picture in incident.pictures] == [
        ("North wall camera 1", "12:00:03"),
        ("East wall camera", "12:10:00"),
        ("oc9/camera/gone", "12:11:40"),
    ]
    assert incident.more_signals == 249


def test_a_notice_stands_beside_its_alarm_or_over_the_list_when_that_has_left_it() -> None:
    alarm = a_document()
    notice = Notice(text="Li was faster", alarm_id=alarm.id, refused=True)
    beside = compose(REGISTER, [alarm], OPERATOR, NOON, notice=notice, checkpoints={})
    assert (beside.notice, beside.rows[0].notice) == (None, notice)
    gone = compose(REGISTER, [], OPERATOR, NOON, notice=notice, checkpoints={})
    assert gone.notice == notice


def test_zones_are_counted_at_the_sites_that_are_shown() -> None:
    board = compose(REGISTER, [], OPERATOR, NOON, checkpoints={})
    assert (board.zones_armed, board.zones, board.disarmed) == (2, 3, ("East perimeter",))
    other = compose(REGISTER, [], replace(OPERATOR, site=SiteId("oc2")), NOON, checkpoints={})
    assert (other.zones_armed, other.zones, other.disarmed) == (0, 0, ())


def test_what_lies_at_other_sites_is_not_in_what_a_reader_is_given() -> None:
    seen = within(REGISTER, [SiteId("oc2")])
    assert (list(seen.sites), dict(seen.devices), dict(seen.zones)) == ([SiteId("oc2")], {}, {})


def test_without_any_site_there_is_no_plan() -> None:
    assert compose(within(REGISTER, []), [], OPERATOR, NOON, checkpoints={}).plan is None


def test_marks_of_one_zone_stand_side_by_side_inside_the_drawing() -> None:
    alarms = [a_document(id=UUID(int=number)) for number in range(40)]
    plan = draw_plan(REGISTER, REGISTER.sites[SiteId("oc1")], alarms, selected=alarms[7], lang="zh")
    assert len(plan.marks) == 40
    assert all(0 < mark.at.x < WIDTH and 0 < mark.at.y < HEIGHT for mark in plan.marks)
    assert len({mark.at.x for mark in plan.marks[:5]}) == 5
    assert plan.marks[-1].selected


def _covered(plan: SitePlan) -> list[tuple[str, str]]:
    """What is drawn over something else: names, marks and signs, two by two."""
    drawn = [
        *((device.name, sign_at(device.at)) for device in plan.devices),
        *((zone.name, (name_down if zone.down else name_at)(zone.at, zone.name)) for zone in plan.zones),
        *((building.name, name_at(building.at, building.name)) for building in plan.buildings),
        *((mark.alarm.code, sign_at(mark.at)) for mark in plan.marks),
    ]
    return [(a, b) for (a, here), (b, there) in combinations(drawn, 2) if here.overlap(there) > 0]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_mark_hides_no_device_and_a_name_hides_neither(lang: str) -> None:
    alarms = [a_document(code=f"A-{number}") for number in range(4)]
    alarms += [a_document(zone=None, contributing=[a_signal("oc1/gate/oc1-north", "dayuan.gate.entry_decided")])]
    plan = draw_plan(REGISTER, REGISTER.sites[SiteId("oc1")], alarms, selected=None, lang=lang)
    assert len(plan.marks) == 5
    assert _covered(plan) == []


def test_a_phone_that_goes_with_the_guard_has_no_place_on_the_plan() -> None:
    gate = next(device for device in REGISTER.devices.values() if device.address.kind == "gate")
    phone, siren = (
        replace(gate, address=DeviceAddress.parse(each)) for each in ("oc1/patrol/phones", "oc1/fire/siren")
    )
    for device, shown in ((phone, []), (siren, ["oc1/fire/siren"])):
        register = replace(REGISTER, devices={device.address: device})
        plan = draw_plan(register, REGISTER.sites[SiteId("oc1")], [], selected=None, lang="zh")
        assert [str(each.address) for each in plan.devices] == shown
        assert plan.has_other_devices == bool(shown)


@pytest.mark.parametrize(("lang", "name"), [("zh", "1号楼"), ("en", "Building 1")])
def test_a_building_is_called_in_the_readers_language(lang: str, name: str) -> None:
    plan = draw_plan(REGISTER, REGISTER.sites[SiteId("oc1")], [], selected=None, lang=lang)
    assert plan.buildings[0].name == name


def test_the_name_of_a_building_makes_room_for_a_camera_in_its_middle() -> None:
    site = replace(
        REGISTER.sites[SiteId("oc1")],
        buildings=(
            BuildingFacts(
                name_zh="停车场", name_en="Car park", outline=((0.4, 0.7), (0.6, 0.7), (0.6, 0.95), (0.4, 0.95))
            ),
        ),
    )
    camera = replace(next(iter(REGISTER.devices.values())), place=Place(x=0.5, y=0.825))
    register = replace(REGISTER, devices={camera.address: camera}, zones={})
    plan = draw_plan(register, site, [], selected=None, lang="zh")
    assert _covered(plan) == []


def test_an_alarm_without_a_zone_is_where_its_first_device_stands_or_counted_as_unplaced() -> None:
    at_gate = a_document(zone=None, contributing=[a_signal("oc1/gate/oc1-south", "dayuan.gate.entry_decided")])
    point = place_of(REGISTER, at_gate)
    assert point is not None
    assert (point.x, point.y) == (0.5 * WIDTH, 0.965 * HEIGHT)

    lost = [a_document(zone=ZoneId("gone")), a_document(zone=None, contributing=[a_signal("no device")])]
    plan = draw_plan(REGISTER, REGISTER.sites[SiteId("oc1")], lost, selected=None, lang="zh")
    assert (plan.marks, plan.unplaced) == ((), 2)


def test_the_selected_alarms_zone_and_devices_stand_out() -> None:
    alarm = a_document(contributing=[a_signal()])
    plan = draw_plan(REGISTER, REGISTER.sites[SiteId("oc1")], [alarm], selected=alarm, lang="zh")
    assert [zone.name for zone in plan.zones if zone.concerned] == ["北围墙"]
    assert [device.name for device in plan.devices if device.involved] == ["北围墙红外一号"]


def test_the_name_of_a_narrow_wall_runs_down_it() -> None:
    wall = replace(
        next(iter(REGISTER.zones.values())),
        name_zh="东围墙北段",
        name_en="East wall, north",
        outline=((0.93, 0.1), (0.98, 0.1), (0.98, 0.5), (0.93, 0.5)),
    )
    for lang in ("zh", "en"):
        register = replace(REGISTER, devices={}, zones={wall.id: wall})
        (zone,) = draw_plan(register, REGISTER.sites[SiteId("oc1")], [], selected=None, lang=lang).zones
        room = name_down(zone.at, zone.name)
        assert zone.down
        assert zone.at.y - room.half_height >= 0.1 * HEIGHT
        assert zone.at.y + room.half_height <= 0.5 * HEIGHT
        assert zone.at.x + room.half_width <= 0.98 * WIDTH


def test_an_uploaded_drawing_lies_whole_in_the_middle_and_what_stands_on_it_moves_with_it() -> None:
    square = DrawingFacts(aspect=1.0, set_at=NOON)
    site = replace(REGISTER.sites[SiteId("oc1")], drawing=square)
    camera = replace(next(iter(REGISTER.devices.values())), place=Place(x=1.0, y=0.5))
    register = replace(REGISTER, devices={camera.address: camera})
    point = Checkpoint(id="1", name="配电房", x=0.0, y=1.0)
    plan = draw_plan(register, site, [], checkpoints=[point], selected=None, lang="zh")
    assert plan.sheet == Sheet(left=0.3, top=0.0, width=0.4, height=1.0)
    assert plan.devices[0].at == Point(x=700, y=200)
    assert (plan.checkpoints[0].x, plan.checkpoints[0].y) == (0.3, 1.0)
    assert plan.buildings == ()
    assert Sheet.of(5.0) == Sheet(left=0.0, top=0.25, width=1.0, height=0.5)
