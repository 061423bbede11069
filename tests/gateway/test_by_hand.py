"""Opening by hand, letting in against a denial, closing an area, and the silent alarm, over HTTP."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from starlette.testclient import TestClient

from gateway.room import Audit
from gateway.web import routers
from registry.access.facts import CredentialKind, CredentialStatus
from registry.auth.permissions import Role
from registry.ids import CredentialId, derived_id
from registry.passes.digests import digest_of
from registry.passes.rules import duress_of
from registry.qr.passes import verifying_keys
from tests.fakes.clock import FixedClock
from tests.makers.gateway import CARD, GateHouse, RegistryByHand, a_card, a_deny_entry, a_gate_house, access_facts
from tests.makers.web import a_browser, a_token

PIN = "482915"
LOST = "0000BEEF"
LISTED = "0000F00D"
NORTH = "oc1-north"


def pin_key(text: str) -> str:
    return digest_of(b"p" * 32, text).hex()


@pytest.fixture
def house(tmp_path: Path, signing_key: Ed25519PrivateKey) -> Iterator[GateHouse]:
    pin = replace(
        a_card(),
        id=CredentialId(derived_id("pin")),
        kind=CredentialKind.PIN,
        key=pin_key(PIN),
        duress_key=pin_key(duress_of(PIN)),
    )
    facts = access_facts(
        a_card(),
        a_card(LOST, status=CredentialStatus.REPORTED_LOST),
        pin,
        denied=(a_deny_entry(LISTED, kind=CredentialKind.CARD),),
    )
    with a_gate_house(tmp_path, RegistryByHand(facts), verifying_keys(signing_key)) as house:
        yield house


@pytest.fixture
def clock_of(house: GateHouse) -> Callable[[timedelta], None]:
    """Lets time pass in the house."""
    clock = house.parts.clock
    assert isinstance(clock, FixedClock)
    return clock.advance


@pytest.fixture
def as_role(house: GateHouse) -> Iterator[Callable[[Role], TestClient]]:
    clients: list[Any] = []

    def signed_in(role: Role) -> TestClient:
        token = a_token(house.parts, role, name=f"{role}-{len(clients)}")
        clients.append(a_browser(house.parts, *routers(), bearer=token))
        opened: TestClient = clients[-1].__enter__()
        return opened

    yield signed_in
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def guard(as_role: Callable[[Role], TestClient]) -> TestClient:
    return as_role(Role.GUARD)


def check(client: TestClient, value: str, kind: str = "card", **others: Any) -> dict[str, Any]:
    asked = {"attempt_id": str(uuid4()), "gate": NORTH, "direction": "in", "credential": {"kind": kind, "value": value}}
    answer = client.post("/api/gateway/checks", json=asked | others)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def acts(house: GateHouse) -> list[str]:
    with house.parts.stores["gateway"].read() as session:
        return list(session.scalars(select(Audit.action).order_by(Audit.position)))


def test_a_lane_is_opened_by_hand_with_a_reason_and_it_is_written_down(house: GateHouse, guard: TestClient) -> None:
    asked = {"gate": NORTH, "direction": "in", "reason": "delivery", "words": "送水"}
    opened = guard.post("/api/gateway/openings", json=asked)
    assert opened.status_code == 201
    told = opened.json()
    assert (told["kind"], told["lane"], told["reason"], told["by"]) == (
        "manual",
        "oc1-north-1",
        "delivery",
        "token:guard-0",
    )
    assert told["explained_at"] is not None
    listed = guard.get("/api/gateway/openings", params={"gate": NORTH, "limit": 1}).json()
    assert (listed["items"], listed["next"]) == ([told], None)
    assert acts(house) == ["opened-manual"]


def test_an_emergency_is_opened_at_once_and_explained_once_afterwards(house: GateHouse, guard: TestClient) -> None:
    opened = guard.post("/api/gateway/openings", json={"gate": NORTH, "direction": "out", "emergency": True}).json()
    assert (opened["kind"], opened["reason"], opened["explained_at"]) == ("emergency", None, None)
    said = {"reason": "rescue", "words": "有人晕倒"}
    explained = guard.post(f"/api/gateway/openings/{opened['id']}/explanation", json=said)
    assert (explained.json()["reason"], explained.json()["words"]) == ("rescue", "有人晕倒")
    again = guard.post(f"/api/gateway/openings/{opened['id']}/explanation", json=said)
    assert again.status_code == 409
    assert acts(house) == ["opened-emergency", "opening-explained"]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"reason": None}, 422),
        ({"reason": "because"}, 422),
        ({"reason": "other"}, 422),
        ({"gate": "oc1-nowhere"}, 404),
        ({"lane": "oc1-south-1"}, 422),
        ({"words": "a\x00b"}, 422),
    ],
)
def test_what_says_no_reason_or_no_place_opens_nothing(
    house: GateHouse, guard: TestClient, changed: dict[str, Any], status: int
) -> None:
    asked = {"gate": NORTH, "direction": "in", "reason": "delivery"} | changed
    assert guard.post("/api/gateway/openings", json=asked).status_code == status
    assert guard.post(f"/api/gateway/openings/{uuid4()}/explanation", json={"reason": "test"}).status_code == 404
    assert acts(house) == []


def test_whom_the_gate_denied_a_guard_lets_in_once_and_they_are_inside(house: GateHouse, guard: TestClient) -> None:
    denied = check(guard, LOST)
    assert (denied["verdict"], denied["reason"]) == ("denied", "reported_lost")
    why = {"reason": "known_person", "words": "老李，卡挂失未补"}
    let_in = guard.post(f"/api/gateway/entries/{denied['entry_id']}/override", json=why)
    assert (let_in.status_code, let_in.json()["kind"]) == (201, "override")
    entry = guard.get(f"/api/gateway/entries/{denied['entry_id']}").json()
    assert (entry["verdict"], entry["reason"]) == ("denied", "reported_lost")
    inside = guard.get("/api/gateway/presence", params={"site": "oc1"}).json()
    assert [each["ground"]["entry_id"] for each in inside["items"]] == [denied["entry_id"]]
    again = guard.post(f"/api/gateway/entries/{denied['entry_id']}/override", json=why)
    assert again.status_code == 409
    granted = check(guard, CARD, direction="out")
    assert guard.post(f"/api/gateway/entries/{granted['entry_id']}/override", json=why).status_code == 422
    assert guard.post(f"/api/gateway/entries/{uuid4()}/override", json=why).status_code == 404
    assert [act for act in acts(house) if act.startswith("opened")] == ["opened-override"]


def test_an_operator_closes_an_area_and_no_guard_does(
    house: GateHouse, guard: TestClient, as_role: Callable[[Role], TestClient]
) -> None:
    operator = as_role(Role.OPERATOR)
    closed = {"lockdown": True, "reason": "intruder"}
    assert guard.put("/api/gateway/areas/oc1-inside", json=closed).status_code == 403
    assert check(guard, CARD)["verdict"] == "granted"
    told = operator.put("/api/gateway/areas/oc1-inside", json=closed).json()
    assert (told["lockdown"], told["because"], told["set_by"]) == (True, "intruder", "token:operator-1")
    assert check(guard, CARD, direction="out")["verdict"] == "granted"
    assert check(guard, CARD)["reason"] == "lockdown"
    listed = guard.get("/api/gateway/areas", params={"site": "oc1"}).json()["items"]
    assert [(each["area"], each["lockdown"]) for each in listed] == [("oc1-inside", True), ("oc1-outside", False)]
    assert operator.put("/api/gateway/areas/oc1-inside", json={"reason": "over"}).json()["lockdown"] is False
    assert check(guard, CARD)["verdict"] == "granted"
    assert [act for act in acts(house) if act == "area-state-set"] == ["area-state-set"] * 2


@pytest.mark.parametrize(
    ("area", "state", "status"),
    [
        ("oc1-nowhere", {"reason": "over"}, 404),
        ("oc1-inside", {"reason": "other"}, 422),
        ("oc1-inside", {"threat_level": 6, "reason": "crowd"}, 422),
        ("oc1-inside", {"lockdown": True}, 422),
    ],
)
def test_what_is_no_state_of_an_area_changes_nothing(
    house: GateHouse, as_role: Callable[[Role], TestClient], area: str, state: dict[str, Any], status: int
) -> None:
    assert as_role(Role.OPERATOR).put(f"/api/gateway/areas/{area}", json=state).status_code == status
    assert "area-state-set" not in acts(house)


def test_a_guard_cannot_tell_that_somebody_was_forced_and_an_operator_can(
    guard: TestClient, as_role: Callable[[Role], TestClient]
) -> None:
    told, why = [], []
    for typed in (PIN, duress_of(PIN)):
        answer = check(guard, typed, "pin", direction="out")
        explained = guard.get(f"/api/gateway/entries/{answer['entry_id']}/why").json()
        listed = guard.get(f"/api/gateway/entries/{answer['entry_id']}").json()
        for one in (answer, explained, listed):
            for name in ("attempt_id", "entry_id", "id"):
                one.pop(name, None)
        told.append((answer, listed))
        why.append(explained)
    assert told[0] == told[1]
    assert why[0] == why[1]
    assert guard.get("/api/gateway/duress", params={"site": "oc1"}).status_code == 403
    listed = as_role(Role.OPERATOR).get("/api/gateway/duress", params={"site": "oc1"}).json()["items"]
    assert [(each["gate"], each["holder"]["name"]) for each in listed] == [(NORTH, "王建国")]


def test_nobody_is_let_in_against_the_deny_list_or_long_after(
    house: GateHouse, guard: TestClient, clock_of: Callable[[timedelta], None]
) -> None:
    why = {"reason": "known_person"}
    listed = check(guard, LISTED)
    assert listed["reason"] == "denied_list"
    answer = guard.post(f"/api/gateway/entries/{listed['entry_id']}/override", json=why)
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (422, "not-against-the-list")
    lost = check(guard, LOST)
    clock_of(timedelta(minutes=10, seconds=1))
    answer = guard.post(f"/api/gateway/entries/{lost['entry_id']}/override", json=why)
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (422, "denied-too-long-ago")
    assert acts(house) == []
