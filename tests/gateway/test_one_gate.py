"""Who is bound to one gate asks at that gate, sees its entries, and finds no other."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from starlette.testclient import TestClient

from gateway.web import routers
from registry.auth import service
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from tests.makers.gateway import CARD, NORTH, OC1, SOUTH, GateHouse, RegistryByHand, a_card, a_gate_house, access_facts
from tests.makers.web import a_browser, a_token

PATH = "/api/gateway/checks"
WAYS = {"short": "application/json", "framework": "application/json; charset=utf-8"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[GateHouse]:
    with a_gate_house(tmp_path, RegistryByHand(access_facts(a_card())), {}) as house:
        yield house


def bound(house: GateHouse, role: Role) -> str:
    """A token of this role for the north gate."""
    grants = [Grant(role, OC1, gate=NORTH)]
    with house.parts.stores["registry"].begin(house.parts.clock.now()) as work:
        return service.add_token(work.session, name=role, grants=grants, now=work.now)


def check_at(client: TestClient, gate: str, content_type: str = WAYS["short"]) -> Any:
    shown = {"kind": "card", "value": CARD}
    asked = {"attempt_id": str(uuid4()), "gate": gate, "direction": "in", "credential": shown}
    return client.post(PATH, content=orjson.dumps(asked), headers={"Content-Type": content_type})


@pytest.mark.parametrize("content_type", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("role", [Role.READER, Role.KIOSK, Role.EDGE])
def test_a_machine_checks_at_its_own_gate_and_at_no_other(house: GateHouse, role: Role, content_type: str) -> None:
    with a_browser(house.parts, *routers(), bearer=bound(house, role)) as machine:
        assert check_at(machine, NORTH, content_type).status_code == 200
        other, none = check_at(machine, SOUTH, content_type), check_at(machine, "oc1-west", content_type)
    assert (other.status_code, other.json()["type"]) == (404, none.json()["type"])
    assert other.json()["detail"] == "There is no gate 'oc1-south' here."


def test_an_edge_gate_sees_the_entries_of_its_own_gate(house: GateHouse) -> None:
    with a_browser(house.parts, *routers(), bearer=a_token(house.parts, Role.GUARD)) as guard:
        entries = {gate: check_at(guard, gate).json()["entry_id"] for gate in (NORTH, SOUTH)}
    with a_browser(house.parts, *routers(), bearer=bound(house, Role.EDGE)) as edge:
        listed = edge.get("/api/gateway/entries").json()["items"]
        assert [entry["id"] for entry in listed] == [entries[NORTH]]
        assert edge.get("/api/gateway/entries", params={"gate": SOUTH}).json()["items"] == []
        assert edge.get(f"/api/gateway/entries/{entries[NORTH]}").status_code == 200
        assert edge.get(f"/api/gateway/entries/{entries[SOUTH]}").status_code == 404
        assert edge.get(f"/api/gateway/entries/{entries[SOUTH]}/why").status_code == 404


def test_a_token_that_is_over_is_refused_on_both_ways(house: GateHouse) -> None:
    clock = house.parts.clock
    with house.parts.stores["registry"].begin(clock.now()) as work:
        grants = [Grant(Role.READER, OC1, gate=NORTH)]
        last = clock.now().replace(hour=23)
        token = service.add_token(work.session, name="reader", grants=grants, ends_at=last, now=work.now)
    with a_browser(house.parts, *routers(), bearer=token) as reader:
        assert check_at(reader, NORTH).status_code == 200
        house.parts.clock.moment = last  # type: ignore[attr-defined]  # the clock of a test
        assert [check_at(reader, NORTH, way).status_code for way in WAYS.values()] == [401, 401]
