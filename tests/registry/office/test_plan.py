"""The site plan without a script: placing by numbers, taking back, and uploading a drawing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from registry.auth.permissions import Role
from registry.devices.facts import Place
from registry.pages import routers
from registry.sites.models import Site
from registry.sites.plan import plan
from registry.web.parts import Parts
from tests.makers.registry import a_device, a_gate, a_keyring
from tests.makers.web import OC1, a_browser, a_session, a_user, some_parts

PLAN = "/registry/sites/oc1/plan"
API = "/api/registry/sites/oc1/plan"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 200"><rect width="30" height="20"/></svg>'


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    made = some_parts(tmp_path)
    made.rooms["registry"] = a_keyring()
    with made.stores["registry"].begin(made.clock.now()) as work:
        a_gate(work.session)
        a_gate(work.session, "oc2-north", site="oc2")
        a_device(work.session, "oc1/camera/hall-01")
    return made


@pytest.fixture
def clerk(parts: Parts) -> Iterator[TestClient]:
    signed_in = a_session(parts, a_user(parts, "chen", Role.CLERK))
    with a_browser(parts, *routers(), signed_in=signed_in) as client:
        yield client


def places(parts: Parts) -> dict[str, Place | None]:
    with parts.stores["registry"].read() as session:
        return {thing.key: thing.place for thing in plan(session, OC1).things}


def test_a_place_is_written_in_percent_and_taken_back(clerk: TestClient, parts: Parts) -> None:
    assert "未定位" in clerk.get(PLAN).text
    answer = clerk.post(f"{PLAN}/places", data={"thing": "gate:oc1-north@0.500000,0.100000", "x": "25", "y": "75.5"})
    assert places(parts)["oc1-north"] == Place(x=0.25, y=0.755)
    shown = clerk.get(answer.headers["Location"]).text
    assert "北门：位置已保存" in shown
    back = {"thing": "gate:oc1-north", "at": "0.500000,0.100000", "was": "0.250000,0.755000"}
    for name, value in back.items():
        assert f'name="{name}" value="{value}"' in shown
    assert clerk.post(f"{PLAN}/places/undo", data=back).status_code == 303
    assert places(parts)["oc1-north"] == Place(x=0.5, y=0.1)
    again = clerk.post(f"{PLAN}/places/undo", data=back)
    assert again.status_code == 409 or "其他人刚刚移动过" in again.text
    off = {"thing": "gate:oc1-north@0.500000,0.100000"}
    assert f'<option value="{off["thing"]}"' in clerk.get(PLAN).text
    assert clerk.post(f"{PLAN}/places", data=off).status_code == 303
    assert places(parts)["oc1-north"] is None


def test_a_place_that_cannot_be_is_told_beside_its_field(clerk: TestClient, parts: Parts) -> None:
    before = places(parts)
    for x, y, told in (("25", "", "两个数值都要填写"), ("x", "1", "请填写数字"), ("101", "1", "太大")):
        answer = clerk.post(f"{PLAN}/places", data={"thing": "gate:oc1-north@0.500000,0.100000", "x": x, "y": y})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text, told
        assert f'value="{x}"' in answer.text
    assert places(parts) == before


def test_the_later_of_two_who_place_by_numbers_is_told_where_it_stands_now(clerk: TestClient, parts: Parts) -> None:
    shown = "gate:oc1-north@0.500000,0.100000"
    assert clerk.post(f"{PLAN}/places", data={"thing": shown, "x": "25", "y": "75"}).status_code == 303
    late = clerk.post(f"{PLAN}/places", data={"thing": shown, "x": "60", "y": "60"})
    assert late.status_code == 422
    assert "其他人刚刚移动过" in late.text
    assert 'value="gate:oc1-north@0.250000,0.750000" selected' in late.text
    assert places(parts)["oc1-north"] == Place(x=0.25, y=0.75)


def test_a_drawing_is_served_as_a_picture_that_may_do_nothing(clerk: TestClient) -> None:
    assert clerk.get(f"{API}/drawing").status_code == 404
    sent = clerk.post(f"{PLAN}/drawing", files={"drawing": ("plan.svg", SVG.encode(), "image/svg+xml")})
    assert sent.status_code == 303
    assert f'<image href="{API}/drawing' in clerk.get(PLAN).text
    drawing = clerk.get(f"{API}/drawing")
    assert drawing.headers["Content-Type"].startswith("image/svg+xml")
    assert drawing.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert "<rect" in drawing.text
    assert clerk.post(f"{PLAN}/drawing/removal").status_code == 303
    assert clerk.get(f"{API}/drawing").status_code == 404


def test_an_active_drawing_is_refused_with_a_sentence_that_names_what_is_in_it(clerk: TestClient) -> None:
    hostile = SVG.replace("<rect", "<script>alert(1)</script><rect")
    page = clerk.post(f"{PLAN}/drawing", files={"drawing": ("plan.svg", hostile.encode(), "image/svg+xml")})
    assert page.status_code == 422
    assert "底图含有 &lt;script&gt;，可能执行或加载其他内容" in page.text
    answer = clerk.put(f"{API}/drawing", json={"svg": hostile})
    assert (answer.status_code, answer.json()["thing"]) == (422, "<script>")
    assert clerk.post(f"{PLAN}/drawing", data={}).status_code == 422
    assert clerk.get(f"{API}/drawing").status_code == 404


def test_a_move_through_the_api_says_where_it_is_if_somebody_was_faster(clerk: TestClient) -> None:
    body = {"place": {"x": 0.2, "y": 0.3}, "was": {"x": 0.5, "y": 0.1}}
    assert clerk.put(f"{API}/gates/oc1-north", json=body).json()["place"] == {"x": 0.2, "y": 0.3}
    late = clerk.put(f"{API}/gates/oc1-north", json=body)
    assert (late.status_code, late.json()["place"]) == (409, {"x": 0.2, "y": 0.3})
    off = {"place": {"x": 1.2, "y": 0.3}, "was": None}
    assert clerk.put(f"{API}/devices/camera/hall-01", json=off).status_code == 422


def test_another_compound_s_plan_is_not_there(clerk: TestClient) -> None:
    body = {"place": None, "was": None}
    there = "/api/registry/sites/oc2/plan"
    assert clerk.get("/registry/sites/oc2/plan").status_code == 404
    assert clerk.get(there).status_code == 404
    assert clerk.get(f"{there}/drawing").status_code == 404
    assert clerk.put(f"{there}/gates/oc2-north", json=body).status_code == 404
    assert clerk.put(f"{API}/gates/oc2-north", json=body).status_code == 404
    assert clerk.put(f"{there}/drawing", json={"svg": SVG}).status_code == 404
    assert clerk.post("/registry/sites/oc2/plan/places", data={"thing": "gate:oc2-north@"}).status_code == 404


def test_no_sign_covers_the_name_of_a_building(clerk: TestClient, parts: Parts) -> None:
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        outline = [[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6]]
        work.session.get_one(Site, OC1).buildings = [{"name_zh": "食堂", "name_en": "Canteen", "outline": outline}]
    in_the_middle, at_the_edge = '<text x="500.0" y="200.0">食堂', '<text x="500.0" y="225.0">食堂'
    assert in_the_middle in clerk.get(PLAN).text
    clerk.post(f"{PLAN}/places", data={"thing": "device:camera/hall-01@", "x": "51", "y": "50"})
    assert at_the_edge in clerk.get(PLAN).text


def test_the_plan_is_drawn_in_the_page_which_knows_the_drawing_that_there_is(clerk: TestClient) -> None:
    assert f'href="{PLAN}/draw"' in clerk.get(PLAN).text
    assert 'data-known=""' in clerk.get(f"{PLAN}/draw").text
    assert clerk.post(f"{PLAN}/drawing", files={"drawing": ("plan.svg", SVG, "image/svg+xml")}).status_code == 303
    shown = clerk.get(f"{PLAN}/draw").text
    assert f'data-known="/api{PLAN}/drawing"' in shown
    assert f'action="{PLAN}/drawing"' in shown
    assert clerk.get("/registry/sites/oc2/plan/draw").status_code == 404
