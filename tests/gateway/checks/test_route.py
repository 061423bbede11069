"""A check that goes the short way past the framework has the outcome that it has on the framework's own."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from gateway.checks.route import MAY_CHECK
from gateway.web import routers
from registry.auth.permissions import Role
from registry.web.app import create_app
from tests.makers.gateway import CARD, OC2, GateHouse, RegistryByHand, a_card, a_gate_house, a_holder, access_facts
from tests.makers.web import a_browser, a_session, a_token, a_user

PATH = "/api/gateway/checks"
SHORT = {"Content-Type": "application/json"}
FRAMEWORKS = {"Content-Type": "application/json; charset=utf-8"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[GateHouse]:
    with a_gate_house(tmp_path, RegistryByHand(access_facts(a_card(holder=a_holder("陈静")))), {}) as house:
        yield house


@pytest.fixture
def guard(house: GateHouse) -> Iterator[TestClient]:
    with a_browser(house.parts, *routers(), bearer=a_token(house.parts, Role.GUARD)) as client:
        client.get("/api/gateway/entries")  # the token is looked up now, and remembered
        yield client


def a_check(**others: Any) -> dict[str, Any]:
    shown = {"kind": "card", "value": CARD}
    return {"attempt_id": str(uuid4()), "gate": "oc1-north", "direction": "in", "credential": shown} | others


def both(client: TestClient, body: bytes) -> tuple[Any, Any]:
    """What the two ways answer to the same bytes: status, headers and body."""
    answers = [client.post(PATH, content=body, headers=headers) for headers in (SHORT, FRAMEWORKS)]
    first, second = ((answer.status_code, dict(answer.headers), answer.content) for answer in answers)
    return first, second


def test_a_grant_is_answered_byte_for_byte_the_same(guard: TestClient) -> None:
    first, second = both(guard, orjson.dumps(a_check()))
    assert first[0] == 200
    assert first == second


@pytest.mark.parametrize(
    "wrong",
    [
        {"gate": "oc9-north"},
        {"gate": "NOT A NAME"},
        {"lane": "oc1-north-9"},
        {"direction": "sideways"},
        {"credential": {"kind": "card", "value": "!"}},
        {"credential": {"kind": "id_number", "value": "420502199001011234"}},
        {"credential": {"kind": "plate", "value": "x"}},
        {"attempt_id": "no id"},
        {"media": ["no id"]},
        {"occurred_at": "yesterday"},
        {"unheard_of": 1},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_is_wrong_is_told_the_same_way(guard: TestClient, wrong: dict[str, Any]) -> None:
    first, second = both(guard, orjson.dumps(a_check(**wrong)))
    assert first[0] in {404, 422}
    assert first == second


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"gate": "\xff"}', b'{"gate": "\\ud800"}', b"[" * 5000])
def test_bytes_that_are_no_check_are_told_the_same_way(guard: TestClient, body: bytes) -> None:
    first, second = both(guard, body)
    assert first[0] in {400, 422}
    assert first == second


def test_a_repeat_with_another_request_is_a_conflict_on_both_ways(guard: TestClient) -> None:
    told = a_check()
    guard.post(PATH, json=told)
    first, second = both(guard, orjson.dumps({**told, "direction": "out"}))
    assert first[0] == 409
    assert first == second


def test_a_check_with_another_method_is_none(guard: TestClient) -> None:
    assert guard.put(PATH, json=a_check()).status_code == 405


@pytest.mark.parametrize("headers", [SHORT, FRAMEWORKS], ids=["short", "framework"])
def test_who_may_not_is_refused_on_both_ways(house: GateHouse, headers: dict[str, str]) -> None:
    clerk, stranger = a_token(house.parts, Role.CLERK, name="clerk"), a_token(house.parts, Role.GUARD, site=OC2)
    with a_browser(house.parts, *routers()) as client:
        for bearer, status in ((clerk, 403), (stranger, 404), ("nobody's", 401)):
            asked = {**headers, "Authorization": f"Bearer {bearer}"}
            assert client.post(PATH, content=orjson.dumps(a_check()), headers=asked).status_code == status


def test_only_a_known_token_that_may_is_let_through_at_once(house: GateHouse) -> None:
    directory = house.parts.directory
    guard, clerk = a_token(house.parts, Role.GUARD), a_token(house.parts, Role.CLERK, name="clerk")
    session = a_session(house.parts, a_user(house.parts, "guard"))

    def at_once(value: str) -> bool:
        return MAY_CHECK.at_once({"headers": [(b"authorization", value.encode())]}, directory) is not None

    assert at_once(f"Bearer {guard}")
    assert not at_once("Bearer nobody's")
    assert not at_once(f"Basic {guard}")
    assert not at_once(f"Bearer {clerk}")
    assert not at_once(f"Bearer {session.token}")
    assert MAY_CHECK.at_once({"headers": []}, directory) is None


def test_a_body_that_comes_in_pieces_is_one_request(house: GateHouse) -> None:
    token = a_token(house.parts, Role.GUARD)
    body = orjson.dumps(a_check())
    answer = asyncio.run(_asked(house, token, [body[:20], body[20:90], body[90:]]))
    assert answer[0]["status"] == 200
    assert orjson.loads(answer[1]["body"])["verdict"] == "granted"


async def _asked(house: GateHouse, token: str, pieces: list[bytes]) -> list[Message]:
    coming: list[Message] = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    coming[-1]["more_body"] = False
    sent: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": PATH, "query_string": b"", "headers": headers}
    await create_app(house.parts, routers())(scope, receive, send)
    return sent


def test_a_check_larger_than_any_is_told_the_same_way(guard: TestClient) -> None:
    body = orjson.dumps(a_check(reader="x" * 70_000))
    first, second = both(guard, body)
    assert first[0] == 422
    assert first == second
    assert both(guard, b" " * 70_000 + orjson.dumps(a_check()))[0][0] == 200


def test_an_error_that_we_did_not_foresee_is_told_the_same_way(house: GateHouse) -> None:
    token = a_token(house.parts, Role.GUARD)
    house.parts.directory.of_bearer(token)
    house.desk.keeper._snapshot = replace(house.desk.snapshot, timezones={})
    with a_browser(house.parts, *routers(), bearer=token, our_mistakes_raise=False) as client:
        first, second = both(client, orjson.dumps(a_check()))
    assert first[0] == 500
    assert first == second
