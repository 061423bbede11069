"""What is open or ill is known before one arms, and is in the way of it until somebody says that they mean it."""

from datetime import timedelta

import pytest

from monitor.anomalies.signals import Signal
from monitor.arming import openings, queries, service
from monitor.arming.openings import Openness
from monitor.arming.problems import WhyNeeded, ZonesOpen
from monitor.arming.rules import Mode, default_group_id
from monitor.signals.models import DevicePresenceRow
from registry.auth.permissions import Role
from registry.devices.facts import ZoneKind
from registry.store import Store
from tests.makers.monitor import (
    BEAM,
    CAMERA,
    OC1,
    a_beam,
    a_motion,
    a_principal,
    a_signal,
    a_zone,
    hear,
    seconds,
    the_compound,
)

ZONE = a_zone(armed=False)
REGISTER, OPERATOR = the_compound(ZONE), a_principal(Role.OPERATOR)
PERIMETER = default_group_id(OC1, ZoneKind.PERIMETER)


def begins(count: float) -> Signal:
    return a_beam(seconds(count), state="start", activity="a")


def ends(count: float) -> Signal:
    return a_beam(seconds(count), state="end", activity="a")


def found(store: Store, at: float) -> list[Openness]:
    with store.read() as session:
        return [each.openness for each in openings.openings(session, REGISTER, [ZONE], seconds(at))[ZONE.id]]


def arm(store: Store, at: float, *, bypass_open: bool = False, reason: str = "") -> None:
    with store.begin(seconds(at)) as work:
        service.arm(
            work,
            REGISTER,
            PERIMETER,
            Mode.AWAY,
            version=0,
            until=None,
            reason=reason,
            by=OPERATOR,
            bypass_open=bypass_open,
        )


def test_what_began_is_open_until_its_end_is_told(monitor_store: Store) -> None:
    hear(monitor_store, [begins(0)])
    assert found(monitor_store, 60) == [Openness.OPEN]
    hear(monitor_store, [ends(90)])
    assert found(monitor_store, 100) == []


def test_a_fault_outweighs_what_is_open_and_a_motion_is_believed_for_half_an_hour(monitor_store: Store) -> None:
    tamper = a_signal(BEAM, "dayuan.beam.device_tamper", seconds(5), state="start")
    hear(monitor_store, [begins(0), tamper, a_motion(seconds(0), state="start", activity="m")])
    assert found(monitor_store, 60) == [Openness.FAULT, Openness.MOVING]
    assert found(monitor_store, 1_801) == [Openness.FAULT]


def test_a_device_without_a_connection_is_in_the_way(monitor_store: Store) -> None:
    with monitor_store.begin(seconds(0)) as work:
        work.session.add(DevicePresenceRow(device=str(CAMERA), site=OC1, online=False, online_at=seconds(0)))
    assert found(monitor_store, 60) == [Openness.OFFLINE]


@pytest.mark.both_stores
def test_an_open_zone_is_armed_only_by_who_bypasses_what_is_open_and_says_why(monitor_store: Store) -> None:
    hear(monitor_store, [begins(0), a_motion(seconds(0), state="start", activity="m")])
    with pytest.raises(ZonesOpen) as refused:
        arm(monitor_store, 10)
    assert refused.value.facts == {"open": [str(BEAM)]}  # what moves before a camera is shown, and in nobody's way
    with pytest.raises(WhyNeeded):
        arm(monitor_store, 10, bypass_open=True)
    arm(monitor_store, 10, bypass_open=True, reason="树枝遮挡")
    with monitor_store.read() as session:
        [bypassed] = queries.bypasses(session, [OC1], seconds(11))
        lines = queries.timelines(session, [ZONE.id], seconds(10))
    assert (bypassed.device, bypassed.reason, bypassed.until) == (
        str(BEAM),
        "树枝遮挡",
        seconds(10) + timedelta(days=1),
    )
    assert lines.is_armed(ZONE, seconds(11), CAMERA)
    assert not lines.is_armed(ZONE, seconds(11), BEAM)
