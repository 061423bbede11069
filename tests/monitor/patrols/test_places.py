"""Where checkpoints stand on the plan: for clerks, who are not on patrol, and at their own compounds only."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from monitor.patrols import places
from monitor.room import Audit
from registry.auth.permissions import Role
from registry.ids import SiteId
from registry.web.parts import Parts
from tests.makers.monitor_web import monitor_parts, monitor_store_of
from tests.makers.patrols import a_planned_tour
from tests.makers.web import a_browser, a_token

PLACES = "/api/monitor/patrols/places"
HERE = {"x": 0.25, "y": 0.75}


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    parts = monitor_parts(tmp_path)
    a_planned_tour(monitor_store_of(parts), stops=2)
    return parts


@pytest.fixture
def clerk(parts: Parts) -> Iterator[TestClient]:
    with a_browser(parts, places.router, bearer=a_token(parts, Role.CLERK)) as client:
        yield client


def test_a_checkpoint_is_placed_moved_and_taken_off(clerk: TestClient, parts: Parts) -> None:
    first = clerk.get(PLACES, params={"site": "oc1"}).json()["items"][0]
    assert first["place"] == {"x": 0.0, "y": 0.5}
    where = f"{PLACES}/{first['id']}"
    assert clerk.put(where, json={"place": HERE, "was": first["place"]}).json()["place"] == HERE
    late = clerk.put(where, json={"place": {"x": 1, "y": 1}, "was": first["place"]})
    assert (late.status_code, late.json()["place"]) == (409, HERE)
    assert clerk.put(where, json={"place": None, "was": HERE}).json()["place"] is None
    with parts.stores["monitor"].read() as session:
        acts = session.scalars(select(Audit).where(Audit.action == "checkpoint-placed").order_by(Audit.position)).all()
    assert [json.loads(act.facts)["x"] for act in acts] == [0.25, None]


def test_another_compound_s_checkpoints_are_not_there(clerk: TestClient, parts: Parts) -> None:
    first = clerk.get(PLACES, params={"site": "oc1"}).json()["items"][0]
    elsewhere = a_token(parts, Role.CLERK, site=SiteId("oc2"), name="elsewhere")
    guard = a_token(parts, Role.PATROL, name="guard")
    for token, status in ((elsewhere, 404), (guard, 403)):
        headers = {"Authorization": f"Bearer {token}"}
        body = {"place": HERE, "was": None}
        assert clerk.put(f"{PLACES}/{first['id']}", json=body, headers=headers).status_code == status
        assert clerk.get(PLACES, params={"site": "oc1"}, headers=headers).status_code == status
