"""What the people and devices of the demo do, told by a product that the test plays."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from deploy.simulators.city import City
from deploy.simulators.crowd import Crowd
from deploy.simulators.day import Rhythm
from deploy.simulators.duty import close_what_is_old
from deploy.simulators.orders import CompoundOrders, DeviceAccount
from deploy.simulators.perimeter import animals, crossings_elsewhere, crossings_in_the_picture
from deploy.simulators.rounds import walk_the_rounds
from deploy.simulators.speaking import Speaker
from deploy.simulators.stage import Actor
from deploy.simulators.traffic import come_and_go
from registry.bus import BrokerPlace
from registry.clock import Instant, format_instant
from registry.ids import DeviceAddress, SiteId
from tests.fakes.clock import NOON, FixedClock
from tests.ports import free_port

DEVICES = ("oc1/beam/north-01", "oc1/beam/east-01", "oc1/camera/east-01", "rc1/beam/north-01", "rc1/camera/north-01", "oc1/patrol/wand-01")  # fmt: skip
LEFT_ALONE = DeviceAddress.parse("oc1/beam/north-01")
COMPOUND = CompoundOrders(
    site="oc1",
    rhythm=Rhythm.OFFICES,
    share=1.0,
    gates=("oc1-north",),
    watched_walls=("north-01", "east-01"),
    plates=("鄂E00001", "鄂E00002"),
    cards=("0000000A", "0000000B"),
    passes=(),
    last_year_plates=("鄂E0LD01",),
    stopped_cards=("DEAD",),
    strangers=("京A00001",),
    denied_plates=(),
)


class Heard(Crowd):
    """Devices without a broker: what they tell is kept."""

    def __init__(self) -> None:
        accounts = [DeviceAccount(address=each, username="-", password="-") for each in DEVICES]
        super().__init__(BrokerPlace(host="127.0.0.1", port=9), accounts)
        self.told: list[tuple[str, str, dict[str, Any], Instant]] = []

    def tell(self, device: DeviceAddress, what: str, data: dict[str, Any], now: Instant) -> None:
        self.told.append((str(device), what, data, now))


class Product(Speaker):
    """A product that answers as the test says; what it was asked is kept."""

    def __init__(self, *answers: Any) -> None:
        super().__init__("http://127.0.0.1:9", "token")
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.answers: Iterator[Any] = iter(answers)

    def ask(self, method: str, path: str, **request: Any) -> Any | None:
        self.asked.append((method, path, request.get("json") or request.get("params") or {}))
        return next(self.answers, None)


def a_city(product: Product, clock: FixedClock | None = None) -> City:
    return City(
        clock=clock or FixedClock(),
        speed=1.0,
        timezone=ZoneInfo("Asia/Shanghai"),
        speaker=product,
        crowd=Heard(),
        left_alone=frozenset({LEFT_ALONE}),
        draw=Random(1),
    )


def turns(actor: Actor, clock: FixedClock, count: int) -> None:
    for _ in range(count):
        clock.advance(timedelta(seconds=next(actor)))


def told(city: City) -> list[tuple[str, str, dict[str, Any], Instant]]:
    assert isinstance(city.crowd, Heard)
    return city.crowd.told


def test_animals_break_any_beam_but_the_examples_and_the_watched_one() -> None:
    clock = FixedClock()
    city = a_city(Product(), clock)
    turns(animals(city, DeviceAddress.parse("oc1/beam/east-01")), clock, 200)
    assert {device for device, *_ in told(city)} == {"rc1/beam/north-01"}
    assert all(what == "interrupted" and not data["both"] for _, what, data, _ in told(city))


def test_the_watched_beam_is_broken_once_the_camera_has_seen_its_person() -> None:
    seen = {"items": [{"data": {"state": "start"}}]}
    clock = FixedClock()
    city = a_city(Product({"items": []}, None, {"items": [{"data": {"state": "end"}}]}, seen), clock)
    camera, beam = DeviceAddress.parse("oc1/camera/east-01"), DeviceAddress.parse("oc1/beam/east-01")
    actor = crossings_in_the_picture(city, camera, beam)
    turns(actor, clock, 3)
    assert told(city) == []
    assert next(actor) >= 50 * 60
    assert [(device, data["both"]) for device, _, data, _ in told(city)] == [("oc1/beam/east-01", True)]


def test_elsewhere_beam_and_camera_of_one_wall_say_it_together() -> None:
    clock = FixedClock()
    city = a_city(Product(), clock)
    elsewhere = COMPOUND.model_copy(update={"site": "rc1", "watched_walls": ("north-01",)})
    actor = crossings_elsewhere(city, [COMPOUND, elsewhere])
    while len(told(city)) < 30:
        turns(actor, clock, 1)
    assert LEFT_ALONE not in {DeviceAddress.parse(device) for device, *_ in told(city)}
    for beam, start, end in zip(*(iter(told(city)),) * 3, strict=True):
        assert (beam[1], start[1], start[2]["state"], end[2]["state"]) == ("interrupted", "intrusion", "start", "end")
        assert beam[0].replace("beam", "camera") == start[0] == end[0]
        assert end[3] - beam[3] < timedelta(seconds=20)


def a_round(*windows: tuple[int, int, str]) -> dict[str, Any]:
    return {
        "starts_at": format_instant(NOON),
        "visits": [
            {
                "checkpoint": {"id": f"{number}", "tag": f"tag-{number}"},
                "opens_at": format_instant(NOON + timedelta(minutes=opens)),
                "closes_at": format_instant(NOON + timedelta(minutes=closes)),
                "judgement": judgement,
            }
            for number, (opens, closes, judgement) in enumerate(windows)
        ],
    }


def test_a_guard_scans_what_is_open_once_and_leaves_what_was_judged() -> None:
    clock = FixedClock()
    plan = {"items": [a_round((0, 10, "pending"), (3, 13, "pending"), (0, 10, "on_time"))]}
    city = a_city(Product(plan, plan), clock)
    turns(walk_the_rounds(city, SiteId("oc1")), clock, 20)
    scans = [(data["tag"], now - NOON) for _, what, data, now in told(city) if what == "scan"]
    assert [tag for tag, _ in scans] == ["tag-0", "tag-1"]
    assert timedelta(minutes=3) <= scans[1][1] < timedelta(minutes=13)


def test_a_guard_without_a_plan_asks_again() -> None:
    clock = FixedClock()
    product = Product(None, {"items": [a_round((0, 60, "pending"))]})
    city = a_city(product, clock)
    turns(walk_the_rounds(city, SiteId("oc1")), clock, 4)
    assert [data["tag"] for _, _, data, _ in told(city)] == ["tag-0"]


def test_what_has_waited_for_hours_is_acknowledged_and_closed_and_what_is_new_is_left() -> None:
    old, new = (format_instant(NOON - age) for age in (timedelta(hours=4), timedelta(minutes=30)))
    alarms = {
        "items": [
            {"id": "1", "rule": "B02", "raised_at": old, "state": "new", "version": 1},
            {"id": "2", "rule": "T01", "raised_at": new, "state": "new", "version": 1},
            {"id": "3", "rule": "G03", "raised_at": old, "state": "acknowledged", "version": 4},
        ]
    }
    product = Product(alarms, {"version": 2}, {}, {})
    actor = close_what_is_old(a_city(product))
    next(actor)
    assert product.asked == []
    next(actor)
    asked = [(path.removeprefix("/api/monitor/alarms/"), body.get("version")) for _, path, body in product.asked[1:]]
    assert asked == [("1/acknowledgement", 1), ("1/closure", 2), ("3/closure", 4)]


def test_visitors_are_checked_and_a_guard_decides_about_deliveries() -> None:
    clock = FixedClock()
    refer = {"verdict": "refer", "reason": "unknown_credential", "entry_id": "e-1"}
    product = Product(*[refer] * 400)
    turns(come_and_go(a_city(product, clock), COMPOUND), clock, 400)
    checks = [body for _, path, body in product.asked if path == "/api/gateway/checks"]
    decisions = [body for _, path, body in product.asked if path.endswith("/decision")]
    strangers = sum(body["credential"]["value"] in COMPOUND.strangers for body in checks)
    assert len(decisions) in (strangers, strangers - 1)
    assert {body["verdict"] for body in decisions} == {"granted", "denied"}
    assert len({body["attempt_id"] for body in checks}) == len(checks)


def test_a_product_that_is_away_is_no_reason_to_stop() -> None:
    clock = FixedClock()
    assert Speaker(f"http://127.0.0.1:{free_port()}", "token").ask("GET", "/api") is None
    turns(come_and_go(a_city(Product(), clock), COMPOUND), clock, 50)
