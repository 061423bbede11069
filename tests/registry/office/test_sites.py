"""Compounds on the clerk's pages and in the API: what they are made of, and changing gates, lanes and areas."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from registry.access.facts import Passback
from registry.access.reading import load_access
from registry.auth.permissions import Role
from registry.devices.queries import find_device
from registry.ids import AreaId, DeviceAddress, GateId
from registry.pages import routers
from registry.web.parts import Parts
from tests.makers.housing import a_room
from tests.makers.registry import a_gate, a_keyring
from tests.makers.web import OC1, a_browser, a_session, a_user, some_parts

SITE, API = "/registry/sites/oc1", "/api/registry/sites/oc1"
LANE = {"from_area": "oc1-outside", "to_area": "oc1-inside"}


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    made = some_parts(tmp_path)
    made.rooms["registry"] = a_keyring()
    with made.stores["registry"].begin(made.clock.now()) as work:
        a_gate(work.session)
        a_gate(work.session, "oc2-north", site="oc2")
        a_room(work.session, "201")
        a_room(work.session, "202")
    return made


@pytest.fixture
def clerk(parts: Parts) -> Iterator[TestClient]:
    signed_in = a_session(parts, a_user(parts, "chen", Role.CLERK))
    with a_browser(parts, *routers(), signed_in=signed_in) as client:
        yield client


def test_a_compound_shows_its_buildings_floors_gates_and_areas(clerk: TestClient) -> None:
    assert 'href="/registry/sites/oc1"' in clerk.get("/registry/sites").text
    assert "oc2" not in clerk.get("/registry/sites").text
    shown = clerk.get(SITE).text
    for words in ("2 层", "住房 2 套", "oc1-north", "1 条车道", "/registry/sites/oc1/plan", "院内"):
        assert words in shown
    told = clerk.get(API).json()
    assert told["buildings"][0]["floors"] == [{"number": 2, "dwellings": 2, "offices": 0}]
    assert [gate["id"] for gate in told["gates"]] == ["oc1-north"]


def test_a_gate_is_added_with_a_lane_and_the_device_that_it_is(clerk: TestClient, parts: Parts) -> None:
    form = {"name": "oc1-west", "name_zh": "西门", "name_en": "West gate", "manned": "true", **LANE}
    answer = clerk.post(f"{SITE}/gates", data=form)
    assert answer.headers["Location"] == f"{SITE}/gates/oc1-west"
    assert "添加大门" in clerk.get(f"{SITE}/gates/oc1-west").text
    with parts.stores["registry"].read() as session:
        assert GateId("oc1-west") in load_access(session).gates
        assert find_device(session, DeviceAddress(OC1, "gate", "oc1-west")) is not None


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": "oc1-north"}, "已有同编号的大门"),
        ({"name": "西门"}, "a-z"),
        ({"name_en": ""}, "请填写"),
        ({"to_area": "oc1-outside"}, "须从一个区域通往另一个区域"),
        ({"to_area": "oc2-inside"}, ""),
    ],
)
def test_a_gate_that_cannot_be_is_told_beside_its_field(clerk: TestClient, wrong: dict[str, str], told: str) -> None:
    form = {"name": "oc1-west", "name_zh": "西门", "name_en": "West gate", **LANE, **wrong}
    answer = clerk.post(f"{SITE}/gates", data=form)
    assert answer.status_code in {404, 422}
    assert told in answer.text
    assert "oc1-west" not in clerk.get("/api/registry/gates").text


def test_a_lane_is_added_and_turned_round(clerk: TestClient, parts: Parts) -> None:
    gate = f"{SITE}/gates/oc1-north"
    assert clerk.post(f"{gate}/lanes", data={**LANE, "direction": "in", "revision": "0"}).status_code == 303
    turned = {"from_area": "oc1-inside", "to_area": "oc1-outside", "direction": "out", "revision": "2"}
    assert clerk.post(f"{gate}/lanes/oc1-north-2", data=turned).status_code == 303
    with parts.stores["registry"].read() as session:
        lanes = load_access(session).gates[GateId("oc1-north")].lanes
    assert [(lane.id, lane.from_area, lane.manned) for lane in lanes][1] == ("oc1-north-2", "oc1-inside", False)
    late = clerk.post(f"{gate}/lanes/oc1-north-2", data={**LANE, "revision": "0"})
    assert late.status_code == 409
    assert "chen" in late.text


def test_the_later_of_two_clerks_is_shown_what_the_other_wrote(clerk: TestClient) -> None:
    names = {"name_zh": "北大门", "name_en": "North main gate"}
    assert clerk.put(f"{API}/gates/oc1-north", json={**names, "revision": 0}).json()["name_zh"] == "北大门"
    late = clerk.post(f"{SITE}/gates/oc1-north", data={"name_zh": "正门", "name_en": "Gate", "revision": "0"})
    assert late.status_code == 409
    for words in ("北大门", "正门"):
        assert words in late.text


def test_an_area_s_anti_passback_is_changed_and_the_gate_hears_of_it(clerk: TestClient, parts: Parts) -> None:
    area = {"name_zh": "院内", "name_en": "Inside", "passback_people": "hard", "passback_vehicles": "soft"}
    assert clerk.post(f"{SITE}/areas/oc1-inside", data={**area, "revision": "0"}).status_code == 303
    assert "严格" in clerk.get(f"{SITE}/areas/oc1-inside").text
    with parts.stores["registry"].read() as session:
        assert load_access(session).areas[AreaId("oc1-inside")].passback_people is Passback.HARD
    assert clerk.post(f"{SITE}/areas", data={**area, "name": "oc1-yard"}).status_code == 303
    assert clerk.post(f"{SITE}/areas", data={**area, "name": "oc1-yard"}).status_code == 422
    assert clerk.put(f"{API}/areas/oc1-yard", json={**area, "revision": 0}).status_code == 409


RULES = {"passback_minutes": "480", "capacity_people": "40", "capacity_vehicles": "0", "two_person": "true"}


def test_what_an_area_asks_is_set_on_its_page_and_the_gate_hears_of_it(clerk: TestClient, parts: Parts) -> None:
    page, names = f"{SITE}/areas/oc1-inside", {"name_zh": "院内", "name_en": "Inside"}
    area = {**names, "passback_people": "hard", "passback_vehicles": "off"}
    assert clerk.post(page, data={**area, **RULES, "revision": "0"}).status_code == 303
    with parts.stores["registry"].read() as session:
        facts = load_access(session).areas[AreaId("oc1-inside")]
    asked = (
        facts.passback_minutes,
        facts.capacity_people,
        facts.capacity_vehicles,
        facts.first_person,
        facts.two_person,
    )
    assert asked == (480, 40, 0, False, True)
    shown = clerk.get(page).text
    for words in ("480", "<del>–</del> → <ins>启用</ins>", "<ins>严格</ins>"):
        assert words in shown
    assert "双人、人员容量 40、车辆容量 0" in clerk.get(SITE).text
    again = clerk.put(f"{API}/areas/oc1-inside", json={**area, "name_zh": "内院", "revision": 2}).json()
    assert (again["two_person"], again["capacity_people"], again["name_zh"]) == (True, 40, "内院")
    off = {"two_person": False, "capacity_people": None, "revision": 3}
    changed = clerk.put(f"{API}/areas/oc1-inside", json={**area, **off}).json()
    assert (changed["two_person"], changed["capacity_people"], changed["passback_minutes"]) == (False, None, 480)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"passback_minutes": "0"}, "至少为 1"),
        ({"capacity_people": "-1"}, "至少为 0"),
        ({"capacity_vehicles": "many"}, "数字"),
    ],
)
def test_a_rule_that_cannot_be_is_told_beside_its_field(clerk: TestClient, wrong: dict[str, str], told: str) -> None:
    area = {"name_zh": "院内", "name_en": "Inside", "passback_people": "hard", "passback_vehicles": "off"}
    answer = clerk.post(f"{SITE}/areas/oc1-inside", data={**area, **wrong, "revision": "0"})
    assert (answer.status_code, told in answer.text) == (422, True)


def test_a_lane_with_an_interlock_and_a_passage_sensor_stays_so_for_callers_that_do_not_know(
    clerk: TestClient, parts: Parts
) -> None:
    lane = {**LANE, "interlock": "true", "passage_seconds": "20", "revision": "0"}
    assert clerk.post(f"{SITE}/gates/oc1-north/lanes", data=lane).status_code == 303
    assert "通过传感器 20 秒" in clerk.get(f"{SITE}/gates/oc1-north").text
    told = clerk.put(f"{API}/lanes/oc1-north-2", json={**LANE, "manned": True, "revision": 2}).json()["lanes"][1]
    assert (told["interlock"], told["passage_seconds"], told["manned"]) == (True, 20, True)
    blind = clerk.put(f"{API}/lanes/oc1-north-2", json={**LANE, "passage_seconds": None, "revision": 3})
    assert (blind.status_code, blind.json()["type"].rpartition(":")[2]) == (422, "interlock-needs-sensor")
    none = {**LANE, "interlock": False, "passage_seconds": None, "revision": 3}
    bare = clerk.put(f"{API}/lanes/oc1-north-2", json=none).json()
    assert (bare["lanes"][1]["interlock"], bare["lanes"][1]["passage_seconds"]) == (False, None)
    with parts.stores["registry"].read() as session:
        facts = load_access(session).gates[GateId("oc1-north")].lanes[1]
    assert (facts.interlock, facts.passage_seconds) == (False, None)
    too_long = {**LANE, "passage_seconds": "601", "revision": "4"}
    assert clerk.post(f"{SITE}/gates/oc1-north/lanes/oc1-north-2", data=too_long).status_code == 422


def test_another_compound_is_not_there(clerk: TestClient) -> None:
    for path in ("oc2", "oc2/gates/oc2-north", "oc2/areas/oc2-inside", "oc1/gates/oc2-north", "oc1/areas/oc2-inside"):
        assert clerk.get(f"/registry/sites/{path}").status_code == 404, path
    assert clerk.get("/api/registry/sites/oc2").status_code == 404
    form = {"name": "oc2-west", "name_zh": "西门", "name_en": "West gate", **LANE}
    assert clerk.post("/registry/sites/oc2/gates", data=form).status_code == 404


NEW = {"name": "rc9", "name_zh": "第九家属院", "name_en": "Ninth Residential Compound", "timezone": "Asia/Shanghai"}
PATTERN = {"first": "7", "buildings": "3", "floors": "6", "rooms": "4", "use": "dwelling"}


@pytest.fixture
def office(parts: Parts) -> Iterator[TestClient]:
    """Of a clerk for all compounds."""
    signed_in = a_session(parts, a_user(parts, "wu", Role.CLERK, site=None))
    with a_browser(parts, *routers(), signed_in=signed_in) as client:
        yield client


def test_a_compound_is_begun_on_a_page_and_takes_a_gate_at_once(office: TestClient, parts: Parts) -> None:
    assert "添加院区" in office.get("/registry/sites").text
    assert office.post("/registry/sites", data=NEW).headers["Location"] == "/registry/sites/rc9"
    shown = office.get("/registry/sites/rc9").text
    assert "第九家属院" in shown
    assert "院外" in shown
    gate = {"name": "rc9-east", "name_zh": "东门", "name_en": "East gate", "manned": "true"}
    lane = {"from_area": "rc9-outside", "to_area": "rc9-inside"}
    assert office.post("/registry/sites/rc9/gates", data={**gate, **lane}).status_code == 303
    with parts.stores["registry"].read() as session:
        assert GateId("rc9-east") in load_access(session).gates
    begun = office.post("/api/registry/sites", json={"id": "rc10", "name_zh": "十院", "name_en": "Tenth"})
    assert (begun.status_code, begun.json()["timezone"]) == (201, "Asia/Shanghai")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": "oc1"}, "已有同名院区"),
        ({"name": "九院"}, "a-z"),
        ({"name": "r" * 33}, "a-z"),
        ({"name_zh": " "}, ""),
        ({"timezone": "Bo'an"}, "没有这个时区"),
        ({"timezone": "America"}, "没有这个时区"),
    ],
)
def test_a_compound_that_cannot_be_is_told_beside_its_field(
    office: TestClient, wrong: dict[str, str], told: str
) -> None:
    answer = office.post("/registry/sites", data={**NEW, **wrong})
    assert answer.status_code == 422
    assert told in answer.text
    assert "rc9" not in office.get("/api/registry/sites").text


def test_a_clerk_of_one_compound_begins_none(clerk: TestClient) -> None:
    assert "添加院区" not in clerk.get("/registry/sites").text
    assert clerk.post("/registry/sites", data=NEW).status_code == 403
    assert clerk.post("/api/registry/sites", json={"id": "rc9", "name_zh": "九", "name_en": "9"}).status_code == 403


def test_buildings_of_a_pattern_are_shown_and_then_added(clerk: TestClient) -> None:
    shown = clerk.get(f"{SITE}/buildings", params=PATTERN).text
    assert "将添加 3 栋楼、72 间房" in shown
    assert "9-101 … 9-604" in shown
    assert len(clerk.get(API).json()["buildings"]) == 1  # nothing is added by looking
    assert clerk.post(f"{SITE}/buildings", data=PATTERN).headers["Location"] == SITE
    added = {each["short"]: each for each in clerk.get(API).json()["buildings"]}
    assert [floor["dwellings"] for floor in added["8"]["floors"]] == [4] * 6
    again = clerk.post(f"{SITE}/buildings", data={**PATTERN, "first": "9"})
    assert again.status_code == 422
    assert "已有这个楼号" in again.text
    assert len(clerk.get(API).json()["buildings"]) == 4


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"floors": "0"}, "至少为 1"),
        ({"rooms": "x"}, "数字"),
        ({"buildings": "100", "rooms": "99"}, "一次最多添加 10000 间"),
    ],
)
def test_a_pattern_that_cannot_be_is_told_beside_its_field(clerk: TestClient, wrong: dict[str, str], told: str) -> None:
    answer = clerk.get(f"{SITE}/buildings", params={**PATTERN, **wrong})
    assert answer.status_code == 422
    assert told in answer.text


def test_buildings_are_laid_out_by_programs_too(clerk: TestClient) -> None:
    body = {"buildings": 2, "floors": 3, "rooms": 2, "use": "office", "first": 20}
    seen = clerk.post(f"{API}/buildings", json={**body, "preview": True})
    assert [each["last_room"] for each in seen.json()] == ["20-302", "21-302"]
    assert clerk.post(f"{API}/buildings", json=body).json() == seen.json()
    assert clerk.post(f"{API}/buildings", json=body).status_code == 409
    assert clerk.post("/api/registry/sites/oc2/buildings", json=body).status_code == 404
