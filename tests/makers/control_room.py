"""A compound with a drawn plan, its alarms, and a web application that shows them."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np

import monitor.room
from monitor.alarms.models import Alarm, AlarmContribution, AlarmHistory
from monitor.alarms.rules import Act
from monitor.dependencies import MonitorParts
from registry.clock import format_instant
from registry.devices.facts import (
    BuildingFacts,
    DeviceFacts,
    Place,
    Register,
    SiteFacts,
    ZoneFacts,
    ZoneKind,
    ZoneMember,
)
from registry.ids import AlarmId, DeviceAddress, SiteId, ZoneId, new_id
from registry.media.rules import MediaKind
from registry.media.store import MediaRef
from registry.messages.alarms import AlarmFlag, AlarmState
from registry.web.parts import Parts
from tests.fakes.clock import FixedClock
from tests.makers.web import OC1, some_parts

NORTH = ZoneId("oc1-perimeter-north")
BEAM = "oc1/beam/north-01"
CAMERA = "oc1/camera/north-01"
_SIGNALS = ((BEAM, "dayuan.beam.interrupted", 0.0), (CAMERA, "dayuan.camera.intrusion", 3.2))


def _device(address: str, zh: str, en: str, x: float, y: float) -> DeviceFacts:
    return DeviceFacts(
        address=DeviceAddress.parse(address),
        name_zh=zh,
        name_en=en,
        enabled=True,
        secret_hash="",
        secret_generation=1,
        place=Place(x=x, y=y),
    )


def _zone(
    name: ZoneId,
    names: tuple[str, str],
    box: tuple[float, float, float, float],
    *members: str,
    armed: bool,
    kind: ZoneKind = ZoneKind.PERIMETER,
) -> ZoneFacts:
    left, top, right, bottom = box
    return ZoneFacts(
        id=name,
        site=OC1,
        name_zh=names[0],
        name_en=names[1],
        kind=kind,
        armed=armed,
        members=tuple(ZoneMember(device=DeviceAddress.parse(member), region=None) for member in members),
        outline=((left, top), (right, top), (right, bottom), (left, bottom)),
    )


def a_drawn_register() -> Register:
    """Two compounds; the first with three buildings, four zones and devices on its plan."""
    devices = (
        _device(BEAM, "北围墙红外一号", "North wall beam 1", 0.36, 0.05),
        _device(CAMERA, "北围墙摄像机一号", "North wall camera 1", 0.13, 0.1),
        _device("oc1/beam/north-02", "北围墙红外二号", "North wall beam 2", 0.8, 0.05),
        _device("oc1/camera/east-01", "东围墙摄像机", "East wall camera", 0.945, 0.35),
        _device("oc1/beam/east-01", "东围墙红外", "East wall beam", 0.965, 0.55),
        _device("oc1/gate/oc1-north", "北门", "North gate", 0.53, 0.03),
        _device("oc1/gate/oc1-south", "南门", "South gate", 0.5, 0.965),
        _device("oc1/camera/south-gate", "南门摄像机", "South gate camera", 0.46, 0.91),
        _device("oc1/patrol/phones", "巡更手机", "Patrol phones", 0.45, 0.14),
    )
    zones = (
        _zone(NORTH, ("北围墙", "North perimeter"), (0.03, 0.03, 0.49, 0.14), BEAM, CAMERA, armed=True),
        _zone(
            ZoneId("oc1-perimeter-east"),
            ("东围墙", "East perimeter"),
            (0.91, 0.2, 0.975, 0.9),
            "oc1/beam/east-01",
            armed=False,
        ),
        _zone(
            ZoneId("oc1-archive"),
            ("档案室", "Archive"),
            (0.12, 0.3, 0.24, 0.48),
            armed=True,
            kind=ZoneKind.ALWAYS,
        ),
    )
    oc1 = SiteFacts(
        id=OC1,
        name_zh="市政府大院",
        name_en="City Hall compound",
        timezone="Asia/Shanghai",
        outline=((0.02, 0.02), (0.98, 0.02), (0.98, 0.97), (0.02, 0.97)),
        buildings=(
            BuildingFacts(
                name_zh="1号楼", name_en="Building 1", outline=((0.1, 0.26), (0.36, 0.26), (0.36, 0.55), (0.1, 0.55))
            ),
            BuildingFacts(
                name_zh="2号楼", name_en="Building 2", outline=((0.46, 0.26), (0.72, 0.26), (0.72, 0.55), (0.46, 0.55))
            ),
            BuildingFacts(
                name_zh="3号楼", name_en="Building 3", outline=((0.25, 0.68), (0.75, 0.68), (0.75, 0.84), (0.25, 0.84))
            ),
        ),
    )
    oc2 = SiteFacts(id=SiteId("oc2"), name_zh="财政局大院", name_en="Finance compound", timezone="Asia/Shanghai")
    return Register(
        version=1,
        sites={site.id: site for site in (oc1, oc2)},
        devices={device.address: device for device in devices},
        zones={zone.id: zone for zone in zones},
    )


def monitoring_parts(folder: Path, *, clock: FixedClock | None = None, register: Register | None = None) -> Parts:
    """The parts of an application with the monitor's store, and a register that stands."""
    parts = some_parts(folder, rooms=(monitor.room.ROOM,), clock=clock)
    facts = register or a_drawn_register()
    parts.rooms["monitor"] = MonitorParts(register=lambda: facts)
    return parts


