"""Two hundred zones are tripped at one instant: each has its alarm, and the list shows all of them in order."""

import random

import pytest

from monitor.alarms import service
from registry.devices.facts import Register, ZoneFacts, ZoneKind, ZoneMember
from registry.ids import DeviceAddress, ZoneId
from registry.messages.alarms import AlarmDocument
from registry.store import Store
from tests.makers.judging import catch_up
from tests.makers.monitor import OC1, a_signal, hear, seconds
from tests.makers.register import a_device, a_register

pytestmark = pytest.mark.both_stores

ZONES = 200
_NUMBERS = range(ZONES)


def _device(kind: str, number: int) -> DeviceAddress:
    return DeviceAddress(OC1, kind, f"stretch-{number:03}")


def _zone(number: int) -> ZoneFacts:
    members = tuple(ZoneMember(device=_device(kind, number), region=None) for kind in ("beam", "camera"))
    name = f"stretch-{number:03}"
    return ZoneFacts(
        id=ZoneId(name), site=OC1, name_zh=name, name_en=name, kind=ZoneKind.PERIMETER, armed=True, members=members
    )


def the_wall() -> Register:
    devices = (a_device(str(_device(kind, number))) for number in _NUMBERS for kind in ("beam", "camera"))
    return a_register(*devices, zones=tuple(_zone(number) for number in _NUMBERS))


def the_list(store: Store) -> list[AlarmDocument]:
    """As an operator turns its pages."""
    shown: list[AlarmDocument] = []
    with store.read() as session:
        page = service.alarms(session, sites=[OC1])
        shown += page.items
        while page.after is not None:
            page = service.alarms(session, sites=[OC1], after=page.after)
            shown += page.items
    return shown


def test_two_hundred_zones_tripped_at_one_instant_are_all_shown_in_order(monitor_store: Store) -> None:
    tripped = [a_signal(_device("beam", number), "dayuan.beam.interrupted", seconds(0)) for number in _NUMBERS]
    seen = [a_signal(_device("camera", number), "dayuan.camera.motion", seconds(0)) for number in _NUMBERS]
    told = [*tripped, *seen]
    random.Random(200).shuffle(told)
    hear(monitor_store, told)
    catch_up(monitor_store, seconds(30), register=the_wall())
    shown = the_list(monitor_store)
    assert sorted(str(alarm.zone) for alarm in shown) == [f"stretch-{number:03}" for number in _NUMBERS]
    assert {(alarm.rule, alarm.occurred_at, alarm.count) for alarm in shown} == {("B02", seconds(0), 1)}
    assert len({alarm.code for alarm in shown}) == ZONES
    places = [(alarm.priority, -alarm.occurred_at.timestamp()) for alarm in shown]
    assert places == sorted(places)
