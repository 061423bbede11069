"""What was heard is listed for those who may hear of it."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

import monitor.signals.api
import monitor.signals.health_api
from registry.auth.permissions import Role
from registry.web.parts import Parts
from tests.makers.web import a_browser, a_token
from tests.monitor.signals.conftest import HOSTILE

SIGNALS, LETTERS = "/api/monitor/signals", "/api/monitor/dead-letters"


@pytest.fixture
def operator(heard: Parts) -> Iterator[TestClient]:
    """An operator of oc1."""
    with a_browser(heard, monitor.signals.api.router, bearer=a_token(heard, Role.OPERATOR)) as client:
        yield client


@pytest.fixture
def everywhere(heard: Parts) -> Iterator[TestClient]:
    """An operator of every site."""
    token = a_token(heard, Role.OPERATOR, site=None, name="everywhere")
    with a_browser(heard, monitor.signals.api.router, bearer=token) as client:
        yield client


def test_a_signal_is_listed_under_the_events_own_id(operator: TestClient) -> None:
    first = operator.get(SIGNALS).json()["items"][0]
    assert (first["id"], first["device"], first["type"]) == ("e-2", "oc1/beam/north-01", "dayuan.beam.interrupted")
    assert (first["occurred_at"], first["received_at"]) == ("2026-11-23T04:00:00.000Z", "2026-11-23T04:02:00.000Z")
    assert first["data"] == {"note": HOSTILE}


def test_the_list_is_read_page_by_page_newest_first(operator: TestClient) -> None:
    first = operator.get(SIGNALS, params={"limit": 2}).json()
    second = operator.get(SIGNALS, params={"limit": 2, "cursor": first["next"]}).json()
    assert [item["id"] for item in first["items"] + second["items"]] == ["e-2", "e-1", "e-0"]
    assert second["next"] is None


def test_after_a_moment_only_what_came_later_is_listed(operator: TestClient) -> None:
    items = operator.get(SIGNALS, params={"after": "2026-11-23T12:00:30+08:00"}).json()["items"]
    assert [item["id"] for item in items] == ["e-2", "e-1"]


def test_one_device_and_one_type_can_be_asked_for(everywhere: TestClient) -> None:
    of_device = everywhere.get(SIGNALS, params={"device": "oc2/beam/north-01"}).json()["items"]
    of_type = everywhere.get(SIGNALS, params={"type": "dayuan.camera.motion"}).json()["items"]
    assert ([item["id"] for item in of_device], of_type) == (["e-0"], [])


def test_another_site_is_not_there(operator: TestClient) -> None:
    assert {item["site"] for item in operator.get(SIGNALS).json()["items"]} == {"oc1"}
    assert operator.get(SIGNALS, params={"site": "oc2"}).status_code == 404


@pytest.mark.parametrize(
    "question",
    [{"cursor": "x"}, {"cursor": "9" * 30}, {"limit": 0}, {"limit": 5000}, {"after": "2026-11-23"}, {"site": "OC1"}],
)
def test_a_question_that_makes_no_sense_is_a_problem_document(operator: TestClient, question: dict[str, str]) -> None:
    answer = operator.get(SIGNALS, params=question)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_the_totals_add_up(operator: TestClient) -> None:
    totals = operator.get(f"{SIGNALS}/totals").json()
    assert totals == {
        "received": 7,
        "stored": 4,
        "duplicate": 1,
        "dead_letter": 2,
        "heartbeat": 0,
        "state": 0,
        "online": 0,
    }


def test_the_totals_of_a_fresh_store_are_zero(parts: Parts) -> None:
    with a_browser(parts, monitor.signals.api.router, bearer=a_token(parts, Role.OPERATOR)) as client:
        assert set(client.get(f"{SIGNALS}/totals").json().values()) == {0}


def test_a_dead_letter_is_listed_with_its_reason_and_its_bytes_are_loaded(operator: TestClient) -> None:
    (letter,) = operator.get(LETTERS).json()["items"]
    assert (letter["reason"], letter["topic"]) == ("bad_json", "dayuan/v1/oc1/beam/north-01/evt")
    raw = operator.get(f"{LETTERS}/{letter['id']}/raw")
    assert raw.content == HOSTILE.encode() + b"\x00\xff"
    assert raw.headers["content-type"] == "application/octet-stream"
    assert raw.headers["content-disposition"].startswith("attachment")


def test_what_names_no_site_is_for_those_who_see_every_site(operator: TestClient, everywhere: TestClient) -> None:
    letters = everywhere.get(LETTERS).json()["items"]
    foreign = next(letter for letter in letters if letter["site"] is None)
    assert operator.get(f"{LETTERS}/{foreign['id']}/raw").status_code == 404
    assert everywhere.get(f"{LETTERS}/{foreign['id']}/raw").content == b"{}"


def test_a_dead_letter_that_is_not_there_is_404(operator: TestClient) -> None:
    assert operator.get(f"{LETTERS}/999/raw").status_code == 404


def test_a_guard_hears_nothing_of_signals(heard: Parts) -> None:
    with a_browser(heard, monitor.signals.api.router, bearer=a_token(heard, Role.GUARD)) as client:
        for path in (SIGNALS, f"{SIGNALS}/totals", LETTERS, f"{LETTERS}/1/raw"):
            assert client.get(path).status_code == 403


def test_nobody_hears_nothing(heard: Parts) -> None:
    with a_browser(heard, monitor.signals.api.router) as client:
        assert client.get(SIGNALS, headers={"Accept": "application/json"}).status_code == 401


def test_how_a_device_is_heard_is_told_to_those_who_hear_of_it(heard: Parts) -> None:
    with a_browser(heard, monitor.signals.health_api.router, bearer=a_token(heard, Role.OPERATOR)) as client:
        health = client.get("/api/monitor/devices/oc1/beam/north-01/health").json()
        assert (health["event_at"], health["late"], health["gap"]) == ("2026-11-23T04:02:00.000Z", 2, 0)
        assert client.get("/api/monitor/devices/oc2/beam/north-01/health").status_code == 404