def a_picture(parts: Parts, *, site: SiteId = OC1) -> MediaRef:
    """A drawn picture of a wall at night with somebody before it."""
    wall = np.full((360, 640, 3), (58, 48, 44), np.uint8)
    cv2.rectangle(wall, (0, 210), (640, 360), (40, 52, 40), -1)
    cv2.rectangle(wall, (305, 150), (340, 262), (120, 120, 132), -1)
    cv2.circle(wall, (322, 132), 17, (140, 150, 168), -1)
    return parts.media.put(cv2.imencode(".jpg", wall)[1].tobytes(), site=site, kind=MediaKind.SNAPSHOT)


def an_alarm(
    parts: Parts,
    *,
    code: str = "A-7K3X",
    rule: str = "B02",
    priority: int = 2,
    state: AlarmState = AlarmState.NEW,
    zone: ZoneId | None = NORTH,
    site: SiteId = OC1,
    ago: timedelta = timedelta(minutes=1),
    picture: MediaRef | None = None,
    flags: Sequence[AlarmFlag] = (AlarmFlag.CONFIRMED,),
    count: int = 1,
    assigned_to: str | None = None,
    explanation: tuple[str, str] = (
        "北围墙红外一号被遮断，3 秒后北围墙摄像机一号看到有人。防区已布防。",
        "North wall beam 1 was interrupted; 3 s later North wall camera 1 saw a person. The zone is armed.",
    ),
    signals: Sequence[tuple[str, str, float]] = _SIGNALS,
) -> AlarmId:
    """An incident in the store, as the rules leave it there."""
    now = parts.clock.now()
    alarm_id = AlarmId(new_id())
    taken = {"device": CAMERA, "occurred_at": format_instant(now - ago + timedelta(seconds=3.2))}
    media = [{"id": str(each.id), "sha256": each.sha256, "kind": str(each.kind), **taken} for each in [picture] if each]
    with parts.stores["monitor"].begin(now) as work:
        alarm = Alarm(
            id=alarm_id,
            code=code,
            site=site,
            zone=zone,
            rule=rule,
            rule_version=1,
            key=str(zone),
            priority=priority,
            state=state,
            flags=[str(flag) for flag in flags],
            latched=True,
            occurred_at=now - ago,
            raised_at=now - ago,
            count=count,
            explanation_zh=explanation[0],
            explanation_en=explanation[1],
            media=media,
            assigned_to=assigned_to,
            version=1,
        )
        work.session.add(alarm)
        work.session.flush()
        for device, kind, seconds in signals:
            work.session.add(
                AlarmContribution(
                    alarm_row=alarm.row,
                    device=device,
                    signal_id=f"{code}-{kind}",
                    type=kind,
                    occurred_at=now - ago + timedelta(seconds=seconds),
                )
            )
        work.session.add(AlarmHistory(alarm_row=alarm.row, at=now - ago, act=Act.RAISED, to_state=AlarmState.NEW))
    return alarm_id


def tell_of(parts: Parts, alarm_id: AlarmId, *, site: SiteId = OC1) -> None:
    """What the broker's news of an alarm makes the stream say."""
    parts.hub.publish("alarm-changed", {"id": str(alarm_id), "version": None}, site=site)
