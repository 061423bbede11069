"""The page of what is armed, and the same over HTTP for programs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import monitor.arming.api
import monitor.arming.pages
from monitor.arming.rules import default_group_id
from registry.auth.permissions import Role
from registry.devices.facts import ZoneKind
from registry.web.parts import Parts
from tests.makers.monitor import NORTH, OC1
from tests.makers.monitor_web import monitor_parts
from tests.makers.web import a_browser, a_session, a_user

GROUP = default_group_id(OC1, ZoneKind.PERIMETER)
ROUTERS = (monitor.arming.api.router, monitor.arming.pages.router)
PAGE = "/control-room/zones?site=oc1"


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return monitor_parts(tmp_path)


@contextmanager
def a_client(parts: Parts, role: Role) -> Iterator[TestClient]:
    session = a_session(parts, a_user(parts, str(role), role), token=str(role)[0] * 43)
    with a_browser(parts, *ROUTERS, signed_in=session) as client:
        client.follow_redirects = True
        yield client


@pytest.fixture
def operator(parts: Parts) -> Iterator[TestClient]:
    with a_client(parts, Role.OPERATOR) as client:
        yield client


@pytest.mark.parametrize(
    ("language", "armed", "disarmed"), [("zh", "外出布防", "撤防"), ("en", "Armed, away", "Disarmed")]
)
def test_an_operator_disarms_with_a_reason(operator: TestClient, language: str, armed: str, disarmed: str) -> None:
    operator.cookies.set("lang", language)
    assert armed in operator.get(PAGE).text
    form = {"site": "oc1", "version": "0", "mode": "disarmed"}
    refused = operator.post(f"/control-room/zones/groups/{GROUP}", data=form)
    assert 'role="alert"' in refused.text
    done = operator.post(f"/control-room/zones/groups/{GROUP}", data={**form, "reason": "检修<b>围栏"})
    assert "检修&lt;b&gt;围栏" in done.text
    assert disarmed in done.text
    late = operator.post(f"/control-room/zones/groups/{GROUP}", data={**form, "mode": "away"})
    assert 'role="alert"' in late.text


def test_a_bypass_is_listed_until_it_is_ended(operator: TestClient) -> None:
    form = {"site": "oc1", "zone": NORTH, "until": "2099-01-01T00:00", "reason": "更换主机"}
    assert 'role="alert"' in operator.post("/control-room/zones/bypasses", data=form).text
    [zone] = operator.get("/api/monitor/arming?site=oc1").json()["zones"]
    assert zone == {"id": NORTH, "kind": "perimeter", "armed": True, "alarm": None, "open": []}


def test_the_officer_sets_the_plan_and_an_operator_does_not(parts: Parts, operator: TestClient) -> None:
    night = [{"day": day, "begins_minute": 0, "ends_minute": 1440, "mode": "night"} for day in range(8)]
    body = {
        "version": 0,
        "name_zh": "周界",
        "name_en": "Perimeter",
        "zones": [{"zone": NORTH, "modes": ["night"], "entry_seconds": 20}],
        "plan": night,
    }
    where = f"/api/monitor/arming/groups/{GROUP}"
    assert operator.put(where, json=body).status_code == 403
    with a_client(parts, Role.SECURITY_OFFICER) as officer:
        made = officer.put(where, json=body).json()
        assert (made["mode"], made["planned"], made["next"]) == ("night", "night", None)
        assert officer.put(where, json=body).json()["type"].endswith("arming-changed")
        overlapping = {**body, "version": made["version"], "plan": [*night, night[0]]}
        assert officer.put(where, json=overlapping).json()["type"].endswith("arming-plan-wrong")


def test_nobody_is_led_to_a_page_that_is_not_for_them(parts: Parts, operator: TestClient) -> None:
    assert "/control-room/signals" in operator.get(PAGE).text
    with a_client(parts, Role.POLICE) as police:
        shown = police.get(PAGE).text
    assert "/control-room/signals" not in shown
    assert "<form" not in shown.partition('id="board"')[2]
