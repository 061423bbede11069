"""The muster's pages as the server renders them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from gateway.musters.models import MusterLine
from gateway.presence.models import Presence, PresenceLimit
from gateway.web import routers
from registry.auth.permissions import Role
from registry.store import Work
from tests.makers.gateway import (
    OC1,
    OC2,
    GateHouse,
    RegistryByHand,
    a_card,
    a_gate_house,
    a_holder,
    access_facts,
    an_attempt,
    card_shown,
    plate_shown,
)
from tests.makers.journal import answer
from tests.makers.registry import a_gate as a_registered_gate
from tests.makers.registry import a_site
from tests.makers.web import a_browser, a_session, a_user

PART = {"HX-Request": "true"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[GateHouse]:
    facts = access_facts(a_card("0A01", holder=a_holder("陈卫东")), a_card("0A02", holder=a_holder("李秀英")))
    with a_gate_house(tmp_path, RegistryByHand(facts), {}) as house:
        with house.parts.stores["registry"].begin(house.parts.clock.now()) as work:
            _site(work)
        for card in ("0A01", "0A02"):
            answer(house.desk, an_attempt(card_shown(card)))
        yield house


def _site(work: Work) -> None:
    a_registered_gate(work.session)
    a_site(work.session, OC2, name_zh="二号院")


def browser(house: GateHouse, role: Role, **where: Any) -> TestClient:
    session = a_session(house.parts, a_user(house.parts, str(role), role, **where))
    return a_browser(house.parts, *routers(), signed_in=session)  # type: ignore[return-value]


@pytest.fixture
def officer(house: GateHouse) -> Iterator[TestClient]:
    with browser(house, Role.SECURITY_OFFICER) as client:
        yield client


def test_the_list_shows_everybody_with_unit_place_and_ground(officer: TestClient) -> None:
    shown = officer.get("/gate/muster?site=oc1").text
    assert all(words in shown for words in ("陈卫东", "李秀英", "市财政局", "北门", "确定在院", "开始点名"))
    officer.cookies.set("lang", "en")
    assert "Surely inside" in officer.get("/gate/muster?site=oc1").text


def test_who_sees_one_compound_is_led_to_it_and_who_sees_several_chooses(house: GateHouse, officer: TestClient) -> None:
    assert officer.get("/gate/muster").headers["Location"] == "/gate/muster?site=oc1"
    session = a_session(house.parts, a_user(house.parts, "chief", Role.OPERATOR, site=None), "1" * 43)
    with a_browser(house.parts, *routers(), signed_in=session) as everywhere:
        assert "二号院" in everywhere.get("/gate/muster").text


def test_a_roll_is_called_on_the_page(house: GateHouse, officer: TestClient) -> None:
    form = {"site": "oc1", "because": "fire_alarm", "words": "二号楼"}
    opened = officer.post("/gate/musters", data=form)
    assert opened.status_code == 303
    path = opened.headers["Location"]
    whole = officer.get(path).text
    assert all(words in whole for words in ("0/2 已确认", "陈卫东", "二号楼", "火灾报警"))
    part = officer.post(f"{path}/marks", data={"line": 1, "mark": "safe"}, headers=PART).text
    assert "<html" not in part
    assert "1/2 已确认" in part
    assert "我刚标记的" in part
    assert "陈卫东" in officer.get(f"{path}?show=waiting&q=卫东", headers=PART).text
    assert "没有符合的人" in officer.get(f"{path}?show=missing", headers=PART).text
    undone = officer.post(f"{path}/marks", data={"line": 1, "mark": ""}, headers=PART).text
    assert "0/2 已确认" in undone
    officer.post(f"{path}/marks", data={"line": 2, "mark": "missing"}, headers=PART)
    assert officer.post(f"{path}/closing", data={"words": "已报119"}).status_code == 303
    closed = officer.get(f"{path}?show=all").text
    assert "已报119" in closed
    assert "hx-get" not in re.findall(r'<div id="roll".*?>', closed)[0]
    with house.desk.store.read() as session:
        line = session.scalars(select(MusterLine).where(MusterLine.number == 2)).one()
        assert (line.mark, line.marked_by) == ("missing", "security_officer")


def test_a_roll_is_printed_whole(officer: TestClient) -> None:
    path = officer.post("/gate/musters", data={"site": "oc1", "because": "drill"}).headers["Location"]
    printed = officer.get(f"{path}?show=all&whole=true").text
    assert "data-mark=" not in printed
    assert printed.count("data-line=") == 2


def test_somebody_is_forgiven_from_the_list(house: GateHouse, officer: TestClient) -> None:
    shown = officer.get("/gate/muster?site=oc1").text
    subject = re.findall(r'data-forgive="([^"]+)"', shown)[0]
    form = {"site": "oc1", "subject": subject, "area": "oc1-inside", "reason": "exit_missed", "words": "已核对录像"}
    done = officer.post("/gate/muster/forgiveness", data=form)
    assert done.headers["Location"] == "/gate/muster?site=oc1&forgiven=1"
    assert "已免除 1 个" in officer.get(done.headers["Location"]).text
    form |= {"subject": "", "area": ""}
    assert officer.post("/gate/muster/forgiveness", data=form).status_code == 422, "nobody is meant"
    with house.desk.store.read() as session:
        forgiven = {each.subject: each.forgiven_at is not None for each in session.scalars(select(Presence))}
    assert forgiven[subject] is True
    assert sum(forgiven.values()) == 1


def test_all_of_a_compound_are_forgiven_where_that_is_said(officer: TestClient) -> None:
    form = {"site": "oc1", "area": "*", "reason": "evacuated", "words": "演练"}
    done = officer.post("/gate/muster/forgiveness", data=form)
    assert done.headers["Location"] == "/gate/muster?site=oc1&forgiven=2"


def test_the_officer_says_how_long_somebody_is_surely_inside(house: GateHouse, officer: TestClient) -> None:
    form = {"site": "oc1", "staff": "9", "resident": ""}
    assert officer.post("/gate/muster/limits", data=form).status_code == 303
    with house.desk.store.read() as session:
        assert [(each.kind, each.hours) for each in session.scalars(select(PresenceLimit))] == [("staff", 9)]
    assert 'value="9"' in officer.get("/gate/muster?site=oc1").text


def test_a_guard_calls_and_does_not_say_how_long_somebody_is_surely_inside(house: GateHouse) -> None:
    with browser(house, Role.GUARD) as guard:
        shown = guard.get("/gate/muster?site=oc1").text
        assert "开始点名" in shown
        assert "disabled" in shown
        assert guard.post("/gate/muster/limits", data={"site": "oc1"}).status_code == 403


def test_of_another_compound_no_page_is_there(house: GateHouse, officer: TestClient) -> None:
    path = officer.post("/gate/musters", data={"site": "oc1", "because": "drill"}).headers["Location"]
    session = a_session(house.parts, a_user(house.parts, "elsewhere", Role.GUARD, site=OC2), "1" * 43)
    with a_browser(house.parts, *routers(), signed_in=session) as stranger:
        assert stranger.get(path).status_code == 404
        assert stranger.get(f"/gate/muster?site={OC1}").status_code == 404


def test_a_plate_that_nobody_knows_is_shown_as_a_plate(house: GateHouse, officer: TestClient) -> None:
    told = answer(house.desk, an_attempt(plate_shown("鄂E00000")))
    session = a_session(house.parts, a_user(house.parts, "guard", Role.GUARD), "1" * 43)
    with a_browser(house.parts, *routers(), signed_in=session) as guard:
        guard.post(
            f"/gate/entries/{told['entry_id']}/decision", data={"verdict": "granted", "reason": "host_confirmed"}
        )
    assert '<span class="plate">鄂E·00000</span>' in officer.get("/gate/muster?site=oc1").text
