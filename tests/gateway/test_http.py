"""The gateway over HTTP: checks, entries, why, decisions, presence."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from starlette.testclient import TestClient

from gateway.entries.models import Entry
from gateway.room import Audit
from gateway.web import routers
from registry import audit
from registry.auth.permissions import Role
from registry.ids import CredentialId
from registry.qr.passes import PassClaims, sign_pass, verifying_keys
from tests.fakes.clock import NOON
from tests.makers.gateway import (
    CARD,
    OC1,
    OC2,
    PLATE,
    GateHouse,
    RegistryByHand,
    a_card,
    a_deny_entry,
    a_gate_house,
    a_holder,
    a_pass,
    a_permit,
    access_facts,
)
from tests.makers.web import a_browser, a_token

PHOTO = uuid4()
LAST_YEARS = "鄂E99001"
WORDS = "两次冲闯大门，报派出所"
PASS = CredentialId(uuid4())


@pytest.fixture
def house(tmp_path: Path, signing_key: Ed25519PrivateKey) -> Iterator[GateHouse]:
    card = a_card(holder=a_holder(photo=PHOTO))
    facts = access_facts(
        card,
        a_permit(),
        a_permit(LAST_YEARS, year=2025),
        a_pass(PASS, a_holder("赵敏")),
        denied=(a_deny_entry("鄂E66666", words=WORDS),),
    )
    with a_gate_house(tmp_path, RegistryByHand(facts), verifying_keys(signing_key)) as house:
        yield house


@pytest.fixture
def guard(house: GateHouse) -> Iterator[TestClient]:
    with a_browser(house.parts, *routers(), bearer=a_token(house.parts, Role.GUARD, name="guard-1")) as client:
        yield client


@pytest.fixture
def as_role(house: GateHouse) -> Iterator[Callable[..., TestClient]]:
    clients: list[Any] = []

    def signed_in(role: Role, **where: Any) -> TestClient:
        token = a_token(house.parts, role, name=f"{role}-{len(clients)}", **where)
        opened = a_browser(house.parts, *routers(), bearer=token)
        clients.append(opened)
        return opened.__enter__()

    yield signed_in
    for client in clients:
        client.__exit__(None, None, None)


def a_check(value: str = PLATE, kind: str = "plate", **others: Any) -> dict[str, Any]:
    return {
        "attempt_id": str(uuid4()),
        "gate": "oc1-north",
        "direction": "in",
        "credential": {"kind": kind, "value": value},
    } | others


def check(client: TestClient, *what: str, **others: Any) -> dict[str, Any]:
    answer = client.post("/api/gateway/checks", json=a_check(*what, **others))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def slug(answer: Any) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["type"]).rpartition(":")[2]


def test_the_answer_has_every_field_of_the_contract(guard: TestClient) -> None:
    body = a_check("04:a1 b2-c3", "card")
    answer = guard.post("/api/gateway/checks", json=body).json()
    assert UUID(answer.pop("entry_id")).version == 7
    assert answer == {
        "attempt_id": body["attempt_id"],
        "verdict": "granted",
        "reason": "ok",
        "text": {"zh": "放行。", "en": "Let through."},
        "holder": {"name": "王建国", "unit": "市财政局", "photo_url": f"/api/media/{PHOTO}"},
        "credential": {
            "kind": "card",
            "matched": CARD,
            "valid_from": "2025-12-31T16:00:00.000Z",
            "valid_until": "2026-12-31T16:00:00.000Z",
        },
        "snapshot": 7,
        "decided_by": "centre",
    }


@pytest.mark.parametrize(
    ("value", "verdict", "reason"),
    [
        ("鄂E·12345", "granted", "ok"),
        ("鄂Ｅ１２３４５", "granted", "ok"),
        (LAST_YEARS, "denied", "permit_year_over"),
        ("鄂E00000", "refer", "unknown_credential"),
        ("鄂E66666", "denied", "denied_list"),
        ("鄂E1234警", "granted", "ok_emergency"),
    ],
)
def test_plates_are_told_what_the_contract_says(guard: TestClient, value: str, verdict: str, reason: str) -> None:
    answer = check(guard, value)
    assert (answer["verdict"], answer["reason"]) == (verdict, reason)


def test_why_something_is_on_the_deny_list_is_told_to_the_guard_and_not_to_the_reader(
    guard: TestClient, as_role: Callable[..., TestClient]
) -> None:
    answer = as_role(Role.READER).post("/api/gateway/checks", json=a_check("鄂E66666"))
    assert answer.json()["reason"] == "denied_list"
    assert WORDS not in answer.text
    why = guard.get(f"/api/gateway/entries/{answer.json()['entry_id']}/why").json()
    assert why["tested"][0]["facts"]["words"] == WORDS


def test_a_pass_that_was_shown_cannot_be_copied_out_of_the_store(
    guard: TestClient, house: GateHouse, signing_key: Ed25519PrivateKey
) -> None:
    claims = PassClaims(credential=PASS, sites=frozenset({OC1}), not_before=NOON, not_after=NOON + timedelta(days=1))
    text = sign_pass(signing_key, claims)
    body = a_check(f" {text}\n", "qr")
    first = guard.post("/api/gateway/checks", json=body)
    assert guard.post("/api/gateway/checks", json=body).content == first.content
    with house.parts.stores["gateway"].read() as session:
        row = session.execute(select(Entry.__table__)).one()
    assert text not in "".join(map(str, row))
    assert orjson.loads(row.question)["shown"]["raw"] == sha256(text.encode()).hexdigest()


def test_a_signed_pass_is_granted_and_one_with_a_changed_sign_is_not(
    guard: TestClient, signing_key: Ed25519PrivateKey
) -> None:
    claims = PassClaims(credential=PASS, sites=frozenset({OC1}), not_before=NOON, not_after=NOON + timedelta(days=1))
    text = sign_pass(signing_key, claims)
    assert check(guard, text, "qr")["reason"] == "ok"
    changed = text[:-10] + ("A" if text[-10] != "A" else "B") + text[-9:]
    forged = check(guard, changed, "qr")
    assert (forged["verdict"], forged["reason"], forged["holder"]) == ("denied", "bad_signature", None)
    assert check(guard, "https://example.org/", "qr")["reason"] == "bad_signature"


def test_a_typed_text_that_is_no_plate_is_a_problem_and_one_that_a_camera_read_is_referred(guard: TestClient) -> None:
    typed = guard.post("/api/gateway/checks", json=a_check("鄂E1"))
    assert (typed.status_code, slug(typed)) == (422, "no-number-plate")
    assert check(guard, "鄂E1", reader="lane-camera")["reason"] == "plate_ambiguous"


def test_an_identity_number_is_not_taken_at_a_gate_and_stands_in_no_answer(guard: TestClient) -> None:
    answer = guard.post("/api/gateway/checks", json=a_check("420502199001011234", "id_number"))
    assert (answer.status_code, slug(answer)) == (422, "kind-not-taken")
    assert "420502199001011234" not in answer.text


def test_a_wrong_pin_is_unknown_and_stands_in_no_answer_and_no_record(guard: TestClient) -> None:
    answer = guard.post("/api/gateway/checks", json=a_check("482915", "pin"))
    assert answer.json()["reason"] == "unknown_credential"
    entry = answer.json()["entry_id"]
    for told in (answer, guard.get(f"/api/gateway/entries/{entry}"), guard.get(f"/api/gateway/entries/{entry}/why")):
        assert told.status_code == 200
        assert "482915" not in told.text


@pytest.mark.parametrize("value", ["卡", " - ", "A" * 65, "12;34"])
def test_what_no_card_has_on_it_is_a_problem(guard: TestClient, value: str) -> None:
    answer = guard.post("/api/gateway/checks", json=a_check(value, "card"))
    assert (answer.status_code, slug(answer)) == (422, "no-card-number")


def test_what_a_scanner_adds_at_the_end_is_no_part_of_the_card(guard: TestClient) -> None:
    assert check(guard, f"{CARD}\r\n", "card")["reason"] == "ok"


@pytest.mark.parametrize("kind", ["plate", "qr"])
def test_a_text_that_grows_when_it_is_brought_into_one_form_still_has_room(guard: TestClient, kind: str) -> None:
    entry = check(guard, "\ufdfa" * 600, kind, reader="lane-camera")["entry_id"]
    assert len(guard.get(f"/api/gateway/entries/{entry}").json()["credential"]["key"]) <= 600


@pytest.mark.parametrize(
    "wrong",
    [
        {"attempt_id": "no uuid"},
        {"direction": "up"},
        {"gate": "../etc"},
        {"credential": {"kind": "plate", "value": ""}},
        {"occurred_at": "2026-11-23T12:00:00"},
        {"colour": "red"},
        {"credential": {"kind": "plate", "value": "鄂E\x0012345"}},
        {"credential": {"kind": "card", "value": "04A1\x1bB2C3"}},
        {"reader": "north\x00camera"},
        {"reader": "\x7f"},
        {"reader": "\n"},
    ],
)
def test_a_malformed_check_is_a_problem_and_no_entry(guard: TestClient, wrong: dict[str, Any]) -> None:
    answer = guard.post("/api/gateway/checks", json=a_check() | wrong)
    assert answer.status_code == 422
    assert slug(answer) == "unprocessable"
    assert guard.get("/api/gateway/entries").json() == {"items": [], "next": None}


def test_a_gate_that_does_not_exist_and_one_that_is_not_ones_own_look_the_same(guard: TestClient) -> None:
    answers = [guard.post("/api/gateway/checks", json=a_check(gate=gate)) for gate in ("oc1-west", "oc2-main")]
    assert {answer.status_code for answer in answers} == {404}
    assert {slug(answer) for answer in answers} == {"unknown-gate"}


def test_a_repeat_is_answered_as_the_first_time_and_another_request_is_a_conflict(guard: TestClient) -> None:
    body = a_check()
    first = guard.post("/api/gateway/checks", json=body)
    again = guard.post("/api/gateway/checks", json=body | {"occurred_at": "2026-11-23T04:00:01Z"})
    assert first.content == again.content
    other = guard.post("/api/gateway/checks", json=a_check("鄂E00000", attempt_id=body["attempt_id"]))
    assert (other.status_code, slug(other)) == (409, "attempt-reused")
    assert len(guard.get("/api/gateway/entries").json()["items"]) == 1


def test_the_moment_that_a_reader_claims_is_kept_and_decides_nothing(guard: TestClient) -> None:
    answer = check(guard, occurred_at="2031-01-01T00:00:00Z")
    assert answer["reason"] == "ok"
    entry = guard.get(f"/api/gateway/entries/{answer['entry_id']}").json()
    assert (entry["occurred_at"], entry["decided_at"]) == ("2031-01-01T00:00:00.000Z", "2026-11-23T04:00:00.000Z")


def test_why_names_every_rule_in_order_with_what_it_looked_at(guard: TestClient) -> None:
    answer = check(guard, LAST_YEARS)
    why = guard.get(f"/api/gateway/entries/{answer['entry_id']}/why").json()
    assert [rule["rule"] for rule in why["tested"]] == [
        "denied_list",
        "unknown_credential",
        "reported_lost",
        "revoked",
        "suspended",
        "permit_year_over",
    ]
    assert [rule["passed"] for rule in why["tested"]] == [True] * 5 + [False]
    assert why["tested"][-1]["facts"] == {
        "permit_year": 2025,
        "valid_until": "2025-12-31T16:00:00Z",
        "now": "2026-11-23T04:00:00Z",
    }


def test_entries_are_listed_newest_first_and_page_by_page(guard: TestClient) -> None:
    ids = [check(guard, f"鄂E0000{number}")["entry_id"] for number in range(5)]
    seen, cursor = [], ""
    while True:
        listed = guard.get(f"/api/gateway/entries?limit=2{cursor}").json()
        seen += [item["id"] for item in listed["items"]]
        if listed["next"] is None:
            break
        cursor = f"&cursor={listed['next']}"
    assert seen == ids[::-1]
    assert guard.get("/api/gateway/entries?gate=oc1-south").json()["items"] == []
    assert len(guard.get("/api/gateway/entries?site=oc1&gate=oc1-north").json()["items"]) == 5


def test_what_happened_at_another_site_is_not_there(guard: TestClient, as_role: Callable[..., TestClient]) -> None:
    entry = check(guard)["entry_id"]
    stranger = as_role(Role.GUARD, site=OC2)
    for path in (f"entries/{entry}", f"entries/{entry}/why", "presence?site=oc1"):
        assert stranger.get(f"/api/gateway/{path}").status_code == 404
    decision = {"verdict": "granted", "reason": "other", "words": "x"}
    assert stranger.post(f"/api/gateway/entries/{entry}/decision", json=decision).status_code == 404
    assert stranger.get("/api/gateway/entries").json()["items"] == []


def test_a_refer_is_decided_once_and_the_second_is_told_by_whom(
    guard: TestClient, as_role: Callable[..., TestClient]
) -> None:
    entry = check(guard, "鄂E00000")["entry_id"]
    assert guard.get("/api/gateway/presence?site=oc1").json()["vehicles"] == 0
    decision = {"verdict": "granted", "reason": "host_confirmed", "words": "财政局来电确认"}
    settled = guard.post(f"/api/gateway/entries/{entry}/decision", json=decision).json()
    assert (settled["verdict"], settled["reason"], settled["told"]) == ("granted", "ok_guard", "refer")
    assert settled["settled"]["words"] == "财政局来电确认"
    late = as_role(Role.GUARD).post(f"/api/gateway/entries/{entry}/decision", json=decision | {"verdict": "denied"})
    assert (late.status_code, slug(late)) == (409, "already-decided")
    assert late.json()["decided_by"] == settled["settled"]["by"]
    inside = guard.get("/api/gateway/presence?site=oc1").json()
    assert (inside["vehicles"], inside["items"][0]["plate"]) == (1, "鄂E00000")
    assert inside["items"][0]["ground"] == {"entry_id": entry, "gate": "oc1-north", "reason": "ok_guard"}


def test_a_decision_stands_in_the_audit_with_who_made_it(guard: TestClient, house: GateHouse) -> None:
    entry = check(guard, "鄂E00000")["entry_id"]
    decision = {"verdict": "granted", "reason": "host_confirmed", "words": "财政局来电确认"}
    guard.post(f"/api/gateway/entries/{entry}/decision", json=decision)
    with house.parts.stores["gateway"].read() as session:
        act = session.scalars(select(Audit)).one()
        assert (act.actor, act.action, act.site, act.subject) == ("token:guard-1", "entry-decided", "oc1", entry)
        assert audit.verify(session) == audit.Intact(rows=1)


def test_a_refused_refer_lets_nobody_in(guard: TestClient) -> None:
    entry = check(guard, "鄂E00000")["entry_id"]
    decision = {"verdict": "denied", "reason": "no_business", "words": "说不清找谁"}
    settled = guard.post(f"/api/gateway/entries/{entry}/decision", json=decision).json()
    assert (settled["verdict"], settled["reason"]) == ("denied", "guard_refused")
    assert guard.get("/api/gateway/presence?site=oc1").json()["items"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"words": "   "},
        {"words": None},
        {"words": "a\x00b"},
        {"reason": ""},
        {"verdict": "refer"},
        {"verdict": "maybe"},
    ],
)
def test_a_decision_without_a_word_or_a_verdict_is_refused(guard: TestClient, wrong: dict[str, Any]) -> None:
    entry = check(guard, "鄂E00000")["entry_id"]
    decision = {"verdict": "granted", "reason": "other", "words": "x"} | wrong
    assert guard.post(f"/api/gateway/entries/{entry}/decision", json=decision).status_code == 422
    assert guard.get(f"/api/gateway/entries/{entry}").json()["settled"] is None


def test_what_the_gate_decided_itself_is_not_for_the_guard(guard: TestClient) -> None:
    entry = check(guard, LAST_YEARS)["entry_id"]
    decision = {"verdict": "granted", "reason": "other", "words": "x"}
    answer = guard.post(f"/api/gateway/entries/{entry}/decision", json=decision)
    assert (answer.status_code, slug(answer)) == (422, "nothing-to-decide")


def test_an_entry_that_is_not_there_is_a_problem(guard: TestClient) -> None:
    for path in (f"entries/{uuid4()}", f"entries/{uuid4()}/why"):
        answer = guard.get(f"/api/gateway/{path}")
        assert (answer.status_code, slug(answer)) == (404, "no-such-entry")


def test_a_program_that_reads_a_gate_may_not_decide_or_read_entries(
    as_role: Callable[..., TestClient],
) -> None:
    reader = as_role(Role.READER)
    entry = check(reader, "鄂E00000")["entry_id"]
    decision = {"verdict": "granted", "reason": "other", "words": "x"}
    assert reader.post(f"/api/gateway/entries/{entry}/decision", json=decision).status_code == 403
    assert reader.get("/api/gateway/entries").status_code == 403


def test_presence_names_people_and_vehicles_with_their_ground(guard: TestClient) -> None:
    person, vehicle = check(guard, CARD, "card"), check(guard)
    inside = guard.get("/api/gateway/presence?site=oc1&limit=1").json()
    assert (inside["people"], inside["vehicles"]) == (1, 1)
    assert inside["items"][0]["ground"]["entry_id"] == vehicle["entry_id"]
    rest = guard.get(f"/api/gateway/presence?site=oc1&cursor={inside['next']}").json()
    assert [item["ground"]["entry_id"] for item in rest["items"]] == [person["entry_id"]]
    assert rest["items"][0]["holder"] == {"name": "王建国", "unit_zh": "市财政局", "unit_en": "Finance Bureau"}
    check(guard, CARD, "card", direction="out")
    assert guard.get("/api/gateway/presence?site=oc1").json()["people"] == 0


def test_before_the_registry_has_answered_a_check_is_a_clear_problem(tmp_path: Path) -> None:
    register = RegistryByHand(failure=ConnectionError("not there"))
    with a_gate_house(tmp_path, register, {}) as house:
        token = a_token(house.parts, Role.GUARD)
        with a_browser(house.parts, *routers(), bearer=token) as client:
            answer = client.post("/api/gateway/checks", json=a_check())
    assert (answer.status_code, slug(answer)) == (503, "nothing-known")
