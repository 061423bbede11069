"""Makers of what the monitor hears and of whom it answers."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import orjson

from monitor.alarms.findings import Evidence, Finding, Picture, SignalKey, Words
from monitor.anomalies.signals import Signal
from monitor.arming.rules import Group, Mode, Standing, default_group_id
from monitor.patrols.rules import SCAN
from monitor.signals.models import SignalRow
from registry.auth.permissions import Role
from registry.auth.principal import Grant, Principal
from registry.clock import Instant
from registry.devices.facts import Register, ZoneFacts, ZoneKind, ZoneMember
from registry.ids import AlarmId, DeviceAddress, SiteId, UserId, ZoneId, derived_id, new_id
from registry.messages.alarms import AlarmFlag
from registry.messages.events import EVENT_DATA
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.register import a_device, a_register

OC1 = SiteId("oc1")
NORTH = ZoneId("oc1-perimeter-north")
BEAM = DeviceAddress.parse("oc1/beam/north-01")
CAMERA = DeviceAddress.parse("oc1/camera/north-01")
GATE = DeviceAddress.parse("oc1/gate/oc1-north")
PHONES = DeviceAddress.parse("oc1/patrol/phones")
MEDIA_ID = "0190f5fe-7c00-7a00-8000-000000000001"


def seconds(count: float) -> datetime:
    """Noon in Shanghai and so many seconds."""
    return NOON + timedelta(seconds=count)


def a_zone(
    zone: str = NORTH, *, armed: bool = True, kind: ZoneKind = ZoneKind.PERIMETER, region: str | None = None
) -> ZoneFacts:
    """The north wall: its beam and its camera (or one region of it)."""
    return ZoneFacts(
        id=ZoneId(zone),
        site=OC1,
        name_zh="北侧周界",
        name_en="North perimeter",
        kind=kind,
        armed=armed,
        members=(ZoneMember(device=BEAM, region=None), ZoneMember(device=CAMERA, region=region)),
    )


def the_compound(*zones: ZoneFacts) -> Register:
    """Compound 1 with a beam, a camera, a gate, the patrol page, and its north wall armed unless `zones` says otherwise."""
    devices = (a_device(str(address)) for address in (BEAM, CAMERA, GATE, PHONES))
    return a_register(*devices, zones=zones or (a_zone(),))


def a_group(site: SiteId = OC1) -> Group:
    """The walls of a compound, by hand alone, as nobody has set them up."""
    return Group(
        id=default_group_id(site, ZoneKind.PERIMETER),
        site=site,
        kind=ZoneKind.PERIMETER,
        name_zh="周界",
        name_en="Perimeter",
        zones=(),
        standing=Standing(mode=Mode.AWAY),
    )


def a_signal(
    device: DeviceAddress,
    type_: str,
    at: Instant,
    *,
    event_id: str | None = None,
    received_at: Instant | None = None,
    **data: Any,
) -> Signal:
    return Signal(
        key=SignalKey(device=device, id=event_id or f"{device.name}@{at.timestamp():.3f}:{data.get('state', '')}"),
        type=type_,
        occurred_at=at,
        received_at=received_at or at,
        data=EVENT_DATA[type_].model_validate(data),
    )


def a_beam(at: Instant, **data: Any) -> Signal:
    """The beam is interrupted, by default for a moment."""
    return a_signal(BEAM, "dayuan.beam.interrupted", at, **data)


def a_motion(at: Instant, *, what: str = "motion", **data: Any) -> Signal:
    """The camera sees something move, by default for a moment."""
    return a_signal(CAMERA, f"dayuan.camera.{what}", at, **data)


def a_try(at: Instant, *, verdict: str = "denied", plate: str | None = "鄂E12345", **data: Any) -> Signal:
    """A vehicle stands at the gate and is, by default, refused."""
    facts = {
        "entry_id": str(derived_id("entry", str(at))),
        "verdict": verdict,
        "reason": "unknown_credential",
        "direction": "in",
        "credential": "plate",
        "plate": plate,
        "attempt_key": f"key of {plate}",
    }
    return a_signal(GATE, "dayuan.gate.entry_decided", at, **(facts | data))


def a_scan(tag: str, at: Instant, *, received_at: Instant | None = None, **data: Any) -> Signal:
    """A guard scans a checkpoint."""
    return a_signal(
        PHONES, SCAN, at, event_id=f"{tag}@{at.isoformat()}", received_at=received_at, tag=tag, guard="王勇", **data
    )


def hear(store: Store, signals: Iterable[Signal]) -> None:
    """Put signals where the inbox puts them, in this order; one that is there already is a repeat and changes nothing."""
    with store.begin(NOON) as work:
        known = {(row.device, row.id) for row in work.session.query(SignalRow)}
        for signal in signals:
            if (str(signal.device), signal.key.id) not in known:
                known.add((str(signal.device), signal.key.id))
                work.session.add(_row(signal))
                work.session.flush()


def _row(signal: Signal) -> SignalRow:
    return SignalRow(
        id=signal.key.id,
        source=signal.device.source,
        site=signal.device.site,
        device=str(signal.device),
        type=signal.type,
        occurred_at=signal.occurred_at,
        received_at=signal.received_at,
        time_quality="device",
        data=orjson.dumps(signal.data.model_dump(mode="json")).decode(),
    )


def a_finding(
    anchor: str = "e-1",
    *,
    priority: int = 2,
    latched: bool = True,
    flags: Iterable[AlarmFlag] = (),
    site: SiteId = OC1,
    occurred_at: Instant = NOON,
    count: int = 1,
    signals: int = 1,
    pictures: Iterable[Picture] = (),
) -> Finding:
    """What a rule found, anchored at the beam's event of this id; of several signals, one each second."""
    return Finding(
        id=AlarmId(derived_id(site, "B02", NORTH, anchor)),
        site=site,
        zone=NORTH,
        rule="B02",
        rule_version=1,
        key=NORTH,
        priority=priority,
        flags=frozenset(flags),
        latched=latched,
        occurred_at=occurred_at,
        count=count,
        evidence=tuple(
            Evidence(
                key=SignalKey(device=BEAM, id=f"{anchor}+{number}" if number else anchor),
                type="dayuan.beam.interrupted",
                occurred_at=occurred_at + timedelta(seconds=number),
            )
            for number in range(signals)
        ),
        pictures=tuple(pictures),
        explanation=(Words(key="anomalies.b02.again", facts={"count": count, "time": "12:00:00"}),),
    )


def a_principal(role: Role = Role.OPERATOR, *, name: str | None = None, site: SiteId | None = OC1) -> Principal:
    """Somebody who works as this, at one site (None: at all)."""
    return Principal(id=UserId(new_id()), name=name or str(role), grants=frozenset({Grant(role, site)}))
