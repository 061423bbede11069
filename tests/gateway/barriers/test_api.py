"""How the parts of the lanes are, for whoever stands at the gate; a guard's grant opens once it is written down."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from gateway.barriers.driver import NotOpened, Order, Why
from gateway.entries.models import Entry
from gateway.web import routers
from registry.access.parts import DriverKind, LanePart, MqttSettings
from registry.auth.permissions import Role
from tests.makers.gateway import OC2, GateHouse, RegistryByHand, a_gate, a_gate_house, access_facts
from tests.makers.lane_parts import a_part
from tests.makers.web import a_browser, a_token

Eventually = Callable[..., None]
PART = a_part(MqttSettings(device="oc1/gate/oc1-north"))


@dataclass(slots=True)
class Stubborn:
    """Opens nothing; of each order it keeps whether the entry was settled by then."""

    house: GateHouse
    settled: list[str | None] = field(default_factory=list)

    def follow(self, parts: object) -> None: ...

    def open(self, part: LanePart, order: Order) -> None:
        with self.house.desk.store.read() as session:
            self.settled.append(session.get_one(Entry, order.entry_id).settled_by)
        raise NotOpened(Why.NO_ANSWER)

    def stop(self) -> None: ...


@pytest.fixture
def house(tmp_path: Path) -> Iterator[GateHouse]:
    register = RegistryByHand(access_facts(gates=(replace(a_gate(), parts=(PART,)),)))
    with a_gate_house(tmp_path, register, {}) as house:
        house.desk.barriers.board.follow([PART])
        yield house


def _parts(house: GateHouse, token: str, query: str = "") -> list[dict[str, Any]]:
    with a_browser(house.parts, *routers(), bearer=token) as client:
        items: list[dict[str, Any]] = client.get(f"/api/gateway/barriers{query}").json()["items"]
        return items


def test_a_guards_grant_opens_once_it_is_written_and_what_did_not_open_is_told(
    house: GateHouse, eventually: Eventually
) -> None:
    driver, token = Stubborn(house), a_token(house.parts, Role.GUARD)
    house.desk.barriers.drive({DriverKind.MQTT: driver})
    shown = {"kind": "card", "value": "DEADBEEF"}
    asked = {"attempt_id": str(uuid4()), "gate": "oc1-north", "direction": "in", "credential": shown}
    with a_browser(house.parts, *routers(), bearer=token) as guard:
        referred = guard.post("/api/gateway/checks", json=asked).json()
        assert (referred["verdict"], driver.settled) == ("refer", [])
        decided = guard.post(
            f"/api/gateway/entries/{referred['entry_id']}/decision", json={"verdict": "granted", "reason": "visitor"}
        )
        assert decided.status_code == 200
    eventually(lambda: driver.settled == [decided.json()["settled"]["by"]])
    eventually(lambda: _parts(house, token)[0]["failure"] == "no_answer")
    [part] = _parts(house, token, "?gate=oc1-north")
    assert (part["lane"], part["role"], part["well"], part["there"]) == ("oc1-north-1", "barrier", False, None)
    assert _parts(house, token, "?gate=oc1-south") == []


def test_who_stands_elsewhere_sees_none(house: GateHouse) -> None:
    assert _parts(house, a_token(house.parts, Role.GUARD, site=OC2)) == []
