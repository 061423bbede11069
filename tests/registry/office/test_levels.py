"""Access levels and the calendar on the clerk's pages and in the API."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from registry.access.facts import HolidayRule
from registry.access.reading import access_changes, load_access
from registry.auth.permissions import Role
from registry.ids import SiteId
from registry.pages import routers
from registry.passes.models import CardLevel
from registry.web.parts import Parts
from tests.makers.levels import a_level
from tests.makers.registry import a_card, a_gate, a_keyring, a_site
from tests.makers.web import a_browser, a_session, a_user, some_parts

HOURS = {f"day{n}": "08:00-12:00 14:00-18:00" for n in range(5)}
FORM = {"site": "oc1", "name_zh": "工作时间", "gates": "oc1-north", "holidays": "closed", **HOURS, "revision": "0"}


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    made = some_parts(tmp_path)
    made.rooms["registry"] = a_keyring()
    with made.stores["registry"].begin(made.clock.now()) as work:
        a_gate(work.session, "oc1-north")
        a_site(work.session, "oc2")
        a_gate(work.session, "oc2-north", site="oc2")
    return made


@pytest.fixture
def clerk(parts: Parts) -> Iterator[TestClient]:
    signed_in = a_session(parts, a_user(parts, "chen", Role.CLERK))
    with a_browser(parts, *routers(), signed_in=signed_in) as browser:
        yield browser


def test_a_level_is_made_seen_changed_taken_back_and_removed(clerk: TestClient) -> None:
    assert "新建通行权限" in clerk.get("/registry/levels").text
    assert "08:00-18:00" in clerk.get("/registry/levels/new").text
    made = clerk.post("/registry/levels", data=FORM)
    assert made.status_code == 303, made.text
    where = made.headers["Location"].split("?")[0]
    shown = clerk.get(where).text
    assert shown.count('class="open"') == 10
    assert "工作时间" in clerk.get("/registry/levels?q=工作").text
    assert clerk.post(where, data=FORM | {"day5": "全天", "revision": "1"}).status_code == 303
    changed = clerk.get(f"{where}?done=true").text
    assert "00:00-24:00" in changed
    assert "撤销" in changed
    assert clerk.post(f"{where}/undo", data={"revision": "2"}).status_code == 303
    assert "00:00-24:00" not in clerk.get(where).text.split("变更记录", maxsplit=1)[0]
    late = clerk.post(where, data=FORM | {"name_zh": "白班", "revision": "1"})
    assert late.status_code == 409
    assert "改动了这条记录" in late.text
    assert 'value="白班"' in late.text
    assert clerk.post(f"{where}/removal", data={}).status_code == 303
    assert clerk.get(where).status_code == 404


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"name_zh": " "}, "请填写此项"),
        ({"gates": ""}, "至少选一个门"),
        ({"day3": "早上到晚上"}, "读不出时段"),
        ({"day3": "22:00-09:00"}, "重叠"),
        (dict.fromkeys(HOURS, ""), "至少要有一个准入时段"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    clerk: TestClient, sent: dict[str, str], said: str
) -> None:
    back = clerk.post("/registry/levels", data=FORM | sent)
    assert back.status_code == 422
    assert said in back.text
    assert 'value="14:00-18:00"' not in back.text
    assert sent.get("day3", "08:00-12:00 14:00-18:00") in back.text or "day0" in sent


def test_a_name_is_given_once_and_another_office_s_gate_is_none_of_ours(clerk: TestClient) -> None:
    assert clerk.post("/registry/levels", data=FORM).status_code == 303
    assert "同名" in clerk.post("/registry/levels", data=FORM).text
    elsewhere = clerk.post("/registry/levels", data=FORM | {"name_zh": "二", "gates": "oc2-north"})
    assert elsewhere.status_code == 404
    assert clerk.post("/registry/levels", data=FORM | {"site": "oc2"}).status_code == 404


def test_the_api_makes_what_the_page_shows(clerk: TestClient) -> None:
    body = {
        "site": "oc1",
        "name_zh": "夜班",
        "gates": ["oc1-north"],
        "holidays": "as_usual",
        "windows": [
            {"weekday": 0, "begins": "22:00", "ends": "06:00"},
            {"weekday": 5, "begins": "00:00", "ends": "24:00"},
        ],
    }
    made = clerk.post("/api/registry/levels", json=body)
    assert made.status_code == 201, made.text
    level = made.json()
    assert level["windows"] == body["windows"]
    assert level["name_en"] == "夜班"
    assert [item["id"] for item in clerk.get("/api/registry/levels").json()["items"]] == [level["id"]]
    body["windows"] = [
        {"weekday": 6, "begins": "20:00", "ends": "08:00"},
        {"weekday": 0, "begins": "07:00", "ends": "09:00"},
    ]
    assert clerk.put(f"/api/registry/levels/{level['id']}", json=body).json()["type"].endswith("hours-overlap")
    assert clerk.delete(f"/api/registry/levels/{level['id']}").status_code == 204


def test_the_gates_hear_of_levels_and_days(clerk: TestClient, parts: Parts) -> None:
    store = parts.stores["registry"]
    with store.read() as session:
        before = load_access(session)
    assert clerk.post("/registry/levels", data=FORM).status_code == 303
    assert clerk.put(
        "/api/registry/calendar/oc1/days/2026-11-24", json={"kind": "holiday", "name_zh": "院庆"}
    ).is_success
    with store.read() as session:
        changes = access_changes(session, before.versions)
    assert not changes.structure_changed
    (level,) = (changes.levels or {}).values()
    assert (level.holidays, level.week[0], level.week[5]) == (HolidayRule.CLOSED, ((480, 720), (840, 1080)), ())
    assert changes.calendars is not None
    days = {site: calendar.days for site, calendar in changes.calendars.items()}
    assert days[SiteId("oc1")].keys() - days[SiteId("oc2")].keys()


def test_a_level_that_somebody_has_is_not_removed(clerk: TestClient, parts: Parts) -> None:
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        level = a_level(work.session).id
        card = a_card(work.session)
        work.session.flush()
        work.session.add(CardLevel(card_id=card.id, level_id=level))
    refused = clerk.post(f"/registry/levels/{level}/removal", data={})
    assert refused.status_code == 422
    assert "还有 1 个" in refused.text
    assert 'value="工作时间"' in refused.text


def test_a_year_at_a_glance_says_what_is_not_announced(clerk: TestClient) -> None:
    this_year = clerk.get("/registry/calendar?year=2026").text
    assert "国庆节" in this_year
    assert "国庆节调休上班" in this_year
    assert "尚未公布" not in this_year
    assert "2027 年放假安排尚未公布" in clerk.get("/registry/calendar?year=2027").text
    announced = clerk.get("/api/registry/calendar/oc1/2026").json()
    (saturday,) = [day for day in announced["days"] if day["day"] == "2026-10-10"]
    assert (announced["known"], saturday["kind"], saturday["hours_of"]) == (True, "workday", 4)
    assert clerk.get("/api/registry/calendar/oc1/2027").json()["known"] is False
    assert clerk.get("/api/registry/calendar/oc2/2026").status_code == 404


def test_a_day_is_set_and_taken_back(clerk: TestClient) -> None:
    day = "/registry/calendar/oc1/2026-11-24"
    assert "平常日子" in clerk.get("/registry/calendar?day=2026-11-24").text
    nameless = clerk.post(day, data={"kind": "holiday", "revision": "0"})
    assert nameless.status_code == 422
    assert "什么日子" in nameless.text
    done = clerk.post(day, data={"kind": "holiday", "name_zh": "院庆", "revision": "0"})
    assert done.status_code == 303
    shown = clerk.get(done.headers["Location"]).text
    assert "院庆" in shown
    assert "撤销" in shown
    assert clerk.post(day, data={"kind": "workday", "name_zh": "加班", "revision": "0"}).status_code == 409
    assert clerk.post(f"{day}/undo", data={"revision": "2"}).status_code == 303
    assert "平常日子" in clerk.get("/registry/calendar?day=2026-11-24").text
    assert clerk.post(day, data={"kind": "workday", "name_zh": "加班", "revision": "3"}).status_code == 303
    assert clerk.post(f"{day}/clearing", data={}).status_code == 303
    assert clerk.post(f"{day}/clearing", data={}).status_code == 409


def test_a_level_of_a_compound_that_is_not_there_is_not_made(parts: Parts) -> None:
    everywhere = a_session(parts, a_user(parts, "wu", Role.CLERK, site=None))
    with a_browser(parts, *routers(), signed_in=everywhere) as clerk:
        for site in ("", "oc9"):
            assert clerk.post("/registry/levels", data=FORM | {"site": site}).status_code == 404
