"""Patrols over HTTP: rounds, checkpoints and scans, typed or in a picture."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient

from monitor.patrols import api, pictures
from registry.auth.permissions import Role
from registry.clock import format_instant
from registry.ids import new_id
from registry.store.outbox import waiting
from registry.web.parts import Parts
from tests.fakes.clock import FixedClock
from tests.makers.codes import a_picture_of_code
from tests.makers.monitor_web import monitor_parts, monitor_store_of
from tests.makers.patrols import TAGS, a_planned_tour, minutes
from tests.makers.web import a_browser, a_token

PATROLS = "/api/monitor/patrols"


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    parts = monitor_parts(tmp_path)
    a_planned_tour(monitor_store_of(parts), stops=3)
    assert isinstance(parts.clock, FixedClock)
    parts.clock.advance(timedelta(minutes=6))
    return parts


@pytest.fixture
def guard(parts: Parts) -> Iterator[TestClient]:
    with a_browser(parts, api.router, bearer=a_token(parts, Role.PATROL)) as client:
        yield client


def _body(tag: str = TAGS[0]) -> dict[str, object]:
    return {"id": str(new_id()), "site": "oc1", "tag": tag, "scanned_at": format_instant(minutes(5)), "offline": False}


def _sent(guard: TestClient, picture: bytes) -> tuple[int, dict[str, object]]:
    form = {"id": str(new_id()), "site": "oc1", "scanned_at": format_instant(minutes(5))}
    answer = guard.post(f"{PATROLS}/scans/picture", data=form, files={"picture": ("a.png", picture, "image/png")})
    return answer.status_code, answer.json()


def test_a_scan_is_answered_with_what_the_plan_says(guard: TestClient) -> None:
    answer = guard.post(f"{PATROLS}/scans", json=_body())
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["judgement"], said["left"]) == ("on_time", 2)
    assert (said["checkpoint"]["name_zh"], said["checkpoint"]["name_en"]) == ("锅炉房", "Boiler house")
    assert said["round"]["starts_at"] == "2026-11-23T04:00:00.000Z"


def test_the_same_scan_sent_twice_is_announced_once(parts: Parts, guard: TestClient) -> None:
    body = _body()
    answers = [guard.post(f"{PATROLS}/scans", json=body).json() for _ in range(2)]
    assert answers[0] == answers[1]
    with monitor_store_of(parts).read() as session:
        assert len(waiting(session)) == 1


def test_an_unknown_code_is_404_with_a_sentence(guard: TestClient) -> None:
    answer = guard.post(f"{PATROLS}/scans", json=_body("DYC:oc1:nowhere"))
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:dayuan:problem:checkpoint-unknown"
    assert "type the number" in answer.json()["detail"]


def test_a_moment_without_its_offset_is_refused(guard: TestClient) -> None:
    answer = guard.post(f"{PATROLS}/scans", json={**_body(), "scanned_at": "2026-11-23T12:05:00"})
    assert answer.status_code == 422


def test_a_picture_of_the_code_is_as_good_as_the_code(guard: TestClient) -> None:
    status, said = _sent(guard, a_picture_of_code(TAGS[0]))
    assert (status, said["judgement"]) == (200, "on_time")


def test_a_photograph_of_a_code_that_hangs_askew_is_read(guard: TestClient) -> None:
    code = cv2.imdecode(np.frombuffer(a_picture_of_code(TAGS[0]), np.uint8), cv2.IMREAD_COLOR)
    assert code is not None
    wall = np.full((700, 900, 3), 128, np.uint8)
    turn = cv2.getRotationMatrix2D((code.shape[1] / 2, code.shape[0] / 2), 17, 1.3)
    turn[:, 2] += (300, 200)
    photo = cv2.warpAffine(code, turn, (900, 700), dst=wall, borderMode=cv2.BORDER_TRANSPARENT)
    status, said = _sent(guard, cv2.imencode(".jpg", cv2.GaussianBlur(photo, (5, 5), 0))[1].tobytes())
    assert (status, said["judgement"]) == (200, "on_time")


@pytest.mark.parametrize(
    ("picture", "slug"),
    [
        (b"no picture at all", "unreadable-picture"),
        (a_picture_of_code(TAGS[0])[:200], "unreadable-picture"),
        (cv2.imencode(".png", np.full((200, 200, 3), 200, np.uint8))[1].tobytes(), "no-code-seen"),
    ],
)
def test_a_picture_that_shows_no_code_is_422_and_says_what_is_wrong(
    guard: TestClient, picture: bytes, slug: str
) -> None:
    status, problem = _sent(guard, picture)
    assert (status, problem["type"]) == (422, f"urn:dayuan:problem:{slug}")


def test_a_picture_that_is_too_large_is_413(guard: TestClient) -> None:
    status, _ = _sent(guard, b"\x00" * (pictures.MAX_BYTES + 1))
    assert status == 413


def test_the_code_of_something_else_is_an_unknown_checkpoint(guard: TestClient) -> None:
    status, problem = _sent(guard, a_picture_of_code("https://example.org"))
    assert (status, problem["type"]) == (404, "urn:dayuan:problem:checkpoint-unknown")


def test_the_rounds_of_today_are_shown_with_every_checkpoint(guard: TestClient) -> None:
    rounds = guard.get(f"{PATROLS}/rounds", params={"site": "oc1"}).json()["items"]
    assert [each["starts_at"] for each in rounds] == ["2026-11-23T04:00:00.000Z", "2026-11-23T06:00:00.000Z"]
    assert [visit["judgement"] for visit in rounds[0]["visits"]] == ["pending"] * 3
    assert rounds[0]["left"] == 3
    assert guard.get(f"{PATROLS}/rounds", params={"site": "oc1", "day": "2026-11-01"}).json()["items"] == []


def test_the_checkpoints_of_the_site_are_shown_in_their_order(guard: TestClient) -> None:
    items = guard.get(f"{PATROLS}/checkpoints", params={"site": "oc1"}).json()["items"]
    assert [item["tag"] for item in items] == list(TAGS)
    assert items[1]["short_code"] == "1001"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "yesterday"])
def test_a_day_that_no_calendar_of_ours_has_is_refused(guard: TestClient, day: str) -> None:
    assert guard.get(f"{PATROLS}/rounds", params={"site": "oc1", "day": day}).status_code == 422


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2027-01-01T00:00:00Z"])
def test_a_scan_at_a_moment_that_cannot_be_is_refused(guard: TestClient, moment: str) -> None:
    assert guard.post(f"{PATROLS}/scans", json=_body() | {"scanned_at": moment}).status_code == 422


@pytest.mark.parametrize("path", ["rounds", "checkpoints"])
def test_another_site_is_not_there_for_this_guard(guard: TestClient, path: str) -> None:
    assert guard.get(f"{PATROLS}/{path}", params={"site": "oc2"}).status_code == 404


def test_an_operator_reads_the_rounds_and_scans_nothing(parts: Parts) -> None:
    with a_browser(parts, api.router, bearer=a_token(parts, Role.OPERATOR)) as operator:
        assert operator.get(f"{PATROLS}/rounds", params={"site": "oc1"}).status_code == 200
        assert operator.post(f"{PATROLS}/scans", json=_body()).status_code == 403
