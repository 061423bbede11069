"""The demo's examples at the gate, asked over HTTP as a reader would."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.deploy.conftest import RunningHouse

pytestmark = pytest.mark.broker


@pytest.fixture
def guard(house: RunningHouse) -> Iterator[httpx.Client]:
    with house.client("guard") as client:
        yield client


def check(
    client: httpx.Client,
    kind: str,
    value: str,
    *,
    attempt: str | None = None,
    gate: str = "oc1-north",
    direction: str = "in",
) -> httpx.Response:
    body = {
        "attempt_id": attempt or str(uuid4()),
        "gate": gate,
        "direction": direction,
        "credential": {"kind": kind, "value": value},
    }
    return client.post("/api/gateway/checks", json=body)


def told(answer: httpx.Response) -> tuple[str, str]:
    said: dict[str, Any] = answer.json()
    return said["verdict"], said["reason"]


@pytest.mark.parametrize(
    ("example", "verdict", "reason"),
    [
        ("plate_last_year", "denied", "permit_year_over"),
        ("plate_unknown", "refer", "unknown_credential"),
        ("plate_denied", "denied", "denied_list"),
        ("card_revoked", "denied", "revoked"),
        ("card_expired", "denied", "expired"),
        ("card_lost", "denied", "reported_lost"),
        ("card_other_site", "denied", "wrong_site"),
        ("card_south_gate_only", "denied", "no_level"),
        ("card_outside_hours", "denied", "outside_hours"),
        ("qr_valid", "granted", "ok"),
    ],
)
def test_each_example_gets_its_answer(
    house: RunningHouse, guard: httpx.Client, example: str, verdict: str, reason: str
) -> None:
    kind = example.split("_", 1)[0]
    assert told(check(guard, kind, house.demo["examples"][example])) == (verdict, reason)


def test_a_vehicle_is_let_in_and_the_same_attempt_gets_the_first_answer(
    house: RunningHouse, guard: httpx.Client
) -> None:
    examples, attempt = house.demo["examples"], str(uuid4())
    first = check(guard, "plate", examples["plate_valid"], attempt=attempt)
    again = check(guard, "plate", examples["plate_valid"], attempt=attempt)
    assert told(first) == ("granted", "ok")
    assert again.json() == first.json()
    assert check(guard, "plate", examples["plate_unknown"], attempt=attempt).status_code == 409


def test_a_card_that_is_shown_twice_is_refused_the_second_time(house: RunningHouse, guard: httpx.Client) -> None:
    card = house.demo["examples"]["card_valid"]
    assert told(check(guard, "card", card)) == ("granted", "ok")
    assert told(check(guard, "card", card)) == ("denied", "passback")
    assert told(check(guard, "card", card, direction="out")) == ("granted", "ok")
    assert told(check(guard, "card", card, gate="oc1-south")) == ("granted", "ok")


def test_a_plate_that_a_clerk_puts_on_the_deny_list_is_refused_within_five_seconds(
    house: RunningHouse, guard: httpx.Client, eventually: Any
) -> None:
    with house.client("clerk") as clerk:
        line = {"kind": "plate", "key": "沪B·7H771", "sites": None, "words": "布控"}
        answer = clerk.post("/api/registry/denylist", json=line)
    assert answer.is_success, answer.text
    eventually(lambda: told(check(guard, "plate", "沪B7H771")) == ("denied", "denied_list"), 5.0)


@pytest.mark.parametrize(
    ("kind", "value", "gate", "status"),
    [("plate", "banana", "oc1-north", 422), ("plate", "鄂E12345", "oc9-north", 404), ("face", "x", "oc1-north", 422)],
)
def test_what_cannot_be_checked_is_a_problem_document(
    guard: httpx.Client, kind: str, value: str, gate: str, status: int
) -> None:
    answer = check(guard, kind, value, gate=gate)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_a_guard_of_one_compound_sees_nothing_of_another(guard: httpx.Client) -> None:
    assert guard.get("/api/gateway/presence", params={"site": "oc2"}).status_code == 404


def test_nobody_is_checked_without_a_name(house: RunningHouse) -> None:
    with httpx.Client(base_url=house.demo["url"], trust_env=False) as nameless:
        assert check(nameless, "plate", "鄂E12345").status_code == 401


def test_the_counters_are_told_to_machines(house: RunningHouse) -> None:
    with httpx.Client(base_url=house.demo["url"], trust_env=False) as anybody:
        text = anybody.get("/metrics").text
    assert 'dayuan_signals_total{fate="received"}' in text
    assert "dayuan_alarms_open" in text


def test_every_part_says_that_it_is_ready(house: RunningHouse, eventually: Any) -> None:
    with httpx.Client(base_url=house.demo["url"], trust_env=False) as anybody:
        assert anybody.get("/healthz").json() == {"status": "alive"}
        eventually(lambda: anybody.get("/readyz").status_code == 200)
        parts = anybody.get("/readyz").json()["parts"]
    assert {"gateway-snapshot", "monitor-rules", "broker-gateway", "broker-registry", "broker-web"} <= set(parts)
