"""Units on the clerk's pages and in the API: who answers, the quota, the yearly contract, and two clerks at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from registry.access.reading import access_changes, load_access
from registry.auth.permissions import Role
from registry.ids import UnitId
from registry.pages import routers
from registry.web.parts import Parts
from tests.makers.registry import a_keyring, a_permit, a_person, a_unit
from tests.makers.web import OC1, a_browser, a_session, a_user, some_parts

UNITS = "/registry/units"
FIELDS = {"name_zh": "档案局", "name_en": "Archives Office", "permit_quota": "", "responsible": "", "revision": "0"}
CONTRACT = {"year": "2026", "targets": "无火灾\n\n 无失窃 ", "signed_on": "2026-01-05", "signed_by": "王局长"}


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    made = some_parts(tmp_path)
    made.rooms["registry"] = a_keyring()
    with made.stores["registry"].begin(made.clock.now()) as work:
        archive = a_unit(work.session)
        a_unit(work.session, name_zh="税务局", name_en="Tax Office")
        wang = a_person(work.session, "王建国", unit=archive, phone="13800138000")
        a_person(work.session, "李娜", unit=archive, phone="13800138001")
        a_person(work.session, "李娜", unit=archive, site="oc2", phone="13800138002")
        a_permit(work.session, "鄂E10001", person=wang).unit_id = archive.id
    return made


@pytest.fixture
def clerk(parts: Parts) -> Iterator[TestClient]:
    signed_in = a_session(parts, a_user(parts, "chen", Role.CLERK, site=None))
    with a_browser(parts, *routers(), signed_in=signed_in) as client:
        yield client


@pytest.fixture
def unit(parts: Parts) -> UnitId:
    with parts.stores["registry"].read() as session:
        return a_unit(session).id


def test_a_unit_shows_its_people_its_permits_and_what_is_left_of_its_quota(clerk: TestClient, unit: UnitId) -> None:
    form = {**FIELDS, "permit_quota": "1", "responsible": "王建国"}
    assert clerk.post(f"{UNITS}/{unit}", data=form).status_code == 303
    shown = clerk.get(f"{UNITS}/{unit}").text
    for words in ("<b>3</b>人员", "1 / 1", "名额已满", "王建国", "修改单位"):
        assert words in shown, words
    listed = clerk.get(UNITS, params={"show": "full"}).text
    assert "档案局" in listed
    assert "税务局" not in listed
    told = clerk.get("/api/registry/units", params={"q": "archives"}).json()["items"]
    assert [(row["people"], row["permits"], row["quota"], row["responsible"]["name"]) for row in told] == [
        (3, 1, 1, "王建国")
    ]


def test_a_gate_hears_what_a_unit_is_called_now_and_nothing_of_its_quota(
    clerk: TestClient, parts: Parts, unit: UnitId
) -> None:
    with parts.stores["registry"].read() as session:
        before = load_access(session).versions
    clerk.post(f"{UNITS}/{unit}", data={**FIELDS, "permit_quota": "3"})
    with parts.stores["registry"].read() as session:
        assert access_changes(session, before).versions == before
    clerk.post(f"{UNITS}/{unit}", data={**FIELDS, "name_zh": "市档案馆", "revision": "2"})
    with parts.stores["registry"].read() as session:
        assert access_changes(session, before).structure_changed
        holders = [one.holder for one in load_access(session).credentials]
    assert [holder.unit_zh for holder in holders if holder is not None] == ["市档案馆"]


@pytest.mark.parametrize("names", [{"name_zh": "\u3000", "name_en": "x"}, {"name_zh": "审计局", "name_en": " "}])
def test_a_unit_without_a_name_is_refused(clerk: TestClient, names: dict[str, str]) -> None:
    assert clerk.post("/api/registry/units", json={"name_zh": "统计局", "name_en": "Statistics"}).status_code == 201
    assert clerk.post("/api/registry/units", json=names).status_code == 422


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name_zh": "税务局"}, "已有同名单位"),
        ({"name_zh": ""}, "必填"),
        ({"responsible": "赵敏"}, "请先在本单位登记此人"),
        ({"responsible": "李娜"}, "多人同名"),
        ({"permit_quota": "many"}, "数字"),
        ({"permit_quota": "-1"}, ""),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_what_was_typed_stays(
    clerk: TestClient, unit: UnitId, wrong: dict[str, str], told: str
) -> None:
    answer = clerk.post(f"{UNITS}/{unit}", data={**FIELDS, "name_en": "Archives of all", **wrong})
    assert answer.status_code == 422
    assert told in answer.text or "field-problem" in answer.text
    assert f'id="wrong-{next(iter(wrong))}"' in answer.text
    assert 'value="Archives of all"' in answer.text
    assert "Archives of all" not in clerk.get(f"{UNITS}/{unit}").text


def test_all_that_is_wrong_with_a_unit_is_told_at_once(clerk: TestClient, unit: UnitId) -> None:
    wrong = {"name_zh": "税务局", "responsible": "赵敏", "permit_quota": "many"}
    answer = clerk.post(f"{UNITS}/{unit}", data={**FIELDS, **wrong})
    assert [f'id="wrong-{field}"' in answer.text for field in wrong] == [True] * 3


def test_one_of_two_of_a_name_answers_by_the_phone(clerk: TestClient, unit: UnitId) -> None:
    assert clerk.post(f"{UNITS}/{unit}", data={**FIELDS, "responsible": "13800138002"}).status_code == 303
    assert 'value="李娜"' in clerk.get(f"{UNITS}/{unit}").text
    again = {**FIELDS, "responsible": "李娜", "revision": "2"}
    assert clerk.post(f"{UNITS}/{unit}", data=again).status_code == 303
    assert clerk.post(f"{UNITS}/{unit}", data={**FIELDS, "revision": "3"}).status_code == 303
    assert 'value="李娜"' not in clerk.get(f"{UNITS}/{unit}").text


def test_the_later_of_two_clerks_is_shown_what_the_other_wrote(clerk: TestClient, unit: UnitId) -> None:
    first = {"name_zh": "档案馆", "name_en": "Archive", "permit_quota": 5, "revision": 0}
    assert clerk.put(f"/api{UNITS}/{unit}", json=first).json()["quota"] == 5
    late = clerk.post(f"{UNITS}/{unit}", data={**FIELDS, "permit_quota": "9"})
    assert late.status_code == 409
    for words in ("档案馆", 'value="9"', 'name="revision" value="2"'):
        assert words in late.text
    assert clerk.put(f"/api{UNITS}/{unit}", json=first).status_code == 409


def test_the_last_change_of_names_and_quota_is_taken_back_but_not_an_older_one(clerk: TestClient, unit: UnitId) -> None:
    page, undo = f"{UNITS}/{unit}", f"{UNITS}/{unit}/undo"
    assert undo not in clerk.get(page).text
    assert clerk.post(undo, data={"revision": "0"}).status_code == 422
    assert clerk.post(page, data={**FIELDS, "name_zh": "档案馆", "permit_quota": "7"}).status_code == 303
    assert undo in clerk.get(page).text
    assert clerk.post(undo, data={"revision": "1"}).status_code == 409
    assert clerk.post(undo, data={"revision": "2"}).status_code == 303
    told = clerk.get(f"/api{page}").json()
    assert (told["name_zh"], told["quota"], told["revision"]) == ("档案局", None, 3)
    assert clerk.post(f"/api{undo}", json={"revision": 3}).status_code == 409
    assert clerk.post(page, data={**FIELDS, "responsible": "王建国", "revision": "3"}).status_code == 303
    assert undo not in clerk.get(page).text


def test_a_contract_of_a_year_is_written_down_and_changed(clerk: TestClient, unit: UnitId) -> None:
    assert clerk.get(f"/api{UNITS}/{unit}/contracts/2026").status_code == 404
    assert clerk.post(f"{UNITS}/{unit}/contracts", data={**CONTRACT, "revision": "0"}).status_code == 303
    told = clerk.get(f"/api{UNITS}/{unit}/contracts/2026").json()
    assert (told["targets"], told["signed_on"], told["revision"]) == (["无火灾", "无失窃"], "2026-01-05", 1)
    late = clerk.post(f"{UNITS}/{unit}/contracts", data={**CONTRACT, "signed_by": "李", "revision": "0"})
    assert late.status_code == 409
    assert "未签订" not in clerk.get(f"{UNITS}/{unit}").text
    assert "未签订" in clerk.get(f"{UNITS}/{unit}", params={"year": 2027}).text
    assert "档案局" not in clerk.get(UNITS, params={"show": "unsigned"}).text


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"targets": " \n"}, "1 至 40 条"),
        ({"signed_by": ""}, "两项都填"),
        ({"signed_on": "2026-12-31"}, "还没有到"),
        ({"signed_on": "x"}, "wrong-signed_on"),
        ({"year": "1999"}, "wrong-year"),
    ],
)
def test_a_contract_that_cannot_be_is_told(clerk: TestClient, unit: UnitId, wrong: dict[str, str], told: str) -> None:
    answer = clerk.post(f"{UNITS}/{unit}/contracts", data={**CONTRACT, **wrong, "revision": "0"})
    assert answer.status_code == 422
    assert told in answer.text or "year" in wrong
    assert clerk.get(f"/api{UNITS}/{unit}/contracts/2026").status_code == 404


def test_a_unit_is_added_once(clerk: TestClient) -> None:
    names = {"name_zh": "水务局", "name_en": "Water Office"}
    where = clerk.post(UNITS, data=names).headers["Location"]
    assert "水务局" in clerk.get(where).text
    again = clerk.post(UNITS, data=names)
    assert again.status_code == 422
    assert "已有同名单位" in again.text


def test_a_clerk_of_one_compound_reads_units_with_the_people_of_that_compound_only(parts: Parts, unit: UnitId) -> None:
    wu = a_session(parts, a_user(parts, "wu", Role.CLERK, site=OC1))
    with a_browser(parts, *routers(), signed_in=wu) as clerk:
        assert "<b>2</b>人员" in clerk.get(f"{UNITS}/{unit}").text
        assert clerk.post(f"{UNITS}/{unit}", data=FIELDS).status_code == 403
        assert clerk.post(UNITS, data={"name_zh": "x", "name_en": "x"}).status_code == 403
        assert clerk.post(f"{UNITS}/{unit}/contracts", data=CONTRACT).status_code == 403
