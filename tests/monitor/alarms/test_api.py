"""Alarms over HTTP, as CONTRACT 4 has them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from monitor.alarms import api, raising
from registry.auth.permissions import Role
from registry.auth.service import disable_user
from registry.ids import SiteId, new_id
from registry.messages.alarms import AlarmDocument
from registry.web.parts import Parts
from tests.fakes.clock import NOON
from tests.makers.monitor import OC1, a_finding
from tests.makers.monitor_web import monitor_parts, monitor_store_of
from tests.makers.web import a_browser, a_token, a_user

ALARMS = "/api/monitor/alarms"


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return monitor_parts(tmp_path)


@pytest.fixture
def operator(parts: Parts) -> Iterator[TestClient]:
    with a_browser(parts, api.router, bearer=a_token(parts, Role.OPERATOR, name="李明")) as client:
        yield client


def _raised(parts: Parts, anchor: str = "e-1", *, priority: int = 2, site: SiteId = OC1) -> AlarmDocument:
    with monitor_store_of(parts).begin(NOON) as work:
        return raising.raise_alarm(work, a_finding(anchor, priority=priority, site=site))


def test_the_list_holds_the_documents_of_the_contract(parts: Parts, operator: TestClient) -> None:
    alarm = _raised(parts)
    answer = operator.get(ALARMS, params={"open": "true", "site": "oc1"})
    assert answer.status_code == 200
    assert answer.json() == {"items": [alarm.model_dump(mode="json")], "next": None}
    assert set(answer.json()["items"][0]) == {
        "id", "code", "site", "zone", "rule", "rule_version", "priority", "state", "flags", "occurred_at",
        "raised_at", "count", "contributing", "explanation", "media", "plan_id", "assigned_to", "verdict", "version",
    }  # fmt: skip


def test_the_list_is_read_with_its_cursor(parts: Parts, operator: TestClient) -> None:
    raised = {str(_raised(parts, f"e-{number}").id) for number in range(5)}
    found: list[str] = []
    asked: dict[str, str] | None = {"limit": "2"}
    while asked is not None:
        page = operator.get(ALARMS, params=asked).json()
        found += [item["id"] for item in page["items"]]
        asked = {**asked, "cursor": page["next"]} if page["next"] else None
    assert len(found) == 5
    assert set(found) == raised


@pytest.mark.parametrize("cursor", ["nonsense", "MS4y", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5LjEuMS4x", "é"])
def test_a_cursor_that_was_not_given_here_is_a_problem(operator: TestClient, cursor: str) -> None:
    answer = operator.get(ALARMS, params={"cursor": cursor})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:dayuan:problem:cursor-unknown"


def test_an_alarm_is_acknowledged_assigned_advanced_and_closed(parts: Parts, operator: TestClient) -> None:
    alarm = f"{ALARMS}/{_raised(parts).id}"
    a_user(parts, "wang.yong", Role.OPERATOR)
    steps: list[tuple[str, dict[str, str | None], str]] = [
        ("acknowledgement", {}, "acknowledged"),
        ("assignment", {"to": "wang.yong"}, "acknowledged"),
        ("progress", {"state": "dispatched"}, "dispatched"),
        ("closure", {"verdict": "nuisance", "cause": "猫", "evidence": None}, "closed"),
    ]
    for version, (step, body, state) in enumerate(steps, start=1):
        answer = operator.post(f"{alarm}/{step}", json={"version": version, **body})
        assert answer.status_code == 200, answer.text
        assert (answer.json()["state"], answer.json()["version"]) == (state, version + 1)
    shown = operator.get(alarm).json()
    assert (shown["verdict"], shown["assigned_to"]) == ("nuisance", "wang.yong")
    assert [line["what"] for line in shown["history"]] == [
        "raised", "acknowledged", "assigned", "dispatched", "closed",
    ]  # fmt: skip
    assert operator.get(ALARMS).json()["items"] == []
    assert len(operator.get(ALARMS, params={"open": "false"}).json()["items"]) == 1


def test_an_alarm_is_not_given_to_who_does_not_handle_alarms_there(parts: Parts, operator: TestClient) -> None:
    alarm = f"{ALARMS}/{_raised(parts).id}/assignment"
    a_user(parts, "guard", Role.GUARD)
    a_user(parts, "elsewhere", Role.OPERATOR, site=SiteId("oc2"))
    a_user(parts, "gone", Role.OPERATOR)
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        disable_user(work.session, name="gone", now=work.now)
    for name in ("guard", "elsewhere", "gone", "nobody"):
        refused = operator.post(alarm, json={"version": 1, "to": name})
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:dayuan:problem:handler-unknown")
        assert refused.json()["detail"] == f"Nobody named '{name}' handles alarms at oc1."


def test_whoever_is_late_gets_409_with_the_name_of_who_was_faster(parts: Parts, operator: TestClient) -> None:
    alarm = f"{ALARMS}/{_raised(parts).id}/acknowledgement"
    winner = operator.post(alarm, json={"version": 1})
    assert winner.status_code == 200
    late = operator.post(alarm, json={"version": 1})
    assert late.status_code == 409
    assert late.json()["winner"] in late.json()["detail"]
    assert late.json()["version"] == 2


def test_an_operator_may_not_close_priority_1_and_is_told_who_may(parts: Parts, operator: TestClient) -> None:
    alarm = f"{ALARMS}/{_raised(parts, priority=1).id}"
    operator.post(f"{alarm}/acknowledgement", json={"version": 1})
    closure = {"version": 2, "verdict": "real", "cause": "有人翻墙", "evidence": None}
    refused = operator.post(f"{alarm}/closure", json=closure)
    assert refused.status_code == 403
    assert "security officer" in refused.json()["detail"]
    with a_browser(parts, api.router, bearer=a_token(parts, Role.SECURITY_OFFICER, name="赵刚")) as officer:
        assert officer.post(f"{alarm}/closure", json=closure).status_code == 200


def test_a_serious_alarm_is_not_closed_without_a_word(parts: Parts, operator: TestClient) -> None:
    alarm = f"{ALARMS}/{_raised(parts).id}"
    operator.post(f"{alarm}/acknowledgement", json={"version": 1})
    answer = operator.post(f"{alarm}/closure", json={"version": 2, "verdict": "nuisance"})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:dayuan:problem:words-needed"


@pytest.mark.parametrize(
    ("step", "body"),
    [
        ("acknowledgement", {}),
        ("acknowledgement", {"version": 0}),
        ("assignment", {"version": 1, "to": ""}),
        ("progress", {"version": 1, "state": "closed"}),
        ("closure", {"version": 1, "verdict": "boring"}),
        ("closure", {"version": 1}),
    ],
)
def test_a_body_that_says_too_little_is_a_problem(
    parts: Parts, operator: TestClient, step: str, body: dict[str, object]
) -> None:
    answer = operator.post(f"{ALARMS}/{_raised(parts).id}/{step}", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_alarms_of_another_site_are_not_there(parts: Parts, operator: TestClient) -> None:
    elsewhere = _raised(parts, site=SiteId("oc2"))
    assert operator.get(ALARMS).json()["items"] == []
    assert operator.get(ALARMS, params={"site": "oc2"}).status_code == 404
    assert operator.get(f"{ALARMS}/{elsewhere.id}").status_code == 404
    assert operator.post(f"{ALARMS}/{elsewhere.id}/acknowledgement", json={"version": 1}).status_code == 404


def test_an_alarm_that_never_was_is_404(operator: TestClient) -> None:
    assert operator.get(f"{ALARMS}/{new_id()}").status_code == 404


def test_the_police_read_and_do_not_handle(parts: Parts) -> None:
    alarm = _raised(parts)
    with a_browser(parts, api.router, bearer=a_token(parts, Role.POLICE)) as police:
        assert police.get(f"{ALARMS}/{alarm.id}").status_code == 200
        assert police.post(f"{ALARMS}/{alarm.id}/acknowledgement", json={"version": 1}).status_code == 403


def test_nobody_unknown_reads_alarms(parts: Parts) -> None:
    with a_browser(parts, api.router, bearer="x" * 43) as stranger:
        assert stranger.get(ALARMS).status_code == 401
