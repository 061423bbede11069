"""A day of a large compound as the engine is told of it: what cameras, beams, guards and gates say, drawn and repeatable."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from heapq import heappop, heappush
from itertools import product
from uuid import UUID

import orjson

from monitor.replay.recording import Setting, Told
from registry.clock import Instant
from registry.devices.facts import DeviceFacts, Register, SiteFacts, ZoneFacts, ZoneKind, ZoneMember
from registry.ids import DeviceAddress, SiteId, ZoneId, derived_id

SITE = SiteId("oc1")
ZONES, GATES, TOURS, STOPS = 200, 10, 8, 10
"""A zone is a pair of beams and the camera that sees it."""
BEGINS = datetime(2026, 11, 22, 16, tzinfo=UTC)
"""Midnight in Shanghai."""
LENGTH = timedelta(days=1)
_BEAM, _GATE, _ODD = 0.02, 0.06, 0.02
"""So much of what is said beside the scans of guards comes from beams, from gates, and from devices of themselves; cameras say the rest."""
_LATE = 0.01
_REFUSED = 0.1
_SCANNED = 0.98
_PHONE = DeviceAddress(SITE, "patrol", "phones")


def wall(kind: str, zone: int) -> DeviceAddress:
    """The beam or camera of a zone."""
    return DeviceAddress(SITE, kind, f"wall-{zone:03d}")


def the_register() -> Register:
    """A compound of `ZONES` armed zones."""
    zones = [
        ZoneFacts(
            id=ZoneId(f"oc1-wall-{zone:03d}"),
            site=SITE,
            name_zh=f"{zone}号墙",
            name_en=f"Wall {zone}",
            kind=ZoneKind.PERIMETER,
            armed=True,
            members=tuple(ZoneMember(device=wall(kind, zone), region=None) for kind in ("beam", "camera")),
        )
        for zone in range(ZONES)
    ]
    devices = [member.device for zone in zones for member in zone.members]
    devices += [_gate(number) for number in range(GATES)] + [_PHONE]
    site = SiteFacts(id=SITE, name_zh="一号院", name_en="Compound 1", timezone="Asia/Shanghai")
    return Register(
        version=1,
        sites={SITE: site},
        devices={each: _device(each) for each in devices},
        zones={zone.id: zone for zone in zones},
    )


def _device(address: DeviceAddress) -> DeviceFacts:
    return DeviceFacts(
        address=address,
        name_zh=f"{address.name}号",
        name_en=address.name,
        enabled=True,
        secret_hash="",
        secret_generation=1,
    )


def _gate(number: int) -> DeviceAddress:
    return DeviceAddress(SITE, "gate", f"gate-{number}")


def the_setting() -> Setting:
    """The world of the day: guards walk `TOURS` tours, one every hour each."""
    checkpoints, tours, stops = [], [], []
    for tour in range(TOURS):
        starts = [f"{time(hour, 5 * tour):%H:%M}" for hour in range(24)]
        valid = {"valid_from": BEGINS - LENGTH, "valid_until": None}
        tours.append({"id": _id("tour", tour), "site": SITE, "name_zh": f"{tour}路", "name_en": f"Tour {tour}"} | valid)
        tours[-1]["start_times"] = starts
        for stop in range(STOPS):
            number = tour * STOPS + stop
            names = {"name_zh": f"{number}号点", "name_en": f"Point {number}", "short_code": f"{1000 + number}"}
            point = {"id": _id("point", number), "site": SITE, "tag": _tag(number), "position": number}
            checkpoints.append({**point, **names, "x": None, "y": None})
            times = {"opens_after_minutes": 5 * stop, "window_minutes": 5}
            stops.append(
                {"tour": _id("tour", tour), "position": stop, "checkpoint": point["id"], "site": SITE, **times}
            )
    return Setting(
        since=BEGINS,
        until=BEGINS + LENGTH,
        register=the_register(),
        plans={"checkpoint": checkpoints, "tour": tours, "tour_stop": stops},
    )


def _id(kind: str, number: int) -> UUID:
    return derived_id("bench", kind, str(number))


def _tag(number: int) -> str:
    return f"DYC:oc1:{number}"


def the_day(count: int, seed: int) -> Iterator[Told]:
    """So many signals, evenly over the day, in the order in which they come; one of a hundred comes up to ten minutes late."""
    draw = random.Random(seed)  # noqa: S311 - drawn, not secret
    saying = _Saying(draw)
    step = LENGTH / count
    for number in range(count):
        received_at = BEGINS + number * step
        ago = draw.uniform(10, 600) if draw.random() < _LATE else draw.uniform(0.05, 2)
        device, type_, data = saying.next(received_at)
        occurred_at = received_at - timedelta(seconds=ago)
        said = orjson.dumps(data).decode()
        yield Told(f"e{number}", str(device), type_, occurred_at, received_at, None, said)


_Said = tuple[DeviceAddress, str, dict[str, object]]


class _Saying:
    """What is said next; what began ends some seconds later, and of a hundred ends one is lost."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._said: list[tuple[Instant, int, _Said]] = []
        self._number = 0
        self._kinds: tuple[tuple[float, Callable[[Instant], _Said]], ...] = (
            (_BEAM, self._beam),
            (_BEAM + _GATE, self._entry),
            (_BEAM + _GATE + _ODD, self._odd),
            (1.0, self._camera),
        )
        self._walk()

    def next(self, at: Instant) -> _Said:
        if self._said and self._said[0][0] <= at:
            return heappop(self._said)[2]
        # What lasts is said twice, so it is drawn half as often as it is said.
        while True:
            drawn = self._draw.random()
            said = next(say for until, say in self._kinds if drawn < until)
            if said not in (self._beam, self._camera) or self._draw.random() < 0.5:  # noqa: PLR2004 - as above
                return said(at)

    def _begun(self, at: Instant, seconds: float, device: DeviceAddress, type_: str, data: dict[str, object]) -> _Said:
        self._number += 1
        told = {"activity": f"a{self._number}", **data}
        if self._draw.random() > _LATE:
            ends = at + timedelta(seconds=self._draw.expovariate(1 / seconds))
            heappush(self._said, (ends, self._number, (device, type_, {"state": "end", **told})))
        return device, type_, {"state": "start", **told}

    def _camera(self, at: Instant) -> _Said:
        camera = wall("camera", self._draw.randrange(ZONES))
        score = round(self._draw.random(), 2)
        seen = [{"kind": "person", "box": [12.0, 30.0, 40.0, 90.0], "track": self._number}]
        return self._begun(at, 8, camera, "dayuan.camera.motion", {"score": score, "objects": seen})

    def _beam(self, at: Instant) -> _Said:
        beam = wall("beam", self._draw.randrange(ZONES))
        dur_ms = round(self._draw.expovariate(1 / 400), 1)
        return self._begun(at, 2, beam, "dayuan.beam.interrupted", {"dur_ms": dur_ms, "level_db": -3.5})

    def _entry(self, at: Instant) -> _Said:
        gate, is_refused = _gate(self._draw.randrange(GATES)), self._draw.random() < _REFUSED
        entry = UUID(int=self._draw.getrandbits(128), version=4)
        verdict = ("denied", "unknown_credential") if is_refused else ("granted", "ok")
        plate = f"鄂E{self._draw.randrange(20 if is_refused else 90_000):05d}"
        told = {"entry_id": str(entry), "verdict": verdict[0], "reason": verdict[1], "direction": "in"}
        return gate, "dayuan.gate.entry_decided", {**told, "credential": "plate", "plate": plate}

    def _walk(self) -> None:
        """Guards are at their checkpoints in time, mostly."""
        for hour, tour, stop in product(range(24), range(TOURS), range(STOPS)):
            if self._draw.random() < _SCANNED:
                self._number += 1
                opens = timedelta(hours=hour, minutes=5 * tour + 5 * stop)
                at = BEGINS + opens + timedelta(seconds=self._draw.uniform(5, 290))
                said = {"tag": _tag(tour * STOPS + stop), "guard": f"guard-{tour}", "offline": False}
                heappush(self._said, (at, self._number, (_PHONE, "dayuan.patrol.scan", said)))

    def _odd(self, at: Instant) -> _Said:
        camera = wall("camera", self._draw.randrange(ZONES))
        what = self._draw.choice(["signal_lost", "people_count", "low_battery", "clock_fault"])
        data: dict[str, object] = {"state": self._draw.choice(["start", "end"])}
        if what == "people_count":
            data = {"region": "gate", "count": self._draw.randrange(9), "uncertainty": 0.2}
        return camera, f"dayuan.camera.{what}", data
