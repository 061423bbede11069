"""A thousand events in any order within ten seconds, some of them twice: identical findings, of one engine that runs on."""

import random
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest

from monitor.anomalies.signals import Signal
from monitor.engine import Engine
from monitor.room import ROOM
from registry.devices.facts import Register, ZoneFacts, ZoneKind, ZoneMember
from registry.ids import DeviceAddress, SiteId, ZoneId
from registry.store import Store
from tests.fakes.clock import NOON, FixedClock
from tests.makers.event_logs import arrivals
from tests.makers.judging import final
from tests.makers.monitor import GATE, OC1, a_signal, a_try, hear, seconds
from tests.makers.register import a_device, a_register

HOURS = 5
LATER = NOON + timedelta(hours=HOURS + 1)
ZONES = 6
EVENTS = 1_000


def _device(kind: str, zone: int) -> DeviceAddress:
    return DeviceAddress(OC1, kind, f"wall-{zone}")


def _walls() -> Register:
    zones = tuple(
        ZoneFacts(
            id=ZoneId(f"oc1-wall-{zone}"),
            site=SiteId("oc1"),
            name_zh=f"{zone}号墙",
            name_en=f"Wall {zone}",
            kind=ZoneKind.PERIMETER,
            armed=True,
            members=tuple(ZoneMember(device=_device(kind, zone), region=None) for kind in ("beam", "camera")),
        )
        for zone in range(ZONES)
    )
    devices = [member.device for zone in zones for member in zone.members]
    return a_register(*(a_device(str(each)) for each in (*devices, GATE)), zones=zones)


WALLS = _walls()


def _log(seed: int) -> list[Signal]:
    """Hours at some walls and a gate: motions that last, beams cut for a moment and for long, pictures lost, cars refused."""
    chance = random.Random(seed)
    log: list[Signal] = []
    while len(log) < EVENTS:
        number, zone, at = len(log), chance.randrange(ZONES), chance.uniform(0, HOURS * 3600)
        if chance.random() < 0.1:
            plate = chance.choice(["鄂E12345", "鄂E54321"])
            at = chance.gauss(at - at % 3600, 100)
            log.append(a_try(seconds(at), event_id=f"t{number}", plate=plate))
            continue
        camera = chance.random() < 0.6
        device = _device("camera" if camera else "beam", zone)
        type_ = "dayuan.camera.motion" if camera else "dayuan.beam.interrupted"
        if chance.random() < 0.02:
            lost = _device("camera", zone)
            log.append(a_signal(lost, "dayuan.camera.signal_lost", seconds(at), event_id=f"l{number}", state="start"))
        elif chance.random() < 0.4:
            log.append(a_signal(device, type_, seconds(at), event_id=f"i{number}"))
        else:
            said: dict[str, Any] = {"activity": f"a{number}"}
            log.append(a_signal(device, type_, seconds(at), event_id=f"s{number}", state="start", **said))
            if chance.random() < 0.9:
                ends = seconds(at + chance.expovariate(1 / 30))
                log.append(a_signal(device, type_, ends, event_id=f"e{number}", state="end", **said))
    return log


def _found(store: Store, heard: Iterable[Signal], chance: random.Random) -> list[dict[str, object]]:
    """One engine for all of it, which looks now and then."""
    engine = Engine(store, lambda: WALLS, FixedClock())
    engine.step(NOON - timedelta(hours=1))
    left = list(heard)
    while left:
        taken = left[: chance.randint(1, 200)]
        del left[: len(taken)]
        hear(store, taken)
        while engine.step(taken[-1].received_at):
            pass
    while engine.step(LATER):
        pass
    return final(store)


@pytest.mark.parametrize("seed", [*range(2), *(pytest.param(each, marks=pytest.mark.soak) for each in range(2, 200))])
def test_a_thousand_events_in_any_order_within_ten_seconds(new_store: Callable[..., Store], seed: int) -> None:
    log, chance = _log(seed), random.Random(seed + 1000)
    found = _found(new_store(ROOM), arrivals(log, chance), chance)
    in_order = sorted(log, key=lambda signal: signal.order)
    assert found == _found(new_store(ROOM), in_order, chance)
    assert len(found) > 10
